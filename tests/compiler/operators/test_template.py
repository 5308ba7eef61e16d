"""Adding an operator takes one file: the example of TEMPLATE.md, put into a file, works in float32, in integers and in C."""

import importlib.util
import textwrap

import numpy as np
import pytest
import zoo

from helpers.common import artifacts
from helpers.common.errors import Unsupported
from helpers.compiler import driver, interpreter
from helpers.compiler.ir import attributes
from helpers.compiler.numerics import affine
from helpers.compiler.operators.base import registry
from helpers.compiler.profiling import profile
from helpers.inference.host_bundle import HostBundle

TEMPLATE = artifacts.ROOT / "helpers" / "compiler" / "operators" / "TEMPLATE.md"


@pytest.fixture
def absolute(tmp_path, monkeypatch):
    """The operator of the template, known for the time of a test."""
    registry.load_all()
    for known in ("OPERATORS", "ONNX_IMPORTERS"):
        others = {name: each for name, each in getattr(registry, known).items() if name != "Abs"}
        monkeypatch.setattr(registry, known, others)
    monkeypatch.setattr(attributes, "CLASSES", dict(attributes.CLASSES))
    importers = registry.ONNX_IMPORTERS
    monkeypatch.setattr("helpers.compiler.frontends.onnx.importer.ONNX_IMPORTERS", importers)
    code = TEMPLATE.read_text().split('    """Absolute')[1].split("\nThen add")[0]
    path = tmp_path / "absolute.py"
    path.write_text(textwrap.dedent('    """Absolute' + code))
    spec = importlib.util.spec_from_file_location("absolute", path)
    spec.loader.exec_module(importlib.util.module_from_spec(spec))


def test_one_file_is_enough(absolute, save_onnx, node, tmp_path):
    path = save_onnx([node("Abs", ["x"], ["y"])], {"x": [1, 9]}, ["y"])
    inputs = np.random.default_rng(0).standard_normal((30, 9)).astype(np.float32)
    graph = driver.float_graph(path, {})
    assert np.array_equal(interpreter.run_many(graph, inputs), np.abs(inputs))
    measured = profile.measure(graph, inputs)
    made = driver.compiled_graph(path, driver.Request({}, measured, convert_placeholders=True))
    fed = affine.quantise(inputs, made.placeholders[0].output.type)
    computed = interpreter.run_many(made, fed)
    driver.emit_bundle(made, tmp_path / "out", "net", driver.Target())
    assert np.array_equal(HostBundle(tmp_path / "out").run(fed), computed)
    real = affine.dequantise(computed, made.outputs[0][1].type)
    assert np.abs(real - np.abs(inputs)).max() <= 1.5 * made.placeholders[0].output.type.scale


def test_without_the_file_it_is_refused(save_onnx, node, monkeypatch):
    registry.load_all()
    monkeypatch.delitem(registry.ONNX_IMPORTERS, "Abs")
    with pytest.raises(Unsupported, match="Abs is not supported"):
        driver.float_graph(save_onnx([node("Abs", ["x"], ["y"])], {"x": [1, 9]}, ["y"]), {})


def test_the_networks_of_the_zoo_use_every_kind():
    used = set()
    for make in zoo.NETWORKS.values():
        used |= {each.op_type for each in make().graph.node}
    registry.load_all()
    missing = set(registry.ONNX_IMPORTERS) - used
    alone = {"Upsample", "LSTM", "GRU"}  # test_backend_nodes.py, test_operators.py
    alone |= {name for name in missing if name.startswith("Q")} | {
        "ArgMax",
        "ArgMin",
        "TopK",
    }  # test_argmax.py, tests/compiler/doors
    alone |= {name for name in missing if name.startswith("TreeEnsemble")}  # test_trees.py
    alone |= {"Scaler", "LinearRegressor", "LinearClassifier", "Normalizer", "ReverseSequence"}
    alone |= {"TreeEnsembleClassifier", "TreeEnsembleRegressor", "TreeEnsemble"}  # test_trees.py
    alone |= {"Celu", "CastLike"}  # another operator under a name of its own
    assert missing == alone, "add them to tests/compiler/zoo.py"
