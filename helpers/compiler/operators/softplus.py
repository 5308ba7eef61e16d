"""Softplus: in int8 a table."""

import numpy as np

from helpers.compiler.ir.graph import Value
from helpers.compiler.operators.base import c_code, elementwise, mathematics, one_value
from helpers.compiler.operators.base.protocols import OnnxImporter, OnnxNode
from helpers.compiler.operators.base.registry import from_onnx, operator


@from_onnx("Softplus")
def import_softplus(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """log(1 + exp(x)), which is max(x, 0) + log(1 + exp(-|x|))."""
    x = node.inputs[0]
    return [importer.graph.add("Softplus", node.name, [x], [x.type]).output]


@operator
class Softplus(one_value.OneValue[elementwise.UnaryAttributes]):
    """log(1 + exp(x)), which is max(x, 0) + log(1 + exp(-|x|))."""

    kind = "Softplus"

    def function(self, x: np.ndarray) -> np.ndarray:
        rest = mathematics.logarithm(np.float32(1) + c_code.exponential(-np.abs(x)))
        return np.maximum(x, np.float32(0)) + rest

    def c_function(self) -> str:
        return "out[i] = (x > 0 ? x : 0) + logarithm(1.0f + exponential(x < 0 ? x : -x));"
