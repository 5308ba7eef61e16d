"""The larger of two values."""

import numpy as np

from helpers.compiler.ir.graph import Node, Value
from helpers.compiler.operators.base import elementwise
from helpers.compiler.operators.base.protocols import OnnxImporter, OnnxNode
from helpers.compiler.operators.base.registry import from_onnx, operator


@from_onnx("Max")
def import_max(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """Max of one or more values, with broadcasting."""
    result = node.inputs[0]
    for value in node.inputs[1:]:
        result = importer.binary("Max", node.name, result, value)
    return [result]


@operator
class Max(elementwise.Binary[elementwise.ScaledAttributes]):
    """The larger of x and y."""

    kind = "Max"
    attributes = elementwise.ScaledAttributes

    def float_result(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.maximum(x, y)

    def settle(self, node: Node[elementwise.ScaledAttributes]) -> None:
        elementwise.scaled_to_output(node)

    def integer(self, node: Node[elementwise.ScaledAttributes], x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.maximum(node.attributes.left.apply(x), node.attributes.right.apply(y)) + node.output.type.offset

    def c_float(self) -> str:
        return "x > y ? x : y"

    def c_integer(self, node: Node[elementwise.ScaledAttributes]) -> str:
        left, right = node.attributes.left.c("x"), node.attributes.right.c("y")
        return f"at_least({left}, {right}) + ({node.output.type.offset})"
