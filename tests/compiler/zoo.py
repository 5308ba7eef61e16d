"""Small networks that together use every operator: ONNX models with seeded random weights, input `x`, output `y`."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

node = helper.make_node


def model(
    nodes, inputs: dict, outputs: list[str], constants: dict | None = None, opset: int = 15, result=TensorProto.FLOAT
):
    """An ONNX model: inputs by name and shape (float32), constants by name and array; nodes from onnx.helper.make_node."""
    graph = helper.make_graph(
        nodes,
        "made_by_a_test",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in inputs.items()],
        [helper.make_tensor_value_info(name, result, None) for name in outputs],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in (constants or {}).items()],
    )
    opsets = [helper.make_opsetid("", opset)]
    made = onnx.shape_inference.infer_shapes(helper.make_model(graph, opset_imports=opsets, ir_version=8))
    for info in made.graph.output:
        info.type.tensor_type.shape.SetInParent()  # a shape must be there, be it an empty one
    return made


class Weights:
    """Random constants with names of their own."""

    def __init__(self, seed: int):
        self.random, self.made = np.random.default_rng(seed), {}

    def __call__(self, *shape, scale: float = 0.5) -> str:
        name = f"w{len(self.made)}"
        self.made[name] = (self.random.standard_normal(shape) * scale).astype(np.float32)
        return name

    def of(self, array) -> str:
        name = f"w{len(self.made)}"
        self.made[name] = np.asarray(array)
        return name


def lenet_like():
    w = Weights(1)
    nodes = [
        node("Conv", ["x", w(4, 1, 3, 3), w(4)], ["a"], pads=[1, 1, 1, 1]), node("Relu", ["a"], ["b"]),
        node("AveragePool", ["b"], ["c"], kernel_shape=[2, 2], strides=[2, 2]),
        node("Conv", ["c", w(6, 4, 3, 3)], ["d"], strides=[2, 2], auto_pad="SAME_UPPER"), node("Tanh", ["d"], ["e"]),
        node("Flatten", ["e"], ["f"]), node("Gemm", ["f", w(10, 24), w(10)], ["g"], transB=1), node("Softmax", ["g"], ["y"]),
    ]  # fmt: skip
    return model(nodes, {"x": [1, 1, 8, 8]}, ["y"], w.made)


def mobile():
    """Depthwise, grouped, dilated; batch normalisation folded and not; ReLU6, LeakyRelu, PRelu; a residual sum."""
    w = Weights(2)
    norm = [np.abs(w.random.standard_normal(8)).astype(np.float32) + 0.5 for _ in range(4)]
    names = [w.of(each) for each in norm]
    nodes = [
        node("Conv", ["x", w(8, 2, 1, 1)], ["a"]), node("BatchNormalization", ["a", *names], ["b"]),
        node("Clip", ["b", w.of(np.float32(0)), w.of(np.float32(6))], ["c"]),
        node("Conv", ["c", w(8, 1, 3, 3)], ["d"], group=8, pads=[1, 1, 1, 1]), node("LeakyRelu", ["d"], ["e"], alpha=0.1),
        node("Conv", ["e", w(8, 4, 3, 3), w(8)], ["f"], group=2, dilations=[2, 2], pads=[2, 2, 2, 2]),
        node("Add", ["f", "c"], ["g"]), node("PRelu", ["g", w(8, 1, 1)], ["h"]),
        node("BatchNormalization", ["h", *names], ["i"]), node("GlobalAveragePool", ["i"], ["y"]),
    ]  # fmt: skip
    return model(nodes, {"x": [1, 2, 6, 6]}, ["y"], w.made)


def autoencoder():
    """A dense one, as for anomaly detection, with sigmoid, hard sigmoid and arithmetic."""
    w = Weights(3)
    nodes = [
        node("MatMul", ["x", w(12, 5)], ["a"]), node("Add", ["a", w(5)], ["b"]), node("Sigmoid", ["b"], ["c"]),
        node("MatMul", ["c", w(5, 12)], ["d"]), node("HardSigmoid", ["d"], ["e"]), node("Sub", ["e", "x"], ["f"]),
        node("Mul", ["f", "f"], ["g"]), node("ReduceMean", ["g"], ["y"], axes=[1]),
    ]  # fmt: skip
    return model(nodes, {"x": [1, 12]}, ["y"], w.made)


def shapes():
    """Everything that moves data, with max pools and both kinds of concatenation."""
    w = Weights(4)
    nodes = [
        node("Pad", ["x", w.of(np.int64([0, 0, 1, 1, 0, 0, 0, 1]))], ["a"], mode="reflect"),
        node("MaxPool", ["a"], ["b"], kernel_shape=[2, 2], pads=[0, 1, 1, 0]),
        node("Split", ["b", w.of(np.int64([1, 2]))], ["c", "d"], axis=1),
        node("Resize", ["c", "", w.of(np.float32([1, 1, 2, 2]))], ["e"], mode="nearest"),
        node("Slice", ["e", *(w.of(np.int64(n)) for n in ([1, -2], [9, -9], [2, 3], [2, -2]))], ["f"]),
        node("GlobalMaxPool", ["d"], ["g"]), node("Transpose", ["f"], ["h"], perm=[0, 3, 1, 2]),
        node("Reshape", ["h", w.of(np.int64([1, -1]))], ["i"]), node("Squeeze", ["g", w.of(np.int64([2, 3]))], ["j"]),
        node("Concat", ["i", "j"], ["k"], axis=1), node("Unsqueeze", ["k", w.of(np.int64([1]))], ["l"]),
        node("Identity", ["l"], ["m"]), node("Cast", ["m"], ["n"], to=TensorProto.FLOAT), node("Dropout", ["n"], ["y"]),
    ]  # fmt: skip
    return model(nodes, {"x": [1, 3, 4, 5]}, ["y"], w.made)


def arithmetic():
    w = Weights(5)
    positive = w.of(np.abs(w.random.standard_normal((3, 1, 1))).astype(np.float32) + 1)
    nodes = [
        node("Max", ["x", w(3, 1, 1)], ["a"]), node("Min", ["a", w(1, 4)], ["b"]), node("Div", ["b", positive], ["c"]),
        node("Sum", ["x", "b", "c"], ["d"]), node("Mul", ["d", w(1)], ["e"]), node("Sub", ["e", "x"], ["f"]),
        node("Pad", ["f", w.of(np.int64([0, 0, 1, 0, 0, 0, 0, 1])), w.of(np.float32(0.5))], ["g"]),
        node("ReduceMean", ["g"], ["y"], axes=[1, 3], keepdims=0),
    ]  # fmt: skip
    return model(nodes, {"x": [1, 3, 4, 4]}, ["y"], w.made)


def upsampling():
    """A decoder: transposed convolution, zero padding merged into a convolution, softmax over channels."""
    w = Weights(6)
    nodes = [
        node("ConvTranspose", ["x", w(2, 3, 3, 3), w(3)], ["a"], strides=[2, 2], pads=[1, 1, 1, 1], output_padding=[1, 1]),
        node("Relu", ["a"], ["b"]), node("Pad", ["b", w.of(np.int64([0, 0, 1, 1, 0, 0, 1, 1]))], ["c"]),
        node("Conv", ["c", w(4, 3, 3, 3)], ["d"]),
        node("AveragePool", ["d"], ["e"], kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[2, 2]),
        node("ReduceMean", ["e"], ["f"], axes=[2, 3]), node("Softmax", ["f"], ["y"], axis=1),
    ]  # fmt: skip
    return model(nodes, {"x": [1, 2, 4, 4]}, ["y"], w.made)


def audio():
    """One dimension: convolution, pools, quantised in the file."""
    w = Weights(7)
    scale, zero = w.of(np.float32(0.05)), w.of(np.int8(3))
    nodes = [
        node("QuantizeLinear", ["x", scale, zero], ["a"]), node("DequantizeLinear", ["a", scale, zero], ["b"]),
        node("Conv", ["b", w(4, 2, 3), w(4)], ["c"], strides=[2]), node("Relu", ["c"], ["d"]),
        node("MaxPool", ["d"], ["e"], kernel_shape=[2], strides=[2]),
        node("AveragePool", ["e"], ["f"], kernel_shape=[2], count_include_pad=1, pads=[1, 0]),
        node("Flatten", ["f"], ["y"]),
    ]  # fmt: skip
    return model(nodes, {"x": [1, 2, 19]}, ["y"], w.made)


def attention():
    """Two heads of six steps: products of computed matrices, softmax between them."""
    w = Weights(8)
    nodes = [
        node("MatMul", ["x", w(8, 8)], ["a"]), node("Reshape", ["a", w.of(np.int64([1, 6, 2, 4]))], ["b"]),
        node("Transpose", ["b"], ["c"], perm=[0, 2, 1, 3]), node("Transpose", ["b"], ["d"], perm=[0, 2, 3, 1]),
        node("MatMul", ["c", "d"], ["e"]), node("Softmax", ["e"], ["f"]), node("MatMul", ["f", "c"], ["y"]),
    ]  # fmt: skip
    return model(nodes, {"x": [1, 6, 8]}, ["y"], w.made)


def functions():
    """Every function of one value that is a formula in float32 and a table in int8, side by side."""
    w = Weights(9)
    plain = ("Exp", "Gelu", "Elu", "Selu", "Mish", "Softplus", "Softsign", "HardSwish", "Erf", "Neg")
    nodes = [node(op, ["x"], [op]) for op in plain]
    nodes += [node("Abs", ["x"], ["a"]), node("Add", ["a", w.of(np.float32(0.5))], ["p"])]
    nodes += [node(op, ["p"], [op]) for op in ("Sqrt", "Log", "Reciprocal")]
    nodes += [node("Pow", ["p", w.of(np.float32(each))], [f"Pow{each}"]) for each in (-0.5, 0.3, 3.0)]
    names = [each.output[0] for each in nodes if each.output[0] not in "ap"]
    nodes += [
        node("Concat", names, ["c"], axis=1), node("Gemm", ["c", w(12, len(names) * 6, scale=0.1)], ["d"], transB=1),
        node("LogSoftmax", ["d"], ["y"]),
    ]  # fmt: skip
    return model(nodes, {"x": [1, 6]}, ["y"], w.made, opset=20)


def exported():
    """What PyTorch writes: groups normalised, blocks and channels turned into each other, elements picked and repeated, norms."""
    w = Weights(10)
    nodes = [
        node("InstanceNormalization", ["x", w(4), w(4)], ["a"]), node("Add", ["x", w(4, 1, 1)], ["shifted"]),
        node("GroupNormalization", ["shifted", w(4), w(4)], ["b"], num_groups=2),
        node("LayerNormalization", ["shifted", w(4), w(4)], ["c"]),
        node("DepthToSpace", ["a"], ["d"], blocksize=2, mode="CRD"), node("SpaceToDepth", ["d"], ["e"], blocksize=2),
        node("Gather", ["b", w.of(np.int64([3, 0, 1, 1]))], ["f"], axis=1), node("ReduceMax", ["c", w.of(np.int64([3]))], ["g"]),
        node("ReduceMin", ["f", w.of(np.int64([3]))], ["h"]), node("Tile", ["g", w.of(np.int64([1, 1, 1, 2]))], ["i"]),
        node("Expand", ["h", w.of(np.int64([1, 4, 4, 2]))], ["j"]), node("Abs", ["f"], ["k"]),
        node("ReduceSum", ["k", w.of(np.int64([3]))], ["l"]), node("ReduceL1", ["e", w.of(np.int64([3]))], ["m"]),
        node("ReduceL2", ["f", w.of(np.int64([3]))], ["n"]), node("ReduceSumSquare", ["c", w.of(np.int64([3]))], ["o"]),
        node("Concat", ["i", "j", "l", "m", "n", "o"], ["y"], axis=3),
    ]  # fmt: skip
    return model(nodes, {"x": [1, 4, 4, 4]}, ["y"], w.made, opset=21)


def choices():
    """Comparisons, logic and what is chosen by them, of functions that meet where they change over; running sums."""
    w = Weights(11)
    half, zero, row = w.of(np.float32(0.5)), w.of(np.float32([0])), w.of(np.float32([0.2, -0.1, 0.4, 0.3, -0.6]))
    nodes = [
        node("Greater", ["x", half], ["a"]), node("Where", ["a", "x", half], ["b"]), node("Less", [row, "x"], ["c"]),
        node("GreaterOrEqual", ["x", zero], ["d"]), node("LessOrEqual", ["x", row], ["e"]), node("And", ["c", "d"], ["f"]),
        node("Or", ["f", "e"], ["g"]), node("Not", ["g"], ["h"]), node("Xor", ["h", "a"], ["i"]),
        node("Cast", ["i"], ["j"], to=TensorProto.FLOAT), node("Mul", ["j", zero], ["k"]), node("Equal", ["x", "x"], ["l"]),
        node("Where", ["l", "b", "k"], ["m"]), node("Add", ["m", "k"], ["n"]),
        node("CumSum", ["n", w.of(np.int64(2))], ["o"]), node("CumSum", ["n", w.of(np.int64(-1))], ["p"], reverse=1),
        node("CumSum", ["n", w.of(np.int64(1))], ["q"], exclusive=1), node("Concat", ["o", "p", "q"], ["y"], axis=1),
    ]  # fmt: skip
    return model(nodes, {"x": [1, 2, 3, 5]}, ["y"], w.made)


MADE = (lenet_like, mobile, autoencoder, shapes, arithmetic, upsampling, audio, attention, functions, exported, choices)
NETWORKS = {each.__name__: each for each in MADE}


def samples(made, count: int, seed: int = 0) -> np.ndarray:
    """Random inputs [count, ...] for the input `x`."""
    shape = [dimension.dim_value for dimension in made.graph.input[0].type.tensor_type.shape.dim]
    return np.random.default_rng(seed).standard_normal((count, *shape[1:])).astype(np.float32)
