"""ArgMax and ArgMin at the end of a network: onnxruntime's and TFLite's indices, in float32 and in every form of int8."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto

from helpers.common.errors import Unsupported
from helpers.compiler import driver, interpreter
from helpers.compiler.frontends.tflite import file
from helpers.compiler.frontends.tflite.choices import indices
from helpers.compiler.frontends.tflite.importer import Importer
from helpers.compiler.ir.graph import Graph, TensorType
from helpers.compiler.profiling import profile
from helpers.inference.emulated_bundle import EmulatedBundle
from helpers.inference.host_bundle import HostBundle

RANDOM = np.random.default_rng(13438)
CASES = {
    "row": ("ArgMax", {"axis": 1, "keepdims": 0}, (1, 10)),
    "smallest, last of equal": ("ArgMin", {"axis": -1, "select_last_index": 1}, (1, 10)),
    "channels of an image": ("ArgMax", {"axis": 1, "keepdims": 0}, (1, 3, 4, 5)),
    "rows of an image": ("ArgMax", {"axis": 2}, (1, 3, 4, 5)),
}


@pytest.fixture(params=CASES)
def case(request, save_onnx, node):
    """(file, inputs with many equal elements, onnxruntime's indices of Relu's results)."""
    operator, attributes, shape = CASES[request.param]
    nodes = [node("Relu", ["x"], ["kept"]), node(operator, ["kept"], ["y"], **attributes)]
    path = save_onnx(nodes, {"x": list(shape)}, ["y"], result=TensorProto.INT64)
    inputs = RANDOM.integers(-4, 5, (20, *shape[1:])).astype(np.float32)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return path, inputs, np.stack([session.run(None, {"x": x[None]})[0] for x in inputs])


def test_float(case, tmp_path):
    path, inputs, expected = case
    graph = driver.float_graph(path, {})
    computed = np.stack([interpreter.run(graph, {"x": x[None]})[graph.outputs[0][0]] for x in inputs])
    assert computed.dtype == np.int32 and np.array_equal(computed, expected)
    driver.emit_bundle(graph, tmp_path / "out", "net", driver.Target())
    bundle = HostBundle(tmp_path / "out")
    assert np.array_equal(np.stack([bundle.run(x[None]) for x in inputs]), expected)


@pytest.mark.parametrize("form", ["plain", "fast", "small-flash"])
def test_integers(case, form, tmp_path):
    """int8 keeps the order, and here, with steps smaller than the differences, which elements are equal."""
    path, inputs, expected = case
    measured = profile.measure(driver.float_graph(path, {}), inputs)
    graph = driver.compiled_graph(path, driver.Request({}, measured))
    assert next(each for each in graph.nodes if each.kind == "ArgMax").inputs[0].type.element == "int8"
    driver.emit_bundle(graph, tmp_path / "out", "net", driver.Target("cortex-m0plus", form=form))
    bundle = EmulatedBundle(tmp_path / "out")
    assert np.array_equal(np.stack([bundle.run(x[None]) for x in inputs[:5]]), expected[:5])


def test_a_tflite_file(tmp_path):
    graph = driver.float_graph(Path(__file__).parents[1] / "tflite" / "arg_max.tflite", {})
    x = np.array([[1, 5, 5, -2]], np.float32)
    assert interpreter.run_many(graph, x).tolist() == [1]


def test_nothing_computes_with_an_index(save_onnx, node):
    path = save_onnx(
        [node("ArgMax", ["x"], ["i"], axis=1), node("Add", ["i", "i"], ["y"])],
        {"x": [1, 4]},
        ["y"],
        result=TensorProto.INT64,
    )
    with pytest.raises(Unsupported, match="Add of int32 numbers. Use float32"):
        driver.float_graph(path, {})


def test_tflite_names_the_smallest_and_casts_an_index():
    """ARG_MIN and CAST of it: the same file with one operator's name changed, and the index cast to int32."""
    path = Path(__file__).parents[1] / "tflite" / "arg_max.tflite"
    network = file.read(path)
    (operation,) = [each for each in network.operations if each.name == "ARG_MAX"]
    importer = Importer(Graph("net"), network)
    x = importer.graph.add_placeholder("x", TensorType((1, 4)))
    importer.values[operation.inputs[0]] = x
    (smallest,) = indices.index_of(smallest=True)(importer, operation, "i")
    importer.values[operation.outputs[0]] = smallest
    cast = file.Operation("CAST", operation.outputs, operation.outputs, {})
    assert indices.cast(importer, cast, "cast") == [smallest]
    importer.graph.add_output("y", smallest)
    assert interpreter.run_many(importer.graph, np.array([[1, 5, -2, -2]], np.float32)).tolist() == [2]
