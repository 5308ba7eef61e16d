"""Absolute value: in int8 a table."""

import numpy as np

from helpers.compiler.ir.graph import Value
from helpers.compiler.operators.base import elementwise, one_value
from helpers.compiler.operators.base.protocols import OnnxImporter, OnnxNode
from helpers.compiler.operators.base.registry import from_onnx, operator


@from_onnx("Abs")
def import_absolute(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """The value without its sign."""
    x = node.inputs[0]
    return [importer.graph.add("Abs", node.name, [x], [x.type]).output]


@operator
class Abs(one_value.OneValue[elementwise.UnaryAttributes]):
    """The value without its sign."""

    kind = "Abs"

    def function(self, x: np.ndarray) -> np.ndarray:
        return np.abs(x)

    def c_function(self) -> str:
        return "out[i] = x < 0 ? -x : x;"
