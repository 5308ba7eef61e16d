"""A bias that is large against input scale times weight scale: within a step or two of float32, where Glow's sums wrap."""

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import helper, numpy_helper

from helpers.compiler import driver, interpreter
from helpers.compiler.profiling import profile
from helpers.compiler.quantisation.quantiser import Configuration

RANDOM = np.random.default_rng(13438)
BIAS = np.float32([1.66, -0.5, 0.3])


def network(kind: str, **attributes) -> onnx.ModelProto:
    """One layer over an image [3, 6, 6], or a sequence [4, 1, 5] for a recurrent one."""
    shapes = {
        "Gemm": ((3, 7), [1, 7]), "Conv": ((3, 3, 3, 3), [1, 3, 6, 6]), "depthwise": ((3, 1, 3, 3), [1, 3, 6, 6]),
        "ConvTranspose": ((3, 3, 3, 3), [1, 3, 6, 6]), "GRU": ((1, 9, 5), [4, 1, 5]), "LSTM": ((1, 12, 5), [4, 1, 5]),
    }  # fmt: skip
    weights, shape = shapes[kind]
    arrays = {"w": RANDOM.standard_normal(weights)}
    if kind in ("GRU", "LSTM"):
        rows = weights[1]
        arrays |= {"r": RANDOM.normal(0, 0.3, (1, rows, 3)), "b": np.resize(BIAS, (1, 2 * rows))}
        attributes |= {"hidden_size": 3}
    else:
        arrays["b"] = BIAS
        attributes |= {"transB": 1} if kind == "Gemm" else {}
        attributes |= {"group": 3} if kind == "depthwise" else {}
    op_type = "Conv" if kind == "depthwise" else kind
    node = helper.make_node(op_type, ["x", *arrays], ["y"], **attributes)
    graph = helper.make_graph(
        [node], "g",
        [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, ["a", "b", "c", "d"][: rank(kind)])],
        [numpy_helper.from_array(array.astype(np.float32), name) for name, array in arrays.items()],
    )  # fmt: skip
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def rank(kind: str) -> int:
    return 2 if kind == "Gemm" else 4


def steps_off(model: onnx.ModelProto, largest: float, configuration: Configuration, folder) -> float:
    """The largest difference between the integers and onnxruntime, in steps of the result: inputs from 0 to `largest`."""
    path = folder / "net.onnx"
    onnx.save(model, path)
    shape = [dim.dim_value for dim in model.graph.input[0].type.tensor_type.shape.dim]
    samples = (RANDOM.random((6, *shape)) * largest).astype(np.float32)
    floats = driver.float_graph(path, {})
    measured = profile.measure(floats, samples.reshape(-1, *shape[1:]))
    graph = driver.compiled_graph(path, driver.Request({}, measured, configuration))
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    scale = max(value.type.scale for node in graph.in_order() for value in node.inputs if node.kind == "Dequantize")
    off = 0.0
    for sample in samples:
        wanted = session.run(None, {"x": sample})[0]
        (found,) = interpreter.run(graph, {"x": sample}).values()
        off = max(off, float(np.abs(found - wanted.reshape(found.shape)).max()) / scale)
    return off


@pytest.mark.parametrize("largest", [1.0, 1e-3, 1e-5, 1e-9])
@pytest.mark.parametrize("kind", ["Gemm", "Conv", "depthwise", "ConvTranspose"])
def test_a_bias_that_outweighs_the_products(kind, largest, tmp_path):
    assert steps_off(network(kind), largest, Configuration(), tmp_path) < 2


@pytest.mark.parametrize("largest", [1e-3, 1e-5])
@pytest.mark.parametrize("kind", ["GRU", "LSTM"])
def test_recurrent_layers(kind, largest, tmp_path):
    """Several steps' rounding adds up; a wrap is a hundred steps."""
    assert steps_off(network(kind), largest, Configuration(), tmp_path) < 8


@pytest.mark.parametrize("bias_precision", ["int8", "int32"])
@pytest.mark.parametrize("largest", [1e-3, 1e-5])
@pytest.mark.parametrize("kind", ["Gemm", "Conv", "depthwise"])
def test_scales_of_their_own(kind, largest, bias_precision, tmp_path):
    configuration = Configuration(channelwise=True, rowwise=True, bias_precision=bias_precision)
    assert steps_off(network(kind), largest, configuration, tmp_path) < 2


@pytest.mark.parametrize("kind", ["Gemm", "Conv"])
@pytest.mark.parametrize("by_channel", [False, True])
def test_a_filter_that_is_nearly_zero(kind, by_channel, tmp_path):
    model = network(kind)
    weights = numpy_helper.to_array(model.graph.initializer[0]).copy()
    weights[1] *= 1e-9
    model.graph.initializer[0].CopyFrom(numpy_helper.from_array(weights, "w"))
    assert steps_off(model, 1.0, Configuration(channelwise=by_channel, rowwise=by_channel), tmp_path) < 2
