"""The natural logarithm: in int8 a table."""

import numpy as np

from helpers.compiler.ir.graph import Value
from helpers.compiler.operators.base import elementwise, mathematics, one_value
from helpers.compiler.operators.base.protocols import OnnxImporter, OnnxNode
from helpers.compiler.operators.base.registry import from_onnx, operator


@from_onnx("Log")
def import_logarithm(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """log x; of what is not above zero about -87.3, where float32 ends."""
    x = node.inputs[0]
    return [importer.graph.add("Log", node.name, [x], [x.type]).output]


@operator
class Log(one_value.OneValue[elementwise.UnaryAttributes]):
    """log x; of what is not above zero about -87.3, where float32 ends."""

    kind = "Log"

    def function(self, x: np.ndarray) -> np.ndarray:
        return mathematics.logarithm(x)

    def c_function(self) -> str:
        return "out[i] = logarithm(x);"
