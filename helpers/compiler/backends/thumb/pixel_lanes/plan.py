"""Pixel lanes, planned: the order of taps and the groups of one pass of a convolution over four output channels.

The two lanes of a word are two neighbouring pixels, or those `stride` apart; every weight is a constant in the code.
"""

import itertools
import random
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from helpers.compiler.backends.thumb.arithmetic import lane_groups
from helpers.compiler.backends.thumb.arithmetic.lane_groups import EITHER, PLAIN, Group
from helpers.compiler.backends.thumb.pixel_lanes import stores

STEP = 512  # between the common offsets that are tried: 16 bits, in steps that keep the table of costs small
MOST_ORDERS = 576  # 3! orders of rows, 4! of channels, 4 of columns: all of a small window
DRAWN_ORDERS = 24  # of a window with more rows or channels
CLOSE = 12  # orders that are compared by all that their groups cost
UNALIGNED = 0.5  # cycles of a pass to make a sum a multiple of its modulus


@dataclass(frozen=True)
class Segment:
    """A row of the kernel over one input channel; `columns` is the order in which its taps are taken."""

    row: int
    channel: int
    columns: tuple[int, ...]


@dataclass(frozen=True)
class PassPlan:
    """One pass: its segments in order, for each tap (row, channel, column) the weights of four channels, groups, offset."""

    segments: tuple[Segment, ...]
    taps: tuple[tuple[int, int, int], ...]
    weights: np.ndarray  # [4, taps] in the order of taps
    groups: tuple[tuple[Group, ...], ...]
    common: int  # the offset that a register holds, or 0

    @property
    def constants(self) -> list[int]:
        """What the offsets of the groups add to the sum of each channel."""
        return [sum(group.sign * group.offset for group in each) for each in self.groups]

    @cached_property
    def signed(self) -> np.ndarray:
        """The weights with the signs with which their groups sum them."""
        signs = [[group.sign for group in each for _ in range(group.start, group.end)] for each in self.groups]
        return self.weights * np.array(signs)


def plan_pass(
    weights: np.ndarray, largest: list[int], starts: list[int], moduli: list[int], first_row: bool
) -> PassPlan:
    """Choose the order of segments, the common offset and the groups that cost least.

    weights: [4, rows, columns, channels], the filter less its offset; largest: the largest input of each channel. starts: what
    each sum starts from, which the offsets are to make a multiple of its modulus where that is free. first_row: the kernel's
    first row comes first.
    """
    every = _orders(weights)
    orders = [order for order in every if first_row and order[0].row == 0] or every
    taps = [[(each.row, each.channel, column) for each in order for column in each.columns] for order in orders]
    share = weights * np.asarray(largest)
    shares = np.array(
        [[[share[d][row, column, channel] for row, channel, column in each] for d in range(4)] for each in taps]
    )
    costs = lane_groups.costs(shares.astype(np.int64), STEP, EITHER)
    made = []
    for order in (int(place) for place in np.argsort(costs.min(1), kind="stable")[:CLOSE]):
        least = STEP * (int(costs[order].argmin()) + 1)
        rows = [[int(n) for n in row] for row in shares[order]]
        made += [(*_cuts(rows, least + more, starts, moduli), order) for more in range(max(moduli))]
    _, cuts, common, order = min(made, key=lambda each: each[0])
    chosen = np.array(
        [[weights[d][row, column, channel] for row, channel, column in taps[order]] for d in range(4)], np.int64
    )
    return PassPlan(tuple(orders[order]), tuple(taps[order]), chosen, cuts, common)


def _cuts(
    shares: list[list[int]], common: int, starts: list[int], moduli: list[int]
) -> tuple[float, tuple[tuple[Group, ...], ...], int]:
    """The groups of four channels that cost least with a common offset: their cycles, they, and the offset if one has it."""
    ways = [
        [
            tuple(lane_groups.aligned(lane_groups.cut(row, common, signs), row, common, start, modulus))
            for signs in (PLAIN, EITHER)
        ]
        for row, start, modulus in zip(shares, starts, moduli, strict=True)
    ]

    def cycles(cuts: tuple[tuple[Group, ...], ...]) -> float:
        own = sum(lane_groups.own_cycles(list(each), row, common) for each, row in zip(cuts, shares, strict=True))
        short = [start - sum(g.sign * g.offset for g in each) for each, start in zip(cuts, starts, strict=True)]
        unaligned = sum(n % modulus > 0 for n, modulus in zip(short, moduli, strict=True))
        return own + stores.cycles(cuts, _used(cuts, common)) + UNALIGNED * unaligned

    best = min(itertools.product(*ways), key=cycles)
    return cycles(best), best, _used(best, common)


def _used(cuts: tuple[tuple[Group, ...], ...], common: int) -> int:
    """The common offset, or 0 if no group has it."""
    return common if any(group.offset in (common, 2 * common) for each in cuts for group in each) else 0


def _column_orders(columns: int) -> list[tuple[int, ...]]:
    """Upwards, downwards, and for three columns both ends first: what two registers can serve without loading twice."""
    upwards = tuple(range(columns))
    if columns == 1 or columns % 2 == 0:
        return [upwards]
    return [upwards, upwards[::-1], *([(0, 2, 1), (2, 0, 1)] if columns == 3 else [])]


def _orders(weights: np.ndarray) -> list[list[Segment]]:
    """Orders of the segments that have weights: all permutations, or some at random where there are too many."""
    rows, columns, channels = weights.shape[1:]
    used = {(r, c) for r in range(rows) for c in range(channels) if weights[:, r, :, c].any()}
    ways = _column_orders(columns)
    if rows <= 3 and channels <= 4:
        turns = [(way,) * rows for way in ways] if channels > 1 else list(itertools.product(ways, repeat=rows))
        choices: Iterable[tuple] = itertools.product(
            itertools.permutations(range(rows)), itertools.permutations(range(channels)), turns
        )
    else:
        source = random.Random(1)
        choices = [
            (source.sample(range(rows), rows), source.sample(range(channels), channels), source.choices(ways, k=rows))
            for _ in range(DRAWN_ORDERS)
        ]
    orders = (
        [
            Segment(row, channel, turn[i])
            for i, row in enumerate(row_order)
            for channel in channel_order
            if (row, channel) in used
        ]
        for row_order, channel_order, turn in itertools.islice(choices, MOST_ORDERS)
    )
    return [order for order in orders if order] or [[Segment(0, 0, ways[0])]]
