"""The error function: in int8 a table."""

import numpy as np

from helpers.compiler.ir.graph import Value
from helpers.compiler.operators.base import c_code, elementwise, mathematics, one_value
from helpers.compiler.operators.base.protocols import OnnxImporter, OnnxNode
from helpers.compiler.operators.base.registry import from_onnx, operator


@from_onnx("Erf")
def import_erf(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """erf x."""
    x = node.inputs[0]
    return [importer.graph.add("Erf", node.name, [x], [x.type]).output]


@operator
class Erf(one_value.OneValue[elementwise.UnaryAttributes]):
    """erf x."""

    kind = "Erf"

    def function(self, x: np.ndarray) -> np.ndarray:
        return mathematics.error_function(x, c_code.exponential(-x * x))

    def c_function(self) -> str:
        return "out[i] = error_function(x, exponential(-x * x));"
