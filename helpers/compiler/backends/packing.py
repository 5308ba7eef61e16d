"""Places for buffers by their lifetimes: those that never live at the same time may share bytes."""

import random
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

MOST_WORK = 100_000  # what other orders may cost: tries times the square of the buffers


@dataclass(frozen=True)
class Buffer:
    """A run of bytes that one or more values share: needed from step `first` to step `last`."""

    values: tuple[Hashable, ...]  # graph values; in the fast forms of M0 and M0+, each a buffer of thumb/calls.py
    bytes: int
    first: int
    last: int


@dataclass(frozen=True)
class Overlap:
    """Two buffers that may share bytes although they live at the same time: a step reads the one and writes the other.

    source, target: their numbers. distance: the bytes by which the target must begin before the source, at least; None: both
    must begin at the same place. The source is not read after the step, and the target not written before it.
    """

    source: int
    target: int
    distance: int | None


def _order(buffers: list[Buffer], key: Callable[[Buffer], Any]) -> list[int]:
    """The numbers of the buffers, by a key; equal ones stay in order."""
    return sorted(range(len(buffers)), key=lambda number: (key(buffers[number]), number))


def packed(buffers: list[Buffer], overlaps: Sequence[Overlap] = ()) -> tuple[list[int], int]:
    """The best of three orders: largest first, longest-lived first, program order. If gaps remain, try random orders.

    overlaps: the buffers that may share bytes; they are used only where they save memory.
    """
    keys: tuple[Callable[[Buffer], Any], ...] = (
        lambda b: (-b.bytes, b.first),
        lambda b: (b.first - b.last, -b.bytes),
        lambda b: b.first,
    )
    orders, near = [_order(buffers, key) for key in keys], _of_the_same_time(buffers)
    best = min((_first_fit(buffers, near, order) for order in orders), key=lambda layout: layout[1])
    peak, chance, places = peak_bytes(buffers, overlaps), random.Random(0), range(len(buffers))
    if overlaps:  # a result that begins below its input is placed first, so that the last ones come first
        orders += [_order(buffers, key) for key in (lambda b: (-b.bytes, -b.first), lambda b: -b.first)]
        best = min(
            [best, *(_first_fit(buffers, near, order, overlaps) for order in orders)], key=lambda layout: layout[1]
        )
    for _ in range(MOST_WORK // max(len(buffers), 1) ** 2):
        if best[1] <= peak:
            break
        order = chance.sample(places, len(places))
        best = min(best, _first_fit(buffers, near, order, overlaps), key=lambda layout: layout[1])
    return best


def peak_bytes(buffers: list[Buffer], overlaps: Sequence[Overlap] = ()) -> int:
    """The most bytes needed at one time, below which no packing goes."""
    shared: dict[int, int] = {}  # the bytes that a step saves
    for each in overlaps:
        source, target = buffers[each.source], buffers[each.target]
        together = max(source.bytes + (each.distance or 0), target.bytes)
        saved = source.bytes + target.bytes - together
        shared[target.first] = max(shared.get(target.first, 0), saved)
    changes: Counter[int] = Counter()
    for buffer in buffers:
        changes[buffer.first] += buffer.bytes
        changes[buffer.last + 1] -= buffer.bytes
    steps = sorted(changes)
    totals = accumulate(changes[step] for step in steps)
    return max((total - shared.get(step, 0) for step, total in zip(steps, totals, strict=True)), default=0)


def _first_fit(
    buffers: list[Buffer], near: list[list[int]], order: list[int], overlaps: Sequence[Overlap] = ()
) -> tuple[list[int], int]:
    """Each buffer at the lowest offset where no buffer of the same time lies, or where one may share its bytes.

    near: of each buffer, those of the same time.
    """
    pairs = {(each.source, each.target): each for each in overlaps}
    offsets: dict[int, int] = {}
    for index in order:
        met = [i for i in near[index] if i in offsets]
        spans = {i: _span(buffers, pairs, index, i, offsets[i]) for i in met}
        at = 0
        for low, high in sorted(spans.values()):
            if at <= low:
                break
            at = max(at, high)
        for i in met:  # one that may begin where another begins
            pair = pairs.get((i, index)) or pairs.get((index, i))
            free = all(not low < offsets[i] < high for j, (low, high) in spans.items() if j != i)
            if pair and pair.distance is None and free:
                at = min(at, offsets[i])
        offsets[index] = at
    size = max((offsets[i] + buffers[i].bytes for i in offsets), default=0)
    return [offsets[i] for i in range(len(buffers))], size


def _span(buffers: list[Buffer], pairs: dict, mine: int, other: int, place: int) -> tuple[int, int]:
    """The offsets between which `mine` must not begin, `other` being at `place`."""
    before, after = buffers[mine].bytes, buffers[other].bytes  # how far they are apart, whichever comes first
    target, source = pairs.get((other, mine)), pairs.get((mine, other))
    if target and target.distance is not None:
        before = min(before, target.distance)
    if source and source.distance is not None:
        after = min(after, source.distance)
    return place - before, place + after


def _of_the_same_time(buffers: list[Buffer]) -> list[list[int]]:
    """For each buffer the numbers of the others that live while it does: found once, as thousands of buffers have few each."""
    found: list[list[int]] = [[] for _ in buffers]
    alive: list[int] = []
    for number in _order(buffers, lambda b: b.first):
        alive = [other for other in alive if buffers[other].last >= buffers[number].first]
        for other in alive:
            found[number].append(other)
            found[other].append(number)
        alive.append(number)
    return found
