"""TFLite's blocks of pixels as batches, which the converter puts around a dilated convolution of one dimension."""

import numpy as np

from helpers.common.errors import Unsupported
from helpers.compiler.frontends import limits
from helpers.compiler.frontends.tflite.common import TfliteImporter
from helpers.compiler.frontends.tflite.file import Operation
from helpers.compiler.ir.graph import Value
from helpers.compiler.operators import reshape, slicing, transpose


def space_to_batch(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    """SPACE_TO_BATCH_ND: padded with zeros; every place inside a block becomes a batch of its own."""
    graph, x = importer.graph, importer.value(operation.inputs[0])
    block = [int(n) for n in np.ravel(importer.array(operation.inputs[1]))]
    pads = [(int(a), int(b)) for a, b in np.reshape(importer.array(operation.inputs[2]), (-1, 2))]
    shape, target = x.type.shape, importer.type_of(operation.outputs[0])
    around = ((0, 0), *pads, *((0, 0),) * (len(shape) - 1 - len(block)))
    if (
        len(pads) != len(block)
        or len(around) != len(shape)
        or min(block, default=1) < 1
        or min(map(min, pads), default=0) < 0
    ):
        raise Unsupported(f"blocks of {block} in {list(shape)}, padded by {pads}", remedy="convert the model again")
    wide = [n + before + after for n, (before, after) in zip(shape, around, strict=True)]
    limits.check_shape(tuple(wide))
    if any(map(any, pads)):
        x = graph.add("Pad", name, [x], [x.type.with_shape(wide)], pads=around, mode="constant", value=0.0).output
    parts = [wide[0]]
    for n, size in zip(wide[1:], block, strict=False):
        parts += [n // size, size]
    parts += wide[1 + len(block) :]
    inside = [2 + 2 * index for index in range(len(block))]
    order = [*inside, 0, *(each - 1 for each in inside), *range(1 + 2 * len(block), len(parts))]
    moved = transpose.add(graph, name, reshape.to(graph, name, x, parts), order)
    return [reshape.to(graph, name, moved, target.shape)]


def batch_to_space(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    """BATCH_TO_SPACE_ND: the way back, and the edges cut off."""
    graph, x = importer.graph, importer.value(operation.inputs[0])
    block = [int(n) for n in np.ravel(importer.array(operation.inputs[1]))]
    cuts = [(int(a), int(b)) for a, b in np.reshape(importer.array(operation.inputs[2]), (-1, 2))]
    shape, count, target = x.type.shape, len(block), importer.type_of(operation.outputs[0])
    if len(cuts) != count or count >= len(shape) or min(block, default=1) < 1 or shape[0] % int(np.prod(block)):
        raise Unsupported(f"blocks of {block} in {list(shape)}, cut by {cuts}", remedy="convert the model again")
    parts = reshape.to(graph, name, x, [*block, shape[0] // int(np.prod(block)), *shape[1:]])
    order = [count]
    for index in range(count):
        order += [count + 1 + index, index]
    moved = transpose.add(graph, name, parts, [*order, *range(2 * count + 1, len(shape) + count)])
    whole = [
        shape[0] // int(np.prod(block)),
        *(n * size for n, size in zip(shape[1:], block, strict=False)),
        *shape[1 + count :],
    ]
    ranges = [range(n) for n in whole]
    for axis, (before, after) in enumerate(cuts, 1):
        ranges[axis] = range(before, whole[axis] - after)
    result = slicing.add(graph, name, reshape.to(graph, name, moved, whole), ranges)
    return [reshape.to(graph, name, result, target.shape)]
