"""Where the buffers of the form small-ram lie: without gaps, and a result over what it is made from, where that is over."""

from collections.abc import Hashable
from dataclasses import dataclass

from helpers.compiler.backends import memory_plan
from helpers.compiler.backends.rows.rings import WORD
from helpers.compiler.backends.thumb.calls import Buffer, Call
from helpers.compiler.backends.values import root
from helpers.compiler.ir.graph import Graph, Value

POINTER_BYTES = 4


@dataclass(frozen=True)
class Overlap:
    """A call's result may begin `ahead` bytes before its input: it never overwrites what is still to be read."""

    call: int
    source: Buffer
    target: Buffer
    ahead: int


def lay_out(
    graph: Graph, calls: list[Call], overlaps: list[Overlap], constant_bytes: int, in_place: tuple[Value, ...]
) -> memory_plan.Layout:
    """Where every buffer lies: in words, without gaps; an input that is read in place is an address."""
    mutable, mutable_bytes = _edges(graph, in_place)
    edges = memory_plan.Layout({}, mutable, {}, 0, 0, 0, 0, ())
    times: dict[Buffer, list[int]] = {}
    for index, call in enumerate(calls):
        for each in call.arguments:
            if isinstance(each, Buffer) and not each.fixed(edges):
                times.setdefault(each, []).append(index)
    alone = [_Group({each: 0}, indices[0], indices[-1]) for each, indices in times.items()]
    joined = _joined(
        alone, [each for each in overlaps if times.get(each.source, [-1])[-1] == each.call and each.target in times]
    )
    packings = [(groups, *memory_plan.packed([group.buffer() for group in groups])) for groups in (alone, joined)]
    groups, offsets, size = min(packings, key=lambda packing: packing[2])
    activations: dict[Hashable, int] = {
        each: offset + at for group, offset in zip(groups, offsets, strict=True) for each, at in group.members.items()
    }
    buffers = tuple(group.buffer() for group in groups)
    return memory_plan.Layout(
        {}, mutable, activations, words(constant_bytes), mutable_bytes, size, memory_plan.peak_bytes(list(buffers)), buffers,
        alignment=WORD, in_place=in_place,
    )  # fmt: skip


@dataclass(frozen=True)
class _Group:
    """Buffers that lie over each other, by their offsets, needed from one call to another."""

    members: dict[Buffer, int]
    first: int
    last: int

    def buffer(self) -> memory_plan.Buffer:
        size = max(at + words(each.layout.bytes) for each, at in self.members.items())
        return memory_plan.Buffer(tuple(self.members), size, self.first, self.last)


def _joined(groups: list[_Group], overlaps: list[Overlap]) -> list[_Group]:
    """The groups, those of an overlap's input and result as one."""
    of = {each: group for group in groups for each in group.members}
    for each in overlaps:
        source, target = of[each.source], of[each.target]
        if source is target or len(target.members) > 1:
            continue
        shift = max(0, each.ahead - source.members[each.source])
        members = {buffer: at + shift for buffer, at in source.members.items()}
        members[each.target] = members[each.source] - each.ahead
        made = _Group(members, source.first, max(source.last, target.last))
        of |= dict.fromkeys(members, made)
    return list({id(group): group for group in of.values()}.values())


def _edges(graph: Graph, in_place: tuple[Value, ...]) -> tuple[dict[Value, int], int]:
    """Where the network's inputs and outputs lie, by value and by what its reshapes begin with; and their bytes."""
    mutable: dict[Value, int] = {}
    at = 0
    for value in [node.output for node in graph.placeholders] + [value for _, value in graph.outputs]:
        if root(value) not in mutable:
            mutable[root(value)] = at
            at += POINTER_BYTES if value in in_place else words(value.type.bytes)
        mutable[value] = mutable[root(value)]
    return mutable, at


def words(size: int) -> int:
    """Return a number of bytes, rounded up to whole words."""
    return -(-size // WORD) * WORD
