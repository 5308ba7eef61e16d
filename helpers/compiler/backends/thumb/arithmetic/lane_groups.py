"""Where sums are cut so that two of them fit into one register.

Two lanes of 16 bits are summed in one 32-bit register. What a group of taps can add to a lane lies between -n and p, the sums
over its negative and positive weights times the largest input. A lane that starts at an offset c with n <= c <= 65535 - p is
in range when the group ends, whatever happened in between, because sums wrap. There the lanes are taken apart.
A group may also be summed with its signs changed, and subtracted at the end: n and p then change places, so that a group of
negative weights needs no offset. And where n and p are below 32768, lanes may be read as signed numbers: the upper one is what a
shift by 16 leaves and the carry it gives, the lower lane's sign, which makes up for the borrow (stores.py). That needs no offset.
"""

import functools
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from helpers.compiler.backends.thumb.arithmetic.remembered import remembered

LANE = 65535
SIGNED = 32767  # the largest magnitude in lanes that are read as signed numbers
FLUSH = 4  # cycles to put a group aside and to take it in again, about
NEGATED = 1  # cycles to negate the product that a group begins with
PLAIN, EITHER = (1,), (1, -1)  # the signs that groups may have

Commons = tuple[int, ...]  # offsets that registers hold, none to two
# Cycles to add an offset that a register holds, to add it twice, and one that must be loaded.
COMMON, TWICE, OWN = 1, 2, 3

# Of taps between groups: channels by taps by taps, exchanges, and beginnings.
MOST_EXCHANGED, MOST_EXCHANGES, BEGINNINGS = 1 << 18, 200, 12
TOO_MUCH = 1 << 14  # more than any cut that is possible costs, if it has fewer than 2,000 taps


@dataclass(frozen=True)
class Group:
    """Taps [start, end) in the order of processing, and the offset its lanes get; sign: -1 if it is to be subtracted.

    signed: whether its lanes are read as signed numbers.
    """

    start: int
    end: int
    offset: int
    sign: int = 1
    signed: bool = False


@dataclass(frozen=True)
class Aside:
    """Taps of one sign, in any places, that a register of their own sums beside a channel's groups; sign: -1 to subtract them."""

    taps: frozenset[int]
    sign: int

    def rest(self, shares: list[int]) -> list[int]:
        """What is left for the channel's groups."""
        return [0 if tap in self.taps else share for tap, share in enumerate(shares)]


def fullest(shares: list[int], sign: int) -> Aside:
    """The taps of one sign whose sum fills a lane best; for few taps."""
    found: dict[int, tuple[int, ...]] = {0: ()}
    for tap, share in enumerate(shares):
        if share * sign > 0:
            found |= {total + abs(share): (*taps, tap) for total, taps in found.items() if total + abs(share) <= LANE}
    return Aside(frozenset(found[max(found)]), sign)


@functools.cache
def offsets(commons: Commons) -> dict[int, tuple[int, ...]]:
    """The offsets that registers give: the numbers of the common offsets that are added, one or two."""
    known: dict[int, tuple[int, ...]] = {0: ()}
    for count in (1, 2):
        for numbers in itertools.combinations_with_replacement(range(len(commons)), count):
            known.setdefault(sum(commons[number] for number in numbers), numbers)
    return known


def cut(
    shares: list[int], commons: Commons, signs: tuple[int, ...] = PLAIN, flush: int = FLUSH, signed: bool = False
) -> list[Group]:
    """The cheapest cut of one channel.

    shares: weight times largest input of each tap; commons: offsets that cost less; signs: those that groups may have; flush:
    cycles to put a group aside and to take it in again; signed: whether lanes may be read as signed numbers.
    """
    known = [(offset, len(numbers)) for offset, numbers in offsets(commons).items()]
    least, made = [0], [(0, 0, 0, 1, False)]  # for each end, the fields of its last group
    for end in range(1, len(shares) + 1):
        low, high, first, best = 0, 0, 0, TOO_MUCH
        made.append(made[0])
        for start in range(end - 1, -1, -1):
            low, high, first = low + max(-shares[start], 0), high + max(shares[start], 0), shares[start] or first
            if low + high > LANE:
                break
            before = least[start] + (flush if start else 0)
            if before >= best:
                continue
            for sign in signs:
                offset, cost = _offset(low, high, known) if sign > 0 else _offset(high, low, known)
                free = signed and sign > 0 and cost > 0 and max(low, high) <= SIGNED
                offset, cost = (0, 0) if free else (offset, cost)
                total = before + cost + NEGATED * (first * sign < 0)
                if total < best:
                    best, made[end] = total, (start, end, offset, sign, free)
        least.append(best)
    found = []
    while made[-1][1]:
        found.append(Group(*made[-1]))
        del made[found[-1].start + 1 :]
    return found[::-1]


def _offset(low: int, high: int, known: list[tuple[int, int]]) -> tuple[int, int]:
    for offset, cost in known:
        if low <= offset <= LANE - high:
            return offset, cost
    return (low + LANE - high) // 2, OWN


def own_cycles(made: Sequence[Group], shares: list[int], commons: Commons) -> int:
    """What a cut costs apart from putting groups aside: offsets, and products that are negated."""
    known = offsets(commons)
    firsts = (next((n for n in shares[group.start : group.end] if n), 0) * group.sign for group in made)
    return sum(len(known.get(group.offset, range(OWN))) for group in made) + NEGATED * sum(
        first < 0 for first in firsts
    )


def aligned(made: list[Group], shares: list[int], commons: Commons, start: int, modulus: int) -> list[Group]:
    """Choose the groups' own offsets so that `start` less all offsets is a multiple of `modulus`, if a group has room."""
    short = (start - sum(group.sign * group.offset for group in made)) % modulus
    for index, group in enumerate(made):
        room = LANE - sum(max(n * group.sign, 0) for n in shares[group.start : group.end]) - group.offset
        more = group.sign * short % modulus
        if short and group.offset not in offsets(commons) and room >= more:
            return [*made[:index], replace(group, offset=group.offset + more), *made[index + 1 :]]
    return made


def costs(shares: np.ndarray, step: int, signs: tuple[int, ...] = PLAIN, signed: bool = False) -> np.ndarray:
    """What `cut` would cost: [orders, channels, commons], for shares [orders, channels, taps].

    The common offsets are all multiples of `step` from `step` up that a lane can hold.
    """
    orders, channels, taps = shares.shape
    rows, narrow = _cost_rows(step), taps * (OWN + NEGATED + FLUSH) < TOO_MUCH
    # A cost needs only the first and the last multiple that suits a group: its row in a table of all such pairs.
    rows = rows.astype(np.int16 if narrow else np.int32)
    below, above = (_sums_before(np.maximum(signed, 0)) for signed in (-shares, shares))
    firsts = _first_signs(shares)
    best = np.zeros((taps + 1, orders, channels, rows.shape[1]), rows.dtype)
    for end in range(1, taps + 1):
        best[end] = TOO_MUCH
        for start in range(end - 1, -1, -1):
            low, high = below[end] - below[start], above[end] - above[start]
            fits = low + high <= LANE
            if not fits.any():
                break
            for sign in signs:
                suits = _row(low, high, fits, step) if sign > 0 else _row(high, low, fits, step)
                if signed and sign > 0:
                    suits[np.maximum(low, high) <= SIGNED] = 0  # as if nothing were below 0
                total = rows[suits]
                total += best[start]
                total += (NEGATED * ((firsts[start] * sign < 0) & (low + high > 0)))[..., None].astype(rows.dtype)
                if start:
                    total += FLUSH
                np.minimum(best[end], total, out=best[end])
    return best[taps]


def _row(low: np.ndarray, high: np.ndarray, fits: np.ndarray, step: int) -> np.ndarray:
    many = LANE // step + 1
    return np.where(fits, -(-low // step) * many + (LANE - high) // step, many * (many + 1))


def _first_signs(shares: np.ndarray) -> np.ndarray:
    """The sign of the first tap from each on that is not 0: [taps, ...] of [..., taps]."""
    signs = np.moveaxis(np.sign(shares), -1, 0).copy()
    for tap in range(len(signs) - 2, -1, -1):
        signs[tap] = np.where(signs[tap] == 0, signs[tap + 1], signs[tap])
    return signs


def _sums_before(counts: np.ndarray) -> np.ndarray:
    """Sums over the taps before each, and over all: [taps + 1, ...] of [..., taps]."""
    sums = np.zeros((*counts.shape[:-1], counts.shape[-1] + 1), np.int64)
    counts.cumsum(-1, out=sums[..., 1:])
    return np.moveaxis(sums, -1, 0)


@functools.cache
def _cost_rows(step: int) -> np.ndarray:
    """Cost of an offset by `_offset`, for each common offset: [row, commons].

    Row first * (LANE // step + 1) + last: groups that the multiples of `step` from the first to the last suit, by their numbers.
    Number 0 comes first where nothing is below 0. The last row is for what fits no lane.
    """
    commons = np.arange(1, LANE // step + 1)
    first, last = (each[..., None] for each in np.indices((LANE // step + 1 + 1, LANE // step + 1)))
    once, twice = ((first <= count * commons) & (count * commons <= last) for count in (1, 2))
    found = np.select([np.broadcast_to(first == 0, once.shape), once, twice], [0, COMMON, TWICE], OWN)
    return np.vstack([found.reshape(-1, len(commons)), np.full(len(commons), TOO_MUCH)])


def common_cuts(shares: np.ndarray) -> list[int]:
    """The fewest cuts that suit every channel at once: starts of the groups. shares: [channels, taps]."""
    starts, low, high = [0], 0, 0
    for tap in range(shares.shape[1]):
        low, high = low + np.maximum(-shares[:, tap], 0), high + np.maximum(shares[:, tap], 0)
        if ((low + high) > LANE).any():
            starts.append(tap)
            low, high = np.maximum(-shares[:, tap], 0), np.maximum(shares[:, tap], 0)
    return starts


@remembered
def packed(shares: np.ndarray) -> list[int]:
    """Reorder taps so that fewer cuts are needed, if there is such an order; else keep it. shares: [channels, taps]."""
    loads, every = np.abs(shares), list(range(shares.shape[1]))
    groups = _best_fit(loads)
    if loads.size * loads.shape[1] <= MOST_EXCHANGED:
        least = max(1, -(-int(loads.sum(1).max()) // LANE))
        fewer = (_exchanged(loads, count) for count in range(least, len(groups)))
        groups = next((found for found in fewer if found), groups)
    order = [tap for group in sorted(sorted(taps) for taps in groups) for tap in group]
    return order if len(common_cuts(shares[:, order])) < len(common_cuts(shares)) else every


def _best_fit(loads: np.ndarray) -> list[list[int]]:
    """Groups of taps that fit, by best-fit decreasing. loads: [channels, taps]."""
    filled = np.zeros((0, len(loads)), loads.dtype)  # for each group, the load of each channel
    groups: list[list[int]] = []
    for tap in np.argsort(-loads.max(0), kind="stable"):
        largest = (filled + loads[:, tap]).max(1)
        if not (largest <= LANE).any():
            filled = np.vstack([filled, loads[:, tap]])
            groups.append([int(tap)])
            continue
        # the fullest, the last of several
        best = len(groups) - 1 - int(np.where(largest <= LANE, largest, -1)[::-1].argmax())
        filled[best] += loads[:, tap]
        groups[best].append(int(tap))
    return groups


def _exchanged(loads: np.ndarray, count: int) -> list[list[int]]:
    """So many groups that fit, from one of some beginnings drawn at random; none where no exchange leads to such groups."""
    source = np.random.default_rng(1)
    taps = np.ascontiguousarray(loads.T, np.int32)  # half the memory to go through, which is what takes time
    found = (_from(taps, source.permutation(loads.shape[1]) % count, count) for _ in range(BEGINNINGS))
    return next((groups for groups in found if groups), [])


def _from(taps: np.ndarray, place: np.ndarray, count: int) -> list[list[int]]:
    """Groups that fit, by exchanging taps between groups as long as less is above a lane; none if some stays above.

    taps: [taps, channels], the loads; place: the group of each tap at first.
    """
    replaced, changed = np.zeros((len(taps), len(taps)), np.int32), np.arange(len(taps))
    for _ in range(MOST_EXCHANGES):
        filled = np.stack([taps[place == number].sum(0) for number in range(count)])
        above = _above(filled)
        if not above.any():
            return [[int(tap) for tap in np.flatnonzero(place == number)] for number in range(count)]
        without = filled[place] - taps  # the group of each tap without it
        moved = _above(without)[:, None] + _above(filled[None] + taps[:, None]) - above[place][:, None] - above[None]
        moved[np.arange(len(taps)), place] = 0
        replaced[changed] = _above(without[changed][:, None] + taps[None])  # a group with a tap in another's place
        swapped = replaced + replaced.T - above[place][:, None] - above[place][None]
        swapped[place[:, None] == place[None]] = 0
        if min(moved.min(), swapped.min()) >= 0:
            break
        if moved.min() <= swapped.min():
            tap, number = np.unravel_index(moved.argmin(), moved.shape)
            touched = (place[tap], number)
            place[tap] = number
        else:
            one, other = np.unravel_index(swapped.argmin(), swapped.shape)
            touched = (place[one], place[other])
            place[one], place[other] = place[other], place[one]
        changed = np.flatnonzero(np.isin(place, touched))
    return []


def _above(loads: np.ndarray) -> np.ndarray:
    """By how much channels are above a lane, summed: [...] of [..., channels]."""
    return np.maximum(loads, LANE).sum(-1, dtype=np.int32) - LANE * loads.shape[-1]
