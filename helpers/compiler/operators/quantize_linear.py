"""QuantizeLinear and DequantizeLinear: networks that were quantised before they were exported.

A constant is made float32, and remembers the `steps` and `zeros` of its integers (arrays of its shape), from which
qdq_rules.py gets the integers back. QLinearConv and its like are read as the float operator between the two (qlinear.py).
"""

import numpy as np
import onnx

from helpers.common.errors import Unsupported
from helpers.compiler.ir.graph import Placeholder, TensorType, Value, constant_of
from helpers.compiler.operators.base.protocols import OnnxImporter, OnnxNode
from helpers.compiler.operators.base.registry import from_onnx

# What is added to the integers of a type so that they fit a signed type: uint8 is kept as int8.
SHIFTS = {"int8": 0, "uint8": -128, "int16": 0, "int32": 0}


@from_onnx("QuantizeLinear")
def import_quantize_linear(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """A scale and zero point for the whole tensor; of a constant also one an index of an axis."""
    x, scale = node.inputs[0], scale_of(importer, node.inputs[1])
    given = node.optional_input(2)
    zero = _zero(node) if given is None else importer.constant(given)
    if x.node.kind == "Constant" and zero.dtype in (np.int8, np.uint8):
        return [_quantised_constant(importer, node, scale, zero)]
    if scale.size != 1 or zero.size != 1 or str(zero.dtype) not in ("int8", "uint8", "int16"):
        raise Unsupported(
            "QuantizeLinear per channel or to another type than int8, uint8, int16", remedy="quantise per tensor"
        )
    return [quantised(importer, node.name, x, scale, zero)]


def _zero(node: OnnxNode) -> np.ndarray:
    """The zero point where none is given: of the type that the node names, else of uint8."""
    number = node.attributes.get("output_dtype", 0) or onnx.TensorProto.UINT8
    return np.array(0, onnx.helper.tensor_dtype_to_np_dtype(number))


@from_onnx("DequantizeLinear")
def import_dequantize_linear(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """Constants become float, per tensor or per channel; computed values must have been quantised per tensor."""
    x, scale = node.inputs[0], scale_of(importer, node.inputs[1])
    given = node.optional_input(2)
    zero = np.zeros(scale.shape, np.int64) if given is None else importer.constant(given)
    if node.attributes.get("block_size", 0):
        raise Unsupported("scales by block (block_size)", remedy="quantise weights per channel, or per tensor")
    return [dequantised(importer, node, x, scale, zero)]


def scale_of(importer: OnnxImporter, value: Value) -> np.ndarray:
    """A scale's numbers; raises Unsupported unless all are above 0."""
    scale = importer.constant(value).astype(np.float32)
    if not (np.isfinite(scale) & (scale > 0)).all():
        raise Unsupported("a scale that is not a positive number", remedy="quantise the network again")
    return scale


def quantised(importer: OnnxImporter, name: str, x: Value, scale: np.ndarray, zero: np.ndarray) -> Value:
    """A value's integers, by one scale and zero point."""
    element = "int16" if zero.dtype == np.int16 else "int8"
    target = TensorType(x.type.shape, element, float(scale.item()), int(zero.item()) + SHIFTS[str(zero.dtype)])
    return importer.graph.add("Quantize", name, [x], [target]).output


def _along(array: np.ndarray, shape: tuple[int, ...], axis: int) -> np.ndarray:
    """One number, or one an index of an axis, repeated to a shape."""
    if array.size > 1:
        array = array.reshape([-1 if each == axis % len(shape) else 1 for each in range(len(shape))])
    return np.broadcast_to(array if array.size > 1 else array.reshape(()), shape)


def _quantised_constant(importer: OnnxImporter, node: OnnxNode, scale: np.ndarray, zero: np.ndarray) -> Value:
    x = node.inputs[0]
    scale, zeros = (_along(each, x.type.shape, node.attributes.get("axis", 1)) for each in (scale, zero))
    limits = np.iinfo(zero.dtype)
    integers = np.clip(np.rint(x.node.data / scale) + zeros, limits.min, limits.max).astype(zero.dtype)
    return importer.graph.add_constant(x.node.name, integers)


def dequantised(
    importer: OnnxImporter, node: OnnxNode, x: Value, scale: np.ndarray, zero: np.ndarray, axis: int | None = None
) -> Value:
    """The real numbers behind integers; of a constant also by a scale an index of an axis (None: the node's)."""
    if x.node.kind != "Constant":
        return _computed(importer, node.name, x, float(scale.item()), int(zero.item()))
    axis, shape = node.attributes.get("axis", 1) if axis is None else axis, x.type.shape
    steps, zeros = _along(scale, shape, axis), _along(zero.astype(np.int64), shape, axis)
    integers = constant_of(x).data
    data = (integers.astype(np.int64) - zeros).astype(np.float32) * steps
    made = importer.graph.add_constant(x.node.name, data)
    made.node.set(steps=steps, zeros=zeros + SHIFTS.get(str(integers.dtype), 0))
    return made


def _computed(importer: OnnxImporter, name: str, x: Value, scale: float, zero: int) -> Value:
    if isinstance(x.node, Placeholder) and not x.type.quantised and x.type.element in ("int8", "uint8"):
        shift = SHIFTS[x.type.element]
        x.node.output.type = TensorType(x.type.shape, "int8", scale, zero + shift)
    shifts = {0, -128} if x.type.element == "int8" else {0}
    if not x.type.quantised or x.type.scale != scale or x.type.offset - zero not in shifts:
        raise Unsupported("DequantizeLinear by another scale than the value was quantised with")
    return importer.graph.add("Dequantize", name, [x], [TensorType(x.type.shape)]).output
