"""Fold constants, and keep one of each set of equal constants. Names are Glow's."""

import re
from dataclasses import replace

import numpy as np

from helpers.compiler.ir.graph import Constant, Graph, Node, Splat, Value
from helpers.compiler.operators.base import elementwise, registry

FOLDED = re.compile(r"_constfold(__\d+)?$")


def fold_constants(graph: Graph, known: set[Constant]) -> None:
    """Replace each value computed from float constants alone with a constant, named after its last node.

    Constants that Glow folds in a round, including repeated ones, are made after all others (including `known`), in the order
    in which the network uses them.
    """
    data: dict[Value, np.ndarray] = {node.output: node.data for node in graph.constants}
    nodes = graph.in_order()
    met = list(dict.fromkeys(each for node in nodes for each in (*(value.node for value in node.inputs), node)))
    folded = []
    for node in nodes:
        integer = any(value.type.quantised for value in (*node.inputs, *node.outputs))
        if not integer and all(value in data for value in node.inputs):
            data.update(zip(node.outputs, registry.of(node).compute(node, [data[v] for v in node.inputs]), strict=True))
            folded.append(node)
    read = {value for node in nodes if node not in folded for value in node.inputs}
    fresh: dict[Node, Node] = {node: node for node in graph.constants if FOLDED.search(node.name) and node not in known}
    for value in [value for node in folded for value in node.outputs if value in read or graph.is_output(value)]:
        made = graph.add_constant(f"{value.node.name}_constfold", data[value])
        graph.replace(value, made)
        fresh[made.node] = value.node
    places = {node: at for at, node in enumerate(met, 1)}
    graph.constants.sort(key=lambda node: places.get(fresh[node], 0) if node in fresh else 0)


def fold_integers(graph: Graph) -> None:
    """Fold integer values computed from constants alone, once types and factors are settled.

    For example a rescaled constant in front of a Concat, or the first step of a recurrent layer, whose state is zeros. The same
    arithmetic gives the same bits.
    """
    for node in graph.in_order():
        if node.inputs and all(value is not None and value.node.kind == "Constant" for value in node.inputs):
            arrays = [np.broadcast_to(value.node.data, value.type.shape) for value in node.inputs]
            integer = any(value.type.quantised for value in (*node.inputs, *node.outputs))
            operator = registry.of(node)
            results = (operator.compute_integer if integer else operator.compute)(node, arrays)
            for value, result in zip(node.outputs, results, strict=True):
                made = graph.add_constant(node.name, np.ascontiguousarray(result), value.type)
                graph.replace(value, made)
    graph.remove_unused()


def shape_splats(graph: Graph) -> None:
    """Replace a reshaped or sliced Splat with a Splat; Glow names it after itself, or after the Slice."""
    for node in [*graph.read_nodes("Reshape"), *graph.read_nodes("Slice")]:
        splat = node.inputs[0].node
        if isinstance(splat, Splat) and (node.kind == "Slice" or graph.read_once(splat.output)):
            name = node.name if node.kind == "Slice" else splat.name
            graph.replace(node.output, graph.add_splat(name, node.output.type.shape, splat.data.flat[0]))
    graph.remove_unused()


def merge_equal(graph: Graph) -> None:
    """Keep the first of equal constants, and the first of equal nodes that read the same values."""
    shapes = {value.node: node.output.type.shape for node in graph.nodes if _is_binary(node) for value in node.inputs}
    first: dict = {}
    for constant in graph.constants:
        data = constant.data.reshape(()) if constant.data.size == 1 else constant.data
        kind = replace(constant.output.type, shape=shapes.get(constant, constant.data.shape))
        _keep_first(graph, first, (type(constant), kind, data.shape, data.tobytes()), constant)
    for node in graph.in_order():
        types = tuple(value.type for value in node.outputs)
        _keep_first(graph, first, (node.kind, tuple(node.inputs), types, repr(node.attributes)), node)
    graph.remove_unused()


def _keep_first(graph: Graph, first: dict, key: tuple, node: Node) -> None:
    same = first.setdefault(key, node)
    if same is not node:
        for ours, theirs in zip(node.outputs, same.outputs, strict=True):
            graph.replace(ours, theirs)


def _is_binary(node: Node) -> bool:
    return isinstance(registry.of(node), elementwise.Binary)


def name_rows(graph: Graph) -> None:
    """Name a constant that is read with additional axes of length 1, which Glow folded with a reshape."""
    for node in graph.nodes:
        if not _is_binary(node):
            continue
        for index, value in enumerate(node.inputs):
            shape, own = node.output.type.shape, value.type.shape
            rows = value.node.kind == "Constant" and not FOLDED.search(value.node.name) and len(own) < len(shape)
            if rows and (1,) * (len(shape) - len(own)) + own == shape:
                node.inputs[index] = graph.add_moved(value.node, f"{value.node.name}__1_constfold", np.copy)
    graph.remove_unused()
