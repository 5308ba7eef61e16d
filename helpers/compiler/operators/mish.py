"""Mish: in int8 a table."""

import numpy as np

from helpers.compiler.ir.graph import Value
from helpers.compiler.operators.base import c_code, elementwise, one_value
from helpers.compiler.operators.base.protocols import OnnxImporter, OnnxNode
from helpers.compiler.operators.base.registry import from_onnx, operator


@from_onnx("Mish")
def import_mish(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """x * tanh(log(1 + exp(x))): with p = exp(x), x * (p * p + 2 * p) / (p * p + 2 * p + 2)."""
    x = node.inputs[0]
    return [importer.graph.add("Mish", node.name, [x], [x.type]).output]


@operator
class Mish(one_value.OneValue[elementwise.UnaryAttributes]):
    """x * tanh(log(1 + exp(x))): with p = exp(x), x * (p * p + 2 * p) / (p * p + 2 * p + 2)."""

    kind = "Mish"

    def function(self, x: np.ndarray) -> np.ndarray:
        power = c_code.exponential(np.minimum(x, np.float32(40)))
        product = power * power + power * np.float32(2)
        return x * (product / (product + np.float32(2)))

    def c_function(self) -> str:
        lines = "float power = exponential(x > 40.0f ? 40.0f : x), product = power * power + power * 2.0f;"
        return lines + "\n    out[i] = x * (product / (product + 2.0f));"
