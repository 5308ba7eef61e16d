"""Relu. After a convolution it is fused into it; elsewhere it requantises from its input's scale to its own."""

import numpy as np

from helpers.aot.graph import Graph, Node, Value
from helpers.aot.operators.registry import Operator, from_onnx, operator
from helpers.aot.ranges import clip


def add(graph: Graph, name: str, x: Value) -> Value:
    """Add a Relu."""
    return graph.add("Relu", name, [x], [x.type]).output


@from_onnx("Relu")
def import_relu(importer, node):
    """Relu."""
    return [add(importer.graph, node.name, node.inputs[0])]


@operator
class Relu(Operator):
    """max(x, 0). Glow lowers it to a maximum with a splat of zeros, which its profile shows."""

    kind = "Relu"

    def compute(self, node: Node, inputs):
        return [np.maximum(inputs[0], np.float32(0))]

    def compute_integer(self, node: Node, inputs):
        """max(x, offset) - offset, requantised."""
        offset = node.inputs[0].type.offset
        positive = np.maximum(inputs[0].astype(np.int32), offset) - np.int32(offset)
        return [clip(node.attributes["requantisation"].apply(positive), node.output.type.element)]

    def profiled(self, node: Node, inputs, outputs):
        return [(node.output.name, outputs[0]), (f"{node.name}_max:0", outputs[0])]

    def zeros(self, node: Node) -> bool:
        return True

    def quantise(self, node: Node, plan):
        node.output.type = plan.type_of(node.output)
        x, out = node.inputs[0].type, node.output.type
        node.attributes["requantisation"] = plan.requantisation(np.float32(x.scale) / np.float32(out.scale), out.offset)

    def emit(self, node: Node, name: str) -> str:
        offset, size = node.inputs[0].type.offset, node.output.type.size
        result = node.attributes["requantisation"].c("x")
        return (
            f"static void {name}(const int8_t *in, int8_t *out) {{\n"
            f"  for (int i = 0; i < {size}; i++) {{\n"
            f"    int32_t x = in[i] > ({offset}) ? in[i] - ({offset}) : 0;\n"
            f"    out[i] = clip8({result});\n  }}\n}}\n"
        )

    def in_place(self, node: Node) -> bool:
        return True
