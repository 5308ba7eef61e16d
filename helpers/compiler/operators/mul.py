"""Multiplication."""

from dataclasses import dataclass

import numpy as np

from helpers.compiler.ir.attributes import computed
from helpers.compiler.ir.graph import Node, Value
from helpers.compiler.numerics import short_sums
from helpers.compiler.numerics.requantisation import FixedPoint, requantisation
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
        rule = node.attributes.requantisation
        short = _short(node, rule) if isinstance(rule, FixedPoint) else None
        return short.c("x * y") if short else rule.c("x * y")


def _short(node: Node[MulAttributes], rule: FixedPoint) -> short_sums.ShortProduct | None:
    """TFLite's factor of 64 bits as one of 32, for every product of two int8 elements."""
    types = [value.type for value in node.inputs]
    if any(each.element != "int8" for each in types):
        return None
    return short_sums.product(np.unique(np.multiply.outer(*(short_sums.INT8 - each.offset for each in types))), rule)
