"""Quantize, Dequantize and Rescale: between float32 and integers, and from one scale to another."""

import numpy as np

from helpers.aot import ranges
from helpers.aot.graph import Graph, Node, Placeholder, TensorType, Value
from helpers.aot.operators.registry import Operator, operator, same_type
from helpers.aot.requantisation import requantisation


def quantised(graph: Graph, value: Value, target: TensorType) -> Value:
    """The integers of a float value: one Quantize for all that read them."""
    for node in graph.users(value):
        if node.kind == "Quantize" and node.output.type == target:
            return node.output
    return graph.add("Quantize", f"{value.node.name}_quantize", [value], [target]).output


def _dequantised(graph: Graph, value: Value) -> Value:
    for node in graph.users(value):
        if node.kind == "Dequantize":
            return node.output
    return graph.add("Dequantize", f"{value.node.name}_dequantize", [value], [TensorType(value.type.shape)]).output


def dequantise_inputs(graph: Graph, node: Node) -> None:
    """Give a node that stays float the real numbers of its integer inputs."""
    node.inputs = [_dequantised(graph, v) if v is not None and v.type.quantised else v for v in node.inputs]


def dequantise_outputs(graph: Graph) -> None:
    """Make every integer output of the network float32."""
    graph.outputs = [
        (name, _dequantised(graph, value) if value.type.quantised else value) for name, value in graph.outputs
    ]


def rescale_behind(graph: Graph, value: Value, target: TensorType) -> None:
    """Let all readers of an integer value read it at another scale and offset."""
    node = graph.add("Rescale", f"{value.node.name}_rescale", [], [target])
    graph.replace(value, node.output)
    node.inputs = [value]


def convert_placeholders(graph: Graph) -> None:
    """Inputs that only a Quantize reads, and outputs that a Dequantize writes, become integers themselves."""
    for node in graph.placeholders:
        readers = graph.users(node.output)
        if len(readers) == 1 and readers[0].kind == "Quantize" and not graph.is_output(node.output):
            node.output.type = readers[0].output.type
            graph.replace(readers[0].output, node.output)
    for index, (name, value) in enumerate(graph.outputs):
        source = value.node.inputs[0] if value.node.kind == "Dequantize" else None
        if source is not None and not isinstance(source.node, Placeholder):
            graph.outputs[index] = (name, source)


class _Conversion(Operator):
    """Neither is quantised itself."""

    def converts(self, node: Node, precision: str, bias_precision: str) -> bool:
        return False

    def overwrites(self, node: Node) -> tuple[int, ...]:
        return (0,) if node.inputs[0].type.bytes == node.output.type.bytes else ()


@operator
class Quantize(_Conversion):
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
class Dequantize(_Conversion):
    """scale * (q - offset)."""

    kind = "Dequantize"

    def compute_integer(self, node: Node, inputs):
        return [ranges.dequantise(inputs[0], node.inputs[0].type)]

    def emit(self, node: Node, name: str) -> str:
        source = node.inputs[0].type
        return (
            f"static void {name}(const {same_type(node.inputs[0])} *in, float *out) {{\n"
            f"  for (int i = 0; i < {source.size}; i++) {{\n"
            f"    out[i] = {float(source.scale).hex()}f * (float)(in[i] - ({source.offset}));\n  }}\n}}\n"
        )


@operator
class Rescale(_Conversion):
    """The same numbers at another scale and offset, of the same element type."""

    kind = "Rescale"

    def settle(self, node: Node) -> None:
        if "requantisation" in node.attributes:
            return  # the network's file gave it
        source, target = node.inputs[0].type, node.output.type
        factor = np.float32(source.scale) / np.float32(target.scale)
        wide = target.element != "int8"
        node.attributes["requantisation"] = requantisation(factor, target.offset, wide)

    def compute_integer(self, node: Node, inputs):
        x = inputs[0].astype(np.int32) - np.int32(node.inputs[0].type.offset)
        return [ranges.clip(node.attributes["requantisation"].apply(x), node.output.type.element)]

    def emit(self, node: Node, name: str) -> str:
        c_type, offset = same_type(node.output), node.inputs[0].type.offset
        clip = "clip8" if node.output.type.element == "int8" else "clip16"
        return (
            f"static void {name}(const {c_type} *in, {c_type} *out) {{\n"
            f"  for (int i = 0; i < {node.output.type.size}; i++) {{\n"
            f"    int32_t x = in[i] - ({offset});\n"
            f"    out[i] = {clip}({node.attributes['requantisation'].c('x')});\n  }}\n}}\n"
        )
