"""TFLite's GELU: in int8 a table with the rounding of its reference kernel."""

import math

import numpy as np

from helpers.compiler.frontends.tflite.common import TfliteImporter, result_type
from helpers.compiler.frontends.tflite.file import Operation
from helpers.compiler.ir.graph import TensorType, Value
from helpers.compiler.numerics import affine
from helpers.compiler.operators import lookup

f = np.float32


def imported(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    """GELU, by the error function or by tanh (option `approximate`)."""
    x, by_tanh = importer.value(operation.inputs[0]), bool(operation.options.get("approximate"))
    target = result_type(importer, operation, x.type.shape)
    if not target.quantised:
        return [importer.graph.add("Gelu", name, [x], [target], by_tanh=by_tanh).output]
    every = _tanh_form(_real(x.type)) if by_tanh else _erfc_form(_real(x.type))
    table = affine.rounded_away(every * (f(1) / f(target.scale))) + target.offset
    return [lookup.add(importer.graph, name, x, affine.clip(table, "int8"), target)]


def _real(kind: TensorType) -> np.ndarray:
    return affine.dequantise(np.arange(-128, 128), kind)


def _erfc_form(x: np.ndarray) -> np.ndarray:
    """x / 2 * erfc(-x / sqrt(2)), as the reference kernel has it."""
    inner = x * f(-math.sqrt(0.5))
    return (0.5 * x.astype(np.float64) * np.array([math.erfc(each) for each in inner], f)).astype(f)


def _tanh_form(x: np.ndarray) -> np.ndarray:
    """x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3)))."""
    inner = f(math.sqrt(2 / math.pi)) * (x + f(0.044715) * x * x * x)
    return f(0.5) * x * (f(1) + np.tanh(inner.astype(np.float64)).astype(f))
