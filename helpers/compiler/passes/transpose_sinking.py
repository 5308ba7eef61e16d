"""Move transposes down past element-by-element operators, so that they meet and cancel."""

from typing import Any

import numpy as np

from helpers.compiler.ir.graph import Graph, Node, Splat, Value, constant_of, producer
from helpers.compiler.ir.kinds import BINARY

MERGED_TRANSPOSE = "tranpose"  # Glow's spelling
UNARY = {"Relu", "LeakyRelu", "Clip", "Sigmoid", "Tanh"}
ELEMENTWISE = UNARY | {"Quantize", "Dequantize"}
ALONG_AN_AXIS = {"Concat", "BatchNormalization"}
EAGER = {"Slice", "ResizeNearest"}  # Glow stops there
PER_AXIS = {"Slice": "ranges", "ResizeNearest": "places", "Pad": "pads"}


def sink_transposes(graph: Graph, folded: bool = True, eager: bool = False) -> None:
    """Rewrite op(Transpose(x)) as Transpose(op(x)), and merge consecutive transposes, in place, until nothing changes.

    folded: whether constants have been repeated for their readers; before that, Glow does not recognise them as constants.
    eager: also pass operators at which Glow stops. Names depend on the order of visits, so it is Glow's: in order of creation,
    new nodes in the same pass, and even nodes that nothing reads any more.
    """
    changed = True
    while changed:
        graph.remove_unused()
        changed, visited = False, 0
        while visited < len(graph.nodes):
            changed |= _visit(graph, graph.nodes[visited], folded, eager)
            visited += 1
    graph.remove_unused()


def _visit(graph: Graph, node: Node, folded: bool, eager: bool) -> bool:
    if node.kind == "Transpose":
        return _merge(graph, node)
    order = _common_order(node, folded, eager)
    if order is not None:
        _sink(graph, node, order)
    return order is not None


def _merge(graph: Graph, node: Node) -> bool:
    """Merge a transpose with the previous one, or remove it if it moves nothing."""
    order, before = node.attributes.order, producer(node.inputs[0], "Transpose")
    if order == tuple(range(len(order))):
        graph.replace(node.output, node.inputs[0])
        return True
    if before is not None:
        order = tuple(before.attributes.order[axis] for axis in order)
        joined = graph.add("Transpose", MERGED_TRANSPOSE, [before.inputs[0]], [node.output.type], order=order)
        graph.replace(node.output, joined.output)
    return before is not None


def _sink(graph: Graph, node: Node, order: tuple[int, ...]) -> None:
    changes: dict[str, Any] = {}
    if node.kind in ALONG_AN_AXIS:
        changes["axis"] = order[node.attributes.axis]
    if node.kind in PER_AXIS:
        key = PER_AXIS[node.kind]
        changes[key] = tuple(getattr(node.attributes, key)[axis] for axis in np.argsort(order))
    moving = _moved_inputs(node)
    inputs = [_without_transpose(graph, value, order) for value in moving] + node.inputs[len(moving) :]
    shape = [node.output.type.shape[axis] for axis in np.argsort(order)]
    moved = graph.add(node.kind, node.name, inputs, [node.output.type.with_shape(shape)], node.attributes, **changes)
    name = next(value.node.name for value in node.inputs if value.node.kind == "Transpose")
    if node.kind in BINARY and node.attributes.turned:  # Glow names the transpose after its first input, the constant
        name = "transpose"
    back = graph.add("Transpose", name, [moved.output], [node.output.type], order=order)
    graph.replace(node.output, back.output)


def sink_reshapes(graph: Graph) -> bool:
    """Rewrite op(Reshape(x)) as Reshape(op(x)); return whether anything changed."""
    changed = False
    for node in list(graph.nodes):
        before = node.inputs[0].node if node.kind in UNARY else None
        if before is None or before.kind != "Reshape" or not (graph.users(node.output) or graph.is_output(node.output)):
            continue
        x = before.inputs[0]
        moved = graph.add(node.kind, node.name, [x], [node.output.type.with_shape(x.type.shape)], node.attributes)
        shaped = graph.add("Reshape", before.name, [moved.output], [node.output.type], before.attributes)
        graph.replace(node.output, shaped.output)
        changed = True
    return changed


def _common_order(node: Node, folded: bool, eager: bool) -> tuple[int, ...] | None:
    """Return the common order in which all computed inputs are transposed, or None."""
    if node.kind not in ELEMENTWISE | {*BINARY, *PER_AXIS} | ALONG_AN_AXIS:
        return None
    moved = _moved_inputs(node)
    orders = {value.node.attributes.order for value in moved if value.node.kind == "Transpose"}
    others = [value for value in moved if value.node.kind != "Transpose"]
    constant = all(_is_constant(value, node, folded) for value in others) and node.kind in BINARY
    if len(orders) != 1 or (others and not constant):
        return None
    if (node.kind in EAGER and not eager) or (node.kind == "Dequantize" and eager):  # four bytes an element behind it
        return None
    if node.kind == "PRelu" and not (eager or all(isinstance(value.node, Splat) for value in others)):
        return None
    order = orders.pop()
    return order if len(order) == len(node.output.type.shape) else None


def _is_constant(value: Value, node: Node, folded: bool) -> bool:
    whole = value.type.shape == node.output.type.shape or isinstance(value.node, Splat)
    return value.node.kind == "Constant" and (whole or folded)


def _moved_inputs(node: Node) -> list:
    """Return the inputs with the result's axes; a BatchNormalization's inputs after the first have one number per channel."""
    return node.inputs[:1] if node.kind == "BatchNormalization" else node.inputs


def _without_transpose(graph: Graph, value: Value, order: tuple[int, ...]) -> Value:
    """Return the value in front of the transpose, or a constant reordered to match it."""
    if value.node.kind == "Transpose":
        return value.node.inputs[0]
    constant, back = constant_of(value), np.argsort(order)
    shape = (1,) * (len(order) - constant.data.ndim) + constant.data.shape
    if isinstance(constant, Splat):
        return graph.add_splat("splat", tuple(shape[axis] for axis in back), constant.data.flat[0])
    name = f"{constant.name}_transposed"
    return graph.add_moved(constant, name, lambda data: np.ascontiguousarray(data.reshape(shape).transpose(back)))
