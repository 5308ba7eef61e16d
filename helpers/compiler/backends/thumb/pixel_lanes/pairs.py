"""Layers with pixel lanes whose words hold pixels of two rows, copied a strip of rows at a time.

A strip's upper half of rows is in the lower lanes, its lower half in the upper ones: every tap is one load, whatever the stride,
and the width may be odd. Where a window is one pixel, all pixels follow each other as rows of one. The input and the result stay
bytes, and a result may lie over the rows of the input that no later strip sees.
"""

import math
from dataclasses import dataclass, replace

from helpers.compiler.backends.thumb.assembler.assembly import Assembly, Cursor
from helpers.compiler.backends.thumb.buffers import border
from helpers.compiler.backends.thumb.buffers.storage import Layout
from helpers.compiler.backends.thumb.pixel_lanes import planes
from helpers.compiler.backends.thumb.pixel_lanes.layer import PixelLayer
from helpers.compiler.backends.thumb.pixel_lanes.pair_quad import APART, HIGH, SCRATCH, TARGET, PairQuad
from helpers.compiler.ir.window import Window

# Bytes from sp, behind what a quad reads: of the input from one lane's pixels to the other's, the same in rows; the strip's first
# row of the input, which may be in the border.
SOURCE, ROW, FAR, LINES = 8, 12, 24, 28
WORD = 4  # bytes
MOST_STRIPS = 16  # whose number is tried one by one
AT_ONCE = 16  # channels of a pixel copied without a loop
REACH = {"ldrb": 31, "strh": 62}  # largest offsets


@dataclass(frozen=True)
class Pairs:
    """A layer, its source being the input as bytes.

    rows: of the result in a strip; top: rows of border above the input; across: columns from one window to the next.
    """

    layer: PixelLayer
    scratch: Layout
    rows: int
    top: int
    across: int

    @property
    def flat(self) -> bool:
        return self.scratch.shape[1] == 1 and self.layer.columns == 1

    @property
    def starts(self) -> range:
        """The first row of the result in each strip; the last one may be shorter."""
        return range(0, self.layer.rows, self.rows)

    @property
    def distance(self) -> int | None:
        """How many bytes below its input the result must begin, at least; None: it has a border, which is there first."""
        source, target, stride = self.layer.source, self.layer.target, self.layer.stride
        if target.border is not None:
            return None
        still = [max(first * stride - self.top, 0) * source.row_step for first in self.starts[1:]]
        return max([0, *(first * target.row_step - read for first, read in zip(self.starts[1:], still, strict=True))])


def high(rows: int) -> int:
    """Rows of windows in a strip of so many rows."""
    return -(-rows // 2)


def flat(window: Window) -> bool:
    """Whether a window is one pixel, so that rows need not end where those of the image do."""
    return window.kernel == window.strides == (1, 1) and not any(window.pads)


def as_rows(layout: Layout) -> Layout | None:
    """The same elements as rows of one pixel; None where they do not follow each other."""
    height, width, channels = layout.shape
    if layout.border is not None or layout.row_step != width * layout.column_step:
        return None
    return replace(layout, shape=(height * width, 1, channels), row_step=layout.column_step)


def scratch(window: Window, channels: int, size: tuple[int, int], strip: int, storage_offset: int, zero: int) -> Layout:
    """The words of a strip. size: rows and columns of the result; strip: how many of the rows."""
    lines = (high(strip) - 1) * window.strides[0] + window.kernel[0]
    columns = (size[1] - 1) * window.strides[1] + window.kernel[1]
    row_step, base = channels * columns * WORD, window.pads[1] * WORD
    shape = (lines, columns, channels)
    return Layout(shape, WORD, storage_offset, base, row_step, WORD, columns * WORD, lines * row_step, zero)


def emit(asm: Assembly, pairs: Pairs, unroll: int) -> None:
    """The body of a function (r0: scratch, r1: result, r2: input)."""
    layer, source = pairs.layer, pairs.layer.source
    asm.advance("r2", source.base - pairs.top * source.row_step, "r3")
    asm.literal("r3", -pairs.top)
    asm.emit("push {lr}", "sub sp, #16", "push {r0, r1, r2, r3}")
    _fill(asm, pairs)
    part = replace(layer, source=replace(pairs.scratch, column_step=WORD * pairs.across))  # from window to window
    _sizes(asm, pairs, min(pairs.rows, layer.rows))
    again = asm.here()
    _copy(asm, pairs)
    for first in part.quads():
        PairQuad(asm, part, first, unroll).emit()
    if len(pairs.starts) > 1:
        _next_strip(asm, pairs, again)
    asm.emit("add sp, #32", "pop {pc}")
    asm.pool()


def _fill(asm: Assembly, pairs: Pairs) -> None:
    """The border of the result, and that at the sides of the words."""
    registers = border.Registers("r5", "r6", ("r2", "r3", "r4", "r7"))
    asm.emit("movs r5, r1")
    border.fill(asm, pairs.layer.target, registers)
    if pairs.scratch.base or pairs.scratch.shape[1] > pairs.layer.source.shape[1]:
        asm.emit(f"ldr r5, [sp, #{SCRATCH}]")
        border.fill_words(asm, pairs.layer.zero * 0x10001, pairs.scratch.bytes // WORD, registers)


def _sizes(asm: Assembly, pairs: Pairs, rows: int) -> None:
    """Set what a strip of so many rows asks for."""
    layer, apart = pairs.layer, rows // 2
    lines = apart * layer.stride
    for slot, value in (
        (HIGH, high(rows)), (APART, apart * layer.target.row_step), (FAR, lines * layer.source.row_step), (LINES, lines),
    ):  # fmt: skip
        asm.literal("r0", value)
        asm.emit(f"str r0, [sp, #{slot}]")


def _next_strip(asm: Assembly, pairs: Pairs, again: str) -> None:
    layer = pairs.layer
    lines = pairs.rows * layer.stride
    steps = ((TARGET, pairs.rows * layer.target.row_step), (SOURCE, lines * layer.source.row_step), (ROW, lines))
    for slot, step in steps:
        asm.emit(f"ldr r2, [sp, #{slot}]")
        asm.advance("r2", step, "r1")
        asm.emit(f"str r2, [sp, #{slot}]")
    rest, last = layer.rows - pairs.starts[-1], asm.label()
    if rest != pairs.rows:
        asm.literal("r1", pairs.starts[-1] * layer.stride - pairs.top)
        asm.emit("cmp r2, r1", f"bne {last}")
        _sizes(asm, pairs, rest)
        asm.place(last)
    asm.literal("r1", (pairs.starts[-1] + pairs.rows) * layer.stride - pairs.top)
    asm.emit("cmp r2, r1")
    asm.loop_back("ne", again)


def _copy(asm: Assembly, pairs: Pairs) -> None:
    """Copy the rows of a strip, one lane after the other."""
    asm.comment(f"{pairs.layer.name}: the {pairs.scratch.shape[0]} rows of a strip as words of two pixels")
    for lane in range(2):
        if pairs.flat:
            _pixels(asm, pairs, lane)
        else:
            _rows(asm, pairs, lane)


def _rows(asm: Assembly, pairs: Pairs, lane: int) -> None:
    """Copy a lane of the rows, four channels at a time; those outside the image hold the border."""
    source, scratch = pairs.layer.source, pairs.scratch
    height, _, channels = source.shape
    for first in range(0, channels, planes.AT_ONCE):
        asm.emit(f"ldr r0, [sp, #{SOURCE}]", f"ldr r7, [sp, #{ROW}]")
        if lane:
            asm.emit(f"ldr r1, [sp, #{FAR}]", "adds r0, r0, r1", f"ldr r1, [sp, #{LINES}]", "adds r7, r7, r1")
        asm.literal("r1", scratch.shape[0])
        asm.literal("r2", height)
        asm.emit("adds r1, r1, r7", "mov r8, r1", "mov r9, r2", f"ldr r1, [sp, #{SCRATCH}]")
        places = planes.places(asm, scratch, min(planes.AT_ONCE, channels - first))
        asm.advance("r0", first, "r2")
        asm.advance("r1", scratch.base + first * scratch.channel_step + 2 * lane, "r2")
        planes.copy_rows(asm, source, scratch, places)


def _pixels(asm: Assembly, pairs: Pairs, lane: int) -> None:
    """Copy a lane of rows of one pixel: r0 input, r1 words, r5 a difference, r6 blocks of channels, r7 pixels."""
    source, scratch = pairs.layer.source, pairs.scratch
    channels, change = source.shape[2], (scratch.storage_offset - source.storage_offset) % 256
    asm.emit(f"ldr r0, [sp, #{SOURCE}]", f"ldr r1, [sp, #{SCRATCH}]", f"ldr r7, [sp, #{HIGH}]")
    if lane:
        asm.emit(f"ldr r2, [sp, #{FAR}]", "adds r0, r0, r2")
    asm.literal("r5", change)
    block = next((n for n in range(AT_ONCE, 3, -1) if channels % n == 0), channels)
    pixel = asm.here()
    if channels > block:
        asm.literal("r6", channels // block)
    again = asm.here()
    read, write = Cursor(asm, "r0", "r2"), Cursor(asm, "r1", "r2")
    for number in range(block):
        here, there = read.reach(number, REACH["ldrb"]), write.reach(WORD * number + 2 * lane, REACH["strh"])
        asm.emit(f"ldrb r2, [r0, #{here}]")
        if change:
            asm.emit("adds r2, r2, r5", "uxtb r2, r2")
        asm.emit(f"strh r2, [r1, #{there}]")
    read.move_to(block)
    write.move_to(WORD * block)
    if channels > block:
        asm.emit("subs r6, #1")
        asm.loop_back("ne", again)
    asm.emit("subs r7, #1")
    asm.loop_back("ne", pixel)


def sizes(count: int) -> set[int]:
    """Numbers of rows of a strip that are worth a try: even ones, and all `count` rows."""
    even = {2 * high(-(-count // strips)) for strips in range(1, MOST_STRIPS)} | {2, 4, 8, 16}
    return {size for size in even if size < count} | {count}


def copied(count: int, strip: int, window: Window) -> int:
    """Rows of the input that all strips copy, both lanes together. count: rows of the result."""
    return math.ceil(count / strip) * 2 * ((high(min(strip, count)) - 1) * window.strides[0] + window.kernel[0])
