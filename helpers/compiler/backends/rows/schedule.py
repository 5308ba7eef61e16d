"""In which order the kernels of a band make their rows, and where the rows lie meanwhile."""

from dataclasses import dataclass

from helpers.compiler.backends import packing
from helpers.compiler.backends.rows.rings import Ring, Rows


@dataclass(frozen=True)
class Step:
    """A kernel of a band: rows of its input and of its result, and what it needs. ring: what it reads, None for the first."""

    source_rows: int
    result_rows: int
    needs: Rows
    ring: Ring | None


@dataclass(frozen=True)
class Event:
    """A kernel makes a row, which goes to a slot of what the next one reads; or a slot of what it reads becomes border."""

    step: int
    slot: int
    border: bool = False


def events(steps: list[Step]) -> list[Event]:
    """The order: whatever is nearest to the end and can be made is made, so that little has to be kept."""
    wanted, made, found = _wanted(steps), [0] * len(steps), []
    below = [step.source_rows for step in steps]  # the first row of the border that is not there yet
    while made[-1] < wanted[-1]:
        at = max(k for k in range(len(steps)) if _ready(steps, k, made, wanted))
        needs = steps[at].needs
        first = made[at] * needs.step - needs.top
        if steps[at].ring:
            for row in range(max(below[at], first), first + needs.reach):
                found.append(Event(at, row - first, True))
                below[at] = row + 1
        slot = made[at]
        if at + 1 < len(steps):
            slot += steps[at + 1].needs.top - made[at + 1] * steps[at + 1].needs.step
            assert 0 <= slot < steps[at + 1].needs.held, "a row would overwrite one that is still needed"
        found.append(Event(at, slot))
        made[at] += 1
    return found


def _wanted(steps: list[Step]) -> list[int]:
    """How many rows of each result anything depends on: a pool may leave out the last ones."""
    wanted = [steps[-1].result_rows]
    for step in reversed(steps[1:]):
        last = (wanted[0] - 1) * step.needs.step - step.needs.top + step.needs.reach
        wanted.insert(0, min(max(last, 0), step.source_rows))
    return wanted


def _ready(steps: list[Step], k: int, made: list[int], wanted: list[int]) -> bool:
    if made[k] == wanted[k] or k == 0:
        return made[k] < wanted[k]
    needs = steps[k].needs
    return made[k - 1] >= min(wanted[k - 1], made[k] * needs.step - needs.top + needs.held)


def places(steps: list[Step], order: list[Event], beside: int = 0) -> tuple[list[int], int]:
    """Byte offsets of the rings of all steps but the first, and the bytes of all; rings that are not needed at once share bytes.

    One with a border is filled with it before the first event. beside: bytes that the last step needs for itself; their place
    is the last one.
    """
    rings = [step.ring for step in steps[1:] if step.ring]
    assert len(rings) == len(steps) - 1, "only the first kernel of a band reads a whole value"
    sizes, times = [ring.bytes for ring in rings], [_times(steps, order, k + 1) for k in range(len(rings))]
    if beside:
        sizes.append(beside)
        times.append([(at, at) for at, event in enumerate(order) if event.step == len(steps) - 1])
    groups: list[list[int]] = []  # of rings by number, each needed while none of the others is
    for k, mine in enumerate(times):
        free = (group for group in groups if not any(_meet(mine, times[other]) for other in group))
        group = next(free, None)
        groups.append([k]) if group is None else group.append(k)
    buffers = [
        packing.Buffer(
            (), max(sizes[k] for k in group), min(times[k][0][0] for k in group), max(times[k][-1][1] for k in group)
        )
        for group in groups
    ]
    offsets, size = packing.packed(buffers)
    return [next(at for at, group in zip(offsets, groups, strict=True) if k in group) for k in range(len(sizes))], size


def _times(steps: list[Step], order: list[Event], k: int) -> list[tuple[int, int]]:
    """From when to when a ring is needed: again and again where nothing stays in it when its reader has read."""
    rows, ring = steps[k].needs, steps[k].ring
    written = [at for at, event in enumerate(order) if event.step == k - 1 and not event.border]
    read = [at for at, event in enumerate(order) if event.step == k and not event.border]
    if rows.held > rows.step or (ring and ring.seen.border is not None):
        return [(0 if ring and ring.seen.border is not None else written[0], read[-1])]
    starts = [next((at for at in written if at > before), None) for before in (-1, *read[:-1])]
    return [(start, end) for start, end in zip(starts, read, strict=True) if start is not None and start < end]


def _meet(mine: list[tuple[int, int]], other: list[tuple[int, int]]) -> bool:
    return any(a[0] <= b[1] and b[0] <= a[1] for a in mine for b in other)
