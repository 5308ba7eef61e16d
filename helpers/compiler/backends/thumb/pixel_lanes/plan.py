"""Pixel lanes, planned: the order of taps and the groups of one pass of a convolution over four output channels.

The two lanes of a word are two neighbouring pixels, or those `stride` apart; every weight is a constant in the code.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from helpers.compiler.backends.thumb.arithmetic import lane_groups, products, stores, tap_orders
from helpers.compiler.backends.thumb.arithmetic.lane_groups import EITHER, PLAIN, Aside, Commons, Group
from helpers.compiler.backends.thumb.arithmetic.remembered import remembered
from helpers.compiler.backends.thumb.arithmetic.tap_orders import Order, Segment, taps_of

STEP = 512  # between the common offsets that are tried: 16 bits, in steps that keep the table of costs small
CLOSE = 12  # orders that are compared by all that their groups cost
# Signs that groups may have, cycles to put one aside, and whether its lanes may be signed: where all groups of a channel are
# summed, where they wait in registers, or on the stack.
FLUSHES = ((PLAIN, 3, False), (EITHER, 4, True), (EITHER, 6, True), (EITHER, 4, False), (EITHER, 6, False))
MOST_SHIFTED = 4  # common offsets tried one after the other, for sums that are then multiples of their modulus
UNALIGNED = 0.5  # cycles of a pass to make a sum a multiple of its modulus
FEW_TAPS = 12  # of a window some of whose taps may be summed aside

Cuts = tuple[tuple[Group, ...], ...]
Asides = tuple[Aside | None, ...]


@dataclass(frozen=True)
class PassPlan:
    """One pass: its segments in order, for each tap (row, channel, column) the weights of four channels, groups, offsets.

    asides: of each channel, the taps that are summed beside its groups.
    """

    segments: tuple[Segment, ...]
    taps: tuple[tuple[int, int, int], ...]
    weights: np.ndarray  # [4, taps] in the order of taps
    groups: Cuts
    commons: Commons  # the offsets that registers hold
    asides: Asides

    @property
    def counts(self) -> list[int]:
        """How many groups each channel has, with what is summed aside."""
        return [len(each) + (aside is not None) for each, aside in zip(self.groups, self.asides, strict=True)]

    @property
    def constants(self) -> list[int]:
        """What the offsets of the groups add to the sum of each channel."""
        return [sum(group.sign * group.offset for group in each) for each in self.groups]

    @cached_property
    def signed(self) -> np.ndarray:
        """The weights with the signs with which they are summed."""
        return self.weights * signs_of(self.groups, self.asides)

    @cached_property
    def grouped(self) -> np.ndarray:
        """The weights that groups sum."""
        return grouped(self.weights, self.asides)


def signs_of(groups: Cuts, asides: Asides) -> np.ndarray:
    """The sign of each channel's group at each tap, or of what is summed aside: [channels, taps]."""
    signs = np.array([[group.sign for group in each for _ in range(group.start, group.end)] for each in groups])
    for row, aside in zip(signs, asides, strict=True):
        if aside:
            row[sorted(aside.taps)] = aside.sign
    return signs


def grouped(weights: np.ndarray, asides: Asides) -> np.ndarray:
    """The weights [channels, taps], but 0 where a tap is summed aside."""
    return np.array([aside.rest(row) if aside else row for row, aside in zip(weights.tolist(), asides, strict=True)])


@dataclass(frozen=True)
class Sums:
    """What a pass sums.

    weights: [4, rows, columns, channels], the filter less its offset; largest: the largest input of each channel. starts: what
    each sum starts from, which the offsets are to make a multiple of its modulus where that is free. first_row: the kernel's
    first row comes first. aside: whether taps may be summed aside.
    """

    weights: np.ndarray
    largest: Sequence[int]
    starts: Sequence[int]
    moduli: Sequence[int]
    first_row: bool
    aside: bool

    def in_order(self, order: Order) -> np.ndarray:
        """The weights in the order of taps: [4, taps]."""
        row, channel, column = np.array(taps_of(order)).T
        return self.weights[:, row, column, channel].astype(np.int64)

    def shares(self, order: Order) -> np.ndarray:
        """The same times the largest inputs."""
        return self.in_order(order) * np.array([self.largest[channel] for _, channel, _ in taps_of(order)])


@remembered
def plan_pass(
    weights: np.ndarray,
    largest: Sequence[int],
    starts: Sequence[int],
    moduli: Sequence[int],
    first_row: bool,
    aside: bool = False,
) -> PassPlan:
    """Choose the order of segments, the common offsets and the groups that cost least.

    The arguments are those of Sums.
    """
    sums = Sums(weights, np.resize(largest, weights.shape[3]).tolist(), starts, moduli, first_row, aside)
    every = tap_orders.of(weights, first_row)
    costs = _costs(sums, every, signed=True)
    places = np.argsort(costs.min(1), kind="stable")[:CLOSE]
    close = [every[int(place)] for place in places]
    firsts = zip(costs[places].argmin(1), _costs(sums, close, signed=False).argmin(1), strict=True)
    choices = [
        _Choice(sums, order, [STEP * (1 + int(n)) for n in both]) for order, both in zip(close, firsts, strict=True)
    ]
    best = min(choices, key=lambda choice: choice.cycles + _products(choice.weights, choice.cuts, choice.asides))
    return PassPlan(tuple(best.order), tuple(taps_of(best.order)), best.weights, best.cuts, best.commons, best.asides)


def _costs(sums: Sums, orders: list[Order], signed: bool) -> np.ndarray:
    """About what the groups of all channels cost: [orders, commons]. signed: whether lanes may be signed."""
    shares = np.array([sums.shares(order) for order in orders])
    costs = lane_groups.costs(shares, STEP, EITHER, signed)
    taps = {tap: place for place, tap in enumerate(taps_of(orders[0]))}
    places = np.array([[taps[tap] for tap in taps_of(order)] for order in orders])
    for channel in range(4):
        for aside in _fullest(shares[0, channel].tolist(), sums):
            rest = np.where(np.isin(places, list(aside.taps)), 0, shares[:, channel])
            cost = lane_groups.costs(rest[:, None], STEP, EITHER, signed)[:, 0] + stores.BESIDE
            costs[:, channel] = np.minimum(costs[:, channel], cost)
    return costs.sum(1, dtype=np.int64)


def _fullest(shares: list[int], sums: Sums) -> list[Aside]:
    """What may be summed aside of a channel."""
    if not sums.aside or len(shares) > FEW_TAPS:
        return []
    found = (lane_groups.fullest(shares, sign) for sign in EITHER)
    return [each for each in found if each.taps and any(each.rest(shares))]


class _Choice:
    """For an order of segments, the groups and the common offsets, one or two, that cost least.

    firsts: common offsets that cost least alone: with signed lanes, and without.
    """

    def __init__(self, sums: Sums, order: Order, firsts: list[int]):
        self.sums, self.order, self.weights = sums, order, sums.in_order(order)
        self.shares: list[list[int]] = sums.shares(order).tolist()
        self.cuts: Cuts = ()
        self.asides: Asides = (None,) * 4
        self.fullest = [_fullest(row, sums) for row in self.shares]
        self.commons: Commons = ()
        self.cycles = float("inf")
        self._try(())
        for first, more in itertools.product(dict.fromkeys(firsts), range(min(max(sums.moduli), MOST_SHIFTED))):
            self._try((first + more,))
        self._try_second(self.commons[0] if self.commons else firsts[0])

    def _try_second(self, first: int) -> None:
        """Try the offsets that groups have of their own as another common offset."""
        known = lane_groups.offsets(self.commons)
        for second in sorted({group.offset for each in self.cuts for group in each} - set(known)):
            self._try((first, second))

    def _try(self, commons: Commons) -> None:
        for ways in itertools.product(*(self._ways(channel, commons) for channel in range(4))):
            cycles = sum(way.cycles for way in ways)
            if cycles >= self.cycles:
                continue
            used = frozenset().union(*(way.used for way in ways))
            taken = tuple(way.aside and Aside(frozenset(), way.aside.sign) for way in ways)
            cycles += stores.cycles(tuple(way.kinds for way in ways), len(used), taken)
            if cycles < self.cycles:
                self.cuts, self.cycles = tuple(way.cut for way in ways), cycles
                self.commons = tuple(commons[number] for number in sorted(used))
                self.asides = tuple(way.aside for way in ways)

    def _ways(self, channel: int, commons: Commons) -> Iterable["_Way"]:
        """The groups of a channel that are worth a try, and what is summed beside them: of each kind the cheapest."""
        made: dict[tuple, _Way] = {}
        tries: list[tuple[Aside | None, tuple]] = [(None, how) for how in FLUSHES]
        tries += [(aside, (EITHER, stores.IN_REGISTER, True)) for aside in self.fullest[channel]]
        for aside, how in tries:
            way = self._way(channel, commons, aside, how)
            kind = (way.kinds, way.used, aside)
            made[kind] = min(made.get(kind, way), way, key=lambda each: each.cycles)
        return made.values()

    def _way(self, channel: int, commons: Commons, aside: Aside | None, how: tuple) -> "_Way":
        shares = aside.rest(self.shares[channel]) if aside else self.shares[channel]
        made = self._aligned(channel, lane_groups.cut(shares, commons, *how), commons, shares)
        cycles: float = lane_groups.own_cycles(made, shares, commons)
        rest = self.sums.starts[channel] - sum(group.sign * group.offset for group in made)
        cycles += UNALIGNED * (rest % self.sums.moduli[channel] > 0)
        return _Way(made, aside, cycles, tuple(map(stores.kind, made)), _used(made, commons))

    def _aligned(self, channel: int, made: list[Group], commons: Commons, shares: list[int]) -> tuple[Group, ...]:
        start, modulus = self.sums.starts[channel], self.sums.moduli[channel]
        return tuple(lane_groups.aligned(made, shares, commons, start, modulus))


@dataclass(frozen=True)
class _Way:
    """A channel's groups, what is summed aside, and cycles of a pass that depend on them alone, those of products left out.

    kinds: of the groups, for `stores.cycles`; used: the numbers of the common offsets that some group has.
    """

    cut: tuple[Group, ...]
    aside: Aside | None
    cycles: float
    kinds: tuple[Group, ...]
    used: frozenset[int]


def _used(cut: tuple[Group, ...], commons: Commons) -> frozenset[int]:
    known = lane_groups.offsets(commons)
    return frozenset(number for group in cut for number in known.get(group.offset, ()))


def _products(weights: np.ndarray, cuts: Cuts, asides: Asides) -> int:
    """Cycles of all products and of adding them."""
    signed, of_groups = weights * signs_of(cuts, asides), grouped(weights, asides)
    fresh: list[set[int]] = [set() for _ in range(weights.shape[1])]
    for channel, each in enumerate(cuts):
        for group in each:
            used = np.flatnonzero(of_groups[channel, group.start : group.end])
            if len(used):
                fresh[group.start + int(used[0])].add(channel)
    taken = 0
    for tap, some in enumerate(fresh):
        aside = frozenset(channel for channel, each in enumerate(asides) if each and tap in each.taps)
        taken += products.beginning(tuple(signed[:, tap].tolist()), frozenset(some), aside)
    return taken
