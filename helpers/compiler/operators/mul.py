"""Multiplication."""

from dataclasses import dataclass

import numpy as np

from helpers.compiler.ir.attributes import computed
from helpers.compiler.ir.graph import Node, Value
from helpers.compiler.numerics.requantisation import requantisation
from helpers.compiler.operators.base import elementwise
from helpers.compiler.operators.base.layer_attributes import Rule
from helpers.compiler.operators.base.protocols import OnnxImporter, OnnxNode
from helpers.compiler.operators.base.registry import from_onnx, operator


@from_onnx("Mul")
def import_mul(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """Mul, with broadcasting."""
    return [importer.binary("Mul", node.name, *node.inputs)]


@dataclass(slots=True, kw_only=True)
class MulAttributes(elementwise.BinaryAttributes):
    """Requantisation of the product."""

    requantisation: Rule = computed()


@operator
class Mul(elementwise.Binary[MulAttributes]):
    """x * y."""

    kind = "Mul"
    attributes = MulAttributes

    def float_result(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return x * y

    def settle(self, node: Node[MulAttributes]) -> None:
        if node.output.type.quantised and node.attributes.requantisation is None:
            x, y, out = (value.type for value in (*node.inputs, node.output))
            factor = np.float32(x.scale) * np.float32(y.scale) / np.float32(out.scale)
            node.attributes.requantisation = requantisation(factor, out.offset)

    def integer(self, node: Node[MulAttributes], x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return node.attributes.requantisation.apply(x * y)

    def c_float(self) -> str:
        return "x * y"

    def c_integer(self, node: Node[MulAttributes]) -> str:
        return node.attributes.requantisation.c("x * y")
