"""What to do about an ONNX operator that is not taken."""

from helpers.compiler.operators.base.registry import ONNX_IMPORTERS

STATIC = "quantise with a representative dataset: onnxruntime.quantization.quantize_static in place of quantize_dynamic"
NO_LOOP = "take the loop apart: give the recurrent layer unroll=True in Keras"
NO_CHOICE = "build it from Relu, Clip, LeakyRelu, Min and Max: what is chosen by a comparison has no kernel here"
CUT = "cut it off: the class is where the largest output is, and its probability the output itself"

_REMEDIES = {
    **dict.fromkeys(("Loop", "Scan", "If"), NO_LOOP),
    **dict.fromkeys(("Greater", "LessOrEqual", "GreaterOrEqual", "Equal", "Where", "Not", "And", "Or"), NO_CHOICE),
    **dict.fromkeys(("ConvInteger", "MatMulInteger", "DynamicQuantizeLinear", "DynamicQuantizeMatMul"), STATIC),
    **dict.fromkeys(("ZipMap", "ArrayFeatureExtractor", "LabelEncoder"), CUT),
    "Less": f"{NO_LOOP}; where there is no loop, {NO_CHOICE}",  # a loop compares its step with their number
    "Einsum": "write it as matmul and transpose",
    "CumSum": "multiply by a triangular matrix of ones instead",
}


def of(op_type: str) -> str:
    """The remedy for an operator by its type."""
    if op_type in _REMEDIES:
        return _REMEDIES[op_type]
    if op_type.startswith(("QLinear", "QAttention")):  # onnxruntime's own operators
        return "quantise with quant_format=QuantFormat.QDQ"
    return f"build the model from: {', '.join(sorted(ONNX_IMPORTERS))}"
