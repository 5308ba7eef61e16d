"""The exponential: in int8 a table."""

import numpy as np

from helpers.compiler.ir.graph import Value
from helpers.compiler.operators.base import c_code, elementwise, one_value
from helpers.compiler.operators.base.protocols import OnnxImporter, OnnxNode
from helpers.compiler.operators.base.registry import from_onnx, operator


@from_onnx("Exp")
def import_exponential(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """e to the x; of more than 88, e to the 88."""
    x = node.inputs[0]
    return [importer.graph.add("Exp", node.name, [x], [x.type]).output]


@operator
class Exp(one_value.OneValue[elementwise.UnaryAttributes]):
    """e to the x; of more than 88, e to the 88."""

    kind = "Exp"

    def value(self, x: np.ndarray) -> np.ndarray:
        return np.exp(np.minimum(x.astype(np.float64), 88)).astype(np.float32)

    def function(self, x: np.ndarray) -> np.ndarray:
        return c_code.exponential(x)

    def c_function(self) -> str:
        return "out[i] = exponential(x);"
