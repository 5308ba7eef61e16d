"""TFLite's operators that only move data: each comes down to Reshape, Transpose, Slice, Concat, Pad or a choice of places."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from helpers.common.errors import Unsupported
from helpers.compiler.frontends.tflite.common import TfliteImporter
from helpers.compiler.frontends.tflite.file import Operation
from helpers.compiler.frontends.wording import CONVERT_AGAIN
from helpers.compiler.ir.graph import Graph, Value
from helpers.compiler.operators import concat, reshape, slicing, transpose


def reshaped(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    """RESHAPE, SQUEEZE, EXPAND_DIMS: to the shape of the result, which the file gives."""
    return [
        reshape.to(
            importer.graph, name, importer.value(operation.inputs[0]), importer.type_of(operation.outputs[0]).shape
        )
    ]


def transposed(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    """TRANSPOSE by a constant order."""
    x, order = importer.value(operation.inputs[0]), importer.array(operation.inputs[1])
    return [transpose.add(importer.graph, name, x, order)]


def joined(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    """CONCATENATION; the converter rescales its inputs beforehand where their scales differ."""
    return [_concat(importer, operation, name, [importer.value(index) for index in operation.inputs])]


def packed(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    """PACK: values of one shape along a new axis."""
    values, shape = [importer.value(index) for index in operation.inputs], importer.type_of(operation.outputs[0]).shape
    axis = range(len(shape))[operation.options["axis"]]
    single = (*shape[:axis], 1, *shape[axis + 1 :])
    return [_concat(importer, operation, name, [reshape.to(importer.graph, name, value, single) for value in values])]


def _concat(importer: TfliteImporter, operation: Operation, name: str, values: list[Value]) -> Value:
    target = importer.type_of(operation.outputs[0])
    if any((v.type.scale, v.type.offset) != (target.scale, target.offset) for v in values):
        raise Unsupported("a concatenation of values with different scales", remedy=CONVERT_AGAIN)
    return concat.add(importer.graph, name, values, operation.options["axis"])


def _parts(graph: Graph, name: str, x: Value, axis: int, sizes: list[int]) -> list[Value]:
    results = [part for part in slicing.parts(graph, name, x, axis, sizes) if part is not None]
    if len(results) != len(sizes):
        raise Unsupported("a part without elements", remedy="leave the part out, and convert the model again")
    return results


def unpacked(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    """UNPACK: a result for each place of an axis, which goes."""
    x = importer.value(operation.inputs[0])
    axis = range(len(x.type.shape))[operation.options["axis"]]
    parts = _parts(importer.graph, name, x, axis, [1] * len(operation.outputs))
    shape = (*x.type.shape[:axis], *x.type.shape[axis + 1 :])
    return [reshape.to(importer.graph, name, part, shape) for part in parts]


def split(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    """SPLIT: axis and value; equal parts."""
    x, axis = importer.value(operation.inputs[1]), _axis(importer, operation.inputs[0], operation.inputs[1])
    count = len(operation.outputs)
    return _parts(importer.graph, name, x, axis, [x.type.shape[axis] // count] * count)


def split_by_sizes(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    """SPLIT_V: value, sizes (-1 in one place: what is left) and axis."""
    x, axis = importer.value(operation.inputs[0]), _axis(importer, operation.inputs[2], operation.inputs[0])
    sizes = importer.array(operation.inputs[1]).tolist()
    if sizes.count(-1) == 1:
        sizes[sizes.index(-1)] = x.type.shape[axis] - sum(sizes) - 1
    return _parts(importer.graph, name, x, axis, sizes)


def _axis(importer: TfliteImporter, index: int, of: int) -> int:
    """A constant axis of a value, counted from the front."""
    return range(len(importer.value(of).type.shape))[int(importer.array(index).item())]


def sliced(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    """SLICE: first places and sizes, -1 for all that is left."""
    x = importer.value(operation.inputs[0])
    begin, size = (importer.array(index) for index in operation.inputs[1:3])
    bounds = zip(x.type.shape, begin.tolist(), size.tolist(), strict=True)
    ranges = [range(whole)[first : whole if count == -1 else first + count] for whole, first, count in bounds]
    return [slicing.add(importer.graph, name, x, ranges)]


def strided_slice(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    """STRIDED_SLICE with constant bounds."""
    x = importer.value(operation.inputs[0])
    bounds = [importer.array(index).tolist() for index in operation.inputs[1:4]]
    made = slicing.add(importer.graph, name, x, strided_ranges(x.type.shape, operation.options, *bounds))
    return [reshape.to(importer.graph, name, made, importer.type_of(operation.outputs[0]).shape)]


def strided_ranges(shape: Sequence[int], options: dict, begin: list, end: list, step: list) -> list[range]:
    """The places that a STRIDED_SLICE takes on each axis; raises Unsupported for an ellipsis or a new axis."""
    if options.get("ellipsis_mask") or options.get("new_axis_mask"):
        raise Unsupported(
            "a slice with an ellipsis or a new axis",
            remedy="write the slice with a start and an end for each axis, and add axes by a Reshape",
        )
    ranges = []
    for axis, size in enumerate(shape):
        first = None if options.get("begin_mask", 0) >> axis & 1 else begin[axis]
        last = None if options.get("end_mask", 0) >> axis & 1 else end[axis]
        if options.get("shrink_axis_mask", 0) >> axis & 1:
            first, last = begin[axis] % size, begin[axis] % size + 1
        ranges.append(range(*slice(first, last, step[axis]).indices(size)))
    return ranges


def padded(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    """PAD with zeros; PADV2 with a constant of the input's scale."""
    x, target = importer.value(operation.inputs[0]), importer.type_of(operation.outputs[0])
    value = 0.0
    if len(operation.inputs) > 2:
        given = importer.type_of(operation.inputs[2])
        if given.with_shape(x.type.shape) != x.type:
            raise Unsupported("a padding of another type than the input's", remedy="pad with zeros")
        value = float(importer.array(operation.inputs[2]).item() - given.offset) * (given.scale or 1.0)
    pads = _amounts(importer, operation)
    return [importer.graph.add("Pad", name, [x], [target], pads=pads, mode="constant", value=value).output]


def _amounts(importer: TfliteImporter, operation: Operation) -> tuple[tuple[int, int], ...]:
    """(before, after) for each axis; raises Unsupported where they are negative or do not lead to the result's shape."""
    pads = tuple((int(before), int(after)) for before, after in importer.array(operation.inputs[1]))
    shapes = [importer.type_of(index).shape for index in (operation.inputs[0], operation.outputs[0])]
    sums = tuple(n + before + after for n, (before, after) in zip(shapes[0], pads, strict=True))
    if sums != shapes[1] or min(map(min, pads), default=0) < 0:
        raise Unsupported(f"a padding of {list(shapes[0])} by {[list(each) for each in pads]}", remedy=CONVERT_AGAIN)
    return pads


def mirrored(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    """MIRROR_PAD: without the edge (0, REFLECT) or with it (1, SYMMETRIC)."""
    modes: tuple[Literal["reflect"], Literal["symmetric"]] = ("reflect", "symmetric")
    mode = modes[operation.options["mode"]]
    pads, shape = _amounts(importer, operation), importer.type_of(operation.inputs[0]).shape
    room = [n - (mode == "reflect") for n in shape]
    if any(max(pad) > most for pad, most in zip(pads, room, strict=True)):
        raise Unsupported(f"a mirror image larger than {list(shape)}", remedy="pad by less than the image is long")
    return _picked(
        importer, operation, name, [np.pad(np.arange(n), pad, mode) for n, pad in zip(shape, pads, strict=True)]
    )


def gathered(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    """GATHER along an axis by constant indices."""
    x, indices = importer.value(operation.inputs[0]), importer.array(operation.inputs[1])
    if operation.options.get("batch_dims", 0):
        raise Unsupported("indices that differ within a batch", remedy="gather with batch_dims=0")
    axis = range(len(x.type.shape))[operation.options.get("axis", 0)]
    if indices.min() < 0 or indices.max() >= x.type.shape[axis]:
        raise Unsupported(
            f"an index outside axis {axis} of {list(x.type.shape)}",
            remedy="use indices from 0 to the axis's length less 1",
        )
    places = [range(n) for n in x.type.shape]
    places[axis] = indices.reshape(-1)
    return _picked(importer, operation, name, places)


def tiled(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    """TILE: the value several times along each axis."""
    shape, times = importer.type_of(operation.inputs[0]).shape, importer.array(operation.inputs[1]).tolist()
    wanted = importer.type_of(operation.outputs[0]).shape
    if tuple(n * count for n, count in zip(shape, times, strict=True)) != wanted:
        raise Unsupported(f"{list(shape)} repeated {times} times is not {list(wanted)}", remedy=CONVERT_AGAIN)
    return _picked(importer, operation, name, [np.arange(whole) % n for n, whole in zip(shape, wanted, strict=True)])


def turned_round(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    """REVERSE_V2: backwards along some axes."""
    x = importer.value(operation.inputs[0])
    ranges = [range(n) for n in x.type.shape]
    for axis in np.atleast_1d(importer.array(operation.inputs[1])):
        ranges[axis] = ranges[axis][::-1]
    return [slicing.add(importer.graph, name, x, ranges)]


def depth_to_space(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    """DEPTH_TO_SPACE: each pixel's channels become a block of pixels."""
    x, block = importer.value(operation.inputs[0]), operation.options["block_size"]
    batch, height, width, channels = x.type.shape
    blocks = reshape.to(importer.graph, name, x, (batch, height, width, block, block, channels // block**2))
    moved = transpose.add(importer.graph, name, blocks, (0, 1, 3, 2, 4, 5))
    return [reshape.to(importer.graph, name, moved, importer.type_of(operation.outputs[0]).shape)]


def space_to_depth(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    """SPACE_TO_DEPTH: each block of pixels becomes the channels of one."""
    x, block = importer.value(operation.inputs[0]), operation.options["block_size"]
    batch, height, width, channels = x.type.shape
    blocks = reshape.to(importer.graph, name, x, (batch, height // block, block, width // block, block, channels))
    moved = transpose.add(importer.graph, name, blocks, (0, 1, 3, 2, 4, 5))
    return [reshape.to(importer.graph, name, moved, importer.type_of(operation.outputs[0]).shape)]


def resized(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    """RESIZE_NEAREST_NEIGHBOR."""
    x, target = importer.value(operation.inputs[0]), importer.type_of(operation.outputs[0])
    aligned, half = operation.options.get("align_corners"), operation.options.get("half_pixel_centers")
    places = [
        _nearest(old, new, bool(aligned), 0.5 if half else 0.0)
        for old, new in zip(x.type.shape, target.shape, strict=True)
    ]
    return _picked(importer, operation, name, places)


def _nearest(old: int, new: int, aligned: bool, offset: float) -> np.ndarray:
    """Which element of the old axis each of the new one takes, in float32 as TFLite computes it."""
    scale = np.float32(old - 1) / np.float32(new - 1) if aligned and new > 1 else np.float32(old) / np.float32(new)
    at = (np.arange(new, dtype=np.float32) + np.float32(offset)) * scale
    at = np.floor(at + np.float32(0.5)) if aligned else np.floor(at)
    return np.clip(at, 0, old - 1)


def _picked(importer: TfliteImporter, operation: Operation, name: str, places: list) -> list[Value]:
    """The elements at these places of each axis, in the shape of the result."""
    x, picked = importer.value(operation.inputs[0]), tuple(tuple(int(place) for place in axis) for axis in places)
    kind = x.type.with_shape(len(axis) for axis in picked)
    made = importer.graph.add("ResizeNearest", name, [x], [kind], places=picked).output
    return [reshape.to(importer.graph, name, made, importer.type_of(operation.outputs[0]).shape)]
