"""What PyTorch quantises (PT2E) and its exporter writes, in the shape of such a file; files as it wrote them are in doors/pt2e.

Scales and zero points of one number have no axis, weights are int8 with a zero point a channel, biases are float32,
activations are uint8, equal values are quantised twice, and the last layer's result is not quantised.
"""

import numpy as np
import onnxruntime
import pytest
from onnx import helper, numpy_helper
from onnx.onnx_pb import TensorProto

from helpers.compiler import driver, interpreter
from helpers.inference.host_bundle import HostBundle

RANDOM = np.random.default_rng(2)
CONSTANTS = {
    "conv": RANDOM.integers(-127, 128, (4, 2, 3, 3)).astype(np.int8), "conv_scale": np.float32([0.004, 0.003, 0.005, 0.002]),
    "conv_zero": np.zeros(4, np.int8), "conv.bias": np.float32([0.1, -0.2, 0.3, 0]),
    "linear": RANDOM.integers(-127, 128, (3, 64)).astype(np.int8), "linear_scale": np.float32([0.001, 0.002, 0.003]),
    "linear_zero": np.zeros(3, np.int8), "linear.bias": np.float32([0.5, -0.5, 0]),
    "in_scale": np.array(0.03, np.float32), "in_zero": np.array(60, np.uint8),
    "out_scale": np.array(0.05, np.float32), "out_zero": np.array(0, np.uint8), "shape": np.int64([1, 64]),
}  # fmt: skip


def twice(x: str, by: str, name: str) -> list:
    """A value, quantised and back."""
    arguments = [f"{by}_scale", f"{by}_zero"]
    return [
        helper.make_node("QuantizeLinear", [x, *arguments], [f"{name}/q"], f"node/{name}", axis=1),
        helper.make_node("DequantizeLinear", [f"{name}/q", *arguments], [name], axis=1),
    ]


@pytest.fixture
def path(tmp_path):
    weights = [
        helper.make_node("DequantizeLinear", [name, f"{name}_scale", f"{name}_zero"], [f"{name}.weight"], axis=0)
        for name in ("conv", "linear")
    ]
    nodes = [
        *weights, *twice("input", "in", "a"), helper.make_node("Conv", ["a", "conv.weight", "conv.bias"], ["b"], pads=[1] * 4),
        helper.make_node("Relu", ["b"], ["c"]), *twice("c", "out", "d"),
        helper.make_node("MaxPool", ["d"], ["e"], kernel_shape=[2, 2], strides=[2, 2]), *twice("e", "out", "f"),
        helper.make_node("Reshape", ["f", "shape"], ["g"], allowzero=1), *twice("g", "out", "h"),
        helper.make_node("Gemm", ["h", "linear.weight", "linear.bias"], ["y"], transB=1),
    ]  # fmt: skip
    edges = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
             for name, shape in (("input", [1, 2, 8, 8]), ("y", [1, 3]))]  # fmt: skip
    initializers = [numpy_helper.from_array(array, name) for name, array in CONSTANTS.items()]
    graph = helper.make_graph(nodes, "main_graph", edges[:1], edges[1:], initializers)
    file = tmp_path / "pt2e.onnx"
    file.write_bytes(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10).SerializeToString()
    )
    return file


def test_it_computes_what_onnxruntime_computes_and_the_convolution_is_in_integers(path, tmp_path):
    x = RANDOM.normal(size=(10, 2, 8, 8)).astype(np.float32)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(path, options)
    wanted = np.concatenate([session.run(None, {"input": each[None]})[0] for each in x])
    graph = driver.compiled_graph(path, driver.Request(convert_placeholders=False))
    computed = interpreter.run_many(graph, x)
    # A half that falls otherwise is a step of the middle layer, 0.05, times a weight of the last, at most 0.381.
    assert np.abs(computed - wanted).max() < 0.05 * 0.381 * 2
    kinds = [node.kind for node in graph.in_order()]
    assert {"ChannelwiseQuantizedConvolution", "DequantizedFullyConnected"} <= set(kinds) and kinds.count(
        "Quantize"
    ) == 1
    assert not {"Convolution", "FullyConnected", "Dequantize"} & set(kinds)  # no product of floats
    driver.emit_bundle(graph, tmp_path / "out", "net", driver.Target())
    np.testing.assert_allclose(HostBundle(tmp_path / "out").run(x), computed, rtol=1e-5, atol=1e-5)


def test_the_edge_may_be_integers(path):
    graph = driver.compiled_graph(path, driver.Request(convert_placeholders=True))
    assert graph.placeholders[0].output.type.element == "int8"
    assert graph.outputs[0][1].type.element == "float"  # as in the file
