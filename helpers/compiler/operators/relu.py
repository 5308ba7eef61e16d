"""Relu. After a convolution it is fused into it; elsewhere it requantises from its input's scale to its own."""

import numpy as np

from helpers.compiler.ir.graph import Graph, Node, Value
from helpers.compiler.operators.base import elementwise
from helpers.compiler.operators.base.protocols import Lowering, OnnxImporter, OnnxNode
from helpers.compiler.operators.base.registry import from_onnx, operator


def add(graph: Graph, name: str, x: Value) -> Value:
    """Add a Relu."""
    return graph.add("Relu", name, [x], [x.type]).output


@from_onnx("Relu")
def import_relu(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """Relu."""
    return [add(importer.graph, node.name, node.inputs[0])]


@operator
class Relu(elementwise.Unary[elementwise.UnaryAttributes]):
    """max(x, 0). Glow lowers it to a maximum with a splat of zeros, which its profile shows."""

    kind = "Relu"

    def compute(self, node: Node, inputs: list[np.ndarray]) -> list[np.ndarray]:
        return [np.maximum(inputs[0], np.float32(0))]

    def integer(self, node: Node, x: np.ndarray) -> np.ndarray:
        return node.attributes.requantisation.apply(np.maximum(x, 0))

    def lower(self, node: Node, lowering: Lowering) -> Value:
        shape = node.output.type.shape
        return lowering.add("Max", f"{node.name}_max", [node.inputs[0], lowering.splat("zero", shape, 0)], shape)

    def c_float(self, node: Node) -> str:
        return "out[i] = x > 0 ? x : 0;"

    def c_integer(self, node: Node) -> str:
        return f"x = x > 0 ? x : 0;\n    out[i] = clip8({node.attributes.requantisation.c('x')});"
