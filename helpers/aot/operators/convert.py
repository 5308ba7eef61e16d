"""Quantize and Dequantize: between float32 and integers, at the edges of an integer network."""

from helpers.aot import ranges
from helpers.aot.graph import Graph, Node, TensorType, Value
from helpers.aot.operators.registry import Operator, operator, same_type


def add_quantise_behind(graph: Graph, value: Value, target: TensorType) -> Value:
    """Let all readers of a float value read its integers."""
    node = graph.add("Quantize", f"{value.node.name}_quantize", [], [target])
    graph.replace(value, node.output)
    node.inputs = [value]
    return node.output


def dequantise_outputs(graph: Graph) -> None:
    """Make every integer output of the network float32."""
    for index, (name, value) in enumerate(graph.outputs):
        if value.type.quantised:
            node = graph.add("Dequantize", f"{value.node.name}_dequantize", [value], [TensorType(value.type.shape)])
            graph.outputs[index] = (name, node.output)


@operator
class Quantize(Operator):
    """clip(round half to even(x / scale + offset))."""

    kind = "Quantize"

    def compute_integer(self, node: Node, inputs):
        return [ranges.quantise(inputs[0], node.output.type)]

    def emit(self, node: Node, name: str) -> str:
        """Adding and subtracting 1.5 * 2**23 rounds half to even, as nearbyintf does; saturated before it."""
        out = node.output.type
        smallest, largest = ranges.LIMITS[out.element]
        return (
            f"static void {name}(const float *in, {same_type(node.output)} *out) {{\n"
            f"  for (int i = 0; i < {out.size}; i++) {{\n"
            f"    float value = in[i] / {float(out.scale).hex()}f + ({out.offset}.0f);\n"
            f"    value = value < {smallest}.0f ? {smallest}.0f : value > {largest}.0f ? {largest}.0f : value;\n"
            f"    out[i] = ({same_type(node.output)})((value + 12582912.0f) - 12582912.0f);\n  }}\n}}\n"
        )


@operator
class Dequantize(Operator):
    """scale * (q - offset)."""

    kind = "Dequantize"

    def compute_integer(self, node: Node, inputs):
        return [ranges.dequantise(inputs[0], node.inputs[0].type)]

    def quantise(self, node: Node, plan) -> None:
        """Stays as it is."""

    def emit(self, node: Node, name: str) -> str:
        source = node.inputs[0].type
        return (
            f"static void {name}(const {same_type(node.inputs[0])} *in, float *out) {{\n"
            f"  for (int i = 0; i < {source.size}; i++) {{\n"
            f"    out[i] = {float(source.scale).hex()}f * (float)(in[i] - ({source.offset}));\n  }}\n}}\n"
        )
