"""Multiplication."""

import numpy as np

from helpers.compiler.numerics.requantisation import requantisation
from helpers.compiler.operators.base import elementwise
from helpers.compiler.operators.base.registry import from_onnx, operator


@from_onnx("Mul")
def import_mul(importer, node):
    """Mul, with broadcasting."""
    return [importer.binary("Mul", node.name, *node.inputs)]


@operator
class Mul(elementwise.Binary):
    """x * y."""

    kind = "Mul"

    def float_result(self, x, y):
        return x * y

    def settle(self, node) -> None:
        if node.output.type.quantised and "requantisation" not in node.attributes:
            x, y, out = (value.type for value in (*node.inputs, node.output))
            factor = np.float32(x.scale) * np.float32(y.scale) / np.float32(out.scale)
            node.attributes["requantisation"] = requantisation(factor, out.offset)

    def integer(self, node, x, y):
        return node.attributes["requantisation"].apply(x * y)

    def c_float(self) -> str:
        return "x * y"

    def c_integer(self, node) -> str:
        return node.attributes["requantisation"].c("x * y")
