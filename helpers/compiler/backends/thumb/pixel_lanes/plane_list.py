"""Depthwise layers with code of its own for every channel, emitted: its weights are constants, its groups are its own.

The scratch buffer and its words of two pixels are those of the loop over channels. Registers: r0 the sum of a group (two lanes),
r1 to r3 words of pixels, r4 the window, r5 a product, r6 and r10 the digits of the factor, r7 the output; r8, r9 sums of high
halves and of words of the groups that are done; r11 the factor's addend, r12 the end of a row of windows, lr the common offset.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from helpers.compiler.backends.thumb.arithmetic import lane_groups, shortened
from helpers.compiler.backends.thumb.arithmetic.factors import Digits, Shifted
from helpers.compiler.backends.thumb.arithmetic.output_stage import MultiplierRegister, emit_end
from helpers.compiler.backends.thumb.arithmetic.tap_orders import Segment
from helpers.compiler.backends.thumb.assembler.assembly import Assembly, Cursor
from helpers.compiler.backends.thumb.buffers import border
from helpers.compiler.backends.thumb.pixel_lanes import pair_quad
from helpers.compiler.backends.thumb.pixel_lanes.plane_loop import WORD_REACH, Channels
from helpers.compiler.backends.thumb.pixel_lanes.plane_plan import PlanePlan

TWO_LANES = 0x10001
PIXELS = ("r1", "r2", "r3")
FLUSH = 3  # cycles to put a group aside
MOST_TAPS = 64  # the loops change lr where they are longer
ROWS, SCRATCH, OUT, SOURCE = 0, 4, 8, 12  # bytes from sp


def emit(asm: Assembly, plan: PlanePlan) -> None:
    """The body of a function (r0: scratch, r1: result, r2: input)."""
    layer, copy = plan.layer, asm.label()
    asm.emit("push {lr}", "sub sp, #4")
    asm.advance("r2", layer.source.base, "r3")
    asm.emit("push {r0, r1, r2}", "sub sp, #4", "movs r5, r1")
    border.fill(asm, layer.target, border.Registers("r5", "r6", ("r2", "r3", "r4", "r7")))
    asm.emit(f"ldr r0, [sp, #{SCRATCH}]")
    border.fill_words(
        asm, layer.zero * TWO_LANES, plan.scratch.bytes // 4, border.Registers("r0", "r6", ("r2", "r3", "r4", "r7"))
    )
    for number in range(plan.channels):
        asm.comment(f"{layer.name}, channel {number}")
        window = asm.label()
        asm.emit(f"bl {copy}", f"b {window}")
        asm.pool()  # so that no literals come to lie within the loops
        asm.place(window)
        _Channel(asm, plan, number).emit()
        asm.emit(f"ldr r0, [sp, #{SOURCE}]")
        asm.advance("r0", layer.source.channel_step, "r1")
        asm.emit(f"str r0, [sp, #{SOURCE}]")
    asm.emit("add sp, #20", "pop {pc}")
    asm.pool()
    asm.place(copy)
    copier = Channels(asm, plan)
    copier.scratch, copier.source = SCRATCH, SOURCE
    copier.copy()
    asm.emit("bx lr")
    asm.pool()


@dataclass(frozen=True)
class _Sum:
    """What turns a channel's sum into an element: a short factor that takes in what the sum starts from, or that start."""

    short: Digits | None
    start: int


@dataclass(frozen=True)
class _Taps:
    """The rows of the kernel in order, the groups that their taps are cut into, and the offset that a register holds."""

    segments: tuple[Segment, ...]
    groups: tuple[lane_groups.Group, ...]
    common: int


class _Channel:
    """The windows of one channel."""

    def __init__(self, asm: Assembly, plan: PlanePlan, number: int):
        self.asm, self.plan, self.layer, self.number = asm, plan, plan.layer, number
        self.taps = self._planned()
        self.sum = self._sum()

    def _planned(self) -> _Taps:
        """Rows in turn, cut into groups whose offsets are constants in the code, but for the one of most groups."""
        weights, top = self.layer.weights[self.number], self.layer.largest[self.number]
        rows = [row for row in range(len(weights)) if weights[row].any()] or [0]
        columns = tuple(range(weights.shape[1]))
        shares = [int(weights[row, column]) * top for row in rows for column in columns]
        groups = tuple(lane_groups.cut(shares, (), lane_groups.PLAIN, FLUSH))
        offsets = [group.offset for group in groups]
        return _Taps(tuple(Segment(row, 0, columns) for row in rows), groups, max(offsets, key=offsets.count))

    def _sum(self) -> _Sum:
        layer, only = self.layer, slice(self.number, self.number + 1)
        start = layer.bias[self.number] - layer.zero * int(layer.weights[self.number].sum())
        start -= sum(group.offset for group in self.taps.groups)
        part = replace(layer.output, factors=layer.output.factors[only], sums=layer.output.sums[only])
        short = shortened.shortened(part, np.array([start])) if isinstance(part.factors[0], Digits) else None
        return _Sum(short[0] if short else None, start)

    def emit(self) -> None:
        """The loops over rows and columns of windows."""
        asm, plan, layer, target = self.asm, self.plan, self.layer, self.layer.target
        down, across = layer.window.strides
        self._constants()
        asm.emit(f"ldr r7, [sp, #{OUT}]", f"ldr r4, [sp, #{SCRATCH}]")
        asm.advance("r7", target.base + self.number * target.channel_step, "r5")
        asm.literal("r5", plan.high)
        asm.emit(f"str r5, [sp, #{ROWS}]")
        row = asm.here()
        asm.advance_from("r5", "r4", 4 * across * layer.columns)
        asm.emit("mov r12, r5")
        window = asm.here()
        self._window()
        asm.emit("cmp r4, r12")
        asm.loop_back("ne", window)
        asm.advance("r4", 4 * (down * plan.width - across * layer.columns), "r5")
        asm.advance("r7", target.row_step - layer.columns * target.column_step, "r5")
        asm.emit(f"ldr r5, [sp, #{ROWS}]", "subs r5, #1", f"str r5, [sp, #{ROWS}]")
        asm.loop_back("ne", row)

    def _constants(self) -> None:
        """What all windows need, in registers."""
        asm, short = self.asm, self.sum.short
        asm.literal("r5", self.taps.common * TWO_LANES)
        asm.emit("mov lr, r5")
        if short:
            asm.literal("r5", short.addend)
            asm.emit("mov r11, r5")
            asm.literal("r5", short.digits[-1])
            asm.emit("mov r10, r5")
            asm.literal("r6", short.digits[0])

    def _window(self) -> None:
        """Two windows, one in each lane: their sums, and their elements."""
        pointer, groups = Cursor(self.asm, "r4", "r5"), self.taps.groups
        group, fresh, index = 0, True, 0
        for segment in self.taps.segments:
            for register, column in self._pixels(pointer, segment):
                if group + 1 < len(groups) and index == groups[group + 1].start:
                    self._finish(groups[group].offset, fresh)
                    self._flush(group == 0)
                    group, fresh = group + 1, True
                fresh = self._add(register, int(self.layer.weights[self.number][segment.row, column]), fresh)
                index += 1
        self._finish(groups[group].offset, fresh)
        pointer.move_to(4 * self.layer.window.strides[1])
        self._take_apart(len(groups) > 1)
        self._requantise()
        self._store()

    def _pixels(self, pointer: Cursor, segment: Segment) -> Iterator[tuple[str, int]]:
        """Load the words of a row of the kernel; yields, in the order of the taps, where each is and its column."""
        start, columns = 4 * segment.row * self.plan.width, segment.columns
        if len(columns) > len(PIXELS) or len(columns) == 1:
            for column in columns:
                self.asm.emit(f"ldr r1, [r4, #{pointer.reach(start + 4 * column, WORD_REACH)}]")
                yield "r1", column
            return
        pointer.move_to(start)
        self.asm.emit(f"ldmia r4!, {{{', '.join(PIXELS[: len(columns)])}}}")
        pointer.position += 4 * len(columns)
        for column in columns:
            yield PIXELS[column], column

    def _add(self, pixel: str, weight: int, fresh: bool) -> bool:
        """Add a product to the sum, or make it the sum; returns whether that is still to be begun."""
        asm, size, into = self.asm, abs(weight), "r0" if fresh else "r5"
        if not weight:
            return fresh
        if size & (size - 1) == 0 and size > 1:
            asm.emit(f"lsls {into}, {pixel}, #{size.bit_length() - 1}")
        elif size > 1:
            asm.literal(into, size)
            asm.emit(f"muls {into}, {pixel}, {into}")
        elif fresh and weight > 0:
            asm.emit(f"movs r0, {pixel}")
        made = into if size > 1 else pixel
        if fresh and weight < 0:
            asm.emit(f"rsbs r0, {made}, #0")
        elif not fresh:
            asm.emit(f"{'adds' if weight > 0 else 'subs'} r0, r0, {made}")
        return False

    def _finish(self, offset: int, fresh: bool) -> None:
        """Add a group's offset to both lanes."""
        asm, common = self.asm, self.taps.common
        if fresh:
            asm.emit("movs r0, #0")
        if offset and offset == common:
            asm.emit("add r0, lr")
        elif offset:
            asm.literal("r5", offset * TWO_LANES)
            asm.emit("adds r0, r0, r5")

    def _flush(self, first: bool) -> None:
        how = "mov" if first else "add"
        self.asm.emit("lsrs r5, r0, #16", f"{how} r8, r5", f"{how} r9, r0")

    def _take_apart(self, several: bool) -> None:
        """The sum of the lower lane into r0, of the upper one into r1."""
        if several:
            self.asm.emit("lsrs r1, r0, #16", "add r1, r8", "add r0, r9", "lsls r2, r1, #16", "subs r0, r0, r2")
        else:
            self.asm.emit("lsrs r1, r0, #16", "uxth r0, r0")

    def _requantise(self) -> None:
        """Both sums to elements."""
        asm, output, short = self.asm, self.layer.output, self.sum.short
        factor = output.factors[self.number]
        if short:
            self._digits(short)
            shift = short.shift
        else:
            shift = factor.post if isinstance(factor, Shifted) else 0
        if shift and isinstance(factor, Shifted):
            pair_quad.shift_together(asm, factor, self.sum.start, ("r0", "r1"), ("r3", "r5"))
        for register in ("r0", "r1"):
            if shift:
                asm.emit(f"asrs {register}, {register}, #{shift}")
            else:
                MultiplierRegister(asm, "r3").load(factor)
                factor.emit_known(asm, self.sum.start, register, "r2", "r3")
            emit_end(asm, output, register, output.unclipped(self.number), "r2")

    def _digits(self, short: Digits) -> None:
        """Multiply digit by digit, and add the addend."""
        asm, cut = self.asm, f"#{short.bits}"
        for total, source in (("r2", "r0"), ("r3", "r1")):
            asm.emit(f"movs {total}, {source}", f"muls {total}, r6, {total}", f"asrs {total}, {total}, {cut}")
        for digit in short.digits[1:-1]:
            for total, source in (("r2", "r0"), ("r3", "r1")):
                asm.literal("r5", digit)
                asm.emit(f"muls r5, {source}, r5", f"adds {total}, {total}, r5", f"asrs {total}, {total}, {cut}")
        asm.emit("mov r5, r10", "muls r0, r5, r0", "muls r1, r5, r1", "adds r0, r0, r2", "adds r1, r1, r3")
        if short.addend:
            asm.emit("add r0, r11", "add r1, r11")

    def _store(self) -> None:
        asm, target = self.asm, self.layer.target
        for register in ("r0", "r1"):
            asm.advance(register, target.storage_offset - self.layer.output.storage_offset, "r2")
        store = "strb" if target.element == 1 else "strh"
        asm.literal("r5", self.plan.apart * target.row_step)
        asm.emit(f"{store} r0, [r7, #0]", f"{store} r1, [r7, r5]")
        asm.advance("r7", target.column_step, "r5")
