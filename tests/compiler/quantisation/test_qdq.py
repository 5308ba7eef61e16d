"""Integer ONNX files, compiled without a profile: as onnxruntime computes them, and the same in numpy and in C."""

import numpy as np
import onnx
import onnxruntime
import pytest
import zoo
from onnxruntime.quantization import QuantFormat, QuantType
from onnxruntime_quantiser import quantised
from zoo import node

from helpers.common.errors import Unsupported
from helpers.compiler import driver, interpreter
from helpers.inference.host_bundle import HostBundle

# Most steps of the result off, and whether each channel has a scale of its own.
NETWORKS = {
    "lenet_like": (4, False), "mobile": (1, True), "shapes": (0, False), "upsampling": (1, False), "audio": (1, True),
    "attention": (3, True),
}  # fmt: skip


def answers(path, inputs) -> np.ndarray:
    """onnxruntime's own, operator by operator: its fused kernels saturate 16-bit sums on some processors."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return np.concatenate([session.run(None, {name: each[None]})[0] for each in inputs])


def compared(path, inputs, folder):
    """(largest difference from onnxruntime in steps, kinds of float nodes); the bundle must give what numpy gives."""
    graph = driver.compiled_graph(path, driver.Request({}))
    computed = np.concatenate([interpreter.run(graph, {"x": each[None]})["y"] for each in inputs])
    driver.emit_bundle(graph, folder, "net", driver.Target())
    assert np.array_equal(HostBundle(folder).run(inputs), computed)
    last = graph.outputs[0][1]
    step = last.node.inputs[0].type.scale if last.node.kind == "Dequantize" else last.type.scale and 1
    difference = np.abs(computed.astype(float) - answers(path, inputs)).max() / step
    kinds = {each.kind for each in graph.in_order() if each.output.type.element == "float"} - {"Dequantize"}
    return difference, kinds


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_networks(name, tmp_path):
    """A step of a middle layer may be several of the last: where float32 noise decides a half, or a softmax spreads it."""
    (steps, per_channel), made = NETWORKS[name], zoo.NETWORKS[name]()
    inputs = zoo.samples(made, 20)
    kind = QuantType.QInt8 if per_channel else QuantType.QUInt8
    path = quantised(made, tmp_path / "net.onnx", inputs, per_channel=per_channel, activation_type=kind)
    difference, floats = compared(path, inputs, tmp_path / "out")
    assert difference < steps + 0.01
    assert floats <= {"mobile": {"Sub", "Mul", "Add", "PRelu"}}.get(name, set())


def integers(*shape, seed=0, low=-60, high=60, dtype=np.int8):
    """Small enough for the 16-bit sums that onnxruntime has on some processors."""
    return np.random.default_rng(seed).integers(low, high, shape).astype(dtype)


SCALES = {
    "sx": np.float32(0.03), "zx": np.uint8(120), "sw": np.float32([0.01, 0.02, 0.03]), "zw": np.zeros(3, np.int8),
    "sy": np.float32(0.07), "zy": np.uint8(3), "w": integers(3, 2, 3, 3), "b": integers(3, low=-3000, high=3000, dtype=np.int32),
    "sb": np.float32([0.01, 0.02, 0.03]) * np.float32(0.03), "zb": np.zeros(3, np.int32),
}  # fmt: skip
ENDS = [node("QuantizeLinear", ["x", "sx", "zx"], ["q"]), node("DequantizeLinear", ["r", "sy", "zy"], ["y"])]


def with_relu():
    """Conv and Relu with nothing between them, and weights that are quantised in the file (QAT of PyTorch)."""
    real = np.random.default_rng(1).standard_normal((3, 2, 3, 3)).astype(np.float32) * 0.5
    nodes = [
        ENDS[0], node("DequantizeLinear", ["q", "sx", "zx"], ["a"]),
        node("QuantizeLinear", ["real", "sw", "zw"], ["v"], axis=0), node("DequantizeLinear", ["v", "sw", "zw"], ["u"], axis=0),
        node("Conv", ["a", "u", "bias"], ["c"]), node("Relu", ["c"], ["d"]),
        node("QuantizeLinear", ["d", "sy", "zy"], ["r"]), ENDS[1],
    ]  # fmt: skip
    return nodes, {"real": real, "bias": np.float32([1, -2, 0.5])}


def qlinear_conv():
    return [
        ENDS[0],
        node("QLinearConv", ["q", "sx", "zx", "w", "sw", "zw", "sy", "zy", "b"], ["r"], pads=[1] * 4),
        ENDS[1],
    ], {}


def qlinear_matmul():
    names = ["q", "sx", "zx", "m", "sm", "zm", "sy", "zy"]
    more = {"m": integers(6, 4, dtype=np.uint8, low=0, high=255), "sm": np.float32(0.02), "zm": np.uint8(130)}
    return [ENDS[0], node("QLinearMatMul", names, ["r"]), ENDS[1]], more


def swish():
    """x * sigmoid(x) as one table."""
    nodes = [
        ENDS[0], node("DequantizeLinear", ["q", "sx", "zx"], ["a"]), node("Sigmoid", ["a"], ["s"]),
        node("Mul", ["a", "s"], ["c"]), node("HardSigmoid", ["c"], ["d"]),
        node("QuantizeLinear", ["d", "sx", "zx"], ["r"]), node("DequantizeLinear", ["r", "sx", "zx"], ["y"]),
    ]  # fmt: skip
    return nodes, {}


@pytest.mark.parametrize("make", [with_relu, qlinear_conv, qlinear_matmul, swish])
def test_forms(make, tmp_path, save_onnx):
    nodes, more = make()
    used = {name for each in nodes for name in each.input}
    constants = {name: array for name, array in (SCALES | more).items() if name in used}
    path = save_onnx(nodes, {"x": [1, 2, 5, 6]}, ["y"], constants, opset=21)
    inputs = np.random.default_rng(2).standard_normal((20, 2, 5, 6)).astype(np.float32) * 2
    difference, floats = compared(path, inputs, tmp_path / "out")
    assert difference < 1.01 and floats == set()


def test_integers_at_the_edges(save_onnx, tmp_path):
    """An input and an output that are uint8 in the file are int8 in the bundle, 128 less."""
    names = ["x", "sx", "zx", "w", "sw", "zw", "sy", "zy", "b"]
    constants = {name: array for name, array in SCALES.items() if name in names}
    path = save_onnx([node("QLinearConv", names, ["y"])], {"x": [1, 2, 5, 6]}, ["y"], constants)
    model = onnx.load(path)
    for info in (model.graph.input[0], model.graph.output[0]):
        info.type.tensor_type.elem_type = onnx.TensorProto.UINT8
    onnx.save(model, path)
    inputs = integers(20, 2, 5, 6, low=0, high=256, dtype=np.uint8)
    graph = driver.compiled_graph(path, driver.Request({}))
    fed = (inputs.astype(int) - 128).astype(np.int8)
    computed = np.concatenate([interpreter.run(graph, {"x": each[None]})["y"] for each in fed])
    assert np.abs(computed.astype(int) + 128 - answers(path, inputs)).max() <= 1


def test_integers_without_a_profile_convert_the_placeholders(tmp_path):
    made = zoo.NETWORKS["upsampling"]()
    path = quantised(made, tmp_path / "net.onnx", zoo.samples(made, 10))
    graph = driver.compiled_graph(path, driver.Request({}, convert_placeholders=True))
    assert {graph.placeholders[0].output.type.element, graph.outputs[0][1].type.element} == {"int8"}


# Opsets below 12 leave MaxPool in float32: it moves integers all the same.
@pytest.mark.parametrize("opset", [10, 11, 13, 15])
@pytest.mark.parametrize("form", [QuantFormat.QOperator, QuantFormat.QDQ])
@pytest.mark.parametrize(
    ("kind", "per_channel"), [(QuantType.QUInt8, False), (QuantType.QUInt8, True), (QuantType.QInt8, True)]
)
def test_both_formats_of_onnxruntimes_quantiser(opset, form, kind, per_channel, tmp_path):
    w = zoo.Weights(11)
    nodes = [
        node("Conv", ["x", w(4, 2, 3, 3), w(4)], ["a"], pads=[1, 1, 1, 1]), node("Relu", ["a"], ["b"]),
        node("MaxPool", ["b"], ["c"], kernel_shape=[2, 2], strides=[2, 2]), node("Conv", ["c", w(4, 4, 1, 1)], ["d"]),
        node("Sigmoid", ["d"], ["e"]), node("Mul", ["d", "e"], ["f"]), node("Add", ["f", "c"], ["g"]),
        node("LeakyRelu", ["g"], ["h"], alpha=0.1), node("Concat", ["h", "c"], ["i"], axis=1),
        node("GlobalAveragePool", ["i"], ["j"]), node("Flatten", ["j"], ["k"]),
        node("Gemm", ["k", w(3, 8), w(3)], ["y"], transB=1),
    ]  # fmt: skip
    made = zoo.model(nodes, {"x": [1, 2, 8, 8]}, ["y"], w.made, opset=opset)
    inputs = zoo.samples(made, 12)
    made.ir_version = 7 if opset < 12 else 8
    path = tmp_path / "net.onnx"
    # Without VNNI, onnxruntime adds pairs of uint8 by int8 products in 16 bits, which 7 bits of a weight cannot overflow.
    options = {"activation_type": kind, "quant_format": form, "reduce_range": kind == QuantType.QUInt8}
    quantised(made, path, inputs, per_channel=per_channel and opset > 12, **options)
    difference, floats = compared(path, inputs, tmp_path / "out")
    assert difference < 3.01 and floats == set()


@pytest.mark.parametrize("axis", [{}, {"axis": 1}])
@pytest.mark.parametrize("opset", [11, 15])
def test_a_softmax_of_integers_says_which_opsets_it_is(opset, axis, tmp_path):
    """Up to opset 12 it is over all axes from the given one on, later over that one; without an axis over the last, always."""
    w = zoo.Weights(3)
    nodes = [node("Conv", ["x", w(4, 2, 3, 3), w(4)], ["a"]), node("Softmax", ["a"], ["y"], **axis)]
    made = zoo.model(nodes, {"x": [1, 2, 5, 5]}, ["y"], w.made, opset=opset)
    made.ir_version, inputs = 7, zoo.samples(made, 12)
    path = quantised(made, tmp_path / "net.onnx", inputs, quant_format=QuantFormat.QOperator, reduce_range=True)
    assert {"QLinearSoftmax", "QLinearConv"} <= {each.op_type for each in onnx.load(path).graph.node}
    difference, floats = compared(path, inputs, tmp_path / "out")
    assert difference < 1.01 and floats == set()


@pytest.mark.parametrize("op_type", ["ConvInteger", "MatMulInteger"])
def test_integers_without_scales_are_refused(save_onnx, op_type):
    path = save_onnx([node("Relu", ["x"], ["y"])], {"x": [1, 4]}, ["y"])
    model = onnx.load(path)
    model.graph.input[0].type.tensor_type.elem_type = onnx.TensorProto.UINT8
    model.graph.initializer.append(onnx.numpy_helper.from_array(integers(4, 2), "w"))
    del model.graph.node[:]
    model.graph.node.append(node(op_type, ["x", "w"], ["y"]))
    model.graph.output[0].type.tensor_type.elem_type = onnx.TensorProto.INT32
    path.write_bytes(model.SerializeToString())
    with pytest.raises(Unsupported, match="quantize_static in place of quantize_dynamic"):
        driver.compiled_graph(path, driver.Request({}))
