"""The rewrites that Glow does before it profiles or quantises, in its order. Names of new nodes follow Glow's."""

import re

import numpy as np

from helpers.aot import elementwise, sinking
from helpers.aot.graph import Constant, Graph, Node, Value
from helpers.aot.operators import batch_norm, registry, reshape

FOLDED = re.compile(r"_constfold(__\d+)?$")
MERGED_TRANSPOSE = "tranpose"  # Glow's spelling


def optimise(graph: Graph) -> Graph:
    """Rewrite the imported graph in place until nothing changes; returns it."""
    passes = (
        sinking.sink_transposes, merge_transposes, trivial_transposes, merge_reshapes, fold_moves, join_dense, turn_weights,
        fold_norms, fold_constants, sinking.sink_reshapes,
    )  # fmt: skip
    while any([rewrite(graph) for rewrite in passes]):
        graph.remove_unused()
    name_rows(graph)
    graph.remove_unused()
    folded_last(graph)
    return graph


def _each(graph: Graph, kind: str):
    """The nodes of a kind that still have readers, in order of creation; safe against changes underway."""
    for node in list(graph.nodes):
        if node.kind == kind and (graph.users(node.output) or graph.is_output(node.output)):
            yield node


def _producer(value: Value, kind: str) -> Node | None:
    return value.node if value is not None and value.node.kind == kind else None


def merge_transposes(graph: Graph) -> bool:
    """Two transposes in a row become one, or none where they cancel."""
    changed = False
    for node in _each(graph, "Transpose"):
        before = _producer(node.inputs[0], "Transpose")
        if before is not None:
            order = tuple(before.attributes["order"][axis] for axis in node.attributes["order"])
            graph.replace(node.output, _transposed(graph, before.inputs[0], node, order))
            changed = True
        elif node.attributes["order"] == tuple(range(len(node.attributes["order"]))):
            graph.replace(node.output, node.inputs[0])
            changed = True
    return changed


def _transposed(graph: Graph, x: Value, last: Node, order: tuple[int, ...]) -> Value:
    if order == tuple(range(len(order))):
        return x
    return graph.add("Transpose", MERGED_TRANSPOSE, [x], [last.output.type], order=order).output


def trivial_transposes(graph: Graph) -> bool:
    """A transpose that moves only axes of length 1 is a reshape."""
    changed = False
    for node in _each(graph, "Transpose"):
        x = node.inputs[0]
        if _is_trivial(node) and x.node.kind == "Constant":
            graph.unique_name(node.name)  # fold_moves takes it at once; Glow has named the reshape by then
        elif _is_trivial(node):
            same = reshape.add(graph, node.name, x, node.output.type.shape)
            same.node.attributes["order"] = node.attributes["order"]  # keeps its layout, which the graph's hash sees
            graph.replace(node.output, same)
            changed = True
    return changed


def _is_trivial(node: Node) -> bool:
    moved = [axis for axis in node.attributes["order"] if node.inputs[0].type.shape[axis] != 1]
    return moved == sorted(moved)


def merge_reshapes(graph: Graph) -> bool:
    """Two reshapes in a row become one; a reshape to the same shape goes."""
    changed = False
    for node in _each(graph, "Reshape"):
        before = _producer(node.inputs[0], "Reshape")
        if before is not None:
            merged = graph.add("Reshape", node.name, [before.inputs[0]], [node.output.type], **node.attributes)
            graph.replace(node.output, merged.output)
            node, changed = merged, True
        if node.output.type.shape == node.inputs[0].type.shape:
            graph.replace(node.output, node.inputs[0])
            changed = True
    return changed


def fold_moves(graph: Graph) -> bool:
    """A constant that is transposed or reshaped becomes a constant of its own, named after the first.

    What is reshaped comes first, and with it a transpose that moves only axes of length 1.
    """
    changed = False
    moves = [*_each(graph, "Reshape"), *_each(graph, "Transpose")]
    for node in sorted(moves, key=lambda node: node.kind == "Transpose" and not _is_trivial(node)):
        constant = _producer(node.inputs[0], "Constant")
        if constant is not None:
            move = registry.of(node).compute
            moved = graph.add_moved(constant, constant.name, lambda data, node=node, move=move: move(node, [data])[0])
            graph.replace(node.output, moved)
            changed = True
    return changed


def fold_constants(graph: Graph) -> bool:
    """What is computed of constants alone becomes a constant, named after the last of its nodes."""
    known: dict[Value, np.ndarray] = {node.output: node.data for node in graph.constants}
    folded = []
    for node in graph.in_order():
        if all(value in known for value in node.inputs):
            known.update(zip(node.outputs, registry.of(node).compute(node, [known[v] for v in node.inputs]), strict=True))
            folded.append(node)
    read = {value for node in graph.in_order() if node not in folded for value in node.inputs}
    wanted = [value for node in folded for value in node.outputs if value in read or graph.is_output(value)]
    for value in wanted:
        graph.replace(value, graph.add_constant(f"{graph.unique_name(value.node.name)}_constfold", known[value]))
    return bool(wanted)


def join_dense(graph: Graph) -> bool:
    """MatMul by constant weights and the Add of a constant row behind it become FullyConnected."""
    changed = False
    for node in _each(graph, "Add"):
        product, bias = _producer(node.inputs[0], "MatMul"), _producer(node.inputs[1], "Constant")
        if product is None or bias is None or len(graph.users(product.output)) != 1:
            continue
        if product.inputs[1].node.kind == "Constant" and bias.data.size == product.output.type.shape[1]:
            row = graph.add_moved(bias, f"{bias.name}_constfold", lambda data: data.reshape(-1))
            dense = graph.add("FullyConnected", product.name, [*product.inputs, row], [node.output.type])
            graph.replace(node.output, dense.output)
            changed = True
    return changed


def fold_norms(graph: Graph) -> bool:
    """A BatchNormalization that alone reads a convolution goes into its constants."""
    changed = False
    for node in _each(graph, "BatchNormalization"):
        conv = _producer(node.inputs[0], "Convolution")
        if conv is None or node.attributes["axis"] != 3 or len(graph.users(conv.output)) != 1 or graph.is_output(conv.output):
            continue
        constants = [_producer(value, "Constant") for value in conv.inputs[1:]]
        if None not in constants:
            folded = batch_norm.fold(node, *(each.data for each in constants))
            conv.inputs[1:] = [_with_data(graph, *each) for each in zip(constants, folded, strict=True)]
            graph.replace(node.output, conv.output)
            changed = True
    return changed


def _with_data(graph: Graph, constant: Constant, data: np.ndarray) -> Value:
    """A constant with other numbers: itself where nothing else reads it."""
    if len(graph.users(constant.output)) > 1:
        return graph.add_constant(constant.name, data)
    constant.data = data
    return constant.output


def name_rows(graph: Graph) -> None:
    """A constant that is read with more axes than it has, all of length 1, is one that Glow folded with a reshape."""
    for node in graph.nodes:
        if not isinstance(registry.of(node), elementwise.Binary):
            continue
        for index, value in enumerate(node.inputs):
            shape, own = node.output.type.shape, value.type.shape
            if value.node.kind == "Constant" and len(own) < len(shape) and (1,) * (len(shape) - len(own)) + own == shape:
                node.inputs[index] = graph.add_moved(value.node, f"{value.node.name}__1_constfold", np.copy)
    graph.remove_unused()


def expand(graph: Graph) -> None:
    """Replace, in place, what has no code of its own; new nodes may have the names of those that are gone."""
    graph.free_names()
    for node in list(graph.nodes):
        expanded = registry.of(node).expand(node, graph)
        if expanded is not None:
            graph.replace(node.output, expanded)
    graph.remove_unused()


def folded_last(graph: Graph) -> None:
    """Constants that Glow folds are made after all others, in the order in which the network reads them."""
    read = list(dict.fromkeys(value.node for node in graph.in_order() for value in node.inputs))
    graph.constants.sort(key=lambda node: read.index(node) + 1 if FOLDED.search(node.name) else 0)


def turn_weights(graph: Graph, gemms: bool = False) -> bool:
    """A transpose before a dense layer goes: the rows of its weights take the order in which the values lie before it.

    gemms: those of an ONNX Gemm as well, which Glow takes for dense layers only once they are quantised.
    """
    changed = False
    for node in [*_each(graph, "MatMul"), *_each(graph, "FullyConnected")]:
        flat = _producer(node.inputs[0], "Reshape")
        moved = _producer(flat.inputs[0], "Transpose") if flat else None
        weights = _producer(node.inputs[1], "Constant")
        if weights is None or moved is None or ("gemm" in node.attributes and not gemms):
            continue
        order, shapes = moved.attributes["order"], (flat.inputs[0].type.shape, flat.output.type.shape)
        alone = all(len(graph.users(each.output)) == 1 and not graph.is_output(each.output) for each in (flat, moved))
        if alone and order[0] == 0 and shapes[0][0] == shapes[1][0]:
            flat = reshape.add(graph, flat.name, moved.inputs[0], flat.output.type.shape)
            node.inputs[:2] = [flat, _rows_in_order(graph, weights, shapes[0][1:], np.argsort(order[1:]))]
            node.name = graph.unique_name(node.name)
            changed = True
    return changed


def cancel_moves(graph: Graph) -> None:
    """Transposes and reshapes in a row that together leave every element where it was become one reshape.

    Glow keeps them, between two convolutions over time for one, and its hash sees them; so they go last.
    """
    for node in _each(graph, "Transpose"):
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
    """Weights whose rows stand for values of this shape, for the same values transposed by `order`."""
    axes = (*order, len(order))

    def turned(data: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(data.reshape(*shape, -1).transpose(axes).reshape(data.shape))

    return graph.add_moved(weights, weights.name, turned)
