"""TFLite's EXP, LOG, SQRT, RSQRT, POW, LOG_SOFTMAX, SQUARED_DIFFERENCE and REDUCE_MIN."""

import numpy as np

from helpers.common.errors import Unsupported
from helpers.compiler.frontends import limits
from helpers.compiler.frontends.tflite.common import TfliteImporter, result_type
from helpers.compiler.frontends.tflite.file import Operation
from helpers.compiler.ir.graph import TensorType, Value
from helpers.compiler.numerics import affine
from helpers.compiler.numerics.requantisation import fixed_point
from helpers.compiler.operators import fixed_point_softmax, lookup, reductions, reshape

FLOAT = "use x * tf.math.rsqrt(x) in place of a root, and leave other powers in float32"
SHIFT = 20  # bits that TFLite shifts the reciprocal of a root up by
HALF_ROOT_OF_2 = 1518500250  # with 31 bits behind the point
DIFFERENCE_BITS = 7  # that TFLite shifts values up by before it squares their difference


def logarithm(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    """LOG; in int8 a table, the lowest result for what is not above 0."""
    x = importer.value(operation.inputs[0])
    target = result_type(importer, operation, x.type.shape)
    if not target.quantised:
        return [importer.graph.add("Log", name, [x], [target]).output]
    real = affine.dequantise(np.arange(-128, 128), x.type).astype(np.float64)
    lowest = np.float32(-128 - target.offset) * np.float32(target.scale)
    every = np.where(real > 0, np.log(np.maximum(real, 1e-300)), lowest).astype(np.float32)
    table = affine.rounded_away(every * (np.float32(1) / np.float32(target.scale))) + target.offset
    return [lookup.add(importer.graph, name, x, affine.clip(table, "int8"), target)]


def root(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    """SQRT of float32: of int8 TFLite's reference kernel gives what is no root."""
    x, target = _float32(importer, operation)
    return [importer.graph.add("Sqrt", name, [x], [target]).output]


def _float32(importer: TfliteImporter, operation: Operation) -> tuple[Value, TensorType]:
    """The operator's first input and its result's type, of one shape; raises Unsupported for integers."""
    x = importer.value(operation.inputs[0])
    target = result_type(importer, operation, x.type.shape)
    if target.element != "float" or x.type.element != "float":
        raise Unsupported(f"{operation.name} of {x.type.element}, which TFLite has no sound kernel for", remedy=FLOAT)
    return x, target


def power(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    """POW of float32 with a constant exponent."""
    x, target = _float32(importer, operation)
    exponents = importer.array(operation.inputs[1]).astype(np.float64)
    if (exponents != exponents.flat[0]).any():
        raise Unsupported("an exponent that is not one constant number", remedy="raise to one power at a time")
    exponent = float(exponents.flat[0])
    if exponent == 2:
        return [importer.graph.add("Mul", name, [x, x], [target]).output]
    return [importer.graph.add("Power", name, [x], [target], exponent=exponent).output]


def log_softmax(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    """LOG_SOFTMAX of float32 over the last axis."""
    x = importer.value(operation.inputs[0])
    target = result_type(importer, operation, x.type.shape)
    if target.quantised:
        raise Unsupported("LOG_SOFTMAX of int8", remedy="leave it off: the class is the same")
    flat = (x.type.size // x.type.shape[-1], x.type.shape[-1])
    rows = reshape.to(importer.graph, name, x, flat)
    made = importer.graph.add("LogSoftMax", name, [rows], [target.with_shape(flat)]).output
    return [reshape.to(importer.graph, name, made, target.shape)]


def reciprocal_root(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    """RSQRT; in int8 a table by the steps of TFLite's kernel, the highest result where the input is 0."""
    x = importer.value(operation.inputs[0])
    target = result_type(importer, operation, x.type.shape)
    if not target.quantised:
        return [importer.graph.add("Power", name, [x], [target], exponent=-0.5).output]
    factor = float(np.float32(1) / (np.sqrt(np.float32(x.type.scale)) * np.float32(target.scale)))
    last = fixed_point(factor * 2.0**-SHIFT, target.offset)
    table = []
    for step in np.arange(-128, 128) - x.type.offset:  # of what is below 0 TFLite's kernel fails
        data = _inverse_root(int(step)) if step > 0 else 0
        table.append(int(last.apply(np.array([data]))[0]) if step > 0 else 127)
    return [lookup.add(importer.graph, name, x, affine.clip(np.array(table), "int8"), target)]


def _inverse_root(x: int) -> int:
    """1 / sqrt(x) of a whole number above 0, with 20 bits behind the point (facts: TensorFlow Lite, common.h, and gemmlowp)."""
    if x == 1:
        return int(_requantised(2**31 - 1, SHIFT))
    pairs = (31 - x.bit_length()) // 2 - 1
    given, shift = (x << 2 * pairs) >> 1, 11 - pairs
    half, three_halves, guess = int(fixed_point_softmax.shifted(np.array(given), 1)), 3 << 27, 1 << 28
    product = fixed_point_softmax.high_product
    for _ in range(5):
        cube = _clipped(int(product(product(guess, guess), guess)) << 6)
        guess = _clipped((int(product(three_halves, guess)) - int(product(half, cube))) << 3)
    result = int(product(guess, HALF_ROOT_OF_2))
    if shift < 0:
        result, shift = result << -shift, 0
    return int(_requantised(result, SHIFT - shift))


def _clipped(x: int) -> int:
    return min(max(x, -(2**31)), 2**31 - 1)


def _requantised(multiplier: int, shift: int) -> np.ndarray:
    """1 times a 31-bit multiplier and a power of two, as TFLite requantises."""
    high = fixed_point_softmax.high_product(1 << max(shift, 0), multiplier)
    return fixed_point_softmax.shifted(high, max(-shift, 0))


def squared_difference(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    """SQUARED_DIFFERENCE, with broadcasting."""
    graph, (x, y) = importer.graph, (importer.value(index) for index in operation.inputs)
    target = result_type(importer, operation, limits.broadcast(x.type.shape, y.type.shape, operation.name))
    if not target.quantised:
        difference = graph.add("Sub", name, [x, y], [target]).output
        return [graph.add("Mul", name, [difference, difference], [target]).output]
    twice = 2 * float(max(x.type.scale, y.type.scale))
    left, right = (fixed_point(float(each.type.scale) / twice, left=DIFFERENCE_BITS) for each in (x, y))
    last = fixed_point(twice * twice / (2.0 ** (2 * DIFFERENCE_BITS) * float(target.scale)), target.offset)
    made = graph.add("SquaredDifference", name, [x, y], [target], left=left, right=right, sum=last)
    return [made.output]


def smallest(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    """REDUCE_MIN: the largest of values turned round, turned round again; integers by 255 less each."""
    graph, x = importer.graph, importer.value(operation.inputs[0])
    target, rank = importer.type_of(operation.outputs[0]), len(x.type.shape)
    axes = sorted({range(rank)[axis] for axis in np.atleast_1d(importer.array(operation.inputs[1])).tolist()})
    turned = _turned(importer, f"{name}_turned", x)
    largest = reductions.largest(graph, name, turned, axes, list(target.shape))
    return [_turned(importer, name, largest)]


def _turned(importer: TfliteImporter, name: str, x: Value) -> Value:
    """The value in the opposite order: negative, or in int8 -1 less each."""
    if not x.type.quantised:
        return importer.graph.add("Neg", name, [x], [x.type]).output
    return lookup.add(importer.graph, name, x, np.arange(127, -129, -1).astype(np.int8), x.type)
