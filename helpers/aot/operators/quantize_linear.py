"""QuantizeLinear and DequantizeLinear: networks that were quantised before they were exported."""

import numpy as np

from helpers.aot.graph import TensorType, Value
from helpers.aot.operators.registry import from_onnx
from helpers.errors import Unsupported

# What is added to the integers of a type so that they fit a signed type: uint8 is kept as int8.
SHIFTS = {"int8": 0, "uint8": -128, "int16": 0, "int32": 0}


@from_onnx("QuantizeLinear")
def import_quantize_linear(importer, node):
    """A scale and zero point for the whole tensor."""
    x, scale = node.inputs[0], importer.constant(node.inputs[1])
    zero = node.optional_input(2)
    zero = np.uint8(0) if zero is None else importer.constant(zero)
    if scale.size != 1 or str(zero.dtype) not in SHIFTS:
        raise Unsupported(
            "QuantizeLinear per channel or to another type than int8, uint8, int16", remedy="quantise per tensor"
        )
    shift = SHIFTS[str(zero.dtype)]
    element = "int16" if zero.dtype == np.int16 else "int8"
    target = TensorType(x.type.shape, element, float(np.float32(scale.item())), int(zero.item()) + shift)
    return [importer.graph.add("Quantize", node.name, [x], [target]).output]


@from_onnx("DequantizeLinear")
def import_dequantize_linear(importer, node):
    """Constants become float, per tensor or per channel; computed values must have been quantised per tensor."""
    x, scale = node.inputs[0], importer.constant(node.inputs[1]).astype(np.float32)
    zero = node.optional_input(2)
    zero = np.zeros(scale.shape, np.int64) if zero is None else importer.constant(zero).astype(np.int64)
    if x.node.kind == "Constant":
        axis = node.attributes.get("axis", 1)
        shape = [1] * len(x.type.shape)
        if scale.size > 1:
            shape[axis] = scale.size
        data = (x.node.data.astype(np.int64) - zero.reshape(shape)).astype(np.float32) * scale.reshape(shape)
        return [importer.graph.add_constant(x.node.name, data)]
    return [_computed(importer, node.name, x, float(scale.item()), int(zero.item()))]


def _computed(importer, name: str, x: Value, scale: float, zero: int) -> Value:
    shifts = {0, -128} if x.type.element == "int8" else {0}
    if not x.type.quantised or x.type.scale != scale or x.type.offset - zero not in shifts:
        raise Unsupported("DequantizeLinear by another scale than the value was quantised with")
    return importer.graph.add("Dequantize", name, [x], [TensorType(x.type.shape)]).output
