"""Pixel lanes, planned: the order of taps and the groups of one pass of a convolution over four output channels.

The two lanes of a word are two neighbouring pixels, or those `stride` apart; every weight is a constant in the code.
"""

import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from helpers.compiler.backends.thumb.arithmetic import lane_groups, products
from helpers.compiler.backends.thumb.arithmetic.lane_groups import EITHER, PLAIN, Commons, Group
from helpers.compiler.backends.thumb.pixel_lanes import orders, stores
from helpers.compiler.backends.thumb.pixel_lanes.orders import Order, Segment

STEP = 512  # between the common offsets that are tried: 16 bits, in steps that keep the table of costs small
CLOSE = 12  # orders that are compared by all that their groups cost
FEW = 3  # segments of which every order is tried
ROUNDS, DRAWN = 40, 48  # of the search for a better order, divided among a layer's passes; orders that a round draws
FLUSHES = ((PLAIN, 3), (EITHER, 4), (EITHER, 6))  # signs of groups, and cycles to put one aside: with others of its sign, or alone
UNALIGNED = 0.5  # cycles of a pass to make a sum a multiple of its modulus

Cuts = tuple[tuple[Group, ...], ...]


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
    largest: list[int]
    starts: list[int]
    moduli: list[int]
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


def plan_pass(
    weights: np.ndarray, largest: list[int], starts: list[int], moduli: list[int], first_row: bool, passes: int = 1
) -> PassPlan:
    """Choose the order of segments, the common offsets and the groups that cost least.

    The arguments are those of Sums; passes: how many the layer has, which share the time for the search.
    """
    sums = Sums(weights, np.resize(largest, weights.shape[3]).tolist(), starts, moduli, first_row)
    every = orders.every(weights, first_row)
    costs = _costs(sums, every)
    close = [every[int(place)] for place in np.argsort(costs, kind="stable")[:CLOSE]]
    if len(close[0]) > FEW:
        close.append(_searched(sums, close[0], int(costs.min()), ROUNDS // passes))
    order, cuts, commons, _ = min((_choice(sums, order) for order in close), key=lambda choice: choice[-1])
    return PassPlan(tuple(order), tuple(taps_of(order)), sums.in_order(order), cuts, commons)


def _costs(sums: Sums, several: list[Order]) -> np.ndarray:
    """What the groups of each order cost, about, with the best common offset."""
    return lane_groups.costs(np.array([sums.shares(order) for order in several]), STEP, EITHER).min(1)


def _searched(sums: Sums, order: Order, cost: int, rounds: int) -> Order:
    """A better order, by small changes."""
    source = random.Random(1)
    for _ in range(rounds):
        drawn = [orders.neighbour(order, source, sums.first_row) for _ in range(DRAWN)]
        costs = _costs(sums, drawn)
        if costs.min() <= cost:
            order, cost = drawn[int(costs.argmin())], int(costs.min())
    return order


def _choice(sums: Sums, order: Order) -> tuple[Order, Cuts, Commons, float]:
    """The order with the groups and the common offsets, one or two, that cost least, and their cycles."""
    shares = sums.shares(order)
    first = STEP * (1 + int(lane_groups.costs(shares[None], STEP, EITHER)[0].argmin()))
    second = STEP * (1 + int(lane_groups.costs(shares[None], STEP, EITHER, first)[0].argmin()))
    tried = [(first + more,) for more in range(max(sums.moduli))] + [(first, second)]
    made = [_cuts(sums, order, shares.tolist(), commons) for commons in tried]
    cuts, commons, cycles = min(made, key=lambda each: each[-1])
    return order, cuts, commons, cycles


def _cuts(sums: Sums, order: Order, shares: list[list[int]], commons: Commons) -> tuple[Cuts, Commons, float]:
    """The groups of four channels that cost least with common offsets, those of the offsets that are used, and the cycles."""
    ways = [
        {
            tuple(lane_groups.aligned(lane_groups.cut(row, commons, *how), row, commons, start, modulus)): None
            for how in FLUSHES
        }
        for row, start, modulus in zip(shares, sums.starts, sums.moduli, strict=True)
    ]
    weights = sums.in_order(order)
    made = [(cuts, used, _cycles(sums, weights, cuts, used)) for cuts in itertools.product(*ways) for used in (_used(cuts, commons),)]
    return min(made, key=lambda each: each[-1])


def _used(cuts: Cuts, commons: Commons) -> Commons:
    """The common offsets that some group has."""
    known = lane_groups.offsets(commons)
    numbers = {number for each in cuts for group in each for number in known.get(group.offset, ())}
    return tuple(commons[number] for number in sorted(numbers))


def _cycles(sums: Sums, weights: np.ndarray, cuts: Cuts, commons: Commons) -> float:
    """Cycles of a pass that depend on its groups."""
    known = lane_groups.offsets(commons)
    own = sum(len(known.get(group.offset, range(lane_groups.OWN))) for each in cuts for group in each)
    short = [start - sum(group.sign * group.offset for group in each) for each, start in zip(cuts, sums.starts, strict=True)]
    unaligned = sum(n % modulus > 0 for n, modulus in zip(short, sums.moduli, strict=True))
    return own + stores.cycles(cuts, commons) + UNALIGNED * unaligned - _saved(weights, cuts)


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
