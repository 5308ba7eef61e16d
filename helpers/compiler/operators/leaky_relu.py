"""LeakyRelu: a slope `alpha` for what is negative. After a convolution it is fused into it."""

from dataclasses import dataclass

import numpy as np

from helpers.compiler.ir.attributes import computed
from helpers.compiler.ir.graph import Node, Value
from helpers.compiler.numerics.requantisation import Requantisation, requantisation
from helpers.compiler.operators.base import elementwise
from helpers.compiler.operators.base.protocols import Lowering, OnnxImporter, OnnxNode
from helpers.compiler.operators.base.registry import from_onnx, operator


@from_onnx("LeakyRelu")
def import_leaky_relu(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """LeakyRelu."""
    x, alpha = node.inputs[0], float(np.float32(node.attributes.get("alpha", 0.01)))
    return [importer.graph.add("LeakyRelu", node.name, [x], [x.type], alpha=alpha).output]


@dataclass(slots=True, kw_only=True)
class LeakyReluAttributes(elementwise.UnaryAttributes):
    """The slope; negative: requantisation of what is below 0."""

    alpha: float
    negative: Requantisation = computed()


@operator
class LeakyRelu(elementwise.Unary[LeakyReluAttributes]):
    """x, or alpha * x where x < 0."""

    kind = "LeakyRelu"
    attributes = LeakyReluAttributes

    def compute(self, node: Node[LeakyReluAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
        x = inputs[0]
        return [np.where(x >= 0, x, x * np.float32(node.attributes.alpha))]

    def lower(self, node: Node[LeakyReluAttributes], lowering: Lowering) -> Value:
        shape = node.output.type.shape
        slope = lowering.splat(f"{node.name}_alpha", shape, node.attributes.alpha)
        return lowering.add("PRelu", f"{node.name}_prelu", [node.inputs[0], slope], shape)

    def settle(self, node: Node[LeakyReluAttributes]) -> None:
        super().settle(node)
        x, out = node.inputs[0].type, node.output.type
        if out.quantised and node.attributes.alpha > 0:
            factor = np.float32(x.scale) * np.float32(node.attributes.alpha) / np.float32(out.scale)
            node.attributes.negative = requantisation(factor, out.offset)

    def converts(self, node: Node[LeakyReluAttributes], precision: str, bias_precision: str) -> bool:
        return precision in self.integers and node.attributes.alpha > 0

    def integer(self, node: Node[LeakyReluAttributes], x: np.ndarray) -> np.ndarray:
        return np.where(x >= 0, node.attributes.requantisation.apply(x), node.attributes.negative.apply(x))

    def c_float(self, node: Node[LeakyReluAttributes]) -> str:
        return f"out[i] = x >= 0 ? x : x * {float(np.float32(node.attributes.alpha)).hex()}f;"

    def c_integer(self, node: Node[LeakyReluAttributes]) -> str:
        positive, negative = node.attributes.requantisation.c("x"), node.attributes.negative.c("x")
        return f"out[i] = clip8(x >= 0 ? {positive} : {negative});"
