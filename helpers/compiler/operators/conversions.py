"""Quantize, Dequantize and Rescale: between float32 and integers, and from one scale to another."""

from dataclasses import dataclass

import numpy as np

from helpers.compiler.ir.attributes import computed
from helpers.compiler.ir.graph import Graph, Node, Placeholder, TensorType, Value
from helpers.compiler.numerics import affine
from helpers.compiler.numerics.requantisation import requantisation
from helpers.compiler.operators.base.layer_attributes import Rule
from helpers.compiler.operators.base.registry import A, Operator, operator, same_type


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


class _Conversion(Operator[A]):
    """Neither is quantised itself."""

    def converts(self, node: Node, precision: str, bias_precision: str) -> bool:
        return False

    def overwrites(self, node: Node) -> tuple[int, ...]:
        return (0,) if node.inputs[0].type.bytes == node.output.type.bytes else ()


@dataclass(slots=True, kw_only=True)
class QuantizeAttributes:
    """away: round half away from zero."""

    away: bool = False


@operator
class Quantize(_Conversion[QuantizeAttributes]):
    """clip(round half to even(x / scale + offset)); with `away` clip(round half away from zero(x / scale) + offset)."""

    kind = "Quantize"
    attributes = QuantizeAttributes

    def compute_integer(self, node: Node[QuantizeAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
        out = node.output.type
        if not node.attributes.away:
            return [affine.quantise(inputs[0], out)]
        steps = np.clip(inputs[0].astype(np.float32) / np.float32(out.scale), -_FAR, _FAR)
        return [affine.clip(affine.rounded_away(steps) + out.offset, out.element)]

    def emit(self, node: Node[QuantizeAttributes], name: str) -> str:
        out, element = node.output.type, same_type(node.output)
        smallest, largest = affine.LIMITS[out.element]
        values = {"scale": float(out.scale).hex(), "offset": out.offset, "type": element, "far": _FAR}
        values |= {"smallest": smallest, "largest": largest, "clip": _clip(node)}
        body = (_C_AWAY if node.attributes.away else _C_EVEN) % values
        loop = f"  for (int i = 0; i < {out.size}; i++) {{\n{body}  }}\n"
        return f"static void {name}(const float *in, {element} *out) {{\n{loop}}}\n"


_FAR = 1 << 20  # steps from zero: beyond every integer, and fractions of a step still count
# Adding and subtracting 1.5 * 2**23 rounds half to even, as nearbyintf does; saturated before it.
_C_EVEN = """\
    float value = in[i] / %(scale)sf + (%(offset)d.0f);
    value = value < %(smallest)d.0f ? %(smallest)d.0f : value > %(largest)d.0f ? %(largest)d.0f : value;
    out[i] = (%(type)s)((value + 12582912.0f) - 12582912.0f);
"""
_C_AWAY = """\
    float value = in[i] / %(scale)sf;
    value = value < -%(far)d.0f ? -%(far)d.0f : value > %(far)d.0f ? %(far)d.0f : value;
    int32_t whole = (int32_t)value;
    float rest = value - (float)whole;
    out[i] = %(clip)s(whole + (rest >= 0.5f) - (rest <= -0.5f) + (%(offset)d));
"""


def _clip(node: Node) -> str:
    """The C function that saturates to the result's type."""
    return "clip8" if node.output.type.element == "int8" else "clip16"


@operator
class Dequantize(_Conversion):
    """scale * (q - offset)."""

    kind = "Dequantize"

    def compute_integer(self, node: Node, inputs: list[np.ndarray]) -> list[np.ndarray]:
        return [affine.dequantise(inputs[0], node.inputs[0].type)]

    def emit(self, node: Node, name: str) -> str:
        source = node.inputs[0].type
        return (
            f"static void {name}(const {same_type(node.inputs[0])} *in, float *out) {{\n"
            f"  for (int i = 0; i < {source.size}; i++) {{\n"
            f"    out[i] = {float(source.scale).hex()}f * (float)(in[i] - ({source.offset}));\n  }}\n}}\n"
        )


@dataclass(slots=True, kw_only=True)
class RescaleAttributes:
    """From one scale and offset to the other."""

    requantisation: Rule = computed()


@operator
class Rescale(_Conversion[RescaleAttributes]):
    """Convert integers to another scale and offset, of the same element type."""

    kind = "Rescale"
    attributes = RescaleAttributes

    def settle(self, node: Node[RescaleAttributes]) -> None:
        if node.attributes.requantisation is not None:
            return  # the network's file gave it
        source, target = node.inputs[0].type, node.output.type
        factor = np.float32(source.scale) / np.float32(target.scale)
        wide = target.element != "int8"
        node.attributes.requantisation = requantisation(factor, target.offset, wide)

    def compute_integer(self, node: Node[RescaleAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
        x = inputs[0].astype(np.int32) - np.int32(node.inputs[0].type.offset)
        return [affine.clip(node.attributes.requantisation.apply(x), node.output.type.element)]

    def emit(self, node: Node[RescaleAttributes], name: str) -> str:
        c_type, offset = same_type(node.output), node.inputs[0].type.offset
        return (
            f"static void {name}(const {c_type} *in, {c_type} *out) {{\n"
            f"  for (int i = 0; i < {node.output.type.size}; i++) {{\n"
            f"    int32_t x = in[i] - ({offset});\n"
            f"    out[i] = {_clip(node)}({node.attributes.requantisation.c('x')});\n  }}\n}}\n"
        )
