"""The layers as they will run, and the layout of the values between them: as the one kernel that reads a value wants it."""

from collections import Counter
from dataclasses import dataclass, replace

from helpers.common.errors import Unsupported
from helpers.compiler.backends.thumb import layers
from helpers.compiler.backends.thumb.buffers.storage import Layout, half_rows, in_bytes, padded_bytes
from helpers.compiler.backends.thumb.pixel_lanes import pairs, plane_plan, planes, strips
from helpers.compiler.backends.thumb.pixel_lanes.layer import PixelLayer
from helpers.compiler.backends.values import image_shape, root
from helpers.compiler.ir.graph import Node, Value

LARGE = 2560  # bytes of activations beyond which whole images of half-words give way to strips where they are the peak
SMALL = 3072  # bytes of activations up to which speed is worth three quarters more
KINDS = ("pixel", "strips", "pairs", "planes", "loop", "listed", "channel", "bytes", "pool", "sum", "c")
PLAIN, STORED, PADDED, HALVES = "plain", "stored", "padded", "halves"
IN_PIECES = ("strips", "pairs", "planes", "loop", "listed")  # kernels that copy some rows or some channels at a time


@dataclass
class Kernel:
    """A layer as it will run.

    kind: one of KINDS. nodes: what it computes, in order. lighter: another kernel that is hardly slower and takes less memory,
    if there is one. by_rows: another that can make one row at a time, where this one cannot. strip: rows of the result of
    which "pairs" copies the input at a time; strips: all that are worth their memory, from the fewest cycles to the least
    memory. bits: of a weight, where weights are stored apart from the code. shortcut: a layer of which a sum reads the result,
    made row by row together with the sum.
    """

    kind: str
    nodes: list[Node]
    reads: str = PLAIN
    lighter: "Kernel | None" = None
    by_rows: "Kernel | None" = None
    bits: int = 8
    strip: int = 0
    strips: tuple[int, ...] = ()
    shortcut: "Kernel | None" = None

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
        return self.kind in ("pixel", "strips", "planes") and self.nodes[-1].kind == "MaxPool"


def light(made: list[Kernel], marks: bool) -> list[Kernel]:
    """Take the lighter kernel where half-words make a large peak higher than it is with lighter kernels only.

    Where strips of words are best, take the largest ones that do not make it higher; the lighter kernel if none has room.
    marks: whether pools leave marks of what is blank; then kernels that read such marks stay.
    """
    marked = {kernel.result for kernel in made if kernel.kind == "pool"} if marks else set()
    lightest = [kernel.lighter or kernel for kernel in made]
    alive = _Alive(lightest)
    peak = max((alive.bytes(step) for step in range(len(made))), default=0)  # none if all is Reshape
    peak = max(LARGE, peak * 7 // 4 if peak <= SMALL else peak)

    def suits(step: int, kernel: Kernel) -> bool:
        if kernel.strips:
            return _Alive([*lightest[:step], kernel, *lightest[step + 1 :]]).bytes(step) <= peak
        if kernel.pooled and kernel.source in marked:
            return True
        computed = alive.computed(kernel.source)
        more = half_rows_of(kernel).bytes - kernel.source.type.bytes * computed
        return all(alive.bytes(each, apart=True) + more <= peak for each in range(max(step - computed, 0), step + 1))

    taken = []
    for step, kernel in enumerate(made):
        ways = [kernel] if kernel.lighter and not kernel.strips else []
        ways += [replace(each, strip=strip) for each in (kernel, kernel.lighter) if each for strip in each.strips]
        taken.append(next((each for each in ways if suits(step, each)), lightest[step]))
    return taken


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
        over = kernel.kind in ("channel", "pool", *IN_PIECES) and self.computed(kernel.source) and not apart
        shared = min(kernel.source.type.bytes, kernel.result.type.bytes) if over else 0
        scratch = scratch_of(kernel).bytes if kernel.kind in IN_PIECES else 0
        if kernel.reads == PADDED and not self.computed(kernel.source):
            scratch = layout_of(kernel.nodes[0].inputs[0], kernel).bytes  # a copy
        return sum(value.type.bytes for value in found) - shared + scratch


def layout_of(value: Value, reader: Kernel | None) -> Layout:
    """Return the layout of a value for the one kernel that reads it; None: as in Glow."""
    wanted = reader.reads if reader else PLAIN
    if reader is not None and wanted == HALVES:
        return half_rows_of(reader)
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


def half_rows_of(kernel: Kernel, channels: int | None = None, strip: int | None = None) -> Layout:
    """The rows of half-words that a convolution with pixel lanes reads.

    channels: how many there are; strip: the rows of the result; None: all.
    """
    node, window = kernel.nodes[0], kernel.nodes[0].attributes.window
    rows, columns = kernel.result.type.shape[1:3]
    rows = strip or rows
    if kernel.pooled:
        rows, columns = 2 * rows, 2 * columns
    columns += columns % 2
    reach = [(n - 1) * s + k for n, s, k in zip((rows, columns), window.strides, window.kernel, strict=True)]
    value, columns = node.inputs[0], reach[1] + reach[1] % 2
    (height, width, every), storage_offset = image_shape(value), layers.storage_offset(value)
    shape, border = (reach[0] if strip else height, width, channels or every), layers.stored_zero(value)
    return half_rows(shape, storage_offset, (0 if strip else window.pads[0], window.pads[1]), reach[0], columns, border)


def pair_rows_of(kernel: Kernel, strip: int, rows: bool = False) -> Layout:
    """The words of two pixels that a strip of a convolution reads.

    rows: whether the rows of the result stay rows, even where a window is one pixel.
    """
    node, (height, width) = kernel.nodes[0], image_shape(kernel.result)[:2]
    window, value = node.attributes.window, node.inputs[0]
    size = (height, width) if rows or not pairs.flat(window) else (height * width, 1)
    offset, zero = layers.storage_offset(value), layers.stored_zero(value)
    return pairs.scratch(window, image_shape(value)[2], size, strip, offset, zero)


def pairs_of(kernel: Kernel, layer: PixelLayer) -> pairs.Pairs:
    """Return a layer whose kernel reads words of two rows; with rows of one pixel where they can be."""
    window, flat = kernel.nodes[0].attributes.window, [pairs.as_rows(each) for each in (layer.source, layer.target)]
    strip = kernel.strip
    if pairs.flat(window) and flat[0] and flat[1]:
        layer = replace(layer, source=flat[0], target=flat[1], rows=flat[1].shape[0], columns=1)
    elif pairs.flat(window):
        strip = min(2 * max(1, pairs.high(strip) // layer.columns), layer.rows)
    words = pair_rows_of(kernel, strip, layer.columns > 1)
    return pairs.Pairs(layer, words, strip, window.pads[0], window.strides[1])


def strip_rows(kernel: Kernel) -> int:
    """Rows of the result that are computed from one copy of some rows of the input."""
    window, (rows, columns) = kernel.nodes[0].attributes.window, kernel.result.type.shape[1:3]
    each = 2 if kernel.pooled else 1
    lines = window.strides[0] * each
    return strips.rows_of(rows, columns, lines, window.strides[0] * (each - 1) + window.kernel[0])


def scratch_of(kernel: Kernel) -> Layout:
    """What a kernel copies: a strip of rows, one plane, or the channels that four outputs of a grouped convolution read."""
    if kernel.kind in ("loop", "listed"):
        return plane_plan.scratch(kernel.nodes[0].attributes.window, image_shape(kernel.result)[:2])
    if kernel.kind == "pairs":
        return pair_rows_of(kernel, kernel.strip)
    if kernel.kind == "strips":
        return half_rows_of(kernel, strip=strip_rows(kernel))
    return half_rows_of(kernel, planes.widest(planes_read(kernel)))


def planes_read(kernel: Kernel) -> list[range]:
    """The input channels that each output of a convolution reads."""
    node = kernel.nodes[0]
    return planes.inputs(node.output.type.shape[3], image_shape(node.inputs[0])[2], node.attributes.group)
