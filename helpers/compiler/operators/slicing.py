"""Slices; ONNX Slice and Split."""

from dataclasses import dataclass

import numpy as np

from helpers.common.errors import Unsupported
from helpers.compiler.ir.graph import Graph, Node, Value
from helpers.compiler.operators.base.protocols import OnnxImporter, OnnxNode, Results
from helpers.compiler.operators.base.registry import Operator, from_onnx, operator, same_type


@from_onnx("Slice")
def import_slice(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """Slice with constant bounds: attributes up to opset 9, inputs after; steps may be negative."""
    x = node.inputs[0]
    if "starts" in node.attributes:
        starts, ends = node.attributes["starts"], node.attributes["ends"]
        axes, steps = node.attributes.get("axes", range(len(starts))), [1] * len(starts)
    else:
        starts, ends = (importer.constant(value).tolist() for value in node.inputs[1:3])
        axes = _optional(importer, node, 3, list(range(len(starts))))
        steps = _optional(importer, node, 4, [1] * len(starts))
    bounds = [slice(None)] * len(x.type.shape)
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        bounds[axis] = slice(start, end if end >= -x.type.shape[axis] or step > 0 else None, step)
    ranges = [range(*each.indices(size)) for each, size in zip(bounds, x.type.shape, strict=True)]
    return [add(importer.graph, node.name, x, ranges)]


def _optional(importer: OnnxImporter, node: OnnxNode, index: int, default: list) -> list:
    value = node.optional_input(index)
    return default if value is None else importer.constant(value).tolist()


@from_onnx("Split")
def import_split(importer: OnnxImporter, node: OnnxNode) -> Results:
    """Split along an axis: sizes given (attribute, or input from opset 13), or as equal as the number of results allows.

    A part of size 0, as Keras's GRU leaves one, is no value: nothing can read it.
    """
    x, axis = node.inputs[0], node.attributes.get("axis", 0)
    axis += len(x.type.shape) if axis < 0 else 0
    whole, count = x.type.shape[axis], node.attributes.get("num_outputs", node.output_count)
    given = node.optional_input(1)
    each = -(-whole // count)
    sizes = [min(each, whole - at) for at in range(0, whole, each)]
    sizes = node.attributes.get("split", sizes if given is None else importer.constant(given).tolist())
    return parts(importer.graph, node.name, x, axis, sizes)


def parts(graph: Graph, name: str, x: Value, axis: int, sizes: list[int]) -> list[Value | None]:
    """A value cut along an axis into parts of these sizes, None for one of 0; raises Unsupported where they do not add up."""
    if sum(sizes) != x.type.shape[axis] or min(sizes) < 0:
        raise Unsupported(f"cannot split axis {axis} of {list(x.type.shape)} into {list(sizes)}")
    results, at = [], 0
    for size in sizes:
        ranges = [range(n) for n in x.type.shape]
        ranges[axis] = range(at, at + size)
        results.append(add(graph, name, x, ranges) if size else None)
        at += size
    return results


def add(graph: Graph, name: str, x: Value, ranges: list[range]) -> Value:
    """Add a slice: what a range names on each axis."""
    shape = tuple(len(each) for each in ranges)
    if 0 in shape:
        raise Unsupported(f"a slice of {list(x.type.shape)} would be empty")
    if shape == x.type.shape and all(each.step > 0 for each in ranges):
        return x
    return graph.add("Slice", name, [x], [x.type.with_shape(shape)], ranges=tuple(ranges)).output


@dataclass(slots=True, kw_only=True)
class SliceAttributes:
    """The places that are taken, for each axis."""

    ranges: tuple[range, ...]


@operator
class Slice(Operator[SliceAttributes]):
    """Elements at regular places."""

    kind = "Slice"
    attributes = SliceAttributes
    keeps_type = True

    def compute(self, node: Node[SliceAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
        ranges = list(node.attributes.ranges)
        if len(inputs[0]) != node.inputs[0].type.shape[0]:
            ranges[0] = range(len(inputs[0]))
        return [np.ascontiguousarray(inputs[0][np.ix_(*ranges)])]

    def emit(self, node: Node[SliceAttributes], name: str) -> str:
        """One loop an axis; strides of the input are constants."""
        shape, element = node.inputs[0].type.shape, same_type(node.output)
        strides = [int(np.prod(shape[axis + 1 :], dtype=np.int64)) for axis in range(len(shape))]
        start = sum(each.start * stride for each, stride in zip(node.attributes.ranges, strides, strict=True))
        lines, place = [f"static void {name}(const {element} *in, {element} *out) {{"], [str(start)]
        for axis, (each, stride) in enumerate(zip(node.attributes.ranges, strides, strict=True)):
            if len(each) > 1:
                lines.append(f"{'  ' * len(lines)}for (int i{axis} = 0; i{axis} < {len(each)}; i{axis}++)")
                place.append(f"i{axis} * ({each.step * stride})")
        return "\n".join([*lines, f"{'  ' * len(lines)}*out++ = in[{' + '.join(place)}];", "}"]) + "\n"
