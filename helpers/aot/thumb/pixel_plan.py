"""Pixel lanes, planned: the order of taps and the groups of one pass of a convolution over four output channels.

The two lanes of a word are two neighbouring pixels, or those `stride` apart; every weight is a constant in the code.
"""

import itertools
import random
from dataclasses import dataclass

import numpy as np

from helpers.aot.thumb import groups, products

COMMONS = np.arange(8192, 57345, 2048)
MOST_ORDERS = 288


@dataclass(frozen=True)
class Segment:
    """A row of the kernel over one input channel; `upwards` is the order in which its taps are taken."""

    row: int
    channel: int
    upwards: bool


@dataclass(frozen=True)
class PassPlan:
    """One pass: its segments in order, for each tap (row, channel, column) the weights of four channels, groups, offset."""

    segments: tuple[Segment, ...]
    columns: int
    taps: tuple[tuple[int, int, int], ...]
    weights: np.ndarray  # [4, taps] in the order of taps
    groups: tuple[tuple[groups.Group, ...], ...]
    common: int

    @property
    def constants(self) -> list[int]:
        """What the offsets of the groups add to the sum of each channel."""
        return [sum(group.offset for group in each) for each in self.groups]

    @property
    def cycles(self) -> int:
        """About what the pass takes, loads and merging included."""
        chains = sum(products.cost(products.plan(tuple(enumerate(map(int, w))))) for w in self.weights.T)
        flushes = sum(2 + 5 * len(each) for each in self.groups)
        return chains + flushes + 7 * self.weights.shape[1] // 3 + 24


def plan_pass(weights: np.ndarray, largest: list[int]) -> PassPlan:
    """Choose the order of segments and the common offset that cost least.

    weights: [4, rows, columns, channels], the filter less its offset; largest: the largest input of each channel.
    """
    rows, columns, channels = weights.shape[1:]
    orders = _orders(rows, columns, channels, weights)
    taps = [_taps(order, columns) for order in orders]
    share = weights * np.asarray(largest)
    shares = np.array([[[share[d][tap[0], tap[2], tap[1]] for tap in each] for d in range(4)] for each in taps], np.int64)
    costs = groups.costs(shares, COMMONS)
    order, common = np.unravel_index(costs.argmin(), costs.shape)
    common = int(COMMONS[common])
    chosen = np.array([[weights[d][t[0], t[2], t[1]] for t in taps[order]] for d in range(4)], np.int64)
    cuts = tuple(tuple(groups.cut([int(n) for n in row], common)) for row in shares[order])
    return PassPlan(tuple(orders[order]), columns, tuple(taps[order]), chosen, cuts, common)


def _taps(order, columns: int) -> list[tuple[int, int, int]]:
    """(row, channel, column) of every tap."""
    every = [range(columns) if each.upwards else range(columns - 1, -1, -1) for each in order]
    return [(each.row, each.channel, column) for each, run in zip(order, every, strict=True) for column in run]


def _orders(rows: int, columns: int, channels: int, weights: np.ndarray) -> list[list[Segment]]:
    """Some orders of the segments that have weights: rows and channels permuted, or at random where there are too many."""
    used = [[bool(weights[:, row, :, channel].any()) for channel in range(channels)] for row in range(rows)]
    directions = (True, False) if columns % 2 and columns > 1 else (True,)
    kept: list[list[Segment]] = []
    if rows <= 3 and channels <= 4:
        for row_order, channel_order in itertools.product(
            itertools.permutations(range(rows)), itertools.permutations(range(channels))
        ):
            for turns in itertools.product(directions, repeat=rows if channels == 1 else 1):
                turn = turns * rows
                kept.append([Segment(r, c, turn[i]) for i, r in enumerate(row_order) for c in channel_order if used[r][c]])
        return [order for order in kept[:MOST_ORDERS]]
    source = random.Random(1)
    for _ in range(24):
        row_order, channel_order = source.sample(range(rows), rows), source.sample(range(channels), channels)
        kept.append([Segment(r, c, source.choice(directions)) for r in row_order for c in channel_order if used[r][c]])
    return kept
