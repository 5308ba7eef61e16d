"""Subtraction."""

import numpy as np

from helpers.compiler.ir.graph import Node, Value
from helpers.compiler.operators.base import elementwise
from helpers.compiler.operators.base.protocols import OnnxImporter, OnnxNode
from helpers.compiler.operators.base.registry import from_onnx, operator


@from_onnx("Sub")
def import_sub(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """Sub, with broadcasting."""
    return [importer.binary("Sub", node.name, *node.inputs)]


@operator
class Sub(elementwise.Binary[elementwise.SumAttributes]):
    """x - y."""

    kind = "Sub"
    attributes = elementwise.SumAttributes

    def float_result(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return x - y

    def settle(self, node: Node[elementwise.SumAttributes]) -> None:
        elementwise.scaled_to_output(node)

    def integer(self, node: Node[elementwise.SumAttributes], x: np.ndarray, y: np.ndarray) -> np.ndarray:
        if node.attributes.sum is not None:  # a network whose file gave the factors: one more for the result
            return node.attributes.sum.apply(node.attributes.left.apply(x) - node.attributes.right.apply(y))
        return node.attributes.left.apply(x) - node.attributes.right.apply(y) + node.output.type.offset

    def c_float(self) -> str:
        return "x - y"

    def c_integer(self, node: Node[elementwise.SumAttributes]) -> str:
        short = elementwise.short_sum(self, node, -1)
        if short:
            return short.c("x", "y")
        left, right = node.attributes.left.c("x"), node.attributes.right.c("y")
        if node.attributes.sum is not None:
            return node.attributes.sum.c(f"({left}) - ({right})")
        return f"({left}) - ({right}) + ({node.output.type.offset})"
