"""Gather by constant indices, Tile, Expand and ReverseSequence: elements of each axis at places known while compiling."""

from collections.abc import Sequence

import numpy as np

from helpers.common.errors import Unsupported
from helpers.compiler.ir.graph import Graph, Value
from helpers.compiler.operators import reshape, slicing
from helpers.compiler.operators.base.protocols import OnnxImporter, OnnxNode
from helpers.compiler.operators.base.registry import from_onnx


@from_onnx("Gather")
def import_gather(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """Gather along an axis; the indices take the axis's place, and where they are one number it goes."""
    x, indices = node.inputs[0], importer.constant(node.inputs[1]).astype(np.int64)
    axis = range(len(x.type.shape))[node.attributes.get("axis", 0)]
    size = x.type.shape[axis]
    if indices.size == 0 or indices.min() < -size or indices.max() >= size:
        raise Unsupported(f"an index outside axis {axis} of {list(x.type.shape)}", remedy="export the model again")
    places: list[Sequence[int]] = [range(n) for n in x.type.shape]
    places[axis] = [int(index) for index in (indices % size).ravel()]
    shape = (*x.type.shape[:axis], *indices.shape, *x.type.shape[axis + 1 :])
    return [reshape.to(importer.graph, node.name, picked(importer.graph, node.name, x, places), shape)]


@from_onnx("Tile")
def import_tile(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """Tile: the value several times along each axis."""
    x, times = node.inputs[0], [int(n) for n in importer.constant(node.inputs[1])]
    importer.check_size([n * count for n, count in zip(x.type.shape, times, strict=True)])
    places = [np.arange(n * count) % n for n, count in zip(x.type.shape, times, strict=True)]
    return [picked(importer.graph, node.name, x, places)]


@from_onnx("Expand")
def import_expand(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """Expand: axes of length 1 repeated to a constant shape, as numpy broadcasts."""
    x, given = node.inputs[0], tuple(int(n) for n in importer.constant(node.inputs[1]))
    rank = max(len(given), len(x.type.shape))
    old, wanted = ((1,) * (rank - len(each)) + each for each in (x.type.shape, given))
    if any(a != b and 1 not in (a, b) for a, b in zip(old, wanted, strict=True)):
        raise Unsupported(f"cannot expand {list(x.type.shape)} to {list(wanted)}", remedy="export the model again")
    shape = [max(each) for each in zip(old, wanted, strict=True)]
    importer.check_size(shape)
    places = [np.arange(n) % size for n, size in zip(shape, old, strict=True)]
    return [picked(importer.graph, node.name, reshape.to(importer.graph, node.name, x, old), places)]


@from_onnx("ReverseSequence")
def import_reverse_sequence(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """ReverseSequence: the first steps of a sequence backwards, as many in every sequence of the batch."""
    x, lengths = node.inputs[0], importer.constant(node.inputs[1]).ravel()
    axis = node.attributes.get("time_axis", 0)
    length = int(lengths[0])
    if (lengths != length).any() or not 0 <= length <= x.type.shape[axis]:
        raise Unsupported("sequences of different lengths", remedy="give all the same number of steps")
    places: list[Sequence[int]] = [range(n) for n in x.type.shape]
    places[axis] = [*range(length - 1, -1, -1), *range(length, x.type.shape[axis])]
    return [picked(importer.graph, node.name, x, places)]


def picked(graph: Graph, name: str, x: Value, places: list) -> Value:
    """The elements of x at these places of each axis: itself, a slice, or a table of places."""
    places = [tuple(int(place) for place in axis) for axis in places]
    steps = [each for each in map(_steps, places) if each]
    if len(steps) == len(places):
        return slicing.add(graph, name, x, steps)
    kind = x.type.with_shape(len(axis) for axis in places)
    return graph.add("ResizeNearest", name, [x], [kind], places=tuple(places)).output


def _steps(axis: tuple[int, ...]) -> range | None:
    """The same places as a range, where they are at equal distances."""
    step = axis[1] - axis[0] if len(axis) > 1 else 1
    if step == 0:
        return None
    found = range(axis[0], axis[0] + step * len(axis), step)
    return found if tuple(found) == axis else None
