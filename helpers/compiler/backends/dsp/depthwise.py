"""Depthwise convolutions as C: two neighbouring channels are a word of inputs and a word of weights, and have a sum each."""

import numpy as np

from helpers.compiler.backends.dsp import blocks
from helpers.compiler.backends.dsp.pair_sums import PairSumsAttributes, c_result, elements
from helpers.compiler.backends.dsp.sums import Sums
from helpers.compiler.ir.graph import Node
from helpers.compiler.operators.base import c_code
from helpers.compiler.operators.base.registry import Operator, operator

CHANNELS = 2  # of a word
WIDE = 2  # windows next to each other that share a word of weights


def packed(sums: Sums) -> np.ndarray:
    """The weights as int32 words of two channels: pair of channels, tap."""
    taps = sums.weights[:, :, 0]
    parts = [(taps[at] & 0xFFFF) | (taps[at + 1] << 16) for at in blocks.starts(sums.outputs, CHANNELS)]
    return np.concatenate(parts).astype(np.uint32).view(np.int32)


@operator
class PairChannels(Operator[PairSumsAttributes]):
    """A convolution of each channel with a filter of its own, and its activation. Inputs as those of PairSums."""

    kind = "PairChannels"
    attributes = PairSumsAttributes
    internal = True

    def compute_integer(self, node: Node[PairSumsAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
        sums = node.attributes.sums
        starts = np.arange(sums.rows)[:, None] * sums.down + np.arange(sums.columns) * sums.across
        taps = (starts[..., None] + np.array(sums.offsets()))[..., None] + np.arange(sums.outputs)
        seen = inputs[0].astype(np.int64)[:, taps]
        return [elements(node, sums, np.einsum("nyxto,ot->nyxo", seen, sums.weights[:, :, 0]) + sums.bias)]

    def emit(self, node: Node[PairSumsAttributes], name: str) -> str:
        """Loops over windows and pairs of channels."""
        sums = node.attributes.sums
        wide = min(WIDE, sums.columns)
        head, result = c_result(node, sums, name)
        (outer, outer_step), (inner, inner_step) = sums.runs
        sum_of = [(w, o, f"s{w}{o}") for w in range(wide) for o in range(CHANNELS)]
        stores = [
            f"to[{w * sums.outputs + o}] = {result.replace('@o', f'c + {o}').replace('@sum', each)};"
            for w, o, each in sum_of
        ]
        half = ("lower_product", "upper_product")
        values = {
            "rows": sums.rows, "columns": sums.columns, "wide": wide, "last_column": sums.columns - wide,
            "outputs": sums.outputs, "channels": CHANNELS, "last_channel": sums.outputs - CHANNELS,
            "down": sums.down, "across": sums.across,
            "outer": outer, "outer_step": outer_step, "inner": inner, "inner_step": inner_step,
            "unroll": "unroll(full)" if outer * inner <= blocks.UNROLLED + 1 else "unroll(disable)",
            "begin": ", ".join(f"{each} = bias[c + {o}]" for _, o, each in sum_of),
            "inputs": ", ".join(f"x{w} = loose_pair(q + {w * sums.across})" for w in range(wide)),
            "add": " ".join(f"{each} += {half[o]}(x{w}, *w);" for w, o, each in sum_of),
            "store": "\n        ".join(stores),
        }  # fmt: skip
        arguments = "const int16_t *in, const int32_t *weights, const int32_t *bias, int8_t *out"
        return head + c_code.function(name, arguments, _C % values)


_C = """\
  for (int y = 0; y < %(rows)d; y++) {
    for (int i = 0; i < %(columns)d; i += %(wide)d) {
      int x = i < %(last_column)d ? i : %(last_column)d;
      const int32_t *w = weights;
      for (int j = 0; j < %(outputs)d; j += %(channels)d) {
        int c = j < %(last_channel)d ? j : %(last_channel)d;
        const int16_t *p = in + y * %(down)d + x * %(across)d + c;
        int32_t %(begin)s;
#pragma clang loop %(unroll)s
        for (int run = 0; run < %(outer)d; run++) {
#pragma clang loop %(unroll)s
          for (int part = 0; part < %(inner)d; part++, w++) {
            const int16_t *q = p + run * %(outer_step)d + part * %(inner_step)d;
            int32_t %(inputs)s;
            %(add)s
          }
        }
        int8_t *to = out + (y * %(columns)d + x) * %(outputs)d + c;
        %(store)s
      }
    }
  }
"""
