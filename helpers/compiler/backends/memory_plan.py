"""Where each buffer lies and when: three regions as in Glow, the activations packed by lifetime.

States follow inputs and outputs in the mutable region: like these they stay from one inference to the next.
"""

from collections.abc import Collection, Hashable
from dataclasses import dataclass, replace

from helpers.compiler.backends import packing
from helpers.compiler.ir.graph import Graph, Node, Value
from helpers.compiler.operators.base import registry

ALIGNMENT = 64  # bytes; Glow aligns every buffer and rounds every size up to it


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
    buffers: tuple[packing.Buffer, ...]  # of the activations, for figures
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
    offsets, activations_bytes = packing.packed(buffers)
    activations: dict[Hashable, int] = {
        value: offset for each, offset in zip(buffers, offsets, strict=True) for value in each.values
    }
    peak = packing.peak_bytes(buffers)
    return Layout(
        constant, mutable, activations, constant_bytes, mutable_bytes, activations_bytes, peak, tuple(buffers),
        state_offset=state_offset, states=tuple(states),
    )  # fmt: skip


def _over_inputs(graph: Graph) -> Layout:
    """Inputs, outputs and activations in one plan, which is the mutable region, with the states behind it."""
    plain = _apart(graph)
    edges = {value for value, at in plain.mutable.items() if not plain.states or at < plain.state_offset}
    buffers = _resized(graph, set(plain.constant) | (set(plain.mutable) - edges), True)
    offsets, size = packing.packed(buffers)
    places = {value: offset for each, offset in zip(buffers, offsets, strict=True) for value in each.values}
    activations: dict[Hashable, int] = {value: offset for value, offset in places.items() if value not in edges}
    made = replace(
        plain, mutable=plain.mutable | {value: places[value] for value in edges}, activations=activations,
        peak_bytes=packing.peak_bytes(buffers), buffers=tuple(buffers),
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


def _resized(graph: Graph, placed: set[Value], edges: bool = False) -> list[packing.Buffer]:
    """The buffers where results of another size lie in an input's place as well: all of them, or none, but for single ones."""
    able = [node for node in graph.in_order() if registry.of(node).resizes]
    found = []
    for taken in (set(able), set()) if able else (set(),):
        best = _buffers(graph, placed, taken, edges)
        for node in able:
            tried = _buffers(graph, placed, taken ^ {node}, edges)
            if packing.peak_bytes(tried) < packing.peak_bytes(best):
                taken, best = taken ^ {node}, tried
        found.append(best)
    return min(found, key=packing.peak_bytes)


def _buffers(graph: Graph, placed: set[Value], resized: set[Node], edges: bool) -> list[packing.Buffer]:
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
        packing.Buffer(
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
