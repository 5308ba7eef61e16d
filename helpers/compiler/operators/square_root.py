"""The square root: in int8 a table."""

import numpy as np

from helpers.compiler.ir.graph import Value
from helpers.compiler.operators.base import elementwise, mathematics, one_value
from helpers.compiler.operators.base.protocols import OnnxImporter, OnnxNode
from helpers.compiler.operators.base.registry import from_onnx, operator


@from_onnx("Sqrt")
def import_square_root(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """The square root; 0 of what is negative."""
    x = node.inputs[0]
    return [importer.graph.add("Sqrt", node.name, [x], [x.type]).output]


@operator
class Sqrt(one_value.OneValue[elementwise.UnaryAttributes]):
    """The square root; 0 of what is negative."""

    kind = "Sqrt"

    def function(self, x: np.ndarray) -> np.ndarray:
        return mathematics.square_root(x)

    def c_function(self) -> str:
        return "out[i] = square_root(x);"
