"""TFLite files: float ones as TFLite's reference interpreter computes them, integer ones bit for bit (tflite/make.py)."""

from pathlib import Path

import numpy as np
import pytest
import tflite_writer

from helpers.common.errors import BadInput, MissingInput, Unsupported, WorkbookError
from helpers.compiler import driver, interpreter
from helpers.compiler.frontends.tflite import operators
from helpers.compiler.profiling import profile
from helpers.inference.host_bundle import HostBundle

FOLDER = Path(__file__).parents[1] / "tflite"
FLOAT = ("float", "float_operators", "lstm", "squeeze", "float_choices")
NETWORKS = ("int8", "dense", "qat", "mobile", "decoder", "gru", "float_edges")
OPERATORS = sorted(path.stem for path in (FOLDER / "operators").glob("*.tflite"))
OF_THEIR_OWN = (  # operators whose C no network above has
    "softmax_wide", "mul", "mean_channels", "rescaled", "transposed", "transposed_wide", "prelu", "elu", "product_of_pairs",
    "mirror", "reduce_max_apart", "dilated_sound", "blocks", "gelu",
    "greater", "less", "logic", "running_sum", "choice_of_one", "layer_norm", "rsqrt",
    "reduce_min",
)  # fmt: skip


def load(archive: str) -> dict:
    with np.load(FOLDER / archive, allow_pickle=False) as file:
        return dict(file)


@pytest.fixture(scope="module")
def answers():
    return {name: array for each in FOLDER.glob("*.npz") for name, array in load(each.name).items()}


@pytest.mark.parametrize("name", FLOAT)
def test_float(name, answers, tmp_path):
    graph = driver.float_graph(FOLDER / f"{name}.tflite", {})
    inputs = answers[f"{name}_inputs"]
    computed = interpreter.run_many(graph, inputs)
    assert np.allclose(computed, answers[f"{name}_outputs"], rtol=1e-4, atol=1e-5)
    driver.emit_bundle(graph, tmp_path / "out", "net", driver.Target())
    assert np.allclose(HostBundle(tmp_path / "out").run(inputs), computed, rtol=1e-4, atol=1e-6)


def test_a_float_network_that_repeats_a_computed_value_is_profiled(answers):
    """Its hash names the node that repeats it; the importer had forgotten the name."""
    graph = driver.float_graph(FOLDER / "squeeze.tflite", {})
    measured = profile.measure(graph, answers["squeeze_inputs"])
    compiled = driver.compiled_graph(FOLDER / "squeeze.tflite", driver.Request({}, measured))
    found = interpreter.run_many(compiled, answers["squeeze_inputs"])
    assert np.abs(found - answers["squeeze_outputs"]).max() < 3 * np.ptp(answers["squeeze_outputs"]) / 255


@pytest.mark.parametrize("name", [*NETWORKS, *OPERATORS])
def test_integers(name, answers, tmp_path):
    path = FOLDER / ("" if name in NETWORKS else "operators") / f"{name}.tflite"
    graph = driver.compiled_graph(path, driver.Request())
    inputs, expected = answers[f"{name}_inputs"], answers[f"{name}_outputs"]
    placeholder, output = graph.placeholders[0].name, graph.outputs[0][0]
    computed = np.concatenate([interpreter.run(graph, {placeholder: each[None]})[output] for each in inputs])
    assert computed.dtype == expected.dtype and np.array_equal(computed, expected.reshape(computed.shape))
    if name in (*NETWORKS, *OF_THEIR_OWN):
        driver.emit_bundle(graph, tmp_path / "out", "net", driver.Target())
        assert np.array_equal(HostBundle(tmp_path / "out").run(inputs), computed)


def test_every_operator_taken_is_in_a_network():
    used, network = set(), driver.tflite_importer.file.read
    for path in (each for each in FOLDER.rglob("*.tflite") if each.parent.name != "refused"):
        used |= {each.name for each in network(path).operations}
    missing = set(operators.IMPORTERS) - used
    assert missing == {"EXPAND_DIMS", "SQUEEZE", "ARG_MIN"}, "add them to tflite/make.py"


@pytest.mark.parametrize("name", ["add_row", "abs", "prelu", "dilated", "hard_swish"])
def test_a_result_of_another_shape_than_the_inputs_lead_to(name, monkeypatch):
    reader = driver.tflite_importer.file
    network = reader.read(FOLDER / "operators" / f"{name}.tflite")
    result = network.tensors[network.operations[-1].outputs[0]]
    result.shape = (7, *result.shape[1:])
    monkeypatch.setattr(reader, "read", lambda path: network)
    with pytest.raises(BadInput, match="the inputs lead to"):
        driver.float_graph(FOLDER / "net.tflite", {})


REFUSED = {
    "whole_numbers": "a cast from float to int32. Leave it out, and give the network float32, or int8 with a scale",
    "dynamic_range": "dynamic range quantisation. are not supported. Convert it with a representative dataset",
    "quotient": "a quotient of int8, which TFLite has no kernel for. Multiply by a constant",
    "sum": "a sum of int8. Use a mean",
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_says_what_to_do(name):
    with pytest.raises(Unsupported, match=REFUSED[name]):
        driver.float_graph(FOLDER / "refused" / f"{name}.tflite", {})


CUSTOM = {
    "ethos-u": "operator CUSTOM 'ethos-u' is not supported. Pass the file that Vela was given",
    "edgetpu-custom-op": "operator CUSTOM 'edgetpu-custom-op' is not supported. Pass the file that edgetpu_compiler was given",
    "Decode": "operator CUSTOM 'Decode' is not supported. Build the model from",
}


@pytest.mark.parametrize("name", CUSTOM)
def test_a_custom_operator_is_named(name, tmp_path):
    tensors = [tflite_writer.Tensor((1, 4), scale=0.1), tflite_writer.Tensor((1, 4), scale=0.1)]
    made = tflite_writer.Operation(f"CUSTOM {name}", [0], [1])
    (tmp_path / "net.tflite").write_bytes(tflite_writer.written(tensors, [made], [0], [1]))
    with pytest.raises(Unsupported, match=CUSTOM[name]):
        driver.float_graph(tmp_path / "net.tflite", {})


@pytest.mark.parametrize("name", OPERATORS)
def test_int16_beside_int8_is_refused_by_every_operator(name, monkeypatch):
    """Networks whose activations have 16 bits throughout: test_int16.py."""
    reader = driver.tflite_importer.file
    network = reader.read(FOLDER / "operators" / f"{name}.tflite")
    for index, tensor in enumerate(network.tensors):
        if tensor.data is None and tensor.element == np.int8 and index not in network.inputs:
            tensor.element = np.dtype(np.int16)
    monkeypatch.setattr(reader, "read", lambda path: network)
    with pytest.raises(Unsupported, match=r"^node '.*int16.*\. Convert it with int8 activations: "):
        driver.float_graph(FOLDER / "net.tflite", {})


@pytest.mark.parametrize("damage", [b"", b"1234TFL3", b"\0" * 100])
def test_no_tflite_file(damage, tmp_path):
    path = tmp_path / "net.tflite"
    path.write_bytes(damage)
    with pytest.raises(BadInput, match="TFLite"):
        driver.float_graph(path, {})
    with pytest.raises(MissingInput):
        driver.float_graph(tmp_path / "none.tflite", {})


def test_random_damage_is_refused_in_one_line(tmp_path):
    random, path = np.random.default_rng(7), tmp_path / "net.tflite"
    refused = 0
    for _ in range(150):
        data = bytearray((FOLDER / "int8.tflite").read_bytes())
        for at in random.integers(8, len(data), 3):
            data[at] = random.integers(256)
        path.write_bytes(data)
        try:
            driver.float_graph(path, {})
        except WorkbookError as error:
            assert "\n" not in str(error)
            refused += 1
    assert refused > 10


def test_an_exponent_that_is_an_input_is_refused_in_words_of_its_own(tmp_path):
    """Fixed shapes, which help where a shape is computed, do not make it constant."""
    tensors = [tflite_writer.Tensor(shape, np.float32) for shape in ((2, 2), (2,), (2, 2))]
    content = tflite_writer.written(tensors, [tflite_writer.Operation("POW", [0, 1], [2])], [0, 1], [2])
    (tmp_path / "net.tflite").write_bytes(content)
    with pytest.raises(Unsupported, match=r"must be a constant. Make it a number that the file holds."):
        driver.float_graph(tmp_path / "net.tflite", {})
