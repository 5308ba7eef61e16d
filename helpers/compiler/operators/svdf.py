"""SVDF in integers as TFLite's reference kernel computes it, bit for bit: a dense layer over inputs, then one over time.

Each filter is a sum of products of the input, of which the last ones are its state; a unit adds up `rank` filters, each the sum
of products of its state and its weights over time. Source: R. Prabhavalkar et al., SVD-based filters, Interspeech 2015.
"""

from dataclasses import dataclass

import numpy as np

from helpers.compiler.ir.graph import Node
from helpers.compiler.numerics import fixed_point16
from helpers.compiler.numerics.requantisation import FixedPoint
from helpers.compiler.operators.base.registry import Operator, operator


@dataclass(slots=True, kw_only=True)
class SvdfAttributes:
    """rank: filters of a unit; entering: the factor of a filter's sum; leaving: of a unit's sum, with the result's offset."""

    rank: int
    entering: FixedPoint
    leaving: FixedPoint


@operator
class Svdf(Operator[SvdfAttributes]):
    """Inputs: x; weights and biases of the filters; weights over time and biases of the units; state. Results: output, state.

    x: int8 [batch, size]. Weights int8 [filters, size], biases int32 [filters]; weights over time int16 [filters, memory],
    biases int32 [units]. State: int16 [batch, filters, memory], the newest last.
    """

    kind = "Svdf"
    attributes = SvdfAttributes
    keeps = ((5, 1),)

    def batches(self, _node: Node[SvdfAttributes]) -> bool:
        return False

    def converts(self, node: Node[SvdfAttributes], precision: str, bias_precision: str) -> bool:
        return False

    def compute_integer(self, node: Node[SvdfAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
        given, (x, weights, biases, over_time, more, state) = node.attributes, inputs
        sums = (x.astype(np.int64) @ weights.T.astype(np.int64) + biases).astype(np.int32)
        newest = fixed_point16.clipped(given.entering.apply(sums)).astype(np.int16)
        state = np.concatenate([state[..., 1:], newest[..., None]], 2)
        filters = (state.astype(np.int64) * over_time).sum(2)
        units = (filters.reshape(len(x), -1, given.rank).sum(2) + more).astype(np.int32)  # wraps, as on the core
        result = fixed_point16.clipped(given.leaving.apply(units) - given.leaving.offset) + given.leaving.offset
        return [np.clip(result, -128, 127).astype(np.int8), state]

    def emit(self, node: Node[SvdfAttributes], name: str) -> str:
        given, (batch, filters, memory) = node.attributes, node.inputs[5].type.shape
        return _C % {
            "name": name, "batch": batch, "units": filters // given.rank, "rank": given.rank, "memory": memory,
            "size": node.inputs[0].type.shape[1], "entering": given.entering.row, "leaving": given.leaving.row,
            "offset": given.leaving.offset,
        }  # fmt: skip


# The state moves up where it is: the pointers to what it was and to what it becomes are the same.
_C = """\
static void %(name)s(const int8_t *in, const int8_t *weights, const int32_t *biases, const int16_t *over_time,
    const int32_t *more, const int16_t *before, int8_t *out, int16_t *state) {
  static const int32_t entering[] = {%(entering)s}, leaving[] = {%(leaving)s};
  (void)before;
  for (int b = 0; b < %(batch)d; b++, in += %(size)d) {
    for (int u = 0; u < %(units)d; u++) {
      uint32_t unit = (uint32_t)more[u];
      for (int filter = u * %(rank)d; filter < (u + 1) * %(rank)d; filter++, state += %(memory)d) {
        const int16_t *weight = over_time + filter * %(memory)d;
        int32_t sum = biases[filter];
        for (int i = 0; i < %(size)d; i++) sum += in[i] * weights[filter * %(size)d + i];
        for (int m = 0; m + 1 < %(memory)d; m++) {
          state[m] = state[m + 1];
          unit += (uint32_t)(state[m] * weight[m]);
        }
        state[%(memory)d - 1] = clip16(doubled(entering, sum));
        unit += (uint32_t)(state[%(memory)d - 1] * weight[%(memory)d - 1]);
      }
      *out++ = clip8(clip16(doubled(leaving, (int32_t)unit)) + (%(offset)d));
    }
  }
}
"""
