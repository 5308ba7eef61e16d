"""Multiplication."""

import numpy as np

from helpers.compiler.ir.graph import Node, Value
from helpers.compiler.numerics.requantisation import requantisation
from helpers.compiler.operators.base import elementwise
from helpers.compiler.operators.base.protocols import OnnxImporter, OnnxNode
from helpers.compiler.operators.base.registry import from_onnx, operator


@from_onnx("Mul")
def import_mul(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """Mul, with broadcasting."""
    return [importer.binary("Mul", node.name, *node.inputs)]


@operator
class Mul(elementwise.Binary):
    """x * y."""

    kind = "Mul"

    def float_result(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return x * y

    def settle(self, node: Node) -> None:
        if node.output.type.quantised and "requantisation" not in node.attributes:
            x, y, out = (value.type for value in (*node.inputs, node.output))
            factor = np.float32(x.scale) * np.float32(y.scale) / np.float32(out.scale)
            node.attributes["requantisation"] = requantisation(factor, out.offset)

    def integer(self, node: Node, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return node.attributes["requantisation"].apply(x * y)

    def c_float(self) -> str:
        return "x * y"

    def c_integer(self, node: Node) -> str:
        return node.attributes["requantisation"].c("x * y")
