"""Elements as int16 with a border, so that two of them are a word and no window needs a test."""

from dataclasses import dataclass

import numpy as np

from helpers.compiler.backends.values import STORAGE_OFFSET
from helpers.compiler.ir.graph import Graph, Node, TensorType, Value
from helpers.compiler.operators.base.registry import Operator, operator


def add(graph: Graph, name: str, x: Value, pads: tuple[int, int, int, int]) -> Value:
    """Add the widened form of an int8 image [1, height, width, channels] or row [1, n]; pads: top, left, bottom, right.

    The result is flat; an element more than the image has is there for who reads in pairs.
    """
    height, width, channels = _shape(x)
    count = (height + pads[0] + pads[2]) * (width + pads[1] + pads[3]) * channels
    result = TensorType((1, count + 1), "int16", x.type.scale)
    return graph.add("Widen", f"{name}_wide", [x], [result], pads=pads).output


def _shape(x: Value) -> tuple[int, int, int]:
    """Height, width, channels; a row is a pixel of many channels."""
    shape = x.type.shape[1:]
    height, width, channels = shape if len(shape) == 3 else (1, 1, *shape)
    return height, width, channels


@dataclass(slots=True, kw_only=True)
class WidenAttributes:
    """Elements of the border: top, left, bottom, right."""

    pads: tuple[int, int, int, int]


@operator
class Widen(Operator[WidenAttributes]):
    """int8 elements less their offset, as int16 inside a border of zeros: zero is real 0."""

    kind = "Widen"
    attributes = WidenAttributes
    internal = True

    def compute_integer(self, node: Node[WidenAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
        top, left, bottom, right = node.attributes.pads
        x = inputs[0].astype(np.int16).reshape(-1, *_shape(node.inputs[0])) - np.int16(node.inputs[0].type.offset)
        flat = np.pad(x, ((0, 0), (top, bottom), (left, right), (0, 0))).reshape(len(x), -1)
        return [np.pad(flat, ((0, 0), (0, 1)))]

    def emit(self, node: Node[WidenAttributes], name: str) -> str:
        """Row by row; between rows the border goes on."""
        height, width, channels = _shape(node.inputs[0])
        top, left, bottom, right = node.attributes.pads
        offset, line = node.inputs[0].type.offset, width * channels
        if not (left or right):  # one long row
            height, line, top, bottom = 1, height * line, top * line, bottom * line
        else:
            top, bottom = (each * (line + (left + right) * channels) for each in (top, bottom))
        values = {
            "above": top, "below": bottom + 1, "rows": height, "left": left * channels, "right": right * channels,
            "quads": line // 4, "rest": line % 4, "offset": offset, "less": (-(offset + STORAGE_OFFSET) & 0xFFFF) * 0x10001,
        }  # fmt: skip
        return f"static void {name}(const int8_t *in, int16_t *out) {{\n{_C % values}}}\n"


_C = """\
  for (int i = 0; i < %(above)d; i++) *out++ = 0;
  for (int y = 0; y < %(rows)d; y++) {
    for (int i = 0; i < %(left)d; i++) *out++ = 0;
    for (int i = 0; i < %(quads)d; i++, in += 4, out += 4) widen4(in, %(less)uu, out);
    for (int i = 0; i < %(rest)d; i++) *out++ = (int16_t)(*in++ - (%(offset)d));
    for (int i = 0; i < %(right)d; i++) *out++ = 0;
  }
  for (int i = 0; i < %(below)d; i++) *out++ = 0;
"""
