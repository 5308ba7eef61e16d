"""Every operator that is promised, alone: float32 as onnxruntime computes it, int8 within a step of float32 on the same integers.

Old forms of an operator stand beside the new ones, by opset. A row is nodes (the last gives `y`), shape of `x`, constants, opset.
"""

import numpy as np
import onnx
import onnxruntime
import pytest
import zoo
from float_reference import in_float
from zoo import node

from helpers.compiler import driver, interpreter
from helpers.compiler.frontends.onnx import file
from helpers.compiler.numerics import affine
from helpers.compiler.operators.base import registry
from helpers.compiler.profiling import profile

PROMISED = {
    "Conv",
    "ConvTranspose",
    "MatMul",
    "Gemm",
    "Add",
    "Sub",
    "Mul",
    "Div",
    "Max",
    "Min",
    "Relu",
    "LeakyRelu",
    "PRelu",
    "Clip",
    "Sigmoid",
    "Tanh",
    "HardSigmoid",
    "Softmax",
    "MaxPool",
    "AveragePool",
    "GlobalAveragePool",
    "GlobalMaxPool",
    "BatchNormalization",
    "Concat",
    "Split",
    "Slice",
    "Pad",
    "Transpose",
    "Reshape",
    "Flatten",
    "Squeeze",
    "Unsqueeze",
    "ReduceMean",
    "Resize",
    "Upsample",
    "Identity",
    "Dropout",
    "QuantizeLinear",
    "DequantizeLinear",
    "LSTM",
    "GRU",
    "Sum",
    "Cast",
    "CastLike",
    "Abs",
    "Neg",
    "Exp",
    "Log",
    "Sqrt",
    "Reciprocal",
    "Erf",
    "Softsign",
    "Softplus",
    "Mish",
    "HardSwish",
    "Gelu",
    "Elu",
    "Selu",
    "Celu",
    "Pow",
    "Gather",
    "Tile",
    "Expand",
    "DepthToSpace",
    "SpaceToDepth",
    "ReduceSum",
    "ReduceSumSquare",
    "ReduceL1",
    "ReduceL2",
    "ReduceMax",
    "ReduceMin",
    "LayerNormalization",
    "InstanceNormalization",
    "GroupNormalization",
    "LogSoftmax",
    "ReverseSequence",
    "Less",
    "LessOrEqual",
    "Greater",
    "GreaterOrEqual",
    "Equal",
    "Not",
    "And",
    "Or",
    "Xor",
    "Where",
    "CumSum",
}
REFUSED = {"TopK"}  # with a remedy
INDICES = {"ArgMax", "ArgMin"}  # test_argmax.py
IN_FLOAT = {"LogSoftmax"}
TREES = {"TreeEnsemble", "TreeEnsembleClassifier", "TreeEnsembleRegressor"}  # test_trees.py
SCIKIT_LEARN = {"Scaler", "LinearRegressor", "LinearClassifier", "Normalizer"} | TREES
NEWEST = file.OPSETS[1]
IMAGE, ROW, DEEP, SOUND, STEPS = [1, 4, 6, 5], [1, 12], [1, 2, 4, 5, 6], [1, 3, 20], [4, 1, 3]
RANDOM = np.random.default_rng(13438)


def real(*shape, scale=0.5):
    return (RANDOM.standard_normal(shape) * scale).astype(np.float32)


def whole(*numbers):
    return np.int64(numbers)


def row(op, shape, *constants, opset=15, inputs=("x",), output="y", **attributes):
    """One operator with constants behind its inputs; None leaves an input out."""
    names = [*inputs, *("" if each is None else f"c{index}" for index, each in enumerate(constants))]
    given = {f"c{index}": each for index, each in enumerate(constants) if each is not None}
    return [node(op, names, [output] if isinstance(output, str) else output, **attributes)], shape, given, opset


def positive(op, *constants):
    """An operator behind |x| + 1 / 2."""
    before = [node("Abs", ["x"], ["a"]), node("Add", ["a", "half"], ["p"])]
    (last,), shape, given, opset = row(op, IMAGE, *constants, inputs=("p",))
    return [*before, last], shape, given | {"half": np.float32(0.5)}, opset


def chosen(nodes):
    """x where a condition `q` holds, else a constant of its channel. Exactly: test_comparisons.py."""
    given = {"c": np.float32([[[0.5]], [[-0.5]], [[0.0]], [[1.0]]]), "e": np.float32(0.25)}
    used = {name for each in nodes for name in each.input}
    last = node("Where", ["q", "x", "c"], ["y"])
    return [*nodes, last], IMAGE, {name: array for name, array in given.items() if name in used | {"c"}}, 15


TWO = [node("Less", ["x", "c"], ["a"]), node("GreaterOrEqual", ["x", "e"], ["b"])]
TABLE = {
    "Conv": row("Conv", IMAGE, real(6, 4, 3, 3), real(6), pads=[1, 0, 1, 2], strides=[2, 1]),
    "Conv grouped dilated": row("Conv", IMAGE, real(4, 2, 2, 2), group=2, dilations=[2, 2], pads=[0, 1, 2, 1]),
    "Conv depthwise": row("Conv", IMAGE, real(8, 1, 3, 3), real(8), group=4, auto_pad="VALID"),
    "Conv of sound": row("Conv", SOUND, real(5, 3, 4), real(5), strides=[3], pads=[1, 2]),
    "ConvTranspose": row("ConvTranspose", IMAGE, real(4, 3, 3, 3), real(3), strides=[2, 2], output_padding=[1, 0], pads=[1] * 4),
    "ConvTranspose grouped": row("ConvTranspose", IMAGE, real(4, 2, 2, 2), group=2, dilations=[2, 1]),
    "ConvTranspose of sound": row("ConvTranspose", SOUND, real(3, 2, 3), strides=[2]),
    "MatMul": row("MatMul", ROW, real(12, 5)),
    "MatMul batched": row("MatMul", IMAGE, real(1, 4, 5, 3)),
    "MatMul of itself": row("MatMul", [1, 3, 4, 4], inputs=("x", "x")),
    "Gemm": row("Gemm", ROW, real(5, 12), real(5), transB=1, alpha=0.5, beta=2.0),
    "Gemm opset 7": row("Gemm", ROW, real(12, 5), real(1, 5), opset=7),
    **{op: row(op, IMAGE, np.abs(real(4, 1, 5)) + np.float32(0.5)) for op in ("Add", "Sub", "Mul", "Div", "Max", "Min")},
    **{f"{op} of itself": row(op, IMAGE, inputs=("x", "x")) for op in ("Add", "Mul", "Max")},
    "Sum": row("Sum", IMAGE, real(1, 4, 6, 5), inputs=("x", "x")),
    **{op: row(op, IMAGE) for op in ("Relu", "LeakyRelu", "Sigmoid", "Tanh", "HardSigmoid", "Identity", "Flatten")},
    "LeakyRelu steep": row("LeakyRelu", IMAGE, alpha=0.6), "PRelu": row("PRelu", IMAGE, np.abs(real(4, 1, 1))),
    "Clip": row("Clip", IMAGE, np.float32(-0.5), np.float32(0.75)), "Clip above": row("Clip", IMAGE, None, np.float32(0.3)),
    "Clip opset 7": row("Clip", IMAGE, opset=7, min=-0.5, max=0.75),
    "Softmax": row("Softmax", ROW), "Softmax along channels": row("Softmax", IMAGE, axis=1),
    "Softmax opset 11": row("Softmax", IMAGE, opset=11, axis=2),
    "MaxPool": row("MaxPool", IMAGE, kernel_shape=[3, 2], pads=[1, 0, 1, 1], strides=[2, 1]),
    "MaxPool of sound": row("MaxPool", SOUND, kernel_shape=[3], strides=[2], ceil_mode=1),
    "MaxPool deep": row("MaxPool", DEEP, kernel_shape=[2, 3, 2], strides=[1, 2, 2], pads=[1, 0, 1, 0, 1, 0]),
    "AveragePool": row("AveragePool", IMAGE, kernel_shape=[2, 2], strides=[2, 2], auto_pad="SAME_UPPER"),
    "AveragePool counted": row("AveragePool", IMAGE, kernel_shape=[3, 3], pads=[1] * 4, count_include_pad=1),
    "AveragePool ceiled": row("AveragePool", IMAGE, kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1, opset=19),
    "AveragePool of sound": row("AveragePool", SOUND, kernel_shape=[4], strides=[3]),
    "AveragePool deep": row("AveragePool", DEEP, kernel_shape=[2, 2, 3], pads=[1, 0, 1, 1, 0, 0]),
    "GlobalAveragePool": row("GlobalAveragePool", IMAGE), "GlobalMaxPool": row("GlobalMaxPool", SOUND),
    "BatchNormalization": row("BatchNormalization", IMAGE, real(4), real(4), real(4), np.abs(real(4)) + np.float32(1)),
    "Concat": row("Concat", IMAGE, real(1, 4, 6, 2, scale=3), axis=3),
    "Concat opset 7": row("Concat", ROW, real(2, 12), opset=7, axis=0),
    "Split": row("Split", IMAGE, whole(1, 3), axis=1, output=["z", "y"]),
    "Split opset 7": row("Split", IMAGE, opset=7, axis=1, split=[3, 1], output=["y", "z"]),
    "Split opset 18": row("Split", IMAGE, opset=18, axis=3, num_outputs=3, output=["z", "u", "y"]),
    "Slice": row("Slice", IMAGE, whole(1, -1), whole(4, -9), whole(2, 3), whole(2, -1)),
    "Slice opset 7": row("Slice", IMAGE, opset=7, starts=[1, -3], ends=[3, 99], axes=[1, 3]),
    "Pad": row("Pad", IMAGE, whole(0, 0, 1, 2, 0, 0, 1, 0), np.float32(0.5)),
    "Pad opset 7": row("Pad", IMAGE, opset=7, pads=[0, 0, 1, 2, 0, 1, 1, 0], mode="reflect"),
    "Pad opset 18": row("Pad", IMAGE, whole(1, 2), None, whole(-1), opset=18, mode="edge"),
    "Transpose": row("Transpose", IMAGE, perm=[0, 2, 3, 1]), "Reshape": row("Reshape", IMAGE, whole(1, 0, -1)),
    "Squeeze": row("Squeeze", [1, 3, 1, 4], whole(2)), "Squeeze opset 11": row("Squeeze", [1, 3, 1, 4], opset=11, axes=[-2]),
    "Unsqueeze": row("Unsqueeze", ROW, whole(1, -1)), "Unsqueeze opset 11": row("Unsqueeze", ROW, opset=11, axes=[1, 3]),
    "ReduceMean": row("ReduceMean", IMAGE, axes=[2, 3], keepdims=0),
    "ReduceMean opset 18": row("ReduceMean", IMAGE, whole(1), opset=18),
    "Resize": row("Resize", IMAGE, None, np.float32([1, 1, 2, 2]), mode="nearest"),
    "Resize opset 10": row("Resize", IMAGE, np.float32([1, 1, 2, 3]), opset=10),
    "Resize to a size": row("Resize", IMAGE, None, None, whole(1, 4, 9, 5), mode="nearest", nearest_mode="floor"),
    "Upsample opset 9": row("Upsample", IMAGE, np.float32([1, 1, 3, 2]), opset=9),
    "Upsample opset 7": row("Upsample", IMAGE, opset=7, scales=[1.0, 1.0, 2.0, 2.0]),
    "Cast": row("Cast", IMAGE, to=onnx.TensorProto.FLOAT),
    "Dropout": row("Dropout", IMAGE, np.float32(0.3)), "Dropout opset 7": row("Dropout", IMAGE, opset=7, ratio=0.3),
    "LSTM": row("LSTM", STEPS, real(1, 16, 3), real(1, 16, 4), real(1, 32), hidden_size=4),
    "LSTM both ways": row("LSTM", STEPS, real(2, 8, 3), real(2, 8, 2), real(2, 16), hidden_size=2, direction="bidirectional"),
    "LSTM of Relu": row("LSTM", STEPS, real(1, 8, 3), real(1, 8, 2), hidden_size=2, activations=["Sigmoid", "Relu", "Relu"]),
    "LSTM that sees its cell": row("LSTM", STEPS, real(1, 8, 3), real(1, 8, 2), real(1, 16), None, None, None, real(1, 6),
                                   hidden_size=2),
    "GRU": row("GRU", STEPS, real(1, 12, 3), real(1, 12, 4), real(1, 24), hidden_size=4, output=["", "y"]),
    "GRU of Keras": row("GRU", STEPS, real(1, 12, 3), real(1, 12, 4), real(1, 24), None, real(1, 1, 4), hidden_size=4,
                        linear_before_reset=1),
    **{op: row(op, IMAGE) for op in ("Abs", "Neg", "Exp", "Erf", "Softsign", "Softplus", "Elu", "Selu", "Celu")},
    "Mish": row("Mish", IMAGE, opset=18), "HardSwish": row("HardSwish", IMAGE), "Elu wide": row("Elu", IMAGE, alpha=2.5),
    "Celu wide": row("Celu", IMAGE, alpha=2.0), "Selu other": row("Selu", IMAGE, alpha=1.5, gamma=0.5),
    "Gelu": row("Gelu", IMAGE, opset=20), "Gelu by tanh": row("Gelu", IMAGE, opset=20, approximate="tanh"),
    **{op: positive(op) for op in ("Log", "Sqrt", "Reciprocal")},
    **{f"Pow {p}": positive("Pow", np.float32(p)) for p in (-0.5, 0.5, 1.5, 2.0, 3.0, -2.0, 0.3)},
    "Gather": row("Gather", IMAGE, whole(2, 0, -1), axis=1), "Gather one": row("Gather", IMAGE, np.int64(3), axis=3),
    "ReverseSequence": row("ReverseSequence", STEPS, whole(4)),
    "ReverseSequence in part": row("ReverseSequence", [1, 5, 3], whole(3), time_axis=1, batch_axis=0),
    "Tile": row("Tile", IMAGE, whole(1, 2, 1, 3)), "Expand": row("Expand", [1, 4, 1, 5], whole(1, 4, 6, 5)),
    "DepthToSpace": row("DepthToSpace", IMAGE, blocksize=2), "SpaceToDepth": row("SpaceToDepth", [1, 2, 6, 4], blocksize=2),
    "DepthToSpace of PyTorch": row("DepthToSpace", IMAGE, blocksize=2, mode="CRD"),
    "ReduceSum": row("ReduceSum", IMAGE, whole(2, 3)),
    "ReduceSum opset 11": row("ReduceSum", IMAGE, axes=[1], keepdims=0, opset=11),
    **{op: row(op, IMAGE, axes=[1, 3]) for op in ("ReduceSumSquare", "ReduceL1", "ReduceL2", "ReduceMax", "ReduceMin")},
    "ReduceMax opset 18": row("ReduceMax", IMAGE, whole(-1), opset=18, keepdims=0),
    "LayerNormalization": row("LayerNormalization", IMAGE, real(6, 5), real(6, 5), opset=17, axis=2),
    "InstanceNormalization": row("InstanceNormalization", IMAGE, real(4), real(4)),
    "GroupNormalization": row("GroupNormalization", IMAGE, real(4), real(4), opset=21, num_groups=2),
    "LogSoftmax": row("LogSoftmax", ROW), "LogSoftmax along channels": row("LogSoftmax", IMAGE, axis=1),
    "CastLike": row("CastLike", IMAGE, np.float32(1)),
    "CumSum": row("CumSum", IMAGE, np.int64(1)), "CumSum at the end": row("CumSum", IMAGE, np.int64(-1)),
    "CumSum reverse": row("CumSum", IMAGE, np.int64(2), reverse=1, exclusive=1),
    **{op: chosen([node(op, ["x", "c"], ["q"])]) for op in ("Less", "LessOrEqual", "Greater", "GreaterOrEqual", "Equal")},
    **{op: chosen([*TWO, node(op, ["a", "b"], ["q"])]) for op in ("And", "Or", "Xor")},
    "Not": chosen([TWO[0], node("Not", ["a"], ["q"])]), "Where": chosen([TWO[1], node("Identity", ["b"], ["q"])]),
}  # fmt: skip
for OPSET in (10, 13, NEWEST):  # quantised in the file
    SCALES = {"s": np.float32(0.02), "z": np.int8(-5)}
    ENDS = [node("QuantizeLinear", ["x", "s", "z"], ["q"]), node("DequantizeLinear", ["q", "s", "z"], ["y"])]
    TABLE[f"QuantizeLinear opset {OPSET}"] = ENDS, ROW, SCALES, OPSET
    TABLE[f"DequantizeLinear opset {OPSET}"] = [*ENDS[:1], node("Relu", ["r"], ["y"])], ROW, SCALES, OPSET
    TABLE[f"DequantizeLinear opset {OPSET}"][0].insert(1, node("DequantizeLinear", ["q", "s", "z"], ["r"]))
for OP in ("Relu", "Conv", "Gemm", "MaxPool", "Add", "Softmax", "LSTM", "Concat"):  # as good in the newest opset
    TABLE[f"{OP} opset {NEWEST}"] = (*TABLE[OP][:3], NEWEST)


def test_every_promised_operator_has_a_row():
    assert {name.split()[0] for name in TABLE} == PROMISED
    registry.load_all()
    known = {name for name in registry.ONNX_IMPORTERS if not name.startswith("QLinear") and name != "QGemm"}
    assert known == PROMISED | REFUSED | INDICES | SCIKIT_LEARN  # these and QLinear...: tests/compiler/doors


@pytest.fixture(params=sorted(TABLE))
def case(request, tmp_path):
    """(file, inputs, onnxruntime's answers). Up to opset NEWEST - 1 onnxruntime's own; else of the ONNX reference."""
    nodes, shape, constants, opset = TABLE[request.param]
    made = zoo.model(nodes, {"x": shape}, ["y"], constants, opset=opset)
    path = tmp_path / "net.onnx"
    path.write_bytes(made.SerializeToString())
    inputs = np.random.default_rng(7).standard_normal((16, *shape)).astype(np.float32)
    try:
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    except Exception:  # an opset or a type that onnxruntime does not have yet
        session = onnx.reference.ReferenceEvaluator(made)
    return path, inputs, np.stack([session.run(None, {"x": each})[0] for each in inputs])


def run(graph, inputs, observe=None):
    return np.stack([interpreter.run(graph, {"x": each}, observe)["y"] for each in inputs])


def test_float32(case):
    path, inputs, expected = case
    computed = run(driver.float_graph(path, {}), inputs)
    assert computed.shape == expected.shape and np.allclose(computed, expected, rtol=1e-3, atol=1e-5)


def test_int8(case, request):
    """Each integer node is within a step, and where one does the work alone so is the result."""
    path, inputs, _ = case
    measured = profile.measure(driver.float_graph(path, {}), inputs.reshape(-1, *inputs.shape[2:]))
    graph = driver.compiled_graph(path, driver.Request({}, measured, convert_placeholders=True))
    far = {}

    def compare(each, given, results):
        if each.output.type.quantised and each.kind != "Quantize":
            difference = np.abs(in_float(each, given).astype(int) - results[0]).max()
            far.update({each.name: (each.kind, int(difference))} if difference > 1 else {})

    kept = graph.placeholders[0].output.type
    run(graph, affine.quantise(inputs, kept) if kept.quantised else inputs, compare)
    assert far == {}
    computed = [each for each in graph.in_order() if each.kind != "Dequantize"]
    integers = all(value.type.element == "int8" for each in computed for value in each.outputs)
    assert integers != (request.node.callspec.params["case"].split()[0] in IN_FLOAT)
