"""Where the taps and the results of a layer are, for kernels that multiply two at a time."""

from dataclasses import dataclass

import numpy as np

from helpers.compiler.backends.dsp.rounding import HighHalf
from helpers.compiler.numerics.requantisation import FixedPoint, Requantisation

INT32 = (-(2**31), 2**31 - 1)


@dataclass(frozen=True)
class Sums:
    """Where the taps and the results of a layer are. All steps count elements.

    weights: [outputs, runs, taps], less their offset: a run's taps lie next to each other. bias: in steps of the sums.
    offset: the input's, which its elements still contain. runs: the steps to each run as (count, step) of an outer and an
    inner loop. rows, columns: of the result, after a 2x2 pool if `pooled`; down, across: steps of the window. even: whether
    every run of every window begins at a multiple of two elements. rules: the requantisation, one or one an output; they
    include the result's offset. halves: the same for sums that come out shifted up, one an output; weights and bias are
    shifted up then. () where there are none.
    """

    weights: np.ndarray
    bias: np.ndarray
    offset: int
    runs: tuple[tuple[int, int], tuple[int, int]]
    rows: int
    columns: int
    down: int
    across: int
    pooled: bool
    even: bool
    rules: tuple
    halves: tuple[HighHalf, ...] = ()

    @property
    def outputs(self) -> int:
        return len(self.bias)

    @property
    def pairs(self) -> int:
        """Pairs of taps of a run."""
        return -(-self.weights.shape[2] // 2)

    @property
    def starts(self) -> np.ndarray:
        """What each sum of products of elements starts with: bias, and what the elements' offset would add."""
        return self.bias - self.offset * self.weights.sum((1, 2))

    def offsets(self) -> list[int]:
        """The element at which each run begins, from the window's first."""
        (outer, outer_step), (inner, inner_step) = self.runs
        return [i * outer_step + j * inner_step for i in range(outer) for j in range(inner)]

    def bounds_of_each(self) -> list[tuple[int, int]]:
        """Least and largest sum of each output, whatever the input (an element less its offset is within -255 to 255)."""
        reach = 255 * np.abs(self.weights).sum((1, 2))
        return [(int(bias - most), int(bias + most)) for bias, most in zip(self.bias, reach, strict=True)]

    @property
    def safe(self) -> bool:
        """Whether every requantisation stays within 32 bits, so that it never decreases and may follow a maximum."""
        every = [self.rules[o % len(self.rules)] for o in range(self.outputs)]
        return bool(self.halves) or all(_safe(*each) for each in zip(every, self.bounds_of_each(), strict=True))


def _safe(rule: Requantisation | FixedPoint, bounds: tuple[int, int]) -> bool:
    if not isinstance(rule, Requantisation) or rule.wide or rule.multiplier <= 0:
        return False
    numbers = [(each >> rule.pre) * rule.multiplier + more for each in bounds for more in (0, rule.round, addend(rule))]
    return all(INT32[0] <= each <= INT32[1] for each in (*bounds, *numbers))


def addend(rule: Requantisation) -> int:
    """What a requantisation adds before its last shift: the rounding, and the result's offset."""
    return rule.round + (rule.offset << rule.post)
