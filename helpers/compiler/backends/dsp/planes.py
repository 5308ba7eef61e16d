"""Depthwise convolutions as C: a channel's elements are gathered in a plane, in which neighbours are multiplied two at a time."""

from dataclasses import replace

import numpy as np

from helpers.compiler.backends.dsp import blocks
from helpers.compiler.backends.dsp.pair_sums import PairSumsAttributes, c_result, elements
from helpers.compiler.backends.dsp.sums import Sums
from helpers.compiler.ir.graph import Node
from helpers.compiler.operators.base import c_code
from helpers.compiler.operators.base.registry import Operator, operator


def packed(sums: Sums) -> np.ndarray:
    """The weights as int32 words of two taps: channel, run, pair."""
    block = blocks.Block(1, 1, 1)
    return blocks.packed(sums, block)


@operator
class Planes(Operator[PairSumsAttributes]):
    """A convolution of each channel with a filter of its own, and its activation. Inputs and results as those of PairSums."""

    kind = "Planes"
    attributes = PairSumsAttributes
    internal = True
    resizes = True

    def overwrites(self, node: Node[PairSumsAttributes]) -> tuple[int, ...]:
        """A channel's results lie where its elements lay, which are in the plane by then."""
        sums, image = node.attributes.sums, node.attributes.image
        return (0,) if sums.rows * sums.columns <= image.height * image.width else ()

    def compute_integer(self, node: Node[PairSumsAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
        sums, image = node.attributes.sums, node.attributes.image
        planes = inputs[0].reshape(len(inputs[0]), -1, sums.outputs).transpose(2, 0, 1)
        starts = (np.arange(sums.rows)[:, None] * sums.down + np.arange(sums.columns) * sums.across)[..., None, None]
        taps = starts + np.array(sums.offsets())[:, None] + np.arange(sums.weights.shape[2])
        totals = [
            np.einsum("nyxrt,rt->nyx", image.padded(plane).astype(np.int64)[:, taps], weights) + start
            for plane, weights, start in zip(planes, sums.weights, sums.starts, strict=True)
        ]
        scratch = np.zeros((len(inputs[0]), *node.outputs[1].type.shape[1:]), np.int16)
        return [elements(node, sums, np.stack(totals, -1)), scratch]

    def emit(self, node: Node[PairSumsAttributes], name: str) -> str:
        """Loops over channels, windows and taps."""
        sums, image = node.attributes.sums, node.attributes.image
        head, result = c_result(node, sums, name)
        one = replace(sums, weights=sums.weights[:1], bias=sums.bias[:1], rules=sums.rules[:1], halves=sums.halves[:1])
        top, left, _, right = image.pads
        channels = sums.outputs
        values = {
            "size": image.size, "offset": image.offset, "channels": channels, "first": top * image.line + left,
            "height": image.height, "width": image.width, "sides": left + right, "rows": sums.rows,
            "words": sums.weights[0, :, ::2].size, "down": sums.down, "row": sums.columns * channels,
            "columns": sums.columns, "block": blocks.c(one, blocks.best(one), result.replace("@o", "c + @o"), channels),
        }  # fmt: skip
        arguments = "const int8_t *in, const int32_t *every, const int32_t *starts, int8_t *out, int16_t *wide"
        return head + c_code.function(name, arguments, _C % values)


_C = """\
  for (int i = 0; i < %(size)d; i++) wide[i] = %(offset)d;
  for (int c = 0; c < %(channels)d; c++) {
    const int8_t *from = in + c;
    int16_t *to = wide + %(first)d;
    for (int y = 0; y < %(height)d; y++, to += %(sides)d) {
      for (int x = 0; x < %(width)d; x++, from += %(channels)d) *to++ = *from;
    }
    const int32_t *weights = every + c * %(words)d;
    const int32_t *bias = starts + c;
    const int columns = %(columns)d;
    for (int y = 0; y < %(rows)d; y++) {
      const int16_t *line = wide + y * %(down)d;
      int8_t *result = out + y * %(row)d + c;
%(block)s    }
  }
"""
