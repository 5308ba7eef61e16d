"""Padding: with a constant, with the edge, or mirrored. Zeros before a convolution become its own padding (folding.py)."""

from dataclasses import dataclass

import numpy as np

from helpers.common.errors import Unsupported
from helpers.compiler.ir.graph import Node, TensorType, Value
from helpers.compiler.numerics import affine
from helpers.compiler.operators.base.protocols import Lowering, OnnxImporter, OnnxNode, QuantisationPlan
from helpers.compiler.operators.base.registry import Operator, from_onnx, operator, same_type
from helpers.compiler.operators.quantize_linear import SHIFTS

MODES = ("constant", "reflect", "edge")


@from_onnx("Pad")
def import_pad(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """Pad: amounts and value are attributes up to opset 10, constant inputs after."""
    x = node.inputs[0]
    if x.type.quantised:
        return [_of_integers(importer, node)]
    rank, mode = len(x.type.shape), node.attributes.get("mode", "constant")
    amounts = node.attributes.get("pads") or [int(n) for n in importer.constant(node.optional_input(1))]
    value = node.attributes.get("value", 0.0)
    if node.optional_input(2) is not None:
        value = importer.constant(node.optional_input(2)).item()
    if node.optional_input(3) is not None:
        axes = [int(axis) % rank for axis in importer.constant(node.optional_input(3))]
        every = [0] * (2 * rank)
        for index, axis in enumerate(axes):
            every[axis], every[axis + rank] = amounts[index], amounts[index + len(axes)]
        amounts = every
    if mode not in MODES or len(amounts) != 2 * rank or min(amounts) < 0:
        raise Unsupported(
            f"Pad by {list(amounts)} in mode {mode}", remedy=f"use {', '.join(MODES)} and no negative amounts"
        )
    pads = tuple(zip(amounts[:rank], amounts[rank:], strict=True))
    shape = [n + before + after for n, (before, after) in zip(x.type.shape, pads, strict=True)]
    importer.check_size(shape)
    made = importer.graph.add(
        "Pad", node.name, [x], [x.type.with_shape(shape)], pads=pads, mode=mode, value=float(value)
    )
    return [made.output]


def _of_integers(importer: OnnxImporter, node: OnnxNode) -> Value:
    """A Pad of integers, as onnxruntime's quantiser leaves it: that of the real numbers behind them."""
    graph, x = importer.graph, node.inputs[0]
    inputs = [graph.add("Dequantize", node.name, [x], [TensorType(x.type.shape)]).output, *node.inputs[1:]]
    if node.optional_input(2) is not None:
        value = importer.constant(node.optional_input(2))
        integer = int(value.item()) + SHIFTS[str(value.dtype)]
        inputs[2] = graph.add_constant(node.name, np.array((integer - x.type.offset) * x.type.scale, np.float32))
    (padded,) = import_pad(importer, node.with_inputs(inputs))
    return graph.add("Quantize", node.name, [padded], [padded.type.with_elements_of(x.type)]).output


@dataclass(slots=True, kw_only=True)
class PadAttributes:
    """pads: elements before and after, for each axis; inserted: as in a lowered graph."""

    pads: tuple[tuple[int, int], ...]
    mode: str
    value: float
    inserted: bool = False


@operator
class Pad(Operator[PadAttributes]):
    """`pads`: (before, after) for each axis."""

    kind = "Pad"
    attributes = PadAttributes

    def batches(self, node: Node[PadAttributes]) -> bool:
        return super().batches(node) and node.attributes.pads[0] == (0, 0)

    def _filled(self, node: Node[PadAttributes], x: np.ndarray, value: np.floating | int) -> np.ndarray:
        mode = node.attributes.mode
        return np.pad(x, node.attributes.pads, **({"constant_values": value} if mode == "constant" else {"mode": mode}))

    def compute(self, node: Node[PadAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
        return [self._filled(node, inputs[0], np.float32(node.attributes.value))]

    def lower(self, node: Node[PadAttributes], lowering: Lowering) -> Value | None:
        if node.attributes.mode != "constant" or node.attributes.inserted:
            return None  # Glow has the other modes not at all
        shape = node.output.type.shape
        around = lowering.splat(f"{node.name}_pad_const", shape, node.attributes.value)
        return lowering.add(
            "Pad", f"{node.name}_insert", [node.inputs[0], around], shape, node.attributes, inserted=True
        )

    def _value(self, node: Node[PadAttributes]) -> int:
        return int(affine.quantise(np.array([node.attributes.value]), node.output.type)[0])

    def compute_integer(self, node: Node[PadAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
        return [self._filled(node, inputs[0], self._value(node))]

    def quantise(self, node: Node[PadAttributes], plan: QuantisationPlan) -> None:
        """The input is brought to the result's scale first, as Glow's insertion into a splat does."""
        node.output.type = plan.type_of(node.output)
        target = node.inputs[0].type.with_elements_of(node.output.type)
        if node.inputs[0].type != target:
            node.inputs[0] = plan.graph.add("Rescale", f"{node.name}_rescale", [node.inputs[0]], [target]).output

    def emit(self, node: Node[PadAttributes], name: str) -> str:
        """A loop an axis; `s` is the place in the input, negative outside it."""
        x, element, mode = node.inputs[0].type, same_type(node.output), node.attributes.mode
        lines = [f"static void {name}(const {element} *in, {element} *out) {{"]
        place, inside = [], []
        for axis, (size, (before, after)) in enumerate(zip(x.shape, node.attributes.pads, strict=True)):
            pad, total = "  " * len(lines), size + before + after
            stride = int(np.prod(x.shape[axis + 1 :], dtype=np.int64))
            source = f"i{axis} - {before}" if before else f"i{axis}"
            if mode == "constant" and (before or after):
                inside.append(f"i{axis} >= {before} && i{axis} < {before + size}")
            elif before or after:
                source = _source(source, size, mode)
            lines.append(f"{pad}for (int i{axis} = 0; i{axis} < {total}; i{axis}++)")
            place.append(f"({source}) * {stride}")
        value = self._value(node) if node.output.type.quantised else f"{np.float32(node.attributes.value)!s}f"
        value = value if isinstance(value, int) else f"{float(np.float32(node.attributes.value)).hex()}f"
        read = f"in[{' + '.join(place)}]"
        read = f"{' && '.join(inside)} ? {read} : {value}" if inside else read
        return "\n".join([*lines, f"{'  ' * len(lines)}*out++ = {read};", "}"]) + "\n"


def _source(at: str, size: int, mode: str) -> str:
    """The mirrored or nearest place inside, as a C expression."""
    last = size - 1
    low = "0" if mode == "edge" else f"-({at})"
    high = str(last) if mode == "edge" else f"{2 * last} - ({at})"
    return f"({at}) < 0 ? {low} : ({at}) > {last} ? {high} : ({at})"
