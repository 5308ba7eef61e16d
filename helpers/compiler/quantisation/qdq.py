"""Import networks that were quantised before export: float operators between Dequantize and Quantize become integer ones.

onnxruntime's quantiser and exporters of quantisation-aware training write this format (QDQ). Scales and offsets are the file's;
factors have 31 bits and are rounded once, so a result differs from float arithmetic only about halfway between two integers.
An operator stays float32, as in the file, if its result or its weights are not quantised; its neighbours convert.
"""

import copy
from typing import Any

import numpy as np

from helpers.compiler.ir.graph import Constant, Graph, Node, Placeholder, Value
from helpers.compiler.numerics import affine
from helpers.compiler.operators import lookup
from helpers.compiler.operators.base import elementwise, registry
from helpers.compiler.quantisation import qdq_rules
from helpers.compiler.quantisation.qdq_rules import integers_behind

MOVES = ("Reshape", "Transpose", "MaxPool", "Slice", "ResizeNearest", "Pad")
FUSED = ("Relu", "Clip")


def fold(graph: Graph) -> None:
    """Make operators integer where possible, in place; factors are settled later."""
    _move_dequantize(graph)
    _move_quantize(graph)
    order = graph.in_order()
    for node in order:
        if node.kind == "Quantize":
            _look_up(graph, node, order)
    for node in graph.in_order():
        _fold_node(graph, node)
    for node in graph.in_order():
        if node.kind == "FullyConnected":
            qdq_rules.sum_integers(graph, node)
    _join(graph)


def _move_dequantize(graph: Graph) -> None:
    """Let nodes that only move data move integers, followed by Dequantize."""
    for node in graph.in_order():
        source = integers_behind(node.inputs[0]) if node.kind in MOVES else None
        if source is None or (node.kind == "Pad" and node.attributes.value != 0):
            continue
        name, real = node.inputs[0].node.name, node.output.type
        node.inputs[0], node.output.type = source, real.with_elements_of(source.type)
        later = graph.add("Dequantize", name, [], [real])
        graph.replace(node.output, later.output)
        later.inputs = [node.output]


def _move_quantize(graph: Graph) -> None:
    """Move Quantize in front of nodes that only move data."""
    for node in reversed(graph.in_order()):
        move = node.inputs[0].node if node.kind == "Quantize" else None
        while move is not None and move.kind in MOVES and move.inputs[0].type.element == "float":
            zeros = move.kind != "Pad" or move.attributes.value == 0
            if not graph.read_once(move.output) or not zeros:
                break
            source, target = move.inputs[0], node.output.type
            graph.replace(node.output, move.output)
            node.inputs[0], node.output.type = source, source.type.with_elements_of(target)
            move.inputs[0], move.output.type = node.output, target
            move = source.node


def _look_up(graph: Graph, quantize: Node, order: list[Node]) -> None:
    """Replace a function of one int8 value, possibly of several operators, with a table."""
    made_by, sources = _chain(quantize.inputs[0])
    target, nodes = quantize.output.type, [node for node in order if id(node) in made_by]
    if not nodes or len(sources) != 1:
        return
    if {target.element, sources[0].type.element} != {"int8"} or sources[0].type.shape != target.shape:
        return
    every = {id(sources[0]): affine.dequantise(np.arange(-128, 128), sources[0].type)}
    with np.errstate(all="ignore"):
        for node in nodes:
            inputs = [_number(value, every) for value in node.inputs]
            every[id(node.output)] = registry.of(node).compute(node, inputs)[0]
        table = affine.quantise_as_onnx(np.nan_to_num(every[id(nodes[-1].output)]), target)
    graph.replace(quantize.output, lookup.add(graph, nodes[-1].name, sources[0], table, target))


def _number(value: Value, known: dict[int, np.ndarray]) -> np.ndarray:
    """Return a constant's only number, or the known number of a computed value."""
    if isinstance(value.node, Constant):
        return value.node.data.reshape(())
    source = integers_behind(value)
    return known[id(value if source is None else source)]


def _chain(value: Value) -> tuple[set[int], list[Value]]:
    """Return the ids of the element-by-element nodes that compute a value, and their integer input.

    Both are empty if other nodes are among them.
    """
    nodes, sources, waiting = set(), {}, [value]
    while waiting:
        value = waiting.pop()
        source, node = integers_behind(value), value.node
        if source is not None:
            sources[id(source)] = source
        elif isinstance(node, Constant) and node.data.size == 1:
            continue
        elif not isinstance(node, (Constant, Placeholder)) and _is_elementwise(node):
            waiting += [] if id(node) in nodes else node.inputs
            nodes.add(id(node))
        else:
            return set(), []
    return nodes, list(sources.values())


def _is_elementwise(node: Node) -> bool:
    return isinstance(registry.of(node), (elementwise.Unary, elementwise.Binary))


def _fold_node(graph: Graph, node: Node) -> None:
    """Turn an operator between integers into an integer one, with a following Relu or Clip."""
    value, fused = node.output, dict[str, Any]()
    reader = graph.sole_reader(value)
    if reader and reader.kind in FUSED:
        fused = {"fused": reader.kind, "fused_arguments": copy.copy(reader.attributes)}
        value = reader.output
    users = graph.users(value)
    types = {user.output.type for user in users if user.kind == "Quantize"}
    if graph.is_output(value) or len(types) != 1 or any(user.kind != "Quantize" for user in users):
        return
    (target,) = types
    if target.element == "int8" and qdq_rules.make_integer(graph, node, target, fused):
        node.output.type = target
        for user in users:
            graph.replace(user.output, node.output)


def _join(graph: Graph) -> None:
    """Replace Quantize(Dequantize(x)) with x, or with Rescale(x) if the types differ."""
    for node in graph.in_order():
        source = integers_behind(node.inputs[0]) if node.kind == "Quantize" else None
        if source is None or {source.type.element, node.output.type.element} != {"int8"}:
            continue
        if source.type != node.output.type:
            source = qdq_rules.rescaled(graph, node.name, source, node.output.type)
        graph.replace(node.output, source)
