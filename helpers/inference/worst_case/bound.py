"""The least and the most cycles that any path through a bundle's code can take, by linear programming.

Each way out of a block has a variable, how often it is taken; what comes into a block goes out of it. A branch that went both
ways, and equally often for every input tried, is taken not to depend on data; a jump back is taken as often as it was at most.
The largest cost of such a flow is at least that of every real path (implicit path enumeration: Li and Malik, Performance
Analysis of Embedded Software Using Implicit Path Enumeration, DAC 1995). Without the demand that the counts be whole numbers
the bound may only become larger.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array

from helpers.common.errors import Unsupported
from helpers.inference.emulated_bundle import EmulatedBundle
from helpers.inference.worst_case import flow
from helpers.inference.worst_case.flow import BRANCH, CALL, COMPUTED_CALL, RETURN, Node
from helpers.inference.worst_case.observed import Observed


@dataclass(frozen=True)
class Edge:
    """A way out of a node.

    target: None for a return; callees: entered before `target`, for a call; cycles: of the node if it
    is left so; fetches: of the code that comes next."""

    source: int
    target: int | None
    callees: tuple[int, ...]
    jump: tuple[int, int]
    cycles: int
    fetches: int


@dataclass(frozen=True)
class Bound:
    """Cycles that no input can fall below or exceed, without flash waits, and the most with them."""

    least: int
    most: int
    most_with_waits: int


def bound(bundle: EmulatedBundle, observed: Observed, wait_states: int) -> Bound:
    """Return the bounds of one inference; raises Unsupported for code whose paths cannot be followed, such as recursion."""
    nodes = flow.reachable(bundle, observed.computed)
    edges = [edge for node in nodes.values() for edge in _ways_out(node, nodes)]
    entry = bundle.functions[bundle.header.name]
    cycles = np.array([edge.cycles for edge in edges], float)
    waiting = cycles + wait_states * np.array([edge.fetches for edge in edges], float)
    least, most, with_waits = (
        sign * _extreme(nodes, edges, entry, observed, sign * cost)
        for sign, cost in ((1, cycles), (-1, cycles), (-1, waiting))
    )
    reads = max(observed.reads) + nodes[entry].block.fetches
    return Bound(round(least), round(most), round(with_waits) + wait_states * reads)


def _ways_out(node: Node, nodes: dict[int, Node]) -> list[Edge]:
    block, jump = node.block, node.block.cycles_jumping
    if node.kind == RETURN:
        return [Edge(node.address, None, (), (node.last, -1), jump, 0)]
    if node.kind in (CALL, COMPUTED_CALL):
        # A computed call that has several targets enters one of them at a time.
        back = nodes[node.end].block.fetches
        return [
            Edge(node.address, node.end, (callee,), (node.last, node.end), jump, back + nodes[callee].block.fetches)
            for callee in node.targets
        ]
    edges = [
        Edge(node.address, target, (), (node.last, target), jump, nodes[target].block.fetches)
        for target in node.targets
    ]
    if node.kind == BRANCH:
        going_on = nodes[node.end].block.fetches_going_on
        edges.append(Edge(node.address, node.end, (), (node.last, node.end), block.cycles, going_on))
    return edges


def _extreme(nodes: dict[int, Node], edges: list[Edge], entry: int, observed: Observed, cost: np.ndarray) -> float:
    """Return the least total of `cost` over all flows."""
    rows = {address: row for row, address in enumerate(nodes)}
    entries = []
    for column, edge in enumerate(edges):
        entries.append((rows[edge.source], column, 1.0))
        entries += [(rows[address], column, -1.0) for address in (edge.target, *edge.callees) if address is not None]
    inflow = np.zeros(len(nodes))
    inflow[rows[entry]] = 1
    conserved = _matrix(entries, len(nodes), len(edges))
    counted, most = _counted(edges, observed)
    found = linprog(cost, A_eq=conserved, b_eq=inflow, A_ub=counted, b_ub=most, method="highs")
    if not found.success:
        raise Unsupported(f"the paths through its code have no bound ({found.message.split('.')[0].strip()})")
    return float(found.fun)


def _counted(edges: list[Edge], observed: Observed) -> tuple[coo_array, np.ndarray]:
    """Return rows that hold ways to what was observed: those that go back to the most, constant ones to their count.

    Blocks may overlap and end with the same instruction: their ways count together.
    """
    together: dict[tuple[int, int], list[int]] = {}
    for column, edge in enumerate(edges):
        if edge.target is not None and not edge.callees:
            together.setdefault(edge.jump, []).append(column)
    limits: list[tuple[list[int], float, int]] = []
    for way, columns in together.items():
        least, most = observed.counts(way)
        constant = observed.is_constant(way) and _both_happen(way[0], together, observed)
        if constant or way[1] <= way[0]:
            limits.append((columns, 1.0, most))
        if constant:
            limits.append((columns, -1.0, -least))
    entries = [(row, column, sign) for row, (columns, sign, _) in enumerate(limits) for column in columns]
    return _matrix(entries, len(limits), len(edges)), np.array([limit for *_, limit in limits], float)


def _both_happen(last: int, together: dict[tuple[int, int], list[int]], observed: Observed) -> bool:
    """Whether every way from an instruction was taken: one that never was may be a rare case of the data."""
    return all(observed.counts(way)[0] > 0 for way in together if way[0] == last)


def _matrix(entries: list[tuple[int, int, float]], height: int, width: int) -> coo_array:
    row, column, value = zip(*entries, strict=True) if entries else ((), (), ())
    return coo_array((value, (row, column)), shape=(height, width)).tocsr()
