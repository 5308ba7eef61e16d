"""QLinearConv and its like (onnxruntime's QOperator format): the float operator between Dequantize and Quantize."""

import numpy as np

from helpers.common.errors import Unsupported
from helpers.compiler.ir.graph import Value
from helpers.compiler.operators.base.protocols import OnnxImporter, OnnxNode, Results
from helpers.compiler.operators.base.registry import ONNX_IMPORTERS, from_onnx
from helpers.compiler.operators.quantize_linear import dequantised, quantised, scale_of

# Operators whose inputs are so many values, each with a scale and a zero point, then the result's scale and zero point.
FLOAT = {
    "QLinearAdd": ("Add", 2), "QLinearMul": ("Mul", 2), "QLinearMatMul": ("MatMul", 2), "QLinearSigmoid": ("Sigmoid", 1),
    "QLinearLeakyRelu": ("LeakyRelu", 1), "QLinearAveragePool": ("AveragePool", 1), "QLinearReduceMean": ("ReduceMean", 1),
    "QLinearGlobalAveragePool": ("GlobalAveragePool", 1),
}  # fmt: skip


@from_onnx(*FLOAT)
def import_qlinear(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """An operator of one or two quantised values."""
    kind, count = FLOAT[node.op_type]
    if node.attributes.get("channels_last", 0):
        raise Unsupported("channels_last", remedy="quantise the network before onnxruntime optimises it")
    values = [_real(importer, node, 3 * index) for index in range(count)]
    return [_result(importer, node, kind, values, 3 * count)]


@from_onnx("QLinearSoftmax")
def import_qlinear_softmax(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """Softmax as in the opset that an attribute names; the axis is the last one by default, in every opset."""
    values = [_real(importer, node, 0)]
    return [
        _result(importer, node.with_inputs(node.inputs, axis=node.attributes.get("axis", -1)), "Softmax", values, 3)
    ]


@from_onnx("QLinearConcat")
def import_qlinear_concat(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """The result's scale and zero point come first, then a value, a scale and a zero point each."""
    values = [_real(importer, node, first) for first in range(2, len(node.inputs), 3)]
    return [_result(importer, node, "Concat", values, 0)]


@from_onnx("QLinearConv")
def import_qlinear_conv(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """Conv of integers; the bias counts in steps of input scale times filter scale."""
    values = [_real(importer, node, 0), _real(importer, node, 3, axis=0)]
    return [_result(importer, node, "Conv", [*values, *_bias(importer, node, 8)], 6)]


@from_onnx("QGemm")
def import_qgemm(importer: OnnxImporter, node: OnnxNode) -> Results:
    """Gemm of integers; without a scale the result is float32."""
    columns = 0 if node.attributes.get("transB", 0) else 1
    values = [_real(importer, node, 0), _real(importer, node, 3, axis=columns)]
    values += _bias(importer, node, 6, node.attributes.get("alpha", 1.0))
    if node.optional_input(7) is None:
        return ONNX_IMPORTERS["Gemm"](importer, node.with_inputs(values, "Gemm"))
    return [_result(importer, node, "Gemm", values, 7)]


def _real(importer: OnnxImporter, node: OnnxNode, first: int, axis: int = -1) -> Value:
    """The real numbers of the quantised value at an input, whose scale and zero point follow it."""
    value, scale = node.inputs[first], scale_of(importer, node.inputs[first + 1])
    return dequantised(importer, node, value, scale, _zero(importer, node, first + 2, scale), axis)


def _zero(importer: OnnxImporter, node: OnnxNode, index: int, scale: np.ndarray) -> np.ndarray:
    value = node.optional_input(index)
    return np.zeros(scale.shape, np.uint8) if value is None else importer.constant(value)


def _bias(importer: OnnxImporter, node: OnnxNode, index: int, alpha: float = 1.0) -> list[Value]:
    """The bias in real numbers: it counts in steps of alpha times both scales, and may be missing."""
    bias = node.optional_input(index)
    if bias is None:
        return []
    scale = np.float32(alpha) * scale_of(importer, node.inputs[1]) * scale_of(importer, node.inputs[4])
    return [dequantised(importer, node, bias, scale, np.zeros(scale.shape, np.int64), axis=-1)]


def _result(importer: OnnxImporter, node: OnnxNode, kind: str, values: list[Value], index: int) -> Value:
    """The float operator's result as integers, by the scale and zero point at an input and the one behind it."""
    scale = scale_of(importer, node.inputs[index])
    result = ONNX_IMPORTERS[kind](importer, node.with_inputs(values, kind))[0]
    assert result is not None, "only Split and classifiers leave a result out"
    return quantised(importer, node.name, result, scale, _zero(importer, node, index + 1, scale))
