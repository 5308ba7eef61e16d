"""Activations of int16, and what converts to and from it."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from helpers.common.errors import Unsupported
from helpers.compiler.frontends.tflite.common import EIGHT_BITS, TfliteImporter, bounds, result_type
from helpers.compiler.frontends.tflite.file import Operation
from helpers.compiler.frontends.wording import CONVERT_AGAIN
from helpers.compiler.ir.graph import TensorType, Value
from helpers.compiler.numerics import affine, interpolation
from helpers.compiler.numerics.requantisation import fixed_point
from helpers.compiler.operators import int16_sigmoid, int16_softmax, reshape

LARGEST_FACTOR = 2**16 - 1  # which an int16 can be multiplied by within 32 bits


def clipped(number: int) -> Callable[..., list[Value]]:
    """RELU and its kin, by TFLite's number of the fused activation that does the same."""

    def run(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
        x = importer.value(operation.inputs[0])
        target = result_type(importer, operation, x.type.shape)
        low, high = bounds(number, target)
        rule = fixed_point(_ratio(x.type, target))
        return [importer.graph.add("Int16Rescale", name, [x], [target], rule=rule, low=low, high=high).output]

    return run


def leaky(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    """LEAKY_RELU: a factor of its own for what is negative, whose multiplier carries the sign."""
    x, alpha = importer.value(operation.inputs[0]), np.float32(operation.options["alpha"])
    target = result_type(importer, operation, x.type.shape)
    slope = float(np.float32(x.type.scale) * alpha / np.float32(target.scale))
    negative = fixed_point(abs(slope))
    negative = replace(negative, multiplier=int(math.copysign(negative.multiplier, slope)))
    low, high = affine.LIMITS["int16"]
    given = {"rule": fixed_point(_ratio(x.type, target)), "negative": negative, "low": low, "high": high}
    return [importer.graph.add("Int16Rescale", name, [x], [target], **given).output]


def _ratio(x: TensorType, target: TensorType) -> float:
    return float(np.float32(x.scale) / np.float32(target.scale))


def sigmoid(tanh: bool) -> Callable[..., list[Value]]:
    """LOGISTIC or TANH."""

    def run(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
        x = importer.value(operation.inputs[0])
        target = result_type(importer, operation, x.type.shape)
        _check_result(operation, target)
        factor, shift = interpolation.sigmoid_factor(x.type.scale, (0, 1) if tanh else (0,))
        if factor > LARGEST_FACTOR:
            raise Unsupported(f"{operation.name} of int16 of scale {x.type.scale:g}", remedy=EIGHT_BITS)
        given = {"tanh": tanh, "multiplier": factor, "shift": shift}
        return [importer.graph.add("Int16Sigmoid", name, [x], [target], **given).output]

    return run


def softmax(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    """SOFTMAX over the last axis."""
    x = importer.value(operation.inputs[0])
    target = result_type(importer, operation, x.type.shape)
    _check_result(operation, target)
    classes = x.type.shape[-1] if x.type.shape else 1
    if classes > int16_softmax.MOST_CLASSES:
        what = f"SOFTMAX of int16 over {classes} classes"
        raise Unsupported(what, remedy=f"use {int16_softmax.MOST_CLASSES} at most")
    rows = reshape.to(importer.graph, name, x, (x.type.size // classes, classes))
    rule = int16_softmax.factor(x.type.scale, operation.options.get("beta", 1.0))
    made = importer.graph.add("Int16SoftMax", name, [rows], [target.with_shape(rows.type.shape)], rule=rule)
    return [reshape.to(importer.graph, name, made.output, target.shape)]


def _check_result(operation: Operation, target: TensorType) -> None:
    if (target.scale, target.offset) != int16_sigmoid.RESULT:
        what = f"{operation.name} whose int16 result has scale {target.scale:g} and offset {target.offset}"
        raise Unsupported(what, remedy=CONVERT_AGAIN)


def quantize(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    """QUANTIZE from float32 to int16, and from int16 to int16 or int8."""
    x = importer.value(operation.inputs[0])
    target = result_type(importer, operation, x.type.shape)
    if x.type == target:
        return [x]
    if x.type.element == "float":
        return [importer.graph.add("Quantize", name, [x], [target], away=True).output]
    if x.type.element != "int16":
        what = f"QUANTIZE from {x.type.element} to int16, which TFLite has no kernel for"
        raise Unsupported(what, remedy=EIGHT_BITS)
    rule = fixed_point(float(np.float32(x.type.scale)) / float(np.float32(target.scale)), target.offset)
    low, high = affine.LIMITS[target.element]
    return [importer.graph.add("Int16Rescale", name, [x], [target], rule=rule, low=low, high=high).output]
