"""Softsign: in int8 a table."""

import numpy as np

from helpers.compiler.ir.graph import Value
from helpers.compiler.operators.base import elementwise, one_value
from helpers.compiler.operators.base.protocols import OnnxImporter, OnnxNode
from helpers.compiler.operators.base.registry import from_onnx, operator


@from_onnx("Softsign")
def import_softsign(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """x / (1 + |x|)."""
    x = node.inputs[0]
    return [importer.graph.add("Softsign", node.name, [x], [x.type]).output]


@operator
class Softsign(one_value.OneValue[elementwise.UnaryAttributes]):
    """x / (1 + |x|)."""

    kind = "Softsign"

    def function(self, x: np.ndarray) -> np.ndarray:
        return x / (np.float32(1) + np.abs(x))

    def c_function(self) -> str:
        return "out[i] = x / (1.0f + (x < 0 ? -x : x));"
