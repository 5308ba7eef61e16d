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
from helpers.compiler.backends.thumb.pixel_lanes import costs, pairs, plane_list, plane_plan
from helpers.compiler.backends.thumb.pools import addition
from helpers.compiler.backends.values import image_shape, root
from helpers.compiler.ir.graph import Graph, Node, Placeholder, Value
from helpers.compiler.ir.kinds import CONVOLUTIONS, DENSE, SUMS
from helpers.compiler.ir.window import SMALL_POOL
from helpers.compiler.targets import Form

SMALLEST_DENSE = 8  # products below which lanes cost more than they save
MOST_GROUPS = 200  # of the four channels of a pass: those that are done wait on the stack, within reach of a store

# Cost models, in cycles of a Cortex-M0+ without wait states. They rank kernels and are no more exact than that needs:
# test_cost_models.py holds them against the emulator. Those of pixel lanes are in pixel_lanes/costs.py.
# A product of plain C, besides muls: two ldrsb (4), two offsets (2), the sum (1), an index or a share of the loop (2).
PLAIN_PRODUCT = 9
PLAIN_ELEMENT = 22  # requantise, clip, store
# Channel lanes: a tap besides two muls: ldrb (2), ldmia of two words of weights (3), two adds (2).
CHANNEL_TAP = 7
CHANNEL_GROUP = 7  # put both words of a group aside, and load what the next starts from
CHANNEL_UNIT = 12  # one position of the kernel: its bit of the mask
CHANNEL_QUAD = 70  # requantise, clip and store four outputs
CHANNEL_POSITION = 20  # start of a position of the result
POOLED = 18  # an element of a small pool that is a kernel of its own
LISTED = 256  # weights of a depthwise layer beyond which a loop over its channels is worth more than code for each
CLEARLY = 0.8  # of the cycles: below it, the lists of pixel lanes are worth more flash than a loop over planes takes


def kernels(graph: Graph, form: Form) -> list[Kernel]:
    """Return the layers in order, each with its kernel and the storage that it expects of its input."""
    every = [node for node in graph.in_order() if node.kind != "Reshape"]
    taken: set[int] = set()
    largest: dict[Value, list[int]] = {}
    made = []
    for node in every:
        if id(node) in taken:
            continue
        in_c, own = node.name in form.plain, form.of_layer(node.name)
        kernel = Kernel("c", [node]) if in_c else _kernel(graph, node, own, largest)
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


def _kernel(graph: Graph, node: Node, form: Form, largest: dict[Value, list[int]]) -> Kernel:
    """The kernel of a node. largest: the largest stored elements of channels, where they are known; the result's are added."""
    try:
        if any(value.type.element != "int8" for value in (node.inputs[0], node.output)):
            return Kernel("c", [node])
        image_shape(node.inputs[0])
        if node.kind == "MaxPool" and not any(node.attributes.window.pads) and not graph.is_output(node.output):
            largest[node.output] = _largest(node.inputs[0], largest)
            return Kernel("pool", [node], STORED)
        if node.kind in addition.SIGNS:
            return _sum(graph, node)
        if node.kind in SUMS and layers.keeps_zero(node):
            return _weighted(graph, node, form, largest)
    except Unsupported:
        pass
    return Kernel("c", [node])


def _largest(value: Value, largest: dict[Value, list[int]]) -> list[int]:
    return largest.get(root(value), [layers.largest_stored(value)])


def _weighted(graph: Graph, node: Node, form: Form, largest: dict[Value, list[int]]) -> Kernel:
    """A convolution or a dense layer, with a Relu of its own behind a dense one. Raises Unsupported."""
    relu = graph.sole_reader(node.output, "Relu") if node.kind in DENSE else None
    zero, channels = layers.stored_zero(node.inputs[0]), image_shape(node.inputs[0])[2]
    top = [max(int(n), zero) for n in np.resize(_largest(node.inputs[0], largest), channels)]
    sums = layers.sums_of(node, top, relu)
    kernel = _of_sums(graph, node, relu, form, sums, top)
    if kernel.kind not in ("c", "bytes"):
        output = sums.relu or sums.output
        largest[kernel.result] = [output.largest(channel) for channel in range(len(output.sums))]
    return kernel


def _of_sums(graph: Graph, node: Node, relu: Node | None, form: Form, sums: layers.Sums, top: list[int]) -> Kernel:
    """The same, with its sums for inputs up to `top`, one for each channel."""
    if form.packed and form.mul_cycles == 1 and unpacked.concerns(node):
        return Kernel("bytes" if unpacked.suits(node) else "c", [node])
    if node.kind in CONVOLUTIONS:
        return _convolution(graph, node, form, sums, top)
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


def _convolution(graph: Graph, node: Node, form: Form, sums: layers.Sums, top: list[int]) -> Kernel:
    """The kernel with the fewest cycles, by estimate."""
    pool, layer = _small_pool(graph, node), _seen(node, form, sums, top)
    found = estimates(node, pool, sums, layer, form)
    kind = min(found, key=lambda kind: found[kind])
    if kind == "pixel":
        return _with_lighter(Kernel(kind, [node, pool] if pool else [node], HALVES), layer)
    even = layer.window.strides[0] == layer.window.strides[1]
    by_rows = Kernel("pixel", [node], HALVES) if even and _is_listed(layer, form) else None
    if kind == "pairs":
        return _pairs(node, layer, by_rows, {other: found[other] for other in ("channel", "padded") if other in found})
    if kind in ("loop", "listed"):
        return Kernel(kind, [node], STORED, by_rows=by_rows)
    return Kernel("c", [node]) if kind == "c" else _channel(node, kind)


def _channel(node: Node, kind: str) -> Kernel:
    return Kernel("channel", [node], PADDED if kind == "padded" else STORED)


def estimates(node: Node, pool: Node | None, sums: layers.Sums, layer: costs.Layer, form: Form) -> dict[str, float]:
    """Return the estimated cycles of every kind of kernel that suits a convolution and the small pool behind it, if any."""
    alone = POOLED * pool.output.type.size if pool else 0
    found = {"c": _plain_cycles(node, form)}
    listed, window = _is_listed(layer, form), layer.window
    if listed and window.strides[0] == window.strides[1]:
        found["pixel"] = costs.pixel(layer, pool is not None) - alone
    if listed and node.attributes.group == 1:
        found["pairs"] = min(costs.pair(layer, strip) for strip in _strips(layer))
    if len(sums.weights) > 1 and node.attributes.group == 1 and _by_channel(sums):
        found["channel"] = _channel_cycles(node, layer)
        if any(window.pads):
            found["padded"] = _padded_cycles(node, layer)
    if _has_planes(node, form):
        if sums.output.uniform:
            found["loop"] = plane_plan.cycles(window, image_shape(node.output), node.inputs[0].type.size)
        taps = math.prod(window.kernel)
        if listed and taps <= plane_list.MOST_TAPS and len(sums.weights) * taps <= LISTED and not form.looped_pool:
            found["listed"] = costs.listed(layer)
    if "loop" in found and (form.looped_pool or found.get("pixel", 0) > CLEARLY * found["loop"]):
        found.pop("pixel", None)
    return found


def _seen(node: Node, form: Form, sums: layers.Sums, top: list[int]) -> costs.Layer:
    """The layer as the estimates see it."""
    weights, group = sums.weights, node.attributes.group
    outputs, channels = len(weights), weights.shape[3]
    own = np.arange(outputs)[:, None] // (outputs // group) * (channels // group) + np.arange(channels // group)
    weights = np.take_along_axis(weights, own[:, None, None, :], 3)
    outside = isinstance(root(node.inputs[0]).node, Placeholder)
    return costs.Layer(
        weights, weights * np.array(top)[own][:, None, None, :], sums.output, node.attributes.window,
        image_shape(node.output)[:2], image_shape(node.inputs[0]), outside, form.mul_cycles,
    )  # fmt: skip


def _is_listed(layer: costs.Layer, form: Form) -> bool:
    """Whether pixel lanes can compute a layer, whose weights are then a list in the code."""
    few = int(np.count_nonzero(layer.weights)) <= form.pixel_weights
    return layer.window.dilations == (1, 1) and few and _groups_fit(layer.shares)


def _has_planes(node: Node, form: Form) -> bool:
    """Whether each channel of the result depends on a channel of its own, which is copied alone."""
    channels, taps = node.output.type.shape[3], math.prod(node.attributes.window.kernel)
    depthwise = node.attributes.group == channels == node.inputs[0].type.shape[3] > 1
    return depthwise and taps <= plane_plan.MOST_TAPS and form.mul_cycles == 1


def _pairs(node: Node, layer: costs.Layer, by_rows: Kernel | None, others: dict[str, float]) -> Kernel:
    """A layer from words of two rows, a strip at a time.

    others: what else could compute it, with the estimated cycles; the best comes into use where only smaller strips have room.
    """
    strips = _strips(layer)
    other = min(others, key=lambda kind: others[kind]) if others else None
    if other:
        strips = tuple(strip for strip in strips if costs.pair(layer, strip) < others[other])
    lighter = _channel(node, other) if other and len(strips) < len(_strips(layer)) else None
    return Kernel("pairs", [node], STORED, lighter, by_rows, strip=strips[-1], strips=strips)


def _strips(layer: costs.Layer) -> tuple[int, ...]:
    """The rows of a strip, from the fewest cycles to the least memory; those left out take more of both than others."""
    flat = pairs.flat(layer.window)
    found = sorted(pairs.sizes(math.prod(layer.size) if flat else layer.size[0]), reverse=True)
    estimated = {strip: costs.pair(layer, strip) for strip in found}
    return tuple(s for n, s in enumerate(found) if all(estimated[s] < estimated[less] for less in found[n + 1 :]))


def _with_lighter(kernel: Kernel, layer: costs.Layer) -> Kernel:
    """The same layer plane by plane if it is grouped; else with strips of rows as a lighter kernel; where that saves memory."""
    node = kernel.nodes[0]
    image, halves = node.inputs[0].type.bytes, planned.half_rows_of(kernel).bytes
    by_planes = Kernel("planes", kernel.nodes, STORED)
    if planned.scratch_of(by_planes).bytes + image < halves:
        return replace(by_planes, by_rows=kernel)
    by_strips = Kernel("strips", kernel.nodes, STORED)
    if not kernel.pooled and node.attributes.group == 1:
        by_strips = _pairs(node, layer, None, {})
    return replace(kernel, lighter=by_strips if planned.scratch_of(by_strips).bytes + image < halves else None)


def _groups_fit(shares: np.ndarray) -> bool:
    """Whether the finished groups of every pass fit on the stack: weights far from zero leave few taps to a group."""
    shares = shares.reshape(len(shares), -1)
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


def _channel_cycles(node: Node, layer: costs.Layer) -> float:
    """Estimate the cycles of channel lanes; taps over a border are left out, one position of the kernel after the other."""
    _, rows, columns, outputs = node.output.type.shape
    window, sizes = layer.window, layer.source[:2]
    count = math.prod(window.kernel)
    if count > MOST_UNITS:
        return np.inf
    seen = [sum(map(len, window.inside(axis, sizes[axis], count))) for axis, count in ((0, rows), (1, columns))]
    quads, units, groups = -(-outputs // 4), seen[0] * seen[1], max(1.0, 1.2 * layer.groups.max() / count)
    unit = (
        layer.weights.shape[3] * (CHANNEL_TAP + 2 * layer.mul_cycles)
        + CHANNEL_UNIT * (count > 1)
        + CHANNEL_GROUP * groups
    )
    return quads * units * unit + rows * columns * (quads * CHANNEL_QUAD + CHANNEL_POSITION)


def _padded_cycles(node: Node, layer: costs.Layer) -> float:
    """Estimate the same where the input has a border, with its copy: no tap is left out, and rows of the kernel are one unit."""
    _, rows, columns, outputs = node.output.type.shape
    quads, groups = -(-outputs // 4), 1.2 * layer.groups.max() + 1
    taps = layer.weights[0].size * (CHANNEL_TAP + 2 * layer.mul_cycles) + groups * CHANNEL_GROUP
    copied = costs.COPIED * math.prod(layer.source)
    return rows * columns * (quads * (taps + CHANNEL_QUAD) + CHANNEL_POSITION) + copied
