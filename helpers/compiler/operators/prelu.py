"""PRelu: a slope of its own for each channel."""

from dataclasses import dataclass

import numpy as np

from helpers.compiler.ir.attributes import computed
from helpers.compiler.ir.graph import Node, Value
from helpers.compiler.numerics.requantisation import requantisation
from helpers.compiler.operators.base import elementwise
from helpers.compiler.operators.base.layer_attributes import Rule
from helpers.compiler.operators.base.protocols import Lowering, OnnxImporter, OnnxNode
from helpers.compiler.operators.base.registry import from_onnx, operator


@from_onnx("PRelu")
def import_prelu(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """PRelu of x and slopes that broadcast to it."""
    x, slope = node.inputs
    return [importer.binary("PRelu", node.name, x, slope, broadcast=node.name)]


@dataclass(slots=True, kw_only=True)
class PReluAttributes(elementwise.BinaryAttributes):
    """Requantisation of x, and of slope times x."""

    positive: Rule = computed()
    product: Rule = computed()


@operator
class PRelu(elementwise.Binary[PReluAttributes]):
    """x, or slope * x where x < 0. Glow rounds the product at a scale of its own before it takes it; here it is rounded once."""

    kind = "PRelu"
    attributes = PReluAttributes

    def float_result(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.where(x >= 0, x, x * y)

    def lower(self, node: Node[PReluAttributes], lowering: Lowering) -> Value:
        x, slope = self.repeated(node, lowering)
        shape = node.output.type.shape
        zero = lowering.splat("zero", shape, 0)
        product = lowering.add("Mul", f"{node.name}_mul", [slope, x], shape)
        return lowering.add("Select", f"{node.name}_select", [zero, x, product], shape)

    def settle(self, node: Node[PReluAttributes]) -> None:
        x, slope, out = (value.type for value in (*node.inputs, node.output))
        if out.quantised and node.attributes.product is None:
            factor = np.float32(x.scale) / np.float32(out.scale)
            node.attributes.positive = requantisation(factor)
            node.attributes.product = requantisation(factor * np.float32(slope.scale))

    def integer(self, node: Node[PReluAttributes], x: np.ndarray, y: np.ndarray) -> np.ndarray:
        positive, product = node.attributes.positive.apply(x), node.attributes.product.apply(x * y)
        return np.where(x >= 0, positive, product) + node.output.type.offset

    def c_float(self) -> str:
        return "x >= 0 ? x : x * y"

    def c_integer(self, node: Node[PReluAttributes]) -> str:
        positive, product = node.attributes.positive.c("x"), node.attributes.product.c("x * y")
        return f"(x >= 0 ? {positive} : {product}) + ({node.output.type.offset})"
