"""The note's network from PyTorch: the shipped file computes torch's answers, and every form takes it."""

import numpy as np
import onnx
import pytest

from helpers.common.errors import BadParameter
from helpers.compiler import driver, interpreter, targets
from helpers.compiler.profiling import profile
from helpers.evaluation.verify import integers
from helpers.inference.emulated_bundle import EmulatedBundle
from helpers.network.pytorch import exporting


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """What a machine without torch gets."""
    monkeypatch.setattr(exporting, "available", lambda: False)
    return exporting.exported(tmp_path, None, 64, 1)


def test_the_shipped_network_computes_what_torch_computed(shipped):
    graph = driver.compiled_graph(shipped.path, driver.Request())
    assert np.abs(interpreter.run_many(graph, shipped.inputs) - shipped.answers).max() < 1e-3
    assert (shipped.answers.argmax(1) == shipped.labels).mean() > 0.9


def test_it_is_as_the_exporter_writes_it():
    model = onnx.load(exporting.SHIPPED / exporting.MODEL, load_external_data=False)
    assert model.opset_import[0].version >= 18 and model.producer_name == "pytorch"
    assert any(each.data_location == onnx.TensorProto.EXTERNAL for each in model.graph.initializer)


@pytest.mark.parametrize("form", targets.of("cortex-m0plus"))
def test_every_form_computes_the_same_integers(shipped, tmp_path, form):
    ranges = integers.Quantisation(profile.measure(driver.float_graph(shipped.path, {}), shipped.inputs[:8]))
    graph = integers.graph(shipped.path, {}, shipped.inputs, ranges)
    fed = integers.fed(graph, shipped.inputs[:4])
    driver.emit_bundle(graph, tmp_path / "bundle", "net", driver.Target("cortex-m0plus", form=form))
    np.testing.assert_array_equal(EmulatedBundle(tmp_path / "bundle").run(fed), integers.reference(graph, fed))


def test_without_torch_one_line_says_so_and_how_to_get_it(monkeypatch):
    monkeypatch.setattr(exporting, "available", lambda: False)
    assert "torch is missing" in exporting.status() and "pip install" in exporting.status()
    assert len(exporting.status()) < 100 and "\n" not in exporting.status()


def test_the_shown_lines_are_those_that_run():
    text = exporting.source()
    compile(text, "shown", "exec")
    assert "torch.onnx.export(" in text and len([line for line in text.splitlines() if line.strip()]) <= 30


def test_numbers_out_of_range_are_refused(tmp_path):
    with pytest.raises(BadParameter, match="epochs"):
        exporting.exported(tmp_path, None, 64, 0)
    with pytest.raises(BadParameter, match="train_images"):
        exporting.exported(tmp_path, None, 10, 1)
