"""Depthwise and grouped layers, a few channels at a time: only what a quad reads is copied to half-words with a border.

The input and the result stay bytes. A channel of the result needs its own channels of the input alone, which have been copied
before: so both may lie in the same place.
"""

from dataclasses import dataclass, replace

from helpers.compiler.backends.thumb.assembler.assembly import Assembly
from helpers.compiler.backends.thumb.buffers import border, storage
from helpers.compiler.backends.thumb.buffers.storage import Layout
from helpers.compiler.backends.thumb.pixel_lanes import quad
from helpers.compiler.backends.thumb.pixel_lanes.layer import PixelLayer

SCRATCH, SOURCE = 0, 8  # bytes from sp; the result's address lies between them
AT_ONCE, OFFSETS = 4, ("r4", "r5", "r6")  # planes copied together, and what holds the distances of the later ones


@dataclass(frozen=True)
class Planes:
    """A layer whose quads read few channels.

    layer: its source is the input as bytes. scratch: the planes that one quad reads, as half-words. inputs: the input channels
    of each output, as many for all.
    """

    layer: PixelLayer
    scratch: Layout
    inputs: list[range]

    def part(self, first: int) -> PixelLayer:
        """The four outputs from `first` on, as a layer of its own that reads the scratch buffer."""
        layer, read, four = self.layer, self.read(first), slice(first, first + 4)
        target = layer.target
        return replace(
            layer,
            weights=layer.weights[four, :, :, read.start : read.stop],
            bias=layer.bias[four],
            output=replace(layer.output, factors=layer.output.factors[four], sums=layer.output.sums[four]),
            largest=layer.largest[read.start : read.stop],
            source=self.scratch,
            target=replace(target, base=target.base + first * target.channel_step),
            skips=frozenset(channel - read.start for channel in layer.skips if channel in read),
        )

    @property
    def in_place(self) -> bool:
        """Whether a channel of the result may lie where the same channel of the input lies, which is copied before."""
        alone = all(len(each) == 1 and each.start == number for number, each in enumerate(self.inputs))
        return alone and storage.same_channels(self.layer.source, self.layer.target)

    def read(self, first: int) -> range:
        """The input channels of the four outputs from `first` on."""
        return _joined(self.inputs[first : first + 4])


def inputs(outputs: int, channels: int, groups: int) -> list[range]:
    """The input channels that each output of a grouped convolution reads."""
    each, per_group = outputs // groups, channels // groups
    return [range(n // each * per_group, (n // each + 1) * per_group) for n in range(outputs)]


def widest(read: list[range]) -> int:
    """The most input channels that four outputs read together."""
    return max(len(_joined(read[first : first + 4])) for first in range(0, len(read), 4))


def _joined(read: list[range]) -> range:
    return range(read[0].start, read[-1].stop)


def emit(asm: Assembly, planes: Planes, unroll: int) -> None:
    """The body of a function (r0: scratch, r1: result, r2: input)."""
    layer = planes.layer
    asm.emit("push {r0, r1, r2, lr}")
    for register, layout in (("r1", layer.target), ("r0", planes.scratch)):
        asm.emit(f"movs r5, {register}")
        border.fill(asm, layout, border.Registers("r5", "r6", ("r2", "r3", "r4", "r7")))
    held = range(0)
    for first in layer.quads():
        if held != planes.read(first):
            held = planes.read(first)
            _copy(asm, planes, held)
        quad.Quad(asm, planes.part(first), 0, unroll).emit()
    asm.emit("pop {r0, r1, r2, pc}")
    asm.pool()


def _copy(asm: Assembly, planes: Planes, channels: range) -> None:
    """Copy channels of the input into the scratch buffer."""
    asm.comment(f"{planes.layer.name}: input channels {channels.start} to {channels.stop - 1} as half-words")
    for first in range(0, len(channels), AT_ONCE):
        _copy_some(asm, planes, channels, first)


def _copy_some(asm: Assembly, planes: Planes, channels: range, first: int) -> None:
    """Copy up to four channels, from the one with the number `first` on."""
    source, scratch = planes.layer.source, planes.scratch
    several = places(asm, scratch, min(AT_ONCE, len(channels) - first))
    asm.emit(f"ldr r0, [sp, #{SOURCE}]", f"ldr r1, [sp, #{SCRATCH}]")
    asm.advance("r0", source.base + channels.start + first, "r3")
    asm.advance("r1", scratch.base + first * scratch.channel_step, "r3")
    asm.literal("r7", source.shape[0])
    row = asm.here()
    copy_row(asm, source, scratch, several)
    asm.emit("subs r7, #1", f"bne {row}")


def places(asm: Assembly, scratch: Layout, count: int) -> list[str]:
    """The offsets of the planes that are copied together, in registers but for the first."""
    for number, register in enumerate(OFFSETS[: count - 1], 1):
        asm.literal(register, number * scratch.channel_step)
    return ["#0", *OFFSETS[: count - 1]]


def copy_rows(asm: Assembly, source: Layout, scratch: Layout, several: list[str]) -> None:
    """Copy the rows r7 to r8 - 1 of several channels; those that the input lacks (from r9 on, or below 0) become border."""
    row, blank, done = asm.here(), asm.label(), asm.label()
    asm.emit("cmp r7, r9", f"bcs {blank}")
    copy_row(asm, source, scratch, several)
    asm.emit(f"b {done}")
    asm.place(blank)
    _blank_row(asm, source, scratch, several)
    asm.place(done)
    asm.emit("adds r7, #1", "cmp r7, r8", f"bne {row}")


def copy_row(asm: Assembly, source: Layout, scratch: Layout, several: list[str]) -> None:
    """Copy a row of several channels pixel by pixel: r0 input, r1 scratch, both move on to the next row; r2, r3 change."""
    columns, change = _columns(source, scratch), scratch.storage_offset - source.storage_offset
    asm.advance_from("r3", "r0", columns * source.column_step)
    pixel = asm.here()
    for number, place in enumerate(several):
        asm.emit(f"ldrb r2, [r0, #{number}]")
        if change:
            asm.emit(f"{'adds' if change > 0 else 'subs'} r2, #{abs(change)}", "uxtb r2, r2")
        asm.emit(f"strh r2, [r1, {place}]")
    asm.advance("r0", source.column_step, "r2")
    asm.emit(f"adds r1, #{scratch.column_step}", "cmp r0, r3", f"bne {pixel}")
    asm.advance("r0", source.row_step - columns * source.column_step, "r2")
    asm.advance("r1", scratch.row_step - scratch.column_step * columns, "r2")


def _blank_row(asm: Assembly, source: Layout, scratch: Layout, several: list[str]) -> None:
    """Fill such a row with what the border holds."""
    columns = _columns(source, scratch)
    asm.literal("r2", scratch.border or 0)
    asm.advance_from("r3", "r1", scratch.column_step * columns)
    pixel = asm.here()
    asm.emit(*(f"strh r2, [r1, {place}]" for place in several))
    asm.emit(f"adds r1, #{scratch.column_step}", "cmp r1, r3", f"bne {pixel}")
    asm.advance("r0", source.row_step, "r2")
    asm.advance("r1", scratch.row_step - scratch.column_step * columns, "r2")


def _columns(source: Layout, scratch: Layout) -> int:
    """How many columns of the input there are in the scratch buffer."""
    return min(source.shape[1], (scratch.channel_step - scratch.base % scratch.row_step) // scratch.column_step)
