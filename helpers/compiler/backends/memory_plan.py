"""Where each buffer lies and when: three regions as in Glow, the activations packed by lifetime.

States follow inputs and outputs in the mutable region: like these they stay from one inference to the next.
"""

import random
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from helpers.compiler.ir.graph import Graph, Node, Value
from helpers.compiler.operators.base import registry

MOST_WORK = 100_000  # what other orders may cost: tries times the square of the buffers
ALIGNMENT = 64  # bytes; Glow aligns every buffer and rounds every size up to it


@dataclass(frozen=True)
class Buffer:
    """A run of bytes that one or more values share: needed from step `first` to step `last`."""

    values: tuple[Hashable, ...]  # graph values; in the fast forms of M0 and M0+, each a buffer of thumb/calls.py
    bytes: int
    first: int
    last: int


@dataclass(frozen=True)
class Layout:
    """Byte offsets of every value: `constant`, `mutable` and `activations` map a value to its place in that region."""

    constant: dict[Value, int]
    mutable: dict[Value, int]
    activations: dict[Hashable, int]  # by what the buffers hold
    constant_bytes: int
    mutable_bytes: int
    activations_bytes: int
    peak_bytes: int  # most bytes alive at one time: what no packing can go below
    buffers: tuple[Buffer, ...]  # of the activations, for figures
    alignment: int = ALIGNMENT  # of each region, in bytes
    in_place: tuple[Value, ...] = ()  # inputs of which the mutable region holds only the address
    state_offset: int = 0  # where the states begin, which fill the mutable region to its end
    states: tuple[Value, ...] = ()

    @property
    def state_bytes(self) -> int:
        """Bytes of all states, as they are aligned."""
        return self.mutable_bytes - self.state_offset if self.states else 0


def aligned(size: int) -> int:
    """Rounded up to the alignment."""
    return -(-size // ALIGNMENT) * ALIGNMENT


def plan(graph: Graph) -> Layout:
    """Lay out an integer or float graph."""
    constant, constant_bytes = _in_a_row([node.output for node in graph.constants])
    edges = [node.output for node in graph.placeholders] + [value for _, value in graph.outputs]
    sources, state_offset = _in_a_row(list(dict.fromkeys(_reshaped(value)[-1] for value in edges)))
    mutable = {each: sources[chain[-1]] for chain in map(_reshaped, edges) for each in chain}
    states, mutable_bytes = _in_a_row([node.output for node in graph.states], state_offset)
    mutable |= states | {after: states[before] for before, after in _kept(graph)}
    for node in graph.in_order():
        if node.kind == "Reshape" and node.inputs[0] in mutable:  # an input in another shape lies where it lies
            mutable.setdefault(node.output, mutable[node.inputs[0]])
    buffers = _buffers(graph, set(mutable) | set(constant))
    offsets, activations_bytes = packed(buffers)
    activations: dict[Hashable, int] = {
        value: offset for each, offset in zip(buffers, offsets, strict=True) for value in each.values
    }
    peak = peak_bytes(buffers)
    return Layout(
        constant, mutable, activations, constant_bytes, mutable_bytes, activations_bytes, peak, tuple(buffers),
        state_offset=state_offset, states=tuple(states),
    )  # fmt: skip


def _kept(graph: Graph) -> list[tuple[Value, Value]]:
    """Each state of a graph, and what it becomes."""
    return [
        (node.inputs[before], node.outputs[after])
        for node in graph.in_order()
        for before, after in registry.of(node).keeps
    ]


def _in_a_row(values: list[Value], at: int = 0) -> tuple[dict[Value, int], int]:
    """The places of values one behind the other from byte `at` on, and the first byte behind them."""
    places = {}
    for value in values:
        places[value] = at
        at += aligned(value.type.bytes)
    return places, at


def _reshaped(value: Value) -> list[Value]:
    """A value and those that only reshapes separate from it, the first one made last: all lie in one place."""
    chain = [value]
    while chain[-1].node.kind == "Reshape" and chain[-1].node.inputs[0].node.kind != "Constant":
        chain.append(chain[-1].node.inputs[0])
    return chain


def _buffers(graph: Graph, placed: set[Value]) -> list[Buffer]:
    """One buffer for each computed value, or for several where one takes over another's."""
    order = graph.in_order()
    last = {value: step for step, node in enumerate(order) for value in node.inputs}
    groups: dict[Value, list[Value]] = {}
    root: dict[Value, Value] = {}
    first: dict[Value, int] = {}
    for step, node in enumerate(order):
        for value in node.outputs:
            if value in placed:
                continue
            overwritten = [each for each in _overwritten(node) if each in root]
            fits = (root[each] for each in overwritten if _takes_over(node, each, groups, root, step, last))
            source = next(fits, value)
            root[value] = source
            groups.setdefault(source, []).append(value)
            first.setdefault(source, step)
    return [
        Buffer(tuple(values), aligned(key.type.bytes), first[key], max(last.get(value, first[key]) for value in values))
        for key, values in groups.items()
    ]


def _overwritten(node: Node) -> list[Value]:
    """The inputs in whose place the result may lie."""
    return [node.inputs[index] for index in registry.of(node).overwrites(node)]


def _takes_over(node: Node, taken: Value, groups: dict, root: dict, step: int, last: dict[Value, int]) -> bool:
    """Whether the result lies where an input lies: a reshape always; else where nobody reads later what lies there."""
    if node.kind == "Reshape":
        return True
    source = root[taken]
    free = all(last.get(value, step) <= step for value in groups[source])
    alone = all(root.get(value) is not source or value is taken for value in node.inputs)
    return free and alone and node.output.type.bytes == source.type.bytes


def _order(buffers: list[Buffer], key: Callable[[Buffer], Any]) -> list[int]:
    """The numbers of the buffers, by a key; equal ones stay in order."""
    return sorted(range(len(buffers)), key=lambda number: (key(buffers[number]), number))


def packed(buffers: list[Buffer]) -> tuple[list[int], int]:
    """The best of three orders: largest first, longest-lived first, program order. If gaps remain, try random orders."""
    keys: tuple[Callable[[Buffer], Any], ...] = (
        lambda b: (-b.bytes, b.first),
        lambda b: (b.first - b.last, -b.bytes),
        lambda b: b.first,
    )
    orders = [_order(buffers, key) for key in keys]
    best = min((_first_fit(buffers, order) for order in orders), key=lambda layout: layout[1])
    peak, chance, places = peak_bytes(buffers), random.Random(0), range(len(buffers))
    for _ in range(MOST_WORK // max(len(buffers), 1) ** 2):
        if best[1] <= peak:
            break
        best = min(best, _first_fit(buffers, chance.sample(places, len(places))), key=lambda layout: layout[1])
    return best


def peak_bytes(buffers: list[Buffer]) -> int:
    """The most bytes needed at one time, below which no packing goes."""
    return max(
        (sum(each.bytes for each in buffers if each.first <= at.first <= each.last) for at in buffers), default=0
    )


def _first_fit(buffers: list[Buffer], order: list[int]) -> tuple[list[int], int]:
    """Each buffer at the lowest offset where no buffer of the same time lies."""
    offsets: dict[int, int] = {}
    for index in order:
        mine = buffers[index]
        others = sorted((offsets[i], buffers[i].bytes) for i in offsets if _meet(mine, buffers[i]))
        at = 0
        for offset, size in others:
            if at + mine.bytes <= offset:
                break
            at = max(at, offset + size)
        offsets[index] = at
    size = max((offsets[i] + buffers[i].bytes for i in offsets), default=0)
    return [offsets[i] for i in range(len(buffers))], size


def _meet(a: Buffer, b: Buffer) -> bool:
    return a.first <= b.last and b.first <= a.last
