"""Merge transposes and reshapes, move them into constants, or cancel them: as Glow does, with its names, and beyond."""

import math
from collections.abc import Callable

import numpy as np

from helpers.compiler.ir import layouts
from helpers.compiler.ir.graph import Constant, Graph, Node, Splat, Value, constant_of, producer
from helpers.compiler.operators import concat, reshape
from helpers.compiler.operators.base import registry


def trivial_transposes(graph: Graph) -> None:
    """Replace a transpose that moves only axes of length 1 with a reshape."""
    for node in graph.read_nodes("Transpose"):
        x = node.inputs[0]
        if _is_trivial(node) and x.node.kind == "Constant":
            graph.unique_name(node.name)  # fold_moves takes it at once; Glow has named the reshape by then
        elif _is_trivial(node):
            same = reshape.add(graph, node.name, x, node.output.type.shape)
            same.node.attributes.order = node.attributes.order  # keeps its layout, which the graph's hash sees
            graph.replace(node.output, same)


def _is_trivial(node: Node) -> bool:
    moved = [axis for axis in node.attributes.order if node.inputs[0].type.shape[axis] != 1]
    return moved == sorted(moved)


def merge_reshapes(graph: Graph) -> None:
    """Merge two consecutive reshapes into one; remove a reshape to the same shape."""
    for node in graph.read_nodes("Reshape"):
        before = producer(node.inputs[0], "Reshape")
        if before is not None:
            merged = graph.add("Reshape", node.name, [before.inputs[0]], [node.output.type], node.attributes)
            graph.replace(node.output, merged.output)
            node = merged
        if node.output.type.shape == node.inputs[0].type.shape:
            graph.replace(node.output, node.inputs[0])


def fold_moves(graph: Graph) -> None:
    """Replace a transposed or reshaped constant with a new constant, named after the first.

    Reshaped constants come first, and with them those whose transpose moves only axes of length 1.
    """
    moves = [*graph.read_nodes("Reshape"), *graph.read_nodes("Transpose")]
    for node in sorted(moves, key=lambda node: node.kind == "Transpose" and not _is_trivial(node)):
        constant = producer(node.inputs[0], "Constant")
        if constant is not None and not isinstance(constant, Splat):
            moved = graph.add_moved(constant, constant.name, _mover(node))
            constant_of(moved).layout = layouts.of_moved_constant(node)
            graph.replace(node.output, moved)


def _mover(node: Node) -> Callable[[np.ndarray], np.ndarray]:
    """What a transpose or reshape does to an array."""
    return lambda data: registry.of(node).compute(node, [data])[0]


def _is_gemm(node: Node) -> bool:
    return node.kind == "FullyConnected" and node.attributes.gemm is not None


def turn_weights(graph: Graph, gemms: bool = False) -> None:
    """Remove a transpose in front of a dense layer: reorder the rows of the weights to match its input.

    gemms: also for ONNX Gemms, which Glow treats as dense layers only once they are quantised.
    """
    for node in [*graph.read_nodes("MatMul"), *graph.read_nodes("FullyConnected")]:
        flat = producer(node.inputs[0], "Reshape")
        moved = producer(flat.inputs[0], "Transpose") if flat else None
        weights = producer(node.inputs[1], "Constant")
        if flat is None or moved is None or weights is None or (_is_gemm(node) and not gemms):
            continue
        order, shapes = moved.attributes.order, (flat.inputs[0].type.shape, flat.output.type.shape)
        alone = all(graph.read_once(node.output) for node in (flat, moved))
        if alone and order[0] == 0 and shapes[0][0] == shapes[1][0]:
            straight = reshape.add(graph, flat.name, moved.inputs[0], flat.output.type.shape)
            node.inputs[:2] = [straight, _rows_in_order(graph, weights, shapes[0][1:], np.argsort(order[1:]))]
            node.name = graph.unique_name(node.name)


def simplify_concats(graph: Graph) -> None:
    """Replace a Concat of one value with that value, and a Concat of reshapes with a reshape of a Concat if order permits."""
    for node in graph.read_nodes("Concat"):
        if len(node.inputs) == 1:
            graph.replace(node.output, node.inputs[0])
        elif all(producer(value, "Reshape") for value in node.inputs):
            _concat_first(graph, node)
    graph.remove_unused()


def _concat_first(graph: Graph, node: Node) -> None:
    """Rewrite Concat(Reshape(x), ...) as Reshape(Concat(x, ...)), along the last axis with equal sizes on both sides."""
    values, axis = [value.node.inputs[0] for value in node.inputs], node.attributes.axis
    before, behind = (math.prod(part) for part in _around(node.inputs[0].type.shape, axis))
    first = values[0].type.shape
    able = [at for at in range(len(first)) if tuple(map(math.prod, _around(first, at))) == (before, behind)]
    if not able or any(_around(value.type.shape, able[-1]) != _around(first, able[-1]) for value in values):
        return
    joined = concat.add(graph, node.name, values, able[-1])
    shaped = reshape.add(graph, node.inputs[0].node.name, joined, node.output.type.shape)
    shaped.node.attributes.layout = layouts.of_rank(len(node.output.type.shape))
    graph.replace(node.output, shaped)


def _around(shape: tuple[int, ...], axis: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    return shape[:axis], shape[axis + 1 :]


def cancel_moves(graph: Graph) -> None:
    """Replace consecutive transposes and reshapes that together move no element with one reshape.

    Glow keeps them (between two convolutions over time, for example), and they are part of its hash; so this pass runs last.
    """
    for node in graph.read_nodes("Transpose"):
        places, x = np.arange(node.output.type.size), node.output
        chain: list[Node] = []
        while x.node.kind in ("Transpose", "Reshape"):
            chain, x = [x.node, *chain], x.node.inputs[0]
            moved = places.reshape(x.type.shape)
            for each in chain:
                (moved,) = registry.of(each).compute(each, [moved])
            if np.array_equal(moved.ravel(), places):
                graph.replace(node.output, reshape.to(graph, node.name, x, node.output.type.shape))
                break
    graph.remove_unused()


def _rows_in_order(graph: Graph, weights: Constant, shape: tuple[int, ...], order: np.ndarray) -> Value:
    """Reorder weights whose rows belong to values of this shape, for the same values transposed by `order`."""
    axes = (*order, len(order))

    def turned(data: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(data.reshape(*shape, -1).transpose(axes).reshape(data.shape))

    return graph.add_moved(weights, weights.name, turned)
