"""The table of operators in docs/networks.md, made from what the importers and kernels are registered as.

python tests/compiler/operators/operator_table.py    (writes it into the page; test_operator_table.py holds it)
"""

from dataclasses import dataclass

from helpers.common import artifacts
from helpers.compiler.frontends.tflite.operators import IMPORTERS as TFLITE
from helpers.compiler.ir import kinds as node_kinds
from helpers.compiler.operators.base import one_value, registry
from helpers.network.keras_files import allowed

PAGE = artifacts.ROOT / "docs" / "networks.md"
BEGIN, END = "<!-- table of operators: begin -->", "<!-- table of operators: end -->"
HEAD = ("operator", "ONNX", "TFLite", "Keras layer", "int8 exact against", "fast form on")
GLOW, STEP = "Glow's profile", "float32, within a step"
OF_GLOW = {  # kinds whose integer kernel is that of Glow's CPU backend, bit for bit
    "Convolution", "FullyConnected", "MatMul", "BatchMatMul", "Add", "Sub", "Mul", "Max", "Min", "Relu", "LeakyRelu", "Sigmoid",
    "Tanh", "SoftMax", "MaxPool", "AvgPool", "Concat", "Slice", "Reshape", "Transpose",
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """An operator's name on the page; the kinds of nodes that compute it; who calls it what. why: a name that is missing.

    without: why TFLite has none, if that is another reason.
    """

    name: str
    kinds: tuple[str, ...]
    onnx: str = ""
    tflite: str = ""
    keras: str = ""
    why: str = ""
    without: str = ""


ROWS = (
    Row("Convolution", ("Convolution",), "Conv QLinearConv", "CONV_2D",
        "Conv1D Conv2D SeparableConv1D SeparableConv2D"),
    Row("Depthwise convolution", ("Convolution",), "", "DEPTHWISE_CONV_2D", "DepthwiseConv1D DepthwiseConv2D", "Conv, grouped"),
    Row("Transposed convolution", ("ConvTranspose",), "ConvTranspose", "TRANSPOSE_CONV", "Conv1DTranspose Conv2DTranspose"),
    Row("Dense layer", ("FullyConnected",), "Gemm QGemm LinearClassifier LinearRegressor", "FULLY_CONNECTED", "Dense"),
    Row("Product of matrices", ("MatMul", "BatchMatMul"), "MatMul QLinearMatMul", "BATCH_MATMUL", "Dot MultiHeadAttention"),
    Row("Sum", ("Add",), "Add Sum QLinearAdd", "ADD", "Add Average"),
    Row("Difference", ("Sub",), "Sub", "SUB SQUARED_DIFFERENCE", "Subtract"),
    Row("Product", ("Mul",), "Mul QLinearMul Scaler", "MUL SQUARE", "Multiply Rescaling Normalization"),
    Row("Comparison", ("Less", "LessOrEqual", "Equal"), "Less LessOrEqual Greater GreaterOrEqual Equal",
        "LESS LESS_EQUAL GREATER GREATER_EQUAL EQUAL NOT_EQUAL", "", "no layer"),
    Row("Logic", ("Min", "Max", "Equal"), "Not And Or Xor", "LOGICAL_NOT LOGICAL_AND LOGICAL_OR", "", "no layer"),
    Row("One of two", ("Where",), "Where", "SELECT SELECT_V2", "", "no layer"),
    Row("Running sum", ("CumSum",), "CumSum", "CUMSUM", "", "no layer"),
    Row("Quotient", ("Div",), "Div Normalizer", "DIV", "", "no layer"),
    Row("Larger", ("Max",), "Max", "MAXIMUM", "Maximum"), Row("Smaller", ("Min",), "Min", "MINIMUM", "Minimum"),
    Row("Relu", ("Relu",), "Relu", "RELU", "ReLU ThresholdedReLU"),
    Row("Clip", ("Clip",), "Clip", "RELU6 RELU_N1_TO_1", "", "ReLU(6.0)"),
    Row("LeakyRelu", ("LeakyRelu",), "LeakyRelu QLinearLeakyRelu", "LEAKY_RELU", "LeakyReLU"),
    Row("PRelu", ("PRelu",), "PRelu", "PRELU", "PReLU"),
    Row("Sigmoid", ("Sigmoid",), "Sigmoid QLinearSigmoid", "LOGISTIC", "", "an activation"),
    Row("Tanh", ("Tanh",), "Tanh", "TANH", "", "an activation"),
    Row("Hard sigmoid", ("Mul", "Add", "Clip"), "HardSigmoid", "", "", "converted to others"),
    Row("Hard swish", ("HardSwish",), "HardSwish", "HARD_SWISH", "", "an activation"),
    Row("Elu, Selu, Celu", ("Elu",), "Elu Selu Celu", "ELU", "ELU"), Row("Gelu", ("Gelu",), "Gelu", "GELU", "", "an activation"),
    Row("Mish", ("Mish",), "Mish", "", "", "an activation", "converted to others"),
    Row("Softplus", ("Softplus",), "Softplus", "", "", "an activation", "converted to others"),
    Row("Softsign", ("Softsign",), "Softsign", "", "", "an activation", "converted to others"),
    Row("Absolute value", ("Abs",), "Abs", "ABS", "", "no layer"), Row("Negation", ("Neg",), "Neg", "NEG", "", "no layer"),
    Row("Exponential", ("Exp",), "Exp", "EXP", "", "an activation"), Row("Logarithm", ("Log",), "Log", "LOG", "", "no layer"),
    Row("Square root", ("Sqrt",), "Sqrt", "SQRT", "", "no layer"),
    Row("Reciprocal", ("Reciprocal",), "Reciprocal", "", "", "no layer", "converted to others"),
    Row("Error function", ("Erf",), "Erf", "", "", "no layer", "no such operator"),
    Row("Power", ("Power",), "Pow", "POW RSQRT", "", "no layer"),
    Row("Softmax", ("SoftMax",), "Softmax QLinearSoftmax", "SOFTMAX", "Softmax"),
    Row("LogSoftmax", ("LogSoftMax",), "LogSoftmax", "LOG_SOFTMAX", "", "an activation"),
    Row("Largest of a window", ("MaxPool",), "MaxPool GlobalMaxPool", "MAX_POOL_2D",
        "MaxPooling1D MaxPooling2D MaxPooling3D GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D"),
    Row("Mean of a window", ("AvgPool",), "AveragePool GlobalAveragePool QLinearAveragePool QLinearGlobalAveragePool",
        "AVERAGE_POOL_2D", "AveragePooling1D AveragePooling2D AveragePooling3D"),
    Row("Mean along axes", ("ReduceMean",), "ReduceMean QLinearReduceMean", "MEAN",
        "GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D"),
    Row("Sum along axes", ("ReduceMean",), "ReduceSum ReduceSumSquare ReduceL1 ReduceL2", "SUM", "", "no layer"),
    Row("Largest along axes", ("MaxPool",), "ReduceMax ReduceMin", "REDUCE_MAX REDUCE_MIN", "", "no layer"),
    Row("Normalised by batches", ("Sub", "Mul", "Add"), "BatchNormalization", "", "BatchNormalization",
        "folded by the converter"),
    Row("Normalised by layers and groups", ("ReduceMean", "Sub", "Mul", "Power", "Add"),
        "LayerNormalization InstanceNormalization GroupNormalization", "", "LayerNormalization GroupNormalization",
        "converted to others"),
    Row("Joined", ("Concat",), "Concat QLinearConcat", "CONCATENATION PACK", "Concatenate"),
    Row("Cut", ("Slice",), "Slice Split", "SLICE SPLIT SPLIT_V STRIDED_SLICE UNPACK", "Cropping1D Cropping2D"),
    Row("Picked and repeated", ("ResizeNearest",), "Gather Tile Expand Resize Upsample ReverseSequence",
        "GATHER TILE REVERSE_V2 RESIZE_NEAREST_NEIGHBOR", "UpSampling1D UpSampling2D RepeatVector"),
    Row("Padded", ("Pad",), "Pad", "PAD PADV2 MIRROR_PAD", "ZeroPadding1D ZeroPadding2D"),
    Row("Reshaped", ("Reshape",), "Reshape Flatten Squeeze Unsqueeze", "RESHAPE SQUEEZE EXPAND_DIMS", "Flatten Reshape"),
    Row("Transposed", ("Transpose",), "Transpose DepthToSpace SpaceToDepth", "TRANSPOSE DEPTH_TO_SPACE SPACE_TO_DEPTH "
        "SPACE_TO_BATCH_ND BATCH_TO_SPACE_ND",
        "Permute"),
    Row("Recurrent, unrolled", ("FullyConnected", "Sigmoid", "Tanh", "Mul", "Add"), "LSTM GRU", "UNIDIRECTIONAL_SEQUENCE_LSTM",
        "LSTM GRU SimpleRNN Bidirectional"),
    Row("Recurrent, with a state", ("SequenceLstm",), "", "UNIDIRECTIONAL_SEQUENCE_LSTM", "", "through an int8 .tflite"),
    Row("Over time, with a state", ("Svdf",), "", "SVDF", "", "no operator"),
    Row("Decision trees", ("TreeEnsemble",), "TreeEnsembleClassifier TreeEnsembleRegressor TreeEnsemble", "", "", "no layer",
        "no such operator"),
    Row("Index of the largest", ("ArgMax",), "ArgMax ArgMin", "ARG_MAX ARG_MIN", "", "no layer"),
    Row("To integers", ("Quantize",), "QuantizeLinear", "QUANTIZE", "", "no layer"),
    Row("From integers", ("Dequantize",), "DequantizeLinear", "DEQUANTIZE", "", "no layer"),
)  # fmt: skip
NOTHING = {  # what is nothing at inference, or only holds others
    "ONNX": {"Identity", "Dropout", "Cast", "CastLike"},
    "TFLite": {"CAST"},
    "Keras": {"InputLayer", "Identity", "Functional", "Model", "Sequential", "TimeDistributed", "Activation", "Dropout",
              "SpatialDropout1D", "SpatialDropout2D", "AlphaDropout", "GaussianDropout", "GaussianNoise",
              "ActivityRegularization", "RandomFlip",
              "RandomRotation", "RandomZoom", "RandomTranslation", "RandomContrast", "RandomBrightness",
              "RandomCrop"},
}  # fmt: skip
REFUSED = {"TopK"}


def table() -> str:
    """The table in Markdown."""
    registry.load_all()
    rows = [HEAD, ("---",) * len(HEAD), *(_cells(row) for row in ROWS)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows)


def _cells(row: Row) -> tuple[str, ...]:
    known = [name for name in row.tflite.split() if name in TFLITE]
    converted = row.why.startswith(("converted", "folded"))
    lacking = (row.why, row.without or (row.why if converted else "not taken"), row.why)
    columns = zip((row.onnx, " ".join(known), row.keras), lacking, strict=True)
    names = (", ".join(each.split()) or f"- ({why})" for each, why in columns)
    return (row.name, *names, _exact(row, bool(known)), _fast(row))


def _exact(row: Row, tflite: bool) -> str:
    """What the integers are equal to, or close to."""
    if row.kinds == ("ArgMax",):
        return "the order of the inputs"
    operators = [registry.OPERATORS[kind] for kind in row.kinds]
    if any(not each.integers for each in operators):
        return "- (float32)"
    if row.kinds[0] in ("Quantize", "Dequantize"):
        return "the formula"
    if row.kinds == ("TreeEnsemble",):
        return "every comparison"
    if all(each.keeps for each in operators):
        return "TFLite"
    if "Equal" in row.kinds:
        return "every comparison, TFLite"
    exact = [GLOW] if set(row.kinds) <= OF_GLOW else [STEP]
    if all(isinstance(each, one_value.OneValue) for each in operators):
        exact = ["a table of float32"]
    floats = {"DIV", "CUMSUM", "SQRT", "POW", "LOG_SOFTMAX", "NEG", "SUM", "SQUARE", "UNIDIRECTIONAL_SEQUENCE_LSTM"}
    exact += ["TFLite"] if tflite and set(row.tflite.split()) - floats else []
    return ", ".join(exact)


def _fast(row: Row) -> str:
    """The cores that have a kernel of their own for it; elsewhere it is the plain C."""
    kinds = {kind for kind in row.kinds if len(row.kinds) == 1}
    with_kernels = {*node_kinds.CONVOLUTIONS, *node_kinds.DENSE, "ConvTranspose", "MaxPool"}
    if kinds & with_kernels and row.name != "Largest along axes":
        return "M0, M0+, M7"
    return "M0, M0+, M7, by constants" if row.kinds[0] == "MatMul" else "-"


def with_table(page: str) -> str:
    """A page's text with the table as it is now between the two marks."""
    before, rest = page.split(BEGIN)
    return f"{before}{BEGIN}\n{table()}\n{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text()))
    print(f"{len(ROWS)} operators, {len(allowed.LAYERS)} Keras layers, {len(TFLITE)} of TFLite")
