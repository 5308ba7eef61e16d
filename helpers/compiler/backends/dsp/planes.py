"""Depthwise convolutions: a channel's elements are gathered in a plane, in which neighbours are multiplied two at a time."""

from dataclasses import replace

import numpy as np

from helpers.compiler.backends.dsp import blocks
from helpers.compiler.backends.dsp.assembly import held, streamed
from helpers.compiler.backends.dsp.assembly.ending import Ending
from helpers.compiler.backends.dsp.blocks import Block
from helpers.compiler.backends.dsp.pair_sums import PairSumsAttributes, c_result, elements
from helpers.compiler.backends.dsp.sums import Sums
from helpers.compiler.ir.graph import Node
from helpers.compiler.operators.base import c_code
from helpers.compiler.operators.base.registry import Operator, operator


def channel(sums: Sums, number: int) -> Sums:
    """The sums of one channel."""
    part = slice(number, number + 1)
    rules = sums.rules[part] if len(sums.rules) > 1 else sums.rules
    return replace(sums, weights=sums.weights[part], bias=sums.bias[part], rules=rules, halves=sums.halves[part])


def stream(sums: Sums, block: Block, last: Ending) -> np.ndarray:
    """What the streamed kernel reads, channel by channel."""
    each = [replace(last, halves=last.halves[number : number + 1]) for number in range(sums.outputs)]
    return np.concatenate([streamed.stream(channel(sums, number), block, end) for number, end in enumerate(each)])


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
        given = node.attributes
        sums, image, row = given.sums, given.image, f"{name}_row"
        arguments = "const int8_t *in, const int32_t *every, int8_t *out, int16_t *wide"
        if given.last is not None and given.plane is not None:
            head = held.c(row, given.plane, given.last, sums.outputs)
            size = held.numbers_of_each(given.plane, given.last)
            inner = f"    {row}(wide, every + c * {size}, out + c);\n"
        elif given.last is not None:
            one = channel(sums, 0)
            head = streamed.c(row, one, given.block, given.last, sums.outputs)
            size = len(streamed.stream(one, given.block, given.last))
            calls = streamed.calls(row, one, given.block, sums.outputs)
            inner = f"    const int32_t *numbers = every + c * {size};\n{_rows(sums, calls)}"
        else:
            head, result = c_result(node, sums, name)
            arguments = "const int8_t *in, const int32_t *every, const int32_t *starts, int8_t *out, int16_t *wide"
            block = blocks.c(channel(sums, 0), given.block, result.replace("@o", "c + @o"), sums.outputs)
            own = f"    const int32_t *weights = every + c * {sums.weights[0, :, ::2].size};\n"
            inner = f"{own}    const int32_t *bias = starts + c;\n{_rows(sums, block)}"
        values = {
            "size": image.size, "offset": image.offset, "channels": sums.outputs, "inner": inner,
            "first": image.pads[0] * image.line + image.pads[1], "sides": image.pads[1] + image.pads[3],
            "height": image.height, "width": image.width,
        }  # fmt: skip
        return head + c_code.function(name, arguments, _C % values)


def _rows(sums: Sums, block: str) -> str:
    return _ROWS % {
        "columns": sums.columns, "rows": sums.rows, "down": sums.down, "row": sums.columns * sums.outputs, "block": block,
    }  # fmt: skip


_C = """\
  for (int i = 0; i < %(size)d; i++) wide[i] = %(offset)d;
  for (int c = 0; c < %(channels)d; c++) {
    const int8_t *from = in + c;
    int16_t *to = wide + %(first)d;
    for (int y = 0; y < %(height)d; y++, to += %(sides)d) {
      for (int x = 0; x < %(width)d; x++, from += %(channels)d) *to++ = *from;
    }
%(inner)s  }
"""
_ROWS = """\
    const int columns = %(columns)d;
    for (int y = 0; y < %(rows)d; y++) {
      const int16_t *line = wide + y * %(down)d;
      int8_t *result = out + y * %(row)d + c;
%(block)s    }
"""
