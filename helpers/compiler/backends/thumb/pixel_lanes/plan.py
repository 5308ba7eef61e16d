"""Pixel lanes, planned: the order of taps and the groups of one pass of a convolution over four output channels.

The two lanes of a word are two neighbouring pixels, or those `stride` apart; every weight is a constant in the code.
"""

import itertools
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from helpers.compiler.backends.thumb.arithmetic import lane_groups, products, stores
from helpers.compiler.backends.thumb.arithmetic.lane_groups import EITHER, PLAIN, Commons, Group
from helpers.compiler.backends.thumb.arithmetic.remembered import remembered

MOST_ORDERS = 576  # 3! orders of rows, 4! of channels, 4 of columns: all of a small window
DRAWN_ORDERS = 24  # of a window with more rows or channels
STEP = 512  # between the common offsets that are tried: 16 bits, in steps that keep the table of costs small
CLOSE = 12  # orders that are compared by all that their groups cost
# Signs that groups may have, and cycles to put one aside: where all have one sign, in a register, on the stack.
FLUSHES = ((PLAIN, 3), (EITHER, 4), (EITHER, 6))
MOST_SHIFTED = 4  # common offsets tried one after the other, for sums that are then multiples of their modulus
UNALIGNED = 0.5  # cycles of a pass to make a sum a multiple of its modulus

Cuts = tuple[tuple[Group, ...], ...]


@dataclass(frozen=True)
class Segment:
    """A row of the kernel over one input channel; `columns` is the order in which its taps are taken."""

    row: int
    channel: int
    columns: tuple[int, ...]


Order = list[Segment]


@dataclass(frozen=True)
class PassPlan:
    """One pass: its segments in order, for each tap (row, channel, column) the weights of four channels, groups, offsets."""

    segments: tuple[Segment, ...]
    taps: tuple[tuple[int, int, int], ...]
    weights: np.ndarray  # [4, taps] in the order of taps
    groups: Cuts
    commons: Commons  # the offsets that registers hold

    @property
    def constants(self) -> list[int]:
        """What the offsets of the groups add to the sum of each channel."""
        return [sum(group.sign * group.offset for group in each) for each in self.groups]

    @cached_property
    def signed(self) -> np.ndarray:
        """The weights with the signs with which their groups sum them."""
        return self.weights * signs_of(self.groups)


def signs_of(groups: Cuts) -> np.ndarray:
    """The sign of each channel's group at each tap: [channels, taps]."""
    return np.array([[group.sign for group in each for _ in range(group.start, group.end)] for each in groups])


@dataclass(frozen=True)
class Sums:
    """What a pass sums.

    weights: [4, rows, columns, channels], the filter less its offset; largest: the largest input of each channel. starts: what
    each sum starts from, which the offsets are to make a multiple of its modulus where that is free. first_row: the kernel's
    first row comes first.
    """

    weights: np.ndarray
    largest: Sequence[int]
    starts: Sequence[int]
    moduli: Sequence[int]
    first_row: bool

    def in_order(self, order: Order) -> np.ndarray:
        """The weights in the order of taps: [4, taps]."""
        row, channel, column = np.array(taps_of(order)).T
        return self.weights[:, row, column, channel].astype(np.int64)

    def shares(self, order: Order) -> np.ndarray:
        """The same times the largest inputs."""
        return self.in_order(order) * np.array([self.largest[channel] for _, channel, _ in taps_of(order)])


def taps_of(order: Order) -> list[tuple[int, int, int]]:
    """Row, channel and column of each tap."""
    return [(each.row, each.channel, column) for each in order for column in each.columns]


@remembered
def plan_pass(
    weights: np.ndarray, largest: Sequence[int], starts: Sequence[int], moduli: Sequence[int], first_row: bool
) -> PassPlan:
    """Choose the order of segments, the common offsets and the groups that cost least.

    The arguments are those of Sums.
    """
    sums = Sums(weights, np.resize(largest, weights.shape[3]).tolist(), starts, moduli, first_row)
    every = _orders(weights, first_row)
    costs = lane_groups.costs(np.array([sums.shares(order) for order in every]), STEP, EITHER)
    close = np.argsort(costs.min(1), kind="stable")[:CLOSE]
    choices = [_Choice(sums, every[place], STEP * (1 + int(costs[place].argmin()))) for place in map(int, close)]
    best = min(choices, key=lambda choice: choice.cycles - _saved(choice.weights, choice.cuts))
    return PassPlan(tuple(best.order), tuple(taps_of(best.order)), best.weights, best.cuts, best.commons)


class _Choice:
    """For an order of segments, the groups and the common offsets, one or two, that cost least.

    first: the common offset that costs least alone.
    """

    def __init__(self, sums: Sums, order: Order, first: int):
        self.sums, self.order, self.weights = sums, order, sums.in_order(order)
        self.shares: list[list[int]] = sums.shares(order).tolist()
        self.cuts: Cuts = ()
        self.commons: Commons = ()
        self.cycles = float("inf")
        for more in range(min(max(sums.moduli), MOST_SHIFTED)):
            self._try((first + more,))
        self._try_second(self.commons[0] if self.commons else first)

    def _try_second(self, first: int) -> None:
        """Try the offsets that groups have of their own as another common offset."""
        known = lane_groups.offsets(self.commons)
        for second in sorted({group.offset for each in self.cuts for group in each} - set(known)):
            self._try((first, second))

    def _try(self, commons: Commons) -> None:
        ways = [
            dict.fromkeys(self._aligned(channel, lane_groups.cut(row, commons, *how), commons) for how in FLUSHES)
            for channel, row in enumerate(self.shares)
        ]
        for cuts in itertools.product(*ways):
            used = _used(cuts, commons)
            cycles = self._cycles_of(cuts, used)
            if cycles < self.cycles:
                self.cuts, self.commons, self.cycles = cuts, used, cycles

    def _aligned(self, channel: int, made: list[Group], commons: Commons) -> tuple[Group, ...]:
        start, modulus = self.sums.starts[channel], self.sums.moduli[channel]
        return tuple(lane_groups.aligned(made, self.shares[channel], commons, start, modulus))

    def _cycles_of(self, cuts: Cuts, commons: Commons) -> float:
        """Cycles of a pass that depend on its groups, but for chains of products."""
        own = sum(lane_groups.own_cycles(each, row, commons) for each, row in zip(cuts, self.shares, strict=True))
        offsets = (sum(group.sign * group.offset for group in each) for each in cuts)
        short = zip(self.sums.starts, offsets, self.sums.moduli, strict=True)
        unaligned = sum((start - offset) % modulus > 0 for start, offset, modulus in short)
        return own + stores.cycles(cuts, commons) + UNALIGNED * unaligned


def _used(cuts: Cuts, commons: Commons) -> Commons:
    """The common offsets that some group has."""
    known = lane_groups.offsets(commons)
    numbers = {number for each in cuts for group in each for number in known.get(group.offset, ())}
    return tuple(commons[number] for number in sorted(numbers))


def _saved(weights: np.ndarray, cuts: Cuts) -> int:
    """Cycles that the first products of groups save."""
    fresh: dict[int, set[int]] = {}
    for channel, each in enumerate(cuts):
        for group in each:
            used = np.flatnonzero(weights[channel, group.start : group.end])
            if len(used):
                fresh.setdefault(group.start + int(used[0]), set()).add(channel)
    signed = weights * signs_of(cuts)
    return sum(products.saved(tuple(signed[:, tap].tolist()), frozenset(some)) for tap, some in fresh.items())


def _column_orders(columns: int) -> list[tuple[int, ...]]:
    """Upwards, downwards, and for three columns both ends first: what two registers can serve without loading twice."""
    upwards = tuple(range(columns))
    if columns == 1 or columns % 2 == 0:
        return [upwards]
    return [upwards, upwards[::-1], *([(0, 2, 1), (2, 0, 1)] if columns == 3 else [])]


def _orders(weights: np.ndarray, first_row: bool) -> list[Order]:
    """Orders of the segments that have weights: all permutations, or some at random where there are too many.

    weights: [4, rows, columns, channels]. first_row: the kernel's first row comes first, if it has weights.
    """
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
    made = (
        [
            Segment(row, channel, turn[i])
            for i, row in enumerate(row_order)
            for channel in channel_order
            if (row, channel) in used
        ]
        for row_order, channel_order, turn in itertools.islice(choices, MOST_ORDERS)
    )
    orders = [order for order in made if order] or [[Segment(0, 0, ways[0])]]
    return [order for order in orders if first_row and order[0].row == 0] or orders
