"""Where sums are cut so that two of them fit into one register.

Two lanes of 16 bits are summed in one 32-bit register. What a group of taps can add to a lane lies between -n and p, the sums
over its negative and positive weights times the largest input. A lane that starts at an offset c with n <= c <= 65535 - p is
in range when the group ends, whatever happened in between, because sums wrap. There the lanes are taken apart.
"""

from dataclasses import dataclass, replace

import numpy as np

LANE = 65535
FLUSH = 4  # cycles to put a group aside and to take it in again, about
COMMON, TWICE, OWN = (
    1,
    2,
    3,
)  # cycles to add an offset that a register holds, to add it twice, and to add one that must be loaded


@dataclass(frozen=True)
class Group:
    """Taps [start, end) in the order of processing, and the offset its lanes get."""

    start: int
    end: int
    offset: int


def cut(shares: list[int], common: int) -> list[Group]:
    """The cheapest cut of one channel. shares: weight times largest input of each tap; common: an offset that costs less."""
    best: list[tuple[int, list[Group]]] = [(0, [])]
    for end in range(1, len(shares) + 1):
        candidates, low, high = [], 0, 0
        for start in range(end - 1, -1, -1):
            low, high = low + max(-shares[start], 0), high + max(shares[start], 0)
            if low + high > LANE:
                break
            offset, cost = _offset(low, high, common)
            total = best[start][0] + cost + (FLUSH if start else 0)
            candidates.append((total, [*best[start][1], Group(start, end, offset)]))
        best.append(min(candidates, key=lambda each: each[0]))
    return best[-1][1]


def _offset(low: int, high: int, common: int) -> tuple[int, int]:
    if low == 0:
        return 0, 0
    for offset, cost in ((common, COMMON), (2 * common, TWICE)):
        if low <= offset <= LANE - high:
            return offset, cost
    return (low + LANE - high) // 2, OWN


def aligned(made: list[Group], shares: list[int], common: int, start: int, modulus: int) -> list[Group]:
    """Choose the groups' own offsets so that `start` less all offsets is a multiple of `modulus`, if a group has room."""
    short = (start - sum(group.offset for group in made)) % modulus
    for index, group in enumerate(made):
        room = LANE - sum(max(n, 0) for n in shares[group.start : group.end]) - group.offset
        if short and group.offset not in (0, common, 2 * common) and room >= short:
            return [*made[:index], replace(group, offset=group.offset + short), *made[index + 1 :]]
    return made


def costs(shares: np.ndarray, commons: np.ndarray) -> np.ndarray:
    """What `cut` would cost: [orders, commons], summed over channels, for shares [orders, channels, taps]."""
    orders, channels, taps = shares.shape
    below = np.concatenate([np.zeros((orders, channels, 1), np.int64), np.maximum(-shares, 0).cumsum(2)], 2)
    above = np.concatenate([np.zeros((orders, channels, 1), np.int64), np.maximum(shares, 0).cumsum(2)], 2)
    best = np.zeros((taps + 1, orders, channels, len(commons)), np.int64)
    for end in range(1, taps + 1):
        best[end] = 1 << 30
        for start in range(end - 1, -1, -1):
            low, high = (s[:, :, end, None] - s[:, :, start, None] for s in (below, above))
            if (low + high > LANE).all():
                break
            once, twice = ((low <= offset) & (offset <= LANE - high) for offset in (commons, 2 * commons))
            cost = np.select([low == 0, once, twice], [0, COMMON, TWICE], OWN) + (FLUSH if start else 0)
            cost = np.where(low + high > LANE, 1 << 20, cost)
            best[end] = np.minimum(best[end], best[start] + cost)
    return best[taps].sum(1)


def common_cuts(shares: np.ndarray) -> list[int]:
    """The fewest cuts that suit every channel at once: starts of the groups. shares: [channels, taps]."""
    starts, low, high = [0], 0, 0
    for tap in range(shares.shape[1]):
        low, high = low + np.maximum(-shares[:, tap], 0), high + np.maximum(shares[:, tap], 0)
        if ((low + high) > LANE).any():
            starts.append(tap)
            low, high = np.maximum(-shares[:, tap], 0), np.maximum(shares[:, tap], 0)
    return starts


def packed(shares: np.ndarray) -> list[int]:
    """Reorder taps so that fewer cuts are needed, by best-fit decreasing; else keep the order. shares: [channels, taps]."""
    loads = np.abs(shares)
    made: list[tuple[np.ndarray, list[int]]] = []
    for tap in np.argsort(-loads.max(0), kind="stable"):
        fitting = [(int((load + loads[:, tap]).max()), index) for index, (load, _) in enumerate(made)]
        fitting = [each for each in fitting if each[0] <= LANE]
        if not fitting:
            made.append((np.zeros(len(loads), np.int64), []))
        load, taps = made[max(fitting)[1] if fitting else -1]
        load += loads[:, tap]
        taps.append(int(tap))
    order = [tap for group in sorted(sorted(taps) for _, taps in made) for tap in group]
    every = range(shares.shape[1])
    return order if len(common_cuts(shares[:, order])) < len(common_cuts(shares)) else list(every)
