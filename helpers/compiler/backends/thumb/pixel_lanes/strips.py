"""Layers with pixel lanes, a strip of rows at a time: only the rows that a strip of the result sees are copied to half-words.

The input and the result stay bytes, and a result may lie over the rows of the input that no later strip sees.
"""

from dataclasses import dataclass, replace

from helpers.compiler.backends.thumb.assembler.assembly import Assembly
from helpers.compiler.backends.thumb.buffers import border
from helpers.compiler.backends.thumb.buffers.storage import Layout
from helpers.compiler.backends.thumb.pixel_lanes import planes, quad
from helpers.compiler.backends.thumb.pixel_lanes.layer import PixelLayer

TARGET, SOURCE, ROW = 4, 8, 12  # bytes from sp, behind the address of the scratch buffer
MOST_COPIED = 1.6  # times that a row of the input is copied, at most
WINDOWS = 3  # of a strip, at least: each costs every four outputs some fifty cycles


@dataclass(frozen=True)
class Strips:
    """A layer, its source being the input as bytes.

    scratch: the rows that a strip sees, as half-words; rows: of the result in a strip; top: rows of the border above.
    """

    layer: PixelLayer
    scratch: Layout
    rows: int
    top: int

    @property
    def lines(self) -> int:
        """Rows of the input from a strip to the next."""
        return self.rows * self.layer.stride * (2 if self.layer.pooled else 1)

    @property
    def count(self) -> int:
        """How many strips there are."""
        return self.layer.rows // self.rows

    @property
    def distance(self) -> int | None:
        """How many bytes below its input the result must begin, at least; None: it has a border, which is there first."""
        source, target = self.layer.source, self.layer.target
        if target.border is not None:
            return None
        still = [max(self.lines * strip - self.top, 0) * source.row_step for strip in range(1, self.count)]
        return max([0, *(self.rows * target.row_step * strip - first for strip, first in enumerate(still, 1))])


def rows_of(rows: int, windows: int, lines: int, reach: int) -> int:
    """Rows of the result in a strip: the fewest that divide all and copy few rows of the input twice.

    windows: of a row; lines: rows of the input from one row of the result to the next; reach: rows that one of them sees.
    """
    for each in range(1, rows):
        copied = rows // each * ((each - 1) * lines + reach) / ((rows - 1) * lines + reach)
        if rows % each == 0 and copied <= MOST_COPIED and each * windows >= WINDOWS:
            return each
    return rows


def emit(asm: Assembly, strips: Strips, unroll: int) -> None:
    """The body of a function (r0: scratch, r1: result, r2: input)."""
    layer, source, target = strips.layer, strips.layer.source, strips.layer.target
    asm.advance("r2", source.base - strips.top * source.row_step, "r3")
    asm.literal("r3", -strips.top)
    asm.emit("push {r0, r1, r2, r3, lr}")
    for register, layout in (("r1", target), ("r0", strips.scratch)):
        asm.emit(f"movs r5, {register}")
        border.fill(asm, layout, border.Registers("r5", "r6", ("r2", "r3", "r4", "r7")), whole=layout is strips.scratch)
    part = replace(layer, source=strips.scratch, rows=strips.rows)
    again = asm.here()
    _copy(asm, strips)
    for first in part.quads():
        quad.Quad(asm, part, first, unroll).emit()
    steps = ((TARGET, strips.rows * target.row_step), (SOURCE, strips.lines * source.row_step), (ROW, strips.lines))
    for slot, step in steps:
        asm.emit(f"ldr r0, [sp, #{slot}]")
        asm.advance("r0", step, "r1")
        asm.emit(f"str r0, [sp, #{slot}]")
    asm.literal("r1", strips.count * strips.lines - strips.top)
    asm.emit("cmp r0, r1")
    asm.loop_back("ne", again)
    asm.emit("pop {r0, r1, r2, r3, pc}")
    asm.pool()


def _copy(asm: Assembly, strips: Strips) -> None:
    """Copy the rows of a strip, four channels at a time; those outside the image hold the border."""
    source, scratch = strips.layer.source, strips.scratch
    height, _, channels = source.shape
    asm.comment(f"{strips.layer.name}: the {scratch.shape[0]} rows of a strip as half-words")
    asm.literal("r0", scratch.shape[0])
    asm.literal("r1", height)
    asm.emit(f"ldr r2, [sp, #{ROW}]", "adds r0, r0, r2", "mov r8, r0", "mov r9, r1")
    for first in range(0, channels, planes.AT_ONCE):
        places = planes.places(asm, scratch, min(planes.AT_ONCE, channels - first))
        asm.emit("ldr r1, [sp, #0]", f"ldr r0, [sp, #{SOURCE}]", f"ldr r7, [sp, #{ROW}]")
        asm.advance("r0", first, "r2")
        asm.advance("r1", scratch.base + first * scratch.channel_step, "r2")
        planes.copy_rows(asm, source, scratch, places)
