"""The reciprocal: in int8 a table."""

import numpy as np

from helpers.compiler.ir.graph import Value
from helpers.compiler.operators.base import elementwise, one_value
from helpers.compiler.operators.base.protocols import OnnxImporter, OnnxNode
from helpers.compiler.operators.base.registry import from_onnx, operator


@from_onnx("Reciprocal")
def import_reciprocal(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """1 / x."""
    x = node.inputs[0]
    return [importer.graph.add("Reciprocal", node.name, [x], [x.type]).output]


@operator
class Reciprocal(one_value.OneValue[elementwise.UnaryAttributes]):
    """1 / x."""

    kind = "Reciprocal"

    def function(self, x: np.ndarray) -> np.ndarray:
        return np.float32(1) / x

    def c_function(self) -> str:
        return "out[i] = 1.0f / x;"
