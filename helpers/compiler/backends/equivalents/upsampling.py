"""Transposed convolutions as convolutions: each pixel of a block of the result is a sum of neighbouring inputs."""

from dataclasses import dataclass

import numpy as np

from helpers.compiler.ir.graph import Constant, Graph, Node, TensorType, Value
from helpers.compiler.ir.window import Window
from helpers.compiler.numerics.requantisation import Requantisation
from helpers.compiler.operators import reshape, slicing, transpose

MOST_ZEROS = 4  # times as many weights, zeros included, up to which kernels still gain


@dataclass(frozen=True)
class _Axis:
    """The result along an axis in blocks of `stride` elements.

    count: blocks; pads: before and behind the input; first: of the inputs that a block sees, its place less the block's;
    taps: for each element of a block, the filter's tap and the input's place in the window; window: inputs that a block sees.
    """

    stride: int
    count: int
    pads: tuple[int, int]
    taps: tuple[tuple[tuple[int, int], ...], ...]
    window: int


def replace(graph: Graph, node: Node, more_ram: bool) -> None:
    """Let a convolution compute a transposed one of int8 elements; its channels are the pixels of a block, moved then.

    more_ram: whether that may take a copy of the result.
    """
    if node.kind != "ConvTranspose" or not _suits(node):
        return
    down, across = (_axis(node, axis) for axis in (0, 1))
    if down is None or across is None:
        return
    _, rows, columns, outputs = node.output.type.shape
    whole = (rows, columns) == (down.count * down.stride, across.count * across.stride)
    few = down.window * across.window * down.stride * across.stride <= MOST_ZEROS * np.prod(
        node.inputs[1].type.shape[1:3]
    )
    if few and (more_ram or (whole and down.stride == 1)):
        made = _convolution(graph, node, down, across)
        made = _moved(graph, node, made, down, across)
        ranges = [range(n) for n in (1, rows, columns, outputs)]
        graph.replace(node.output, slicing.add(graph, f"{node.name}_inside", made, ranges))


def _suits(node: Node) -> bool:
    integers = all(value.type.element == "int8" for value in (*node.inputs[:2], node.output))
    constant = all(isinstance(value.node, Constant) for value in node.inputs[1:])
    return integers and constant and node.attributes.group == 1 and node.output.type.shape[0] == 1


def _axis(node: Node, axis: int) -> _Axis | None:
    """An axis in blocks; None if the input would have to be cut."""
    window, size, wanted = node.attributes.window, node.inputs[0].type.shape[axis + 1], node.output.type.shape[axis + 1]
    stride, dilation, before = window.strides[axis], window.dilations[axis], window.pads[axis]
    places = [
        [(tap, (element + before - tap * dilation) // stride) for tap in range(window.kernel[axis])
         if (element + before - tap * dilation) % stride == 0]
        for element in range(stride)
    ]  # fmt: skip
    seen = [place for each in places for _, place in each]
    first, last, count = min(seen), max(seen), -(-wanted // stride)
    pads = (-first, count - 1 + last - (size - 1))
    taps = tuple(tuple((tap, place - first) for tap, place in each) for each in places)
    return _Axis(stride, count, pads, taps, last - first + 1) if min(pads) >= 0 else None


def _convolution(graph: Graph, node: Node, down: _Axis, across: _Axis) -> Value:
    """The convolution whose channels are a block's pixels."""
    (x, weights, bias), given, blocks = node.inputs, node.attributes, down.stride * across.stride
    numbers, outputs = weights.node.data, node.output.type.shape[3]
    filters = np.full(
        (down.stride, across.stride, outputs, down.window, across.window, x.type.shape[3]), weights.type.offset
    )
    for y, rows in enumerate(down.taps):
        for place, columns in enumerate(across.taps):
            for ky, row in rows:
                for kx, column in columns:
                    filters[y, place, :, row, column] = numbers[:, ky, kx].T
    filters = filters.reshape(blocks * outputs, *filters.shape[3:]).astype(np.int8)
    inputs = [
        x,
        graph.add_constant(f"{node.name}_filters", filters, weights.type.with_shape(filters.shape)),
        graph.add_constant(f"{node.name}_bias", np.tile(bias.node.data, blocks), bias.type.with_shape((len(filters),))),
    ]
    pads = (down.pads[0], across.pads[0], down.pads[1], across.pads[1])
    attributes = {
        "window": Window((down.window, across.window), (1, 1), pads), "group": 1,
        "fused": given.fused, "fused_arguments": given.fused_arguments,
    } | _rules(node, blocks)  # fmt: skip
    kind = "Convolution" if given.requantisations is None else "ChannelwiseQuantizedConvolution"
    shape = (1, down.count, across.count, len(filters))
    return graph.add(kind, f"{node.name}_blocks", inputs, [node.output.type.with_shape(shape)], **attributes).output


def _rules(node: Node, blocks: int) -> dict:
    """How sums become elements: as in the node, again for each pixel of a block."""
    given, nothing = node.attributes, Requantisation(0, 0, 1)
    if given.requantisations is None:
        return {"requantisation": given.requantisation, "bias_requantisation": given.bias_requantisation or nothing}
    count = blocks * len(given.requantisations)
    types = [node.inputs[1].type.with_shape(()), TensorType((), "int32", 1.0)]
    return {
        "filters": types[:1] * count, "biases": types[1:] * count, "requantisations": given.requantisations * blocks,
        "bias_requantisations": [given.bias_requantisation or nothing] * count,
    }  # fmt: skip


def _moved(graph: Graph, node: Node, value: Value, down: _Axis, across: _Axis) -> Value:
    """The channels as pixels; nothing moves where blocks are one row high."""
    outputs, width = node.output.type.shape[3], across.count * across.stride
    if down.stride > 1:
        parts = (1, down.count, across.count, down.stride, across.stride * outputs)
        value = reshape.to(graph, f"{node.name}_parts", value, parts)
        value = transpose.add(graph, f"{node.name}_moved", value, (0, 1, 3, 2, 4))
    return reshape.to(graph, f"{node.name}_pixels", value, (1, down.count * down.stride, width, outputs))
