"""Convolution with pixel lanes: what such a layer is, and the pass over four of its channels."""

from dataclasses import dataclass

import numpy as np

from helpers.compiler.backends.thumb.arithmetic.output_stage import Output
from helpers.compiler.backends.thumb.buffers.storage import Layout
from helpers.compiler.backends.thumb.pixel_lanes.plan import PassPlan, plan_pass

# Estimated cycles. A window that begins in the border saves LATE_TAP for each tap of the kernel's first row, and costs
# LATE_ENTRY to set up; each row of windows costs LATE_TEST for the question.
LATE_TAP, LATE_ENTRY, LATE_TEST = 16, 35, 8


@dataclass(frozen=True)
class PixelLayer:
    """A convolution, its Relu in the clipping, and a 2x2 pool behind it if `pooled`.

    weights: [outputs, rows, columns, channels], less their offset (a group's other channels are zeros); bias: [outputs];
    zero: the stored input that stands for real 0; largest: the largest stored input of each channel. rows, columns: of
    the result, after pooling. alignment: bytes that buffers begin at a multiple of. skips: the input channels of which zeros
    are passed over; marked: a third buffer tells which words of the input are not zero.
    """

    name: str
    weights: np.ndarray
    bias: list[int]
    output: Output
    zero: int
    largest: list[int]
    source: Layout
    target: Layout
    stride: int
    pooled: bool
    rows: int
    columns: int
    alignment: int
    skips: frozenset[int] = frozenset()
    marked: bool = False

    def quads(self) -> list[int]:
        """The first channel of every four."""
        return list(range(0, len(self.bias), 4))

    def start(self, channel: int) -> int:
        """What a sum of weights times stored inputs starts from."""
        return self.bias[channel] - self.zero * int(self.weights[channel].sum())

    def plan(self, first: int) -> PassPlan:
        """The pass over four channels, missing ones being zeros."""
        four = np.zeros((4, *self.weights.shape[1:]), np.int64)
        count = len(self.bias[first : first + 4])
        four[:count] = self.weights[first : first + 4]
        starts = [self.start(first + channel) if channel < count else 0 for channel in range(4)]
        moduli = [self.output.factors[first + min(channel, count - 1)].modulus for channel in range(4)]
        aside = not (self.enters_late or self.skips or self.marked)
        return plan_pass(four, self.largest, starts, moduli, self.enters_late, aside)

    @property
    def enters_late(self) -> bool:
        """Whether windows that begin in the border should skip the kernel's first row, in a path of their own."""
        taps = self.weights[0, 0].size
        above = not self.marked and self.source.base >= self.source.row_step and self.rows < 256
        return above and self.weights.shape[1] > 1 and LATE_TAP * taps - LATE_ENTRY > LATE_TEST * self.rows
