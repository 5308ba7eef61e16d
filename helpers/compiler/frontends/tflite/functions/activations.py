"""TFLite's activations: in float32 existing operators, in int8 mostly tables with the rounding of its reference kernels."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from helpers.common.errors import Unsupported
from helpers.compiler.frontends import limits
from helpers.compiler.frontends.tflite.common import TfliteImporter, result_type
from helpers.compiler.frontends.tflite.file import Operation
from helpers.compiler.frontends.wording import CONVERT_AGAIN
from helpers.compiler.ir.graph import TensorType, Value
from helpers.compiler.numerics import affine
from helpers.compiler.numerics.requantisation import fixed_point
from helpers.compiler.operators import clip, fixed_point_softmax, lookup, reshape, softmax
from helpers.compiler.operators.base import c_code, registry

LOWEST, HIGHEST = -(2**15), 2**15 - 1  # of 16 bits


def kept(kind: str, **attributes: float) -> Callable[..., list[Value]]:
    """Activations whose result has the input's scale stay operators; others come down to a table with TFLite's rounding."""

    def run(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
        x = importer.value(operation.inputs[0])
        target = result_type(importer, operation, x.type.shape)
        given = attributes | {key: operation.options[key] for key in ("alpha",) if key in operation.options}
        if not target.quantised or (x.type == target and kind != "LeakyRelu"):
            return [importer.graph.add(kind, name, [x], [target], **given).output]
        every = np.arange(-128, 128) - x.type.offset
        ratio = float(np.float32(x.type.scale)) / float(np.float32(target.scale))
        table = fixed_point(ratio, target.offset).apply(every)
        if kind == "LeakyRelu":
            slope = float(np.float32(x.type.scale) * np.float32(given["alpha"])) / float(np.float32(target.scale))
            table = np.where(every >= 0, table, _signed(slope, every, target.offset))
        else:
            low, high = c_code.clip_bounds(
                clip.ClipAttributes(low=given.get("low", 0.0), high=given.get("high", np.inf)), target
            )
            table = np.clip(table, low, high)
        return [lookup.add(importer.graph, name, x, affine.clip(table, "int8"), target)]

    return run


def _signed(factor: float, x: np.ndarray, offset: int) -> np.ndarray:
    """x times a factor of either sign; the multiplier carries the sign."""
    if factor == 0:
        return np.full(x.shape, offset)
    positive = fixed_point(abs(factor))
    return replace(positive, multiplier=int(np.sign(factor)) * positive.multiplier, offset=offset).apply(x)


def tabulated(kind: str) -> Callable[..., list[Value]]:
    """A function of the real number, in int8 a table of it: halves away from zero before the offset is added."""

    def run(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
        x = importer.value(operation.inputs[0])
        target = result_type(importer, operation, x.type.shape)
        if not target.quantised:
            return [importer.graph.add(kind, name, [x], [target]).output]
        with np.errstate(over="ignore"):  # exp of a wide input is infinite, where the curve is at its end
            every = registry.OPERATORS[kind].value(affine.dequantise(np.arange(-128, 128), x.type))
        table = affine.rounded_away(every * (np.float32(1) / np.float32(target.scale))) + target.offset
        return [lookup.add(importer.graph, name, x, affine.clip(table, "int8"), target)]

    return run


def absolute(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    """ABS: a slope of -1 for what is negative."""
    x = importer.value(operation.inputs[0])
    target = result_type(importer, operation, x.type.shape)
    if not target.quantised:
        return [importer.graph.add("LeakyRelu", name, [x], [target], alpha=-1.0).output]
    table = np.abs(np.arange(-128, 128) - x.type.offset)
    if x.type.scale == target.scale:
        table = table + target.offset
    else:
        table = fixed_point(float(np.float32(x.type.scale) / np.float32(target.scale)), target.offset).apply(table)
    return [lookup.add(importer.graph, name, x, affine.clip(table, "int8"), target)]


def prelu(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    """PRELU: a factor for what is not negative, another for products with the slope."""
    x, slope = (importer.value(index) for index in operation.inputs)
    shape = limits.broadcast(x.type.shape, slope.type.shape, "PRELU")
    target = result_type(importer, operation, shape)
    made = importer.graph.add("PRelu", name, [x, slope], [target])
    if target.quantised:
        scale, result = np.float32(x.type.scale), np.float32(target.scale)
        made.attributes.positive = fixed_point(float(scale / result))
        made.attributes.product = fixed_point(float(scale * np.float32(slope.type.scale) / result))
    return [made.output]


def hard_swish(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    """HARD_SWISH: x * min(max(x + 3, 0), 6) / 6; in int8 a table by the 16-bit steps of TFLite's kernel."""
    graph, x = importer.graph, importer.value(operation.inputs[0])
    target = result_type(importer, operation, x.type.shape)
    if target.quantised:
        return [lookup.add(graph, name, x, _hard_swish_table(x.type, target), target)]
    ones = (1,) * len(target.shape)
    three, sixth = (graph.add_constant(name, np.full(ones, each, np.float32)) for each in (3, 1 / 6))
    gate = clip.add(graph, name, graph.add("Add", name, [x, three], [target]).output, 0.0, 6.0)
    product = graph.add("Mul", name, [x, gate], [target]).output
    return [graph.add("Mul", name, [product, sixth], [target]).output]


def _hard_swish_table(x: TensorType, target: TensorType) -> np.ndarray:
    """The result of every int8 (facts: TensorFlow Lite, reference/hard_swish.h): 16-bit fixed point, 15 bits behind the point."""
    fine = (np.arange(-128, 128, dtype=np.int64) - x.offset) * 128
    step = np.float32(1 / 128) * np.float32(x.scale)
    factor, exponent = _short_factor(float(step / np.float32(target.scale)))
    if exponent > 0 or np.abs(fine).max() > HIGHEST:
        raise Unsupported(
            f"HARD_SWISH from scale {x.scale:g}, offset {x.offset} to scale {target.scale:g}", remedy=CONVERT_AGAIN
        )
    scaled = _rounded_product(fine, factor)
    gate = _gate(fine, *_short_factor(float(step / (np.float32(3) / np.float32(32768)))))
    product = gate * scaled
    result = fixed_point_softmax.shifted(np.where(product >= 0, product >> 15, -(-product >> 15)), -exponent)
    return affine.clip(result + target.offset, "int8")


def _gate(fine: np.ndarray, factor: int, exponent: int) -> np.ndarray:
    """(x + 3) / 6 between 0 and 1; what lies outside saturates."""
    if exponent > 0:
        fine = np.clip(fine << (exponent - 1), LOWEST, HIGHEST)
    value = _rounded_product(fine, factor)
    value = np.clip(value << 1, LOWEST, HIGHEST) if exponent > 0 else fixed_point_softmax.shifted(value, -exponent)
    return (value + 2**15) >> 1


def _short_factor(factor: float) -> tuple[int, int]:
    """A factor as a 15-bit multiplier and a power of two."""
    mantissa, exponent = math.frexp(factor)
    multiplier = math.floor(mantissa * 2**31 + 0.5)
    if multiplier == 2**31:
        multiplier, exponent = 2**30, exponent + 1
    return min((multiplier + 2**15) >> 16, HIGHEST), exponent


def _rounded_product(x: np.ndarray, factor: int) -> np.ndarray:
    """The high half of a doubled 16-bit product, rounded, then cut towards zero as C divides."""
    product = x * factor
    nudged = product + np.where(product >= 0, 1 << 14, 1 - (1 << 14))
    return np.where(nudged >= 0, nudged >> 15, -(-nudged >> 15))


def softmax_of_rows(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    """SOFTMAX over the last axis."""
    x = importer.value(operation.inputs[0])
    target = result_type(importer, operation, x.type.shape)
    if operation.options.get("beta", 1.0) != 1.0:
        raise Unsupported("Softmax with a beta other than 1", remedy="use a Softmax layer with a beta of 1")
    flat = (x.type.size // x.type.shape[-1], x.type.shape[-1])
    rows = reshape.to(importer.graph, name, x, flat)
    if target.quantised:
        if (target.scale, target.offset) != fixed_point_softmax.RESULT:
            raise Unsupported(
                f"a Softmax whose result has scale {target.scale:g} and offset {target.offset}", remedy=CONVERT_AGAIN
            )
        made = fixed_point_softmax.add(importer.graph, name, rows, target.with_shape(flat))
    else:
        made = softmax.add(importer.graph, name, rows)
    return [reshape.to(importer.graph, name, made, target.shape)]


def gelu(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    """GELU, by the error function or by tanh (option `approximate`)."""
    x, by_tanh = importer.value(operation.inputs[0]), bool(operation.options.get("approximate"))
    target = result_type(importer, operation, x.type.shape)
    if not target.quantised:
        return [importer.graph.add("Gelu", name, [x], [target], by_tanh=by_tanh).output]
    every = _tanh_form(_real(x.type)) if by_tanh else _erfc_form(_real(x.type))
    table = affine.rounded_away(every * (np.float32(1) / np.float32(target.scale))) + target.offset
    return [lookup.add(importer.graph, name, x, affine.clip(table, "int8"), target)]


def _real(kind: TensorType) -> np.ndarray:
    return affine.dequantise(np.arange(-128, 128), kind)


def _erfc_form(x: np.ndarray) -> np.ndarray:
    """x / 2 * erfc(-x / sqrt(2)), as the reference kernel has it."""
    inner = x * np.float32(-math.sqrt(0.5))
    return (0.5 * x.astype(np.float64) * np.array([math.erfc(each) for each in inner], np.float32)).astype(np.float32)


def _tanh_form(x: np.ndarray) -> np.ndarray:
    """x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3)))."""
    inner = np.float32(math.sqrt(2 / math.pi)) * (x + np.float32(0.044715) * x * x * x)
    return np.float32(0.5) * x * (np.float32(1) + np.tanh(inner.astype(np.float64)).astype(np.float32))
