"""What is known while compiling: integers that are computed of constants alone."""

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import helper, numpy_helper

from helpers.common.errors import Unsupported
from helpers.compiler import driver, interpreter
from helpers.compiler.ir.graph import Graph, TensorType
from helpers.compiler.numerics.requantisation import Requantisation, requantisation
from helpers.compiler.operators.base import registry
from helpers.compiler.passes import constant_folding
from helpers.compiler.profiling import profile
from helpers.inference.emulated_bundle import EmulatedBundle

RANDOM = np.random.default_rng(13438)


def dense_of_a_constant(then_add: bool) -> Graph:
    """A dense layer of an int8 constant, as the first step of a recurrent layer, whose result is added to the input."""
    graph, kind = Graph("net"), TensorType((1, 12), "int8", 0.01, 3)
    x = graph.add_placeholder("x", kind)
    state = graph.add_constant("state", np.full((1, 12), 7, np.int8), kind)
    weights = RANDOM.integers(-128, 128, (12, 12)).astype(np.int8)
    inputs = [
        state,
        graph.add_constant("weights", weights, TensorType((12, 12), "int8", 0.01)),
        graph.add_constant("bias", np.arange(12, dtype=np.int32), TensorType((12,), "int32", 0.0001)),
    ]
    factors = {"requantisation": requantisation(0.01, 3), "bias_requantisation": Requantisation(0, 0, 1)}
    dense = graph.add("FullyConnected", "dense", inputs, [kind], **factors).output
    if then_add:
        dense = graph.add("Max", "max", [x, dense], [kind]).output
        dense = graph.add("FullyConnected", "second", [dense, *inputs[1:]], [kind], **factors).output
    graph.add_output("y", dense)
    for node in graph.nodes:
        registry.of(node).settle(node)
    return graph


def test_a_dense_layer_of_a_constant(tmp_path):
    graph, samples = dense_of_a_constant(True), RANDOM.integers(-128, 128, (4, 12)).astype(np.int8)
    expected = interpreter.run_many(graph, samples)
    constant_folding.fold_integers(graph)
    assert [node.kind for node in graph.in_order()] == ["Max", "FullyConnected"]
    for form in ("fast", "small-flash", "skip-blank"):
        driver.emit_bundle(graph, tmp_path / form, "net", driver.Target("cortex-m0plus", form=form))
        assert np.array_equal(EmulatedBundle(tmp_path / form).run(samples), expected)


def test_an_output_that_comes_to_be_a_constant_is_refused():
    graph = dense_of_a_constant(False)
    constant_folding.fold_integers(graph)
    with pytest.raises(Unsupported, match="output 'y' is a constant"):
        driver.check_edges(graph, "net.tflite")


def test_a_constant_of_another_scale_in_a_concat(tmp_path):
    """Coordinates joined to an image whose range is another: rescaled while compiling, for one sample and for several."""
    places = np.stack(np.meshgrid(*[np.linspace(-1, 1, 6)] * 2, indexing="ij"))[None].astype(np.float32)
    constants = {"places": places, "w": RANDOM.standard_normal((2, 3, 3, 3)).astype(np.float32)}
    nodes = [helper.make_node("Concat", ["x", "places"], ["k"], axis=1), helper.make_node("Conv", ["k", "w"], ["y"])]
    edges = [
        helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)
        for name, shape in (("x", [1, 1, 6, 6]), ("y", [1, 2, 4, 4]))
    ]
    inner = [numpy_helper.from_array(array, name) for name, array in constants.items()]
    made = helper.make_graph(nodes, "g", edges[:1], edges[1:], inner)
    path = tmp_path / "net.onnx"
    onnx.save(helper.make_model(made, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
    samples = RANDOM.uniform(0, 5, (6, 1, 6, 6)).astype(np.float32)
    measured = profile.measure(driver.float_graph(path, {}), samples)
    graph = driver.compiled_graph(path, driver.Request({}, measured))
    assert "Rescale" not in [node.kind for node in graph.in_order()]
    found = interpreter.run_many(graph, samples)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    wanted = np.concatenate([session.run(None, {"x": sample[None]})[0] for sample in samples])
    assert np.abs(found - wanted).max() < 3 * np.ptp(wanted) / 255
