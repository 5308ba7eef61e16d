"""Negation: in int8 a table."""

import numpy as np

from helpers.compiler.ir.graph import Value
from helpers.compiler.operators.base import elementwise, one_value
from helpers.compiler.operators.base.protocols import OnnxImporter, OnnxNode
from helpers.compiler.operators.base.registry import from_onnx, operator


@from_onnx("Neg")
def import_negative(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """The value with the other sign."""
    x = node.inputs[0]
    return [importer.graph.add("Neg", node.name, [x], [x.type]).output]


@operator
class Neg(one_value.OneValue[elementwise.UnaryAttributes]):
    """The value with the other sign."""

    kind = "Neg"

    def function(self, x: np.ndarray) -> np.ndarray:
        return -x

    def c_function(self) -> str:
        return "out[i] = -x;"
