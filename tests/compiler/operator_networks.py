"""A small ONNX model an operator: of these, real Glow's profiles are under tests/reference/glow/operators.json."""

import numpy as np
import onnx
import zoo

IMAGE, CHANNELS, ROW, SERIES, STEPS = [1, 3, 6, 6], [1, 4, 6, 6], [1, 6], [1, 3, 12], [4, 1, 3]
X, BEFORE = "x", "what is before"  # the network's input, and the result of the node before (by default the first input)
INPUTS = 6
OLD = ("Squeeze", "Unsqueeze", "Softmax")  # which real Glow does not read as they are from opset 13 on


def number(*values) -> np.ndarray:
    """Given numbers, float32; one is a scalar."""
    return np.array(values if len(values) > 1 else values[0], np.float32)


def whole(*values) -> np.ndarray:
    """A list of int64."""
    return np.array(values, np.int64)


VARIANCE = np.linspace(0.5, 2, 4, dtype=np.float32)
NORM = ("BatchNormalization", (4,), (4,), (4,), VARIANCE)
CONV, ROUND_CONV = ("Conv", (4, 3, 3, 3), (4,)), {"pads": [1, 1, 1, 1]}
# Name: shape of the input, nodes. A node: its type; inputs, a tuple being the shape of random numbers; attributes.
NETWORKS = {
    "add": (IMAGE, [("Add", (1,))]),
    "average_pool": (IMAGE, [("AveragePool", {"kernel_shape": [2, 2], "strides": [2, 2]})]),
    "average_pool_of_series": (SERIES, [("AveragePool", {"kernel_shape": [2], "strides": [2]})]),
    "batch_matmul": ([2, 4, 3], [("Relu",), ("Transpose", {"perm": [0, 2, 1]}), ("MatMul", X, BEFORE)]),
    "clip": (IMAGE, [("Clip", number(-0.5), number(0.7))]),
    "clip_twice": (IMAGE, [("Clip", number(-0.5), number(0.7)), ("Sigmoid",), ("Clip", number(0.4), number(0.6))]),
    "concat": (IMAGE, [("Relu",), ("Concat", X, BEFORE, {"axis": 1})]),
    "conv": (IMAGE, [CONV]),
    "conv_clip": (IMAGE, [CONV, ("Clip", number(0), number(6))]),
    "conv_leaky_relu": (IMAGE, [CONV, ("LeakyRelu", {"alpha": 0.1})]),
    "conv_of_series": (SERIES, [("Conv", (4, 3, 3), (4,))]),
    "conv_relu": (IMAGE, [CONV, ("Relu",)]),
    "conv_sigmoid": (IMAGE, [CONV, ("Sigmoid",)]),
    "conv_transpose": (IMAGE, [("ConvTranspose", (3, 2, 3, 3), (2,), {"strides": [2, 2]})]),
    "conv_without_bias": (CHANNELS, [("Conv", (4, 4, 3, 3))]),
    "depthwise": (CHANNELS, [("Conv", (4, 1, 3, 3), (4,), {"group": 4, **ROUND_CONV}), ("Relu",)]),
    "div": (IMAGE, [("Div", number(2.5))]),
    "div_by_computed": (IMAGE, [("Relu",), ("Add", number(1)), ("Div", number(2.5), BEFORE)]),
    "flatten": (IMAGE, [("Flatten",)]),
    "gemm": (ROW, [("Gemm", (6, 5), (5,))]),
    "gemm_turned": (ROW, [("Gemm", (5, 6), (5,), {"transB": 1})]),
    "global_average_pool": (IMAGE, [("GlobalAveragePool",)]),
    "grouped": (CHANNELS, [("Conv", (4, 2, 3, 3), (4,), {"group": 2})]),
    "hard_sigmoid": (ROW, [("HardSigmoid",)]),
    "identity": (ROW, [("Identity",), ("Dropout",), ("Relu",)]),
    "leaky_relu": (IMAGE, [("LeakyRelu", {"alpha": 0.1})]),
    "matmul": (ROW, [("MatMul", (6, 5))]),
    "matmul_add": (ROW, [("MatMul", (6, 5)), ("Add", (5,))]),
    "matmul_of_image": (IMAGE, [("Conv", (4, 3, 3, 3), (4,)), ("Flatten",), ("MatMul", (64, 5)), ("Add", (5,))]),
    "max": (IMAGE, [("Max", (3, 1, 1))]),
    "max_pool": (IMAGE, [("MaxPool", {"kernel_shape": [2, 2], "strides": [2, 2]})]),
    "max_pool_of_series": (SERIES, [("MaxPool", {"kernel_shape": [2], "strides": [2]})]),
    "min": (IMAGE, [("Min", (1,))]),
    "mul": (IMAGE, [("Mul", (1,), BEFORE)]),
    "mul_by_row": (ROW, [("Mul", (6,))]),
    "pad": (IMAGE, [("Pad", whole(0, 0, 1, 1, 0, 0, 0, 1))]),
    "pad_conv": (IMAGE, [("Pad", whole(0, 0, 1, 1, 0, 0, 0, 1)), CONV]),
    "prelu": (IMAGE, [("PRelu", (3, 1, 1))]),
    "reduce_mean": (IMAGE, [("ReduceMean", {"axes": [2, 3]})]),
    "reduce_mean_flat": (IMAGE, [("ReduceMean", {"axes": [2, 3], "keepdims": 0})]),
    "reduce_mean_of_row": (ROW, [("ReduceMean", {"axes": [1]})]),
    "relu": (IMAGE, [("Relu",)]),
    "reshape_relu": (IMAGE, [("Reshape", whole(1, -1)), ("Relu",)]),
    "resize": (IMAGE, [("Resize", "", number(1, 1, 2, 2), {
        "mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"})]),
    "sigmoid": (ROW, [("Sigmoid",)]),
    "slice": (IMAGE, [("Slice", whole(1, 2), whole(5, 6), whole(2, 3))]),
    "sub": (IMAGE, [("Sub", (3, 1, 1))]),
    "sub_from_constant": (IMAGE, [("Sub", (1,), BEFORE)]),
    "swish": (IMAGE, [("Sigmoid",), ("Mul", X, BEFORE)]),
    "tanh": (ROW, [("Tanh",)]),
    "transpose": (IMAGE, [("Transpose", {"perm": [0, 2, 3, 1]})]),
    "batch_norm": (CHANNELS, [NORM]),
    "conv_add": (IMAGE, [CONV, ("Add", (4, 1, 1))]),
    "conv_batch_norm": (IMAGE, [CONV, NORM]),
    "conv_batch_norm_relu": (IMAGE, [CONV, NORM, ("Relu",)]),
    "conv_chain": (IMAGE, [CONV, ("Mul", (4, 1, 1)), ("Sub", (1, 4, 1, 1)), ("Div", number(2.5)), ("Relu",)]),
    "conv_conv_of_series": (SERIES, [("Conv", (4, 3, 3), (4,)), ("Relu",), ("Conv", (3, 4, 3), (3,))]),
    "conv_pad_conv": (IMAGE, [CONV, ("Pad", whole(0, 0, 1, 1, 0, 0, 0, 1)), ("Conv", (2, 4, 3, 3), (2,))]),
    "gemm_without_bias": (ROW, [("Gemm", (6, 5))]),
    "gru": (STEPS, [("GRU", (1, 12, 3), (1, 12, 4), (1, 24), {"hidden_size": 4})]),
    "gru_of_keras": (STEPS, [("GRU", (1, 12, 3), (1, 12, 4), (1, 24), {"hidden_size": 4, "linear_before_reset": 1})]),
    "lstm": (STEPS, [("LSTM", (1, 16, 3), (1, 16, 4), (1, 32), {"hidden_size": 4})]),
    "lstm_both_ways": (STEPS, [("LSTM", (2, 8, 3), (2, 8, 2), (2, 16), {"hidden_size": 2, "direction": "bidirectional"})]),
    "lstm_with_peepholes": (STEPS, [("LSTM", (1, 8, 3), (1, 8, 2), (1, 16), "", "", "", (1, 6), {"hidden_size": 2})]),
    "pool_of_pool_of_series": (SERIES, [("MaxPool", {"kernel_shape": [2]}), ("AveragePool", {"kernel_shape": [3]})]),
    "pointwise": (IMAGE, [("Conv", (4, 3, 1, 1), (4,)), ("Relu",)]),
    "softmax": (ROW, [("Softmax", {"axis": 1})]),
    "squeeze": ([1, 1, 6], [("Squeeze", {"axes": [1]}), ("Relu",)]),
    "squeezed_mul": (CHANNELS, [("GlobalAveragePool",), ("Sigmoid",), ("Mul", X, BEFORE)]),
    "unsqueeze": (ROW, [("Unsqueeze", {"axes": [1]}), ("Relu",)]),
}  # fmt: skip


def model(name: str) -> onnx.ModelProto:
    """A network of the table; its nodes are called by their types, in small letters, and places."""
    shape, steps = NETWORKS[name]
    weights, made, before = zoo.Weights(5), [], X
    for index, (op_type, *given) in enumerate(steps):
        attributes = given.pop() if given and isinstance(given[-1], dict) else {}
        given = given if BEFORE in [each for each in given if isinstance(each, str)] else [BEFORE, *given]
        inputs = [_tensor(each, weights, before) for each in given]
        after = "y" if index == len(steps) - 1 else f"t{index}"
        made.append(zoo.node(op_type, inputs, [after], name=f"{op_type.lower()}_{index}", **attributes))
        before = after
    return zoo.model(made, {X: shape}, ["y"], weights.made, opset=11 if any(step[0] in OLD for step in steps) else 13)


def _tensor(given, weights: zoo.Weights, before: str) -> str:
    if isinstance(given, tuple):
        return weights(*given)
    if isinstance(given, np.ndarray):
        return weights.of(given)
    return before if given == BEFORE else given


def inputs(name: str) -> np.ndarray:
    """INPUTS random inputs, one after the other."""
    batch, *shape = NETWORKS[name][0]
    return np.random.default_rng(1).standard_normal((INPUTS * batch, *shape)).astype(np.float32)
