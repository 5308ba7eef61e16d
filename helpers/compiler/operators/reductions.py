"""Sums, largest and smallest elements and norms along axes, by means, pools and functions of one value."""

from helpers.compiler.ir.graph import Graph, Value
from helpers.compiler.ir.window import Window
from helpers.compiler.operators import max_pool, reshape
from helpers.compiler.operators.base.protocols import OnnxImporter, OnnxNode
from helpers.compiler.operators.base.registry import from_onnx


def reduced_axes(importer: OnnxImporter, node: OnnxNode) -> tuple[list[int], list[int]] | None:
    """The axes that go, in order, and the result's shape; None where nothing is reduced.

    The axes are an attribute or, from opset 18 (ReduceSum: 13) on, a constant input; all where none are given.
    """
    shape, rank = node.inputs[0].type.shape, len(node.inputs[0].type.shape)
    given = node.attributes.get("axes")
    if given is None and node.optional_input(1) is not None:
        given = importer.constant(node.optional_input(1)).tolist()
    if not given and node.attributes.get("noop_with_empty_axes", 0):
        return None
    axes = sorted(int(axis) % rank for axis in given) if given else list(range(rank))
    kept = [1 if axis in axes else n for axis, n in enumerate(shape)]
    return axes, kept if node.attributes.get("keepdims", 1) else [n for axis, n in enumerate(shape) if axis not in axes]


@from_onnx("ReduceSum", "ReduceSumSquare", "ReduceL1", "ReduceL2")
def import_reduce_sum(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """Sums along axes: of the values, of their squares, of their absolute values; ReduceL2 is the root of the second."""
    graph, x, reduced = importer.graph, node.inputs[0], reduced_axes(importer, node)
    if node.op_type in ("ReduceSumSquare", "ReduceL2"):
        x = importer.binary("Mul", node.name, x, x)
    elif node.op_type == "ReduceL1":
        x = graph.add("Abs", node.name, [x], [x.type]).output
    if reduced is not None:
        x = total(graph, node.name, x, *reduced)
    return [graph.add("Sqrt", node.name, [x], [x.type]).output if node.op_type == "ReduceL2" else x]


def total(graph: Graph, name: str, x: Value, axes: list[int], shape: list[int]) -> Value:
    """Add the sum along axes, in a shape."""
    left = [n for axis, n in enumerate(x.type.shape) if axis not in axes]
    result = graph.add("ReduceMean", name, [x], [x.type.with_shape(left)], axes=tuple(axes), sum=True).output
    return reshape.to(graph, name, result, shape)


@from_onnx("ReduceMax")
def import_reduce_max(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """The largest element along axes."""
    reduced = reduced_axes(importer, node)
    return [node.inputs[0] if reduced is None else largest(importer.graph, node.name, node.inputs[0], *reduced)]


@from_onnx("ReduceMin")
def import_reduce_min(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """The smallest element along axes: the largest of the negative values, negated."""
    graph, x, reduced = importer.graph, node.inputs[0], reduced_axes(importer, node)
    if reduced is None:
        return [x]
    negative = graph.add("Neg", f"{node.name}_negative", [x], [x.type]).output
    result = largest(graph, f"{node.name}_largest", negative, *reduced)
    return [graph.add("Neg", node.name, [result], [result.type]).output]


def largest(graph: Graph, name: str, x: Value, axes: list[int], shape: list[int]) -> Value:
    """Add the largest element along axes, in a shape: a pool for each axis, as [before, axis, 1, behind]."""
    for axis in axes:
        before, size = 1, x.type.shape[axis]
        for n in x.type.shape[:axis]:
            before *= n
        kept = (*x.type.shape[:axis], 1, *x.type.shape[axis + 1 :])
        flat = reshape.to(graph, name, x, (before, size, 1, x.type.size // (before * size)))
        x = reshape.to(graph, name, max_pool.add(graph, name, flat, "MaxPool", Window((size, 1))), kept)
    return reshape.to(graph, name, x, shape)
