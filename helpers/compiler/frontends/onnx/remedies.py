"""What to do about an ONNX operator that is not supported."""

from pathlib import Path

import onnx

from helpers.common.errors import Unsupported
from helpers.compiler.operators.base.registry import ONNX_IMPORTERS

STATIC = "quantise with a representative dataset: onnxruntime.quantization.quantize_static in place of quantize_dynamic"
NO_LOOP = "take the loop apart: give the recurrent layer unroll=True in Keras"
CUT = "cut it off: the class is where the largest output is, and its probability the output itself"

_REMEDIES = {
    **dict.fromkeys(("Loop", "Scan", "If"), NO_LOOP),
    **dict.fromkeys(("ConvInteger", "MatMulInteger", "DynamicQuantizeLinear", "DynamicQuantizeMatMul"), STATIC),
    **dict.fromkeys(("ZipMap", "ArrayFeatureExtractor", "LabelEncoder"), CUT),
    "Einsum": "write it as matmul and transpose",
}
# Operators that skl2onnx adds around an ensemble's trees, and what to train instead.
ENSEMBLES = {
    "ArgMax": ("an AdaBoostClassifier, whose export votes by comparisons", "use a GradientBoostingClassifier or a forest"),
    "TopK": ("an AdaBoostRegressor, whose export sorts its trees' answers", "use a GradientBoostingRegressor or a forest"),
}  # fmt: skip


def check_ensemble(model: onnx.ModelProto, path: Path) -> None:
    """Raise Unsupported, with what to train instead, for an ensemble that is more than a sum of its trees."""
    types = {node.op_type for node in model.graph.node}
    if any(op_type.startswith("TreeEnsemble") for op_type in types):
        for op_type in sorted(types & set(ENSEMBLES)):
            what, remedy = ENSEMBLES[op_type]
            raise Unsupported(f"is {what}", where=path, remedy=remedy)


def of(op_type: str) -> str:
    """The remedy for an operator by its type."""
    if op_type in _REMEDIES:
        return _REMEDIES[op_type]
    if op_type.startswith(("QLinear", "QAttention")):  # onnxruntime's own operators
        return "quantise with quant_format=QuantFormat.QDQ"
    return f"build the model from: {', '.join(sorted(ONNX_IMPORTERS))}"
