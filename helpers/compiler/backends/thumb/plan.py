"""Which kernel computes which layer, and the layout of the values between them."""

import math
from collections import Counter
from dataclasses import dataclass

import numpy as np

from helpers.common.errors import Unsupported
from helpers.compiler.backends.thumb import layers
from helpers.compiler.backends.thumb.arithmetic import lane_groups
from helpers.compiler.backends.thumb.calls import MOST_ARGUMENTS
from helpers.compiler.backends.thumb.channel_lanes.plan import MOST_UNITS
from helpers.compiler.backends.thumb.channel_lanes.unpacked import layer as unpacked
from helpers.compiler.backends.thumb.pixel_lanes import plane_plan, planes
from helpers.compiler.backends.thumb.pools import addition
from helpers.compiler.backends.thumb.storage import Layout, half_rows, in_bytes, padded_bytes
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
# Pixel lanes are the slower for their estimate, and channel lanes the faster: at this ratio, a fifth separates them. It is
# spent where activations are larger than most boards of these cores have memory.
LIGHTER, LARGE = 1.5, 16 * 1024
CLEARLY = 0.8  # of the cycles: below it, the lists of pixel lanes are worth more flash than a loop over planes takes
PLAIN, STORED, PADDED, HALVES = "plain", "stored", "padded", "halves"


@dataclass
class Kernel:
    """A layer as it will run. nodes: what it computes, in order.

    kind: "pixel", "planes", "loop", "channel", "bytes", "pool", "sum" or "c". lighter: another kernel that is hardly slower and
    takes less memory, if there is one. by_rows: another that can make one row at a time, where this one cannot.
    """

    kind: str
    nodes: list[Node]
    reads: str = PLAIN
    lighter: "Kernel | None" = None
    by_rows: "Kernel | None" = None

    @property
    def name(self) -> str:
        return self.nodes[0].name

    @property
    def source(self) -> Value:
        """The value it reads, before any reshape."""
        return root(self.nodes[0].inputs[0])

    @property
    def result(self) -> Value:
        return self.nodes[-1].output

    @property
    def pooled(self) -> bool:
        """Whether a convolution and the pool that follows it are one kernel."""
        return self.kind in ("pixel", "planes") and self.nodes[-1].kind == "MaxPool"


def kernels(graph: Graph, form: Form) -> list[Kernel]:
    """Return the layers in order, each with its kernel and the storage that it expects of its input."""
    every = [node for node in graph.in_order() if node.kind != "Reshape"]
    taken: set[int] = set()
    made = []
    for node in every:
        if id(node) in taken:
            continue
        kernel = _kernel(graph, node, form)
        taken |= {id(each) for each in kernel.nodes}
        made.append(kernel)
    return _light(made)


def _light(made: list[Kernel]) -> list[Kernel]:
    """Take the lighter kernel where half-words make a large peak higher than it is with lighter kernels only."""
    alive = _Alive([kernel.lighter or kernel for kernel in made])
    peak = max([LARGE, *(alive.bytes(step) for step in range(len(made)))])

    def lighter(step: int, kernel: Kernel) -> bool:
        computed = alive.computed(kernel.source)
        more = _half_rows(kernel).bytes - kernel.source.type.bytes * computed
        return any(alive.bytes(each, apart=True) + more > peak for each in range(max(step - computed, 0), step + 1))

    return [each.lighter if each.lighter and lighter(step, each) else each for step, each in enumerate(made)]


class _Alive:
    """The values that are there while a kernel runs, were they all bytes; inputs of the network apart."""

    def __init__(self, made: list[Kernel]):
        self.made = made
        self.first = {root(kernel.result): number for number, kernel in enumerate(made)}
        self.last = {root(value): number for number, kernel in enumerate(made) for value in kernel.nodes[0].inputs}
        self.readers = Counter(root(value) for kernel in made for value in kernel.nodes[0].inputs)

    def computed(self, value: Value) -> bool:
        """Whether a value lies as its reader wants it; else the reader copies it."""
        return value in self.first and self.readers[value] == 1

    def bytes(self, step: int, apart: bool = False) -> int:
        """Bytes of them; apart: the result does not lie over the input."""
        kernel = self.made[step]
        found = [value for value, start in self.first.items() if start <= step <= self.last.get(value, start)]
        over = kernel.kind in ("channel", "planes", "loop", "pool") and self.computed(kernel.source) and not apart
        shared = min(kernel.source.type.bytes, kernel.result.type.bytes) if over else 0
        scratch = scratch_of(kernel).bytes if kernel.kind == "planes" else 0
        return sum(value.type.bytes for value in found) - shared + scratch


def suits(graph: Graph, form: Form) -> bool:
    """Whether a kernel does any of the layers, and each of the others can be called."""
    planned = kernels(graph, form)
    called = all(
        len(kernel.nodes[0].inputs) + len(kernel.nodes[0].outputs) <= MOST_ARGUMENTS
        for kernel in planned
        if kernel.kind == "c"
    )
    return called and any(kernel.kind != "c" for kernel in planned)


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
        close = pool is None and not form.rows and costs.get("channel", np.inf) <= LIGHTER * costs["pixel"]
        lighter = Kernel("channel", [node], STORED) if close else None
        return _by_planes(Kernel(kind, [node, pool] if pool else [node], HALVES, lighter))
    return Kernel(kind, [node], PADDED if costs["channel"] == padded and any(window.pads) else STORED)


def _loops(node: Node, form: Form, sums: layers.Sums) -> bool:
    """Whether a loop over the channels computes a layer: each has its own plane, and one piece of code serves all."""
    channels, taps = node.output.type.shape[3], math.prod(node.attributes.window.kernel)
    depthwise = node.attributes.group == channels == node.inputs[0].type.shape[3] > 1
    return depthwise and taps <= plane_plan.MOST_TAPS and sums.output.uniform and form.mul_cycles == 1


def _by_planes(kernel: Kernel) -> Kernel:
    """The same layer with the few channels copied that four outputs read, where that takes less memory than a copy of all."""
    made = Kernel("planes", kernel.nodes, STORED, by_rows=kernel)
    image = kernel.nodes[0].inputs[0].type.bytes
    return made if scratch_of(made).bytes + image < _half_rows(kernel).bytes else kernel


def scratch_of(kernel: Kernel) -> Layout:
    """The half-words of the channels that four outputs of a grouped convolution read."""
    return _half_rows(kernel, planes.widest(planes_read(kernel)))


def planes_read(kernel: Kernel) -> list[range]:
    """The input channels that each output of a convolution reads."""
    node = kernel.nodes[0]
    return planes.inputs(node.output.type.shape[3], image_shape(node.inputs[0])[2], node.attributes.group)


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


def layout_of(value: Value, reader: Kernel | None) -> Layout:
    """Return the layout of a value for the one kernel that reads it; None: as in Glow."""
    wanted = reader.reads if reader else PLAIN
    if reader is not None and wanted == HALVES:
        return _half_rows(reader)
    if reader is not None and wanted == PADDED:
        window, zero = reader.nodes[0].attributes.window, layers.stored_zero(value)
        return padded_bytes(image_shape(value), layers.storage_offset(value), window.pads, zero)
    if wanted == STORED:
        return in_bytes(image_shape(value), layers.storage_offset(value))
    return in_bytes(_any_shape(value), 0)


def _any_shape(value: Value) -> tuple[int, int, int]:
    if value.type.element != "int8":
        return 1, 1, value.type.bytes
    try:
        return image_shape(value)
    except Unsupported:
        return 1, 1, value.type.bytes


def _half_rows(kernel: Kernel, channels: int | None = None) -> Layout:
    """The rows of half-words that a convolution with pixel lanes reads; channels: how many there are in it, None for all."""
    node, window = kernel.nodes[0], kernel.nodes[0].attributes.window
    rows, columns = kernel.result.type.shape[1:3]
    if kernel.pooled:
        rows, columns = 2 * rows, 2 * columns
    columns += columns % 2
    reach = [(n - 1) * s + k for n, s, k in zip((rows, columns), window.strides, window.kernel, strict=True)]
    value, columns = node.inputs[0], reach[1] + reach[1] % 2
    (height, width, every), storage_offset = image_shape(value), layers.storage_offset(value)
    shape, border = (height, width, channels or every), layers.stored_zero(value)
    return half_rows(shape, storage_offset, window.pads[:2], reach[0], columns, border)
