"""Which kernel computes which layer."""

import math
from dataclasses import replace

import numpy as np

from helpers.common.errors import Unsupported
from helpers.compiler.backends.thumb import kernels as planned
from helpers.compiler.backends.thumb import layers
from helpers.compiler.backends.thumb.arithmetic import lane_groups
from helpers.compiler.backends.thumb.calls import MOST_ARGUMENTS
from helpers.compiler.backends.thumb.channel_lanes.plan import MOST_UNITS
from helpers.compiler.backends.thumb.channel_lanes.unpacked import layer as unpacked
from helpers.compiler.backends.thumb.channel_lanes.unpacked import widths
from helpers.compiler.backends.thumb.kernels import HALVES, PADDED, STORED, Kernel
from helpers.compiler.backends.thumb.pixel_lanes import plane_plan
from helpers.compiler.backends.thumb.pools import addition
from helpers.compiler.backends.values import image_shape, root
from helpers.compiler.ir.graph import Graph, Node, Placeholder, Value
from helpers.compiler.ir.kinds import CONVOLUTIONS, DENSE, SUMS
from helpers.compiler.ir.window import SMALL_POOL
from helpers.compiler.targets import Form

SMALLEST_DENSE = 8  # products below which lanes cost more than they save
MOST_GROUPS = 200  # of the four channels of a pass: those that are done wait on the stack, within reach of a store

# Cost models, in cycles of a Cortex-M0+ without wait states. They rank kernels and are no more exact than that needs:
# test_cost_models.py holds them against the emulator. Plain C takes 0.95 to 1.4 times its estimate, lanes 0.4 to 1 times theirs,
# so that a choice of lanes is on the safe side.
# A product of plain C, besides muls: two ldrsb (4), two offsets (2), the sum (1), an index or a share of the loop (2).
PLAIN_PRODUCT = 9
PLAIN_ELEMENT = 22  # requantise, clip, store
# Pixel lanes. A product for two pixels is muls and adds with a share of moves; without a fast muls, shifts and additions.
PIXEL_PRODUCT, PIXEL_CHAINED_PRODUCT = 2.75, 6.5
PIXEL_TAP = 6  # load a word (2), and make pairs of odd pixels (lsrs, lsls, orrs)
PIXEL_PASS = 40  # start four channels, and step
PIXEL_ELEMENT = 16  # requantise, clip, store
PIXEL_COPIED = (
    9  # copy an element of the input to a half-word inside a border (ldrb, adds, strh, loop); measured: 7 to 8
)
# A tap of channel lanes, besides two muls: ldrb (2), ldmia of two words of weights (3), two adds (2), a share of the flushes (1).
CHANNEL_TAP = 8
CHANNEL_UNIT = 12  # one position of the kernel: its bit of the mask, its group
CHANNEL_QUAD = 110  # requantise, clip and store four outputs
CHANNEL_POSITION = 40  # start of a position of the result
CLEARLY = 0.8  # of the cycles: below it, the lists of pixel lanes are worth more flash than a loop over planes takes


def kernels(graph: Graph, form: Form) -> list[Kernel]:
    """Return the layers in order, each with its kernel and the storage that it expects of its input."""
    every = [node for node in graph.in_order() if node.kind != "Reshape"]
    taken: set[int] = set()
    made = []
    for node in every:
        if id(node) in taken:
            continue
        in_c = node.name in form.plain
        kernel = Kernel("c", [node]) if in_c else _kernel(graph, node, form.of_layer(node.name))
        taken |= {id(each) for each in kernel.nodes}
        made.append(kernel)
    made = widths.narrowed(made) if form.packed or form.small else made
    return made if form.rows else planned.light(made, form.skips)


def suits(graph: Graph, form: Form) -> bool:
    """Whether a kernel does any of the layers, or C may make rows of one, and each of the others can be called."""
    planned = kernels(graph, form)
    called = all(
        len(kernel.nodes[0].inputs) + len(kernel.nodes[0].outputs) <= MOST_ARGUMENTS
        for kernel in planned
        if kernel.kind == "c"
    )
    rows = form.c_rows and any(kernel.nodes[0].inputs[0].type.element == "int8" for kernel in planned)
    return called and (rows or any(kernel.kind != "c" for kernel in planned))


def _kernel(graph: Graph, node: Node, form: Form) -> Kernel:
    try:
        if any(value.type.element != "int8" for value in (node.inputs[0], node.output)):
            return Kernel("c", [node])
        image_shape(node.inputs[0])
        if node.kind == "MaxPool" and not any(node.attributes.window.pads) and not graph.is_output(node.output):
            return Kernel("pool", [node], STORED)
        if node.kind in addition.SIGNS:
            return _sum(graph, node)
        if node.kind in SUMS and layers.is_clipped(node):
            return _weighted(graph, node, form)
    except Unsupported:
        pass
    return Kernel("c", [node])


def _weighted(graph: Graph, node: Node, form: Form) -> Kernel:
    """A convolution or a dense layer, with a Relu of its own behind a dense one. Raises Unsupported."""
    relu = graph.sole_reader(node.output, "Relu") if node.kind in DENSE else None
    sums = layers.sums_of(node, [layers.largest_stored(node.inputs[0])], relu)
    if form.packed and form.mul_cycles == 1 and unpacked.concerns(node):
        return Kernel("bytes" if unpacked.suits(node) else "c", [node])
    if node.kind in CONVOLUTIONS:
        return _convolution(graph, node, form, sums)
    if sums.weights.size < SMALLEST_DENSE or not _by_channel(sums):
        return Kernel("c", [node])
    return Kernel("channel", [node, relu] if relu else [node], STORED)


def _sum(graph: Graph, node: Node) -> Kernel:
    """A sum of two values, with a Relu behind it that does nothing but clip."""
    relu = graph.sole_reader(node.output, "Relu")
    if relu is not None and _same_steps(node.output, relu.output) and addition.suits(node, relu):
        return Kernel("sum", [node, relu])
    return Kernel("sum" if addition.suits(node) else "c", [node])


def _same_steps(one: Value, other: Value) -> bool:
    return (one.type.scale, one.type.offset) == (other.type.scale, other.type.offset)


def _by_channel(sums: layers.Sums) -> bool:
    """Whether channel lanes can turn the sums into elements: the factors of more than one quad come from a table."""
    return len(sums.bias) <= 4 or sums.output.uniform


def _convolution(graph: Graph, node: Node, form: Form, sums: layers.Sums) -> Kernel:
    window, weights = node.attributes.window, sums.weights
    even = window.dilations == (1, 1) and window.strides[0] == window.strides[1]
    pixels = (
        even
        and int((weights != 0).sum()) <= form.pixel_weights
        and _groups_fit(weights, layers.largest_stored(node.inputs[0]))
    )
    channels = len(weights) > 1 and node.attributes.group == 1 and _by_channel(sums)
    pool = _small_pool(graph, node)
    costs = {"c": _plain_cycles(node, form)}
    if pixels:
        costs["pixel"] = _pixel_cycles(pool or node, node, weights, form)
    padded = channels and _padded_cycles(node, weights, form)
    if channels:
        costs["channel"] = min(padded, _channel_cycles(node, weights, form))
    if _loops(node, form, sums):
        costs["loop"] = plane_plan.cycles(window, image_shape(node.output), node.inputs[0].type.size)
        if form.looped_pool or costs.get("pixel", 0) > CLEARLY * costs["loop"]:
            costs.pop("pixel", None)
    kind = min(costs, key=lambda kind: costs[kind]) if len(costs) > 1 else "c"
    if kind == "loop":
        return Kernel(kind, [node], STORED, by_rows=Kernel("pixel", [node], HALVES) if pixels else None)
    if kind == "c":
        return Kernel(kind, [node])
    if kind == "pixel":
        return _with_lighter(Kernel(kind, [node, pool] if pool else [node], HALVES))
    return Kernel(kind, [node], PADDED if costs["channel"] == padded and any(window.pads) else STORED)


def _loops(node: Node, form: Form, sums: layers.Sums) -> bool:
    """Whether a loop over the channels computes a layer: each has its own plane, and one piece of code serves all."""
    channels, taps = node.output.type.shape[3], math.prod(node.attributes.window.kernel)
    depthwise = node.attributes.group == channels == node.inputs[0].type.shape[3] > 1
    return depthwise and taps <= plane_plan.MOST_TAPS and sums.output.uniform and form.mul_cycles == 1


def _with_lighter(kernel: Kernel) -> Kernel:
    """The same layer plane by plane if it is grouped; else with strips of rows as a lighter kernel; where that saves memory."""
    image, halves = kernel.nodes[0].inputs[0].type.bytes, planned.half_rows_of(kernel).bytes
    by_planes, by_strips = (Kernel(kind, kernel.nodes, STORED) for kind in ("planes", "strips"))
    if planned.scratch_of(by_planes).bytes + image < halves:
        return replace(by_planes, by_rows=kernel)
    return replace(kernel, lighter=by_strips if planned.scratch_of(by_strips).bytes + image < halves else None)


def _groups_fit(weights: np.ndarray, top: int) -> bool:
    """Whether the finished groups of every pass fit on the stack: weights far from zero leave few taps to a group."""
    shares = weights.reshape(len(weights), -1) * top
    counts = [len(lane_groups.common_cuts(each[None, each != 0])) if each.any() else 1 for each in shares]
    return all(sum(counts[first : first + 4]) <= MOST_GROUPS for first in range(0, len(counts), 4))


def _small_pool(graph: Graph, node: Node) -> Node | None:
    pool = graph.sole_reader(node.output, "MaxPool")
    small = pool is not None and pool.attributes.window == SMALL_POOL
    return pool if small else None


def _plain_cycles(node: Node, form: Form) -> float:
    """Estimate the cycles of plain C; borders are left out."""
    taps = node.inputs[1].type.size // node.output.type.shape[3]
    return node.output.type.size * (PLAIN_ELEMENT + taps * (PLAIN_PRODUCT + form.mul_cycles))


def _pixel_cycles(last: Node, node: Node, weights: np.ndarray, form: Form) -> float:
    """Estimate the cycles of pixel lanes, with the copy of an input that comes from outside."""
    rows, columns = last.output.type.shape[1:3]
    passes = rows * 2 * columns if last is not node else rows * -(-columns // 2)
    quads, taps = -(-weights.shape[0] // 4), weights[0].size // node.attributes.group
    elements, source = rows * columns * weights.shape[0], root(node.inputs[0])
    product = PIXEL_PRODUCT if form.mul_cycles == 1 else PIXEL_CHAINED_PRODUCT
    products = passes * weights.shape[0] * taps * product
    alone = node.attributes.group > 1  # then four outputs read taps of their own, from copied planes
    copied = PIXEL_COPIED * source.type.size if alone or isinstance(source.node, Placeholder) else 0
    loads = taps * PIXEL_TAP * (min(4, weights.shape[0]) if alone else 1)
    return products + passes * quads * (loads + PIXEL_PASS) + elements * PIXEL_ELEMENT + copied


def _channel_cycles(node: Node, weights: np.ndarray, form: Form) -> float:
    """Estimate the cycles of channel lanes; taps over a border are left out, one position of the kernel after the other."""
    _, rows, columns, outputs = node.output.type.shape
    window, sizes = node.attributes.window, node.inputs[0].type.shape[1:3]
    if window.kernel[0] * window.kernel[1] > MOST_UNITS:
        return np.inf
    seen = [sum(map(len, window.inside(axis, sizes[axis], count))) for axis, count in ((0, rows), (1, columns))]
    quads, units = -(-outputs // 4), seen[0] * seen[1]
    unit = weights.shape[3] * (CHANNEL_TAP + 2 * form.mul_cycles) + CHANNEL_UNIT
    return quads * units * unit + rows * columns * (quads * CHANNEL_QUAD + CHANNEL_POSITION)


def _padded_cycles(node: Node, weights: np.ndarray, form: Form) -> float:
    """Estimate the same where the input has a border, with its copy: no tap is left out, and rows of the kernel are one unit."""
    _, rows, columns, outputs = node.output.type.shape
    units, quads = node.attributes.window.kernel[0], -(-outputs // 4)
    taps = weights[0].size * (CHANNEL_TAP + 2 * form.mul_cycles) + units * CHANNEL_UNIT
    return rows * columns * (quads * (taps + CHANNEL_QUAD) + CHANNEL_POSITION) + PIXEL_COPIED * node.inputs[0].type.size
