"""The smaller of two values."""

import numpy as np

from helpers.compiler.ir.graph import Node, Value
from helpers.compiler.operators.base import elementwise
from helpers.compiler.operators.base.protocols import OnnxImporter, OnnxNode
from helpers.compiler.operators.base.registry import from_onnx, operator


@from_onnx("Min")
def import_min(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """Min of one or more values, with broadcasting."""
    result = node.inputs[0]
    for value in node.inputs[1:]:
        result = importer.binary("Min", node.name, result, value)
    return [result]


@operator
class Min(elementwise.Binary[elementwise.ScaledAttributes]):
    """The smaller of x and y."""

    kind = "Min"
    attributes = elementwise.ScaledAttributes

    def float_result(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.minimum(x, y)

    def settle(self, node: Node[elementwise.ScaledAttributes]) -> None:
        elementwise.scaled_to_output(node)

    def integer(self, node: Node[elementwise.ScaledAttributes], x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.minimum(node.attributes.left.apply(x), node.attributes.right.apply(y)) + node.output.type.offset

    def c_float(self) -> str:
        return "x < y ? x : y"

    def c_integer(self, node: Node[elementwise.ScaledAttributes]) -> str:
        left, right = node.attributes.left.c("x"), node.attributes.right.c("y")
        return f"at_most({left}, {right}) + ({node.output.type.offset})"
