"""Maximum pools, four bytes at a time."""

import itertools

from helpers.compiler.ir.graph import Node
from helpers.compiler.ir.window import Window
from helpers.compiler.operators.base.registry import operator
from helpers.compiler.operators.max_pool import MaxPool


def fits(node: Node) -> bool:
    """Whether a MaxPool can be done so: int8, one image, no border, and four channels (or a 2x2 pool of one) to a word."""
    x, window = node.inputs[0].type, node.attributes.window
    if x.element != "int8" or x.shape[0] != 1 or any(window.pads):
        return False
    return x.shape[3] % 4 == 0 or of_one_channel(node)


def of_one_channel(node: Node) -> bool:
    """Whether a pool is a 2x2 one of one channel, of whole words."""
    _, _, width, channels = node.inputs[0].type.shape
    return channels == 1 and width % 4 == 0 and node.attributes.window == Window((2, 2), (2, 2))


@operator
class BytePool(MaxPool):
    """The largest element under a window, as MaxPool."""

    kind = "BytePool"
    internal = True

    def emit(self, node: Node, name: str) -> str:
        """Words of four channels, or of four neighbours of which two and two share a window."""
        text = _one_channel(node) if of_one_channel(node) else _four_channels(node)
        return f"static void {name}(const int8_t *in, int8_t *out) {{\n{text}}}\n"


def _four_channels(node: Node) -> str:
    _, _, width, channels = node.inputs[0].type.shape
    _, rows, columns, _ = node.output.type.shape
    window = node.attributes.window
    offsets = [
        (ky * window.dilations[0] * width + kx * window.dilations[1]) * channels
        for ky, kx in itertools.product(*map(range, window.kernel))
    ]
    taps = "".join(f"        largest = largest4(largest, four(p + {offset}));\n" for offset in offsets[1:])
    values = {
        "rows": rows, "columns": columns, "channels": channels, "down": window.strides[0] * width * channels,
        "across": window.strides[1] * channels, "taps": taps,
    }  # fmt: skip
    return _FOUR_CHANNELS % values


def _one_channel(node: Node) -> str:
    _, _, width, _ = node.inputs[0].type.shape
    return _ONE_CHANNEL % {"rows": node.output.type.shape[1], "width": width, "words": width // 4}


_FOUR_CHANNELS = """\
  for (int y = 0; y < %(rows)d; y++) {
    for (int x = 0; x < %(columns)d; x++) {
      const int8_t *p = in + y * %(down)d + x * %(across)d;
      for (int c = 0; c < %(channels)d; c += 4, p += 4, out += 4) {
        uint32_t largest = four(p);
%(taps)s        set_four(out, largest);
      }
    }
  }
"""
_ONE_CHANNEL = """\
  for (int y = 0; y < %(rows)d; y++, in += %(width)d) {
    for (int i = 0; i < %(words)d; i++, in += 4, out += 2) {
      uint32_t columns = largest4(four(in), four(in + %(width)d));
      uint32_t largest = largest4(columns, columns >> 8);
      out[0] = (int8_t)largest;
      out[1] = (int8_t)(largest >> 16);
    }
  }
"""
