"""The code of four channels with pixel lanes: the loops around the passes, the maximum of a pool, and what is stored."""

from dataclasses import replace

import numpy as np

from helpers.compiler.backends.thumb.arithmetic import shortened, stores
from helpers.compiler.backends.thumb.arithmetic.factors import Digits, Factor
from helpers.compiler.backends.thumb.arithmetic.output_stage import MultiplierRegister, emit_end
from helpers.compiler.backends.thumb.assembler.assembly import LONG_BRANCH, Assembly, Cursor
from helpers.compiler.backends.thumb.buffers import border
from helpers.compiler.backends.thumb.pixel_lanes.inner_pass import TWO_LANES, Late, Pass
from helpers.compiler.backends.thumb.pixel_lanes.layer import PixelLayer
from helpers.compiler.backends.thumb.pools import blank_windows

# The stack frame: bytes from sp. Where code of its own sums the lower row, the upper row's sums are pushed and popped instead, so
# that OUT comes first.
FIRST_ROW, OUT, END, ROWS, STATE, SLOTS = 0, 16, 20, 24, 28, 32
STORE_REACH = {1: 31, 2: 62}  # largest offset of strb and strh


def emit(asm: Assembly, layer: PixelLayer, unroll: int) -> None:
    """The body of a function (r0: input, r1: output, r2: marks, if any).

    unroll: most weights of a pass that both rows of a pool have as code.
    """
    arguments = "r0, r1, r2" if layer.marked else "r0, r1"
    asm.emit(f"push {{{arguments}, lr}}")
    asm.emit("movs r5, r1")
    registers = border.Registers("r5", "r6", ("r0", "r1", "r2", "r3", "r4", "r7"))
    border.fill(asm, layer.target, registers, whole=layer.marked)
    for first in layer.quads():
        Quad(asm, layer, first, unroll).emit()
    asm.emit(f"pop {{{arguments}, pc}}")
    asm.pool()


class Quad:
    """The loops over all windows for four output channels."""

    def __init__(self, asm: Assembly, layer: PixelLayer, first: int, unroll: int):
        self.asm, self.layer, self.first = asm, layer, first
        self.plan = layer.plan(first)
        self.unroll = np.count_nonzero(self.plan.weights) <= unroll
        self.channels = range(min(4, len(layer.bias) - first))
        self.pushed = 4 * len(self.channels) if layer.pooled and self.unroll and not layer.marked else 0
        self.top = OUT if self.pushed else 0  # what the frame begins with
        first_slot = SLOTS - self.top
        self.body = Pass(asm, self.plan, layer.source, layer.stride, first_slot, layer.skips, layer.marked)
        self.frame = first_slot + 4 * self.body.slots
        self.marks = blank_windows.Marks(asm, self.frame, self) if layer.marked else None
        self.frame += blank_windows.FRAME if layer.marked else 0
        self.windows = layer.columns if layer.pooled else -(-layer.columns // 2)
        # Whether the input of a lower row lies behind the end of every upper row's: the place tells them apart.
        line = layer.stride * layer.source.row_step
        self.far_apart = not (self.unroll or layer.marked) and self.windows * 4 * layer.stride <= line
        self.end_bits = None if self.far_apart else self._end_bits()
        self.short = self._short()

    def _end_bits(self) -> int | None:
        """How many low bits of the output pointer are zero behind a row's last window, and only there; None: no number is."""
        target, step = self.layer.target, self.out_step
        first = target.base + self.first * target.channel_step
        ends = [first + step * window for window in range(1, self.windows + 1)]
        for bits in range(1, self.layer.alignment.bit_length()):
            zero = [end % (1 << bits) == 0 for end in ends]
            if self.layer.pooled and target.row_step % (1 << bits) == 0 and zero[-1] and not any(zero[:-1]):
                return bits
        return None

    def emit(self) -> None:
        asm, layer, step = self.asm, self.layer, 4 * self.layer.stride
        channels = f"channels {self.first} to {self.first + len(self.channels) - 1}"
        asm.comment(f"{layer.name}, {channels}: groups {self._groups()}")
        self._enter()
        row = asm.here()
        if self.end_bits is None and not self.marks:
            asm.advance_from("r6", "r4", self.windows * step)
            asm.emit(f"str r6, {self._slot(END)}")
        late = self._way_past_the_border() if layer.enters_late else None
        if self.marks:
            self.marks.row(OUT, lambda: self._pooled_window(None))
        else:
            self._every_window(late, step)
        asm.comment("next row")
        self._next_row(step)
        asm.loop_back("ne", row)
        asm.move_stack("add", self.frame)

    def _every_window(self, late: tuple[Late, str] | None, step: int) -> None:
        asm = self.asm
        window = asm.here()
        if self.layer.pooled:
            self._pooled_window(late)
            asm.emit("push {r7}" if self.pushed else f"str r7, {self._slot(OUT)}")
        else:
            self._plain_window(late)
        asm.advance("r4", step, "r6")
        if self.end_bits is None:
            asm.emit(f"ldr r6, {self._slot(END)}", "cmp r4, r6")
        else:
            asm.emit(f"lsls r6, r7, #{32 - self.end_bits}")
        asm.loop_back("ne", window)

    def _slot(self, offset: int) -> str:
        return f"[sp, #{offset - self.top}]"

    def _groups(self) -> str:
        return ", ".join(map(str, self.plan.counts))

    def _enter(self) -> None:
        asm, target = self.asm, self.layer.target
        asm.emit("ldr r4, [sp, #0]", "ldr r7, [sp, #4]")
        asm.move_stack("sub", self.frame)
        if self.marks:
            self.marks.enter()
        asm.advance("r7", target.base + self.first * target.channel_step, "r6")
        asm.emit(f"str r7, {self._slot(OUT)}")
        asm.literal("r6", self.layer.rows)
        asm.emit(f"str r6, {self._slot(ROWS)}")
        self._hold_commons()

    def _hold_commons(self) -> None:
        """Load the common offsets into their registers; r6 changes."""
        for register, offset in zip(stores.COMMON, self.plan.commons, strict=False):
            self.asm.literal("r6", offset * TWO_LANES)
            self.asm.emit(f"mov {register}, r6")

    def _next_row(self, step: int) -> None:
        """Move input and output to the next row; the flags tell whether there is one."""
        asm, layer, target = self.asm, self.layer, self.layer.target
        lines = layer.stride * (2 if layer.pooled else 1)
        asm.advance("r4", lines * layer.source.row_step - self.windows * step, "r6")
        asm.emit(f"ldr r7, {self._slot(OUT)}")
        asm.advance("r7", target.row_step - self.windows * self.out_step, "r6")
        asm.emit(
            f"str r7, {self._slot(OUT)}", f"ldr r6, {self._slot(ROWS)}", "subs r6, #1", f"str r6, {self._slot(ROWS)}"
        )

    @property
    def out_step(self) -> int:
        return self.layer.target.column_step * (1 if self.layer.pooled else 2)

    def _way_past_the_border(self) -> tuple[Late, str] | None:
        """The code of the second way into a pass, and its label, if a branch reaches. A dry run tells what state it must set."""
        asm, dry = self.asm, Late("", 0)
        trial = Pass(
            Assembly("dry", asm.mul_cycles), self.plan, self.layer.source, self.layer.stride, SLOTS, self.layer.skips
        )
        trial.emit(0, lambda channel: None, dry)
        if dry.distance * 5 // 4 >= LONG_BRANCH:  # a quarter more for literal pools; bl is no way out: lr keeps a group
            return None
        begin, late = asm.label(), Late(asm.label(), self.layer.zero)
        late.take_over(dry)
        over = asm.label()
        asm.emit(f"b {over}")
        asm.pool()
        asm.comment("a window in the first row: the kernel's first row sees only border")
        asm.place(begin)
        late.emit(asm, self.body)
        asm.place(over)
        return late, begin

    def _enter_late(self, late: tuple[Late, str] | None) -> Late | None:
        """In the first row, take the second way into the pass that comes next."""
        if late is None:
            return None
        self.asm.emit(f"ldr r6, {self._slot(ROWS)}", f"cmp r6, #{self.layer.rows}", f"beq {late[1]}")
        return late[0]

    def _pooled_window(self, late: tuple[Late, str] | None) -> None:
        """Both rows of a 2x2 window: the largest sum of each channel, turned into an element and stored."""
        asm, lines = self.asm, self.layer.stride
        if self.unroll:
            asm.comment("upper row, columns 2x and 2x + 1")
            self.body.emit(0, self._larger, self._enter_late(late))
            self._keep_upper()
            asm.comment("lower row")
            self.body.emit(lines, self._larger, pushed=self.pushed)
        else:
            self._looped_rows(late)
        if self.marks:
            self.marks.lower_is_done()
        asm.comment("the largest of the four sums, requantised")
        self._larger_of_rows()
        multiplier, out = MultiplierRegister(asm, "r5"), Cursor(asm, "r7", "r6")
        multiplier.load(self._factor(self.channels[0]))
        for channel in self.channels:
            self._requantise(channel, f"r{channel}", multiplier)
            self.store(out, channel, f"r{channel}", 0)
        out.move_to(self.out_step)

    def _larger_of_rows(self) -> None:
        """Take in the upper row's sums, those that were pushed two at a time, and then the output pointer into r7."""
        if not self.pushed:
            for channel in self.channels:
                self.asm.emit(f"ldr r6, [sp, #{4 * channel}]")
                self._larger(channel, "r6")
            self.asm.emit(f"ldr r7, {self._slot(OUT)}")
            return
        for first in self.channels[::2]:
            two = dict(zip(self.channels[first : first + 2], ("r5", "r6"), strict=False))
            last = first + 2 >= len(self.channels)
            self.asm.emit(f"pop {{{', '.join([*two.values(), *(['r7'] if last else [])])}}}")
            for channel, register in two.items():
                self._larger(channel, register)

    def _keep_upper(self) -> None:
        """Put the upper row's sums aside, and see whether there is a lower row to do."""
        if self.marks:
            self.marks.upper_is_done()
        if self.pushed:
            self.asm.emit(f"push {{{', '.join(f'r{channel}' for channel in self.channels)}}}")
        else:
            self.asm.emit("mov r5, sp", "stmia r5!, {r0, r1, r2, r3}")
        if self.marks:
            self.marks.pass_lower()

    def _looped_rows(self, late: tuple[Late, str] | None) -> None:
        """Emit one pass for both the upper and the lower row; the input's place, or a flag, tells them apart."""
        asm, line = self.asm, self.layer.stride * self.layer.source.row_step
        if not self.far_apart:
            asm.emit("movs r6, #0", f"str r6, {self._slot(STATE)}")
        entry = self._enter_late(late)
        asm.comment("one row, columns 2x and 2x + 1")
        again = asm.here()
        self.body.emit(0, self._larger, entry)
        done = asm.label()
        asm.emit(
            f"ldr r6, {self._slot(END if self.far_apart else STATE)}", f"cmp {'r4, r6' if self.far_apart else 'r6, #0'}"
        )
        asm.branch_on("cs" if self.far_apart else "ne", done, 100)
        self._keep_upper()
        asm.advance("r4", line, "r6")
        if not self.far_apart:
            asm.emit("movs r6, #1", f"str r6, {self._slot(STATE)}")
        asm.jump_back(again)
        asm.place(done)
        asm.advance("r4", -line, "r6")

    def _larger(self, channel: int, other: str = "r5") -> None:
        register, done = f"r{channel}", self.asm.label()
        self.asm.emit(f"cmp {other}, {register}", f"ble {done}", f"movs {register}, {other}")
        self.asm.place(done)

    def _plain_window(self, late: tuple[Late, str] | None) -> None:
        """Two neighbouring pixels, each requantised and stored."""
        asm = self.asm
        asm.emit(f"str r4, {self._slot(STATE)}")
        self.body.emit(0, self._both, self._enter_late(late))
        asm.emit(f"ldr r7, {self._slot(OUT)}")
        asm.advance("r7", self.out_step, "r6")
        asm.emit(f"str r7, {self._slot(OUT)}")

    def _both(self, channel: int) -> None:
        if channel not in self.channels:
            return
        asm, layer = self.asm, self.layer
        register, left_only = f"r{channel}", asm.label()
        if layer.columns % 2:
            asm.comment("no right pixel in the last window of a row")
            asm.emit(f"ldr r6, {self._slot(STATE)}")
            asm.advance("r6", 4 * layer.stride, "r7")
            asm.emit(f"ldr r7, {self._slot(END)}", "cmp r6, r7", f"beq {left_only}")
        self._one(channel, "r5", layer.target.column_step)
        asm.place(left_only)
        self._one(channel, register, 0)

    def _one(self, channel: int, register: str, offset: int) -> None:
        asm = self.asm
        self._requantise(channel, register, MultiplierRegister(asm, "r7"))
        asm.emit(f"ldr r7, {self._slot(OUT)}")
        self.store(Cursor(asm, "r7", "r6"), channel, register, offset)

    def _factor(self, channel: int) -> Factor:
        return self.layer.output.factors[self.first + channel]

    def _start(self, channel: int) -> int:
        return self.layer.start(self.first + channel) - self.plan.constants[channel]

    def _short(self) -> list[Digits] | None:
        """Factors that take in what the sums start from; None where the layer's own are needed."""
        output, four = self.layer.output, slice(self.first, self.first + len(self.channels))
        if not isinstance(output.factors[self.first], Digits):
            return None
        part = replace(output, factors=output.factors[four], sums=output.sums[four])
        return shortened.shortened(part, np.array([self._start(channel) for channel in self.channels]))

    def _requantise(self, channel: int, register: str, multiplier: MultiplierRegister) -> None:
        output, number = self.layer.output, self.first + channel
        factor = self.short[channel] if self.short else self._factor(channel)
        multiplier.load(factor)
        factor.emit_known(self.asm, 0 if self.short else self._start(channel), register, "r6", multiplier.register)
        emit_end(self.asm, output, register, output.unclipped(number), "r6")

    def store(self, out: Cursor, channel: int, register: str, offset: int) -> None:
        target = self.layer.target
        self.asm.advance(register, target.storage_offset - self.layer.output.storage_offset, "r6")
        at = out.reach(channel * target.channel_step + offset, STORE_REACH[target.element])
        self.asm.emit(f"str{'bh'[target.element - 1]} {register}, [r7, #{at}]")
