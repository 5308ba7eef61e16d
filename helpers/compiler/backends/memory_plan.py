"""Where each buffer lies and when: three regions as in Glow, the activations packed by lifetime.

States follow inputs and outputs in the mutable region: like these they stay from one inference to the next.
"""

import random
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
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
class Overlap:
    """Two buffers that may share bytes although they live at the same time: a step reads the one and writes the other.

    source, target: their numbers. distance: the bytes by which the target must begin before the source, at least; None: both
    must begin at the same place. The source is not read after the step, and the target not written before it.
    """

    source: int
    target: int
    distance: int | None


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
    overwritten: tuple[
        Value, ...
    ] = ()  # inputs whose bytes are used again; then all activations lie in the mutable region

    @property
    def state_bytes(self) -> int:
        """Bytes of all states, as they are aligned."""
        return self.mutable_bytes - self.state_offset if self.states else 0


def aligned(size: int) -> int:
    """Rounded up to the alignment."""
    return -(-size // ALIGNMENT) * ALIGNMENT


def plan(graph: Graph, reuse_inputs: bool = False) -> Layout:
    """Lay out an integer or float graph; reuse_inputs: an input's bytes are free for others after its last read."""
    return _over_inputs(graph) if reuse_inputs else _apart(graph)


def _apart(graph: Graph) -> Layout:
    """Inputs and outputs apart from the activations."""
    constant, constant_bytes = _in_a_row([node.output for node in graph.constants])
    edges = [node.output for node in graph.placeholders] + [value for _, value in graph.outputs]
    sources, state_offset = _in_a_row(list(dict.fromkeys(_reshaped(value)[-1] for value in edges)))
    mutable = {each: sources[chain[-1]] for chain in map(_reshaped, edges) for each in chain}
    states, mutable_bytes = _in_a_row([node.output for node in graph.states], state_offset)
    mutable |= states | {after: states[before] for before, after in _kept(graph)}
    for node in graph.in_order():
        if node.kind == "Reshape" and node.inputs[0] in mutable:  # an input in another shape lies where it lies
            mutable.setdefault(node.output, mutable[node.inputs[0]])
    buffers = _resized(graph, set(mutable) | set(constant))
    offsets, activations_bytes = packed(buffers)
    activations: dict[Hashable, int] = {
        value: offset for each, offset in zip(buffers, offsets, strict=True) for value in each.values
    }
    peak = peak_bytes(buffers)
    return Layout(
        constant, mutable, activations, constant_bytes, mutable_bytes, activations_bytes, peak, tuple(buffers),
        state_offset=state_offset, states=tuple(states),
    )  # fmt: skip


def _over_inputs(graph: Graph) -> Layout:
    """Inputs, outputs and activations in one plan, which is the mutable region, with the states behind it."""
    plain = _apart(graph)
    edges = {value for value, at in plain.mutable.items() if not plain.states or at < plain.state_offset}
    buffers = _resized(graph, set(plain.constant) | (set(plain.mutable) - edges), True)
    offsets, size = packed(buffers)
    places = {value: offset for each, offset in zip(buffers, offsets, strict=True) for value in each.values}
    activations: dict[Hashable, int] = {value: offset for value, offset in places.items() if value not in edges}
    made = replace(
        plain, mutable=plain.mutable | {value: places[value] for value in edges}, activations=activations,
        peak_bytes=peak_bytes(buffers), buffers=tuple(buffers),
    )  # fmt: skip
    return one_region(made, size, edges, tuple(node.output for node in graph.placeholders))


def one_region(layout: Layout, size: int, edges: Collection[Value], inputs: tuple[Value, ...]) -> Layout:
    """Return a layout whose activations, with the `edges` among them, take `size` bytes at the start of the mutable region.

    The states come behind.
    """
    mutable = {value: at if value in edges else at + size - layout.state_offset for value, at in layout.mutable.items()}
    return replace(
        layout, mutable=mutable, mutable_bytes=size + layout.state_bytes, activations_bytes=0,
        state_offset=size if layout.states else 0, overwritten=inputs,
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


def _resized(graph: Graph, placed: set[Value], edges: bool = False) -> list[Buffer]:
    """The buffers where results of another size lie in an input's place as well: all of them, or none, but for single ones."""
    able = [node for node in graph.in_order() if registry.of(node).resizes]
    found = []
    for taken in (set(able), set()) if able else (set(),):
        best = _buffers(graph, placed, taken, edges)
        for node in able:
            tried = _buffers(graph, placed, taken ^ {node}, edges)
            if peak_bytes(tried) < peak_bytes(best):
                taken, best = taken ^ {node}, tried
        found.append(best)
    return min(found, key=peak_bytes)


def _buffers(graph: Graph, placed: set[Value], resized: set[Node], edges: bool) -> list[Buffer]:
    """One buffer for each computed value, or for several where one takes over another's; `resized`: of whatever size.

    edges: for the inputs too, which are there before the first step, and for the outputs, which stay behind the last.
    """
    order = graph.in_order()
    last = {value: step for step, node in enumerate(order) for value in node.inputs}
    inputs = [node.output for node in graph.placeholders] if edges else []
    last |= {value: len(order) for _, value in graph.outputs} if edges else {}
    groups: dict[Value, list[Value]] = {value: [value] for value in inputs}
    root: dict[Value, Value] = {value: value for value in inputs}
    first: dict[Value, int] = dict.fromkeys(inputs, -1)
    for step, node in enumerate(order):
        for value in node.outputs:
            if value in placed:
                continue
            overwritten = [each for each in _overwritten(value, resized) if each in root]
            fits = (root[each] for each in overwritten if _takes_over(node, each, groups, root, step, last))
            source = next(fits, value)
            root[value] = source
            groups.setdefault(source, []).append(value)
            first.setdefault(source, step)
    return [
        Buffer(
            tuple(values),
            aligned(max(value.type.bytes for value in values)),
            first[key],
            max(last.get(value, first[key]) for value in values),
        )
        for key, values in groups.items()
    ]


def _overwritten(value: Value, resized: set[Node]) -> list[Value]:
    """The inputs in whose place a node's first result may lie: those of its size, of any size if the node is in `resized`."""
    inputs = [value.node.inputs[index] for index in registry.of(value.node).overwrites(value.node)]
    return [
        each for each in inputs if value.index == 0 and (value.node in resized or each.type.bytes == value.type.bytes)
    ]


def _takes_over(node: Node, taken: Value, groups: dict, root: dict, step: int, last: dict[Value, int]) -> bool:
    """Whether the result lies where an input lies: a reshape always; else where nobody reads later what lies there."""
    if node.kind == "Reshape":
        return True
    source = root[taken]
    free = all(last.get(value, step) <= step for value in groups[source])
    alone = all(root.get(value) is not source or value is taken for value in node.inputs)
    return free and alone


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
    orders = [_order(buffers, key) for key in keys]
    best = min((_first_fit(buffers, order) for order in orders), key=lambda layout: layout[1])
    peak, chance, places = peak_bytes(buffers, overlaps), random.Random(0), range(len(buffers))
    if overlaps:  # a result that begins below its input is placed first, so that the last ones come first
        orders += [_order(buffers, key) for key in (lambda b: (-b.bytes, -b.first), lambda b: -b.first)]
        best = min([best, *(_first_fit(buffers, order, overlaps) for order in orders)], key=lambda layout: layout[1])
    for _ in range(MOST_WORK // max(len(buffers), 1) ** 2):
        if best[1] <= peak:
            break
        order = chance.sample(places, len(places))
        best = min(best, _first_fit(buffers, order, overlaps), key=lambda layout: layout[1])
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


def _first_fit(buffers: list[Buffer], order: list[int], overlaps: Sequence[Overlap] = ()) -> tuple[list[int], int]:
    """Each buffer at the lowest offset where no buffer of the same time lies, or where one may share its bytes."""
    pairs = {(each.source, each.target): each for each in overlaps}
    offsets: dict[int, int] = {}
    for index in order:
        met = [i for i in offsets if _meet(buffers[index], buffers[i])]
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


def _meet(a: Buffer, b: Buffer) -> bool:
    return a.first <= b.last and b.first <= a.last
