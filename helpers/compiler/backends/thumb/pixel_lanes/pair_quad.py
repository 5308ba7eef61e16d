"""The code of four channels with pixel lanes whose words hold pixels of two rows: loops, both elements, and their places.

The sums of a channel become elements together, so that what they are multiplied by is loaded once.
"""

from helpers.compiler.backends.thumb.arithmetic.factors import Digits, Shifted
from helpers.compiler.backends.thumb.arithmetic.output_stage import MultiplierRegister, emit_end
from helpers.compiler.backends.thumb.assembler.assembly import Assembly, Cursor
from helpers.compiler.backends.thumb.pixel_lanes.quad import END, OUT, ROWS, STATE, STORE_REACH, Quad

# Bytes from the caller's sp: addresses, and for this strip the rows of windows and bytes from one lane's element to the other's.
SCRATCH, TARGET, HIGH, APART = 0, 4, 16, 20
FAR = 0  # bytes from sp to the latter in the frame of the quad


def shift_together(asm: Assembly, factor: Shifted, start: int, sums: tuple[str, str], spare: tuple[str, str]) -> None:
    """Requantise two sums less their constant `start` up to the last addition; two registers change.

    What follows is the last shift, if there is one.
    """
    multiplier, addend = spare
    for register in sums:
        asm.advance(register, start % (1 << factor.pre), addend)
    if factor.pre:
        asm.emit(*(f"asrs {register}, {register}, #{factor.pre}" for register in sums))
    if factor.multiplier != 1:
        asm.literal(multiplier, factor.multiplier)
        asm.emit(*(f"muls {register}, {multiplier}, {register}" for register in sums))
    asm.literal(addend, (start >> factor.pre) * factor.multiplier + factor.addend)
    asm.emit(*(f"adds {register}, {register}, {addend}" for register in sums))


class PairQuad(Quad):
    """The loops over all windows of a strip for four output channels."""

    def emit(self) -> None:
        asm, layer = self.asm, self.layer
        asm.comment(
            f"{layer.name}, channels {self.first} to {self.first + len(self.channels) - 1}: groups {self._groups()}"
        )
        self._enter()
        columns, step, out_step = layer.columns, layer.source.column_step, layer.target.column_step
        row = asm.here()
        if columns == 1:
            self._window()
        else:
            asm.literal("r6", columns)
            asm.emit(f"str r6, [sp, #{END}]")
            window = asm.here()
            self._window()
            asm.advance("r4", step, "r6")
            self._move_out(out_step)
            asm.emit(f"ldr r6, [sp, #{END}]", "subs r6, #1", f"str r6, [sp, #{END}]")
            asm.loop_back("ne", window)
        done = columns if columns > 1 else 0
        asm.advance("r4", layer.stride * layer.source.row_step - done * step, "r6")
        self._move_out(layer.target.row_step - done * out_step)
        asm.emit(f"ldr r6, [sp, #{ROWS}]", "subs r6, #1", f"str r6, [sp, #{ROWS}]")
        asm.loop_back("ne", row)
        asm.move_stack("add", self.frame)

    def _enter(self) -> None:
        asm, target = self.asm, self.layer.target
        asm.emit(
            f"ldr r4, [sp, #{SCRATCH}]", f"ldr r7, [sp, #{TARGET}]", f"ldr r5, [sp, #{APART}]", f"ldr r3, [sp, #{HIGH}]"
        )
        asm.move_stack("sub", self.frame)
        asm.advance("r7", target.base + self.first * target.channel_step, "r6")
        asm.emit(f"str r7, [sp, #{OUT}]", f"str r5, [sp, #{FAR}]", f"str r3, [sp, #{ROWS}]")
        self._hold_commons()

    def _move_out(self, step: int) -> None:
        if step:
            self.asm.emit(f"ldr r7, [sp, #{OUT}]")
            self.asm.advance("r7", step, "r6")
            self.asm.emit(f"str r7, [sp, #{OUT}]")

    def _window(self) -> None:
        self.asm.emit(f"str r4, [sp, #{STATE}]")
        self.body.emit(0, self._pair)
        self.asm.emit(f"ldr r4, [sp, #{STATE}]")

    def _pair(self, channel: int) -> None:
        """Both sums of a channel, in r5 and its own register, to elements; r4 is free from here on."""
        self.body.cursor.position = 0
        if channel not in self.channels:
            return
        own, factor = f"r{channel}", self._factor(channel)
        if self.asm.mul_cycles == 1 and (self.short or (isinstance(factor, Shifted) and factor.post)):
            self._together(channel, own)
        else:
            for register in ("r5", own):
                self._requantise(channel, register, MultiplierRegister(self.asm, "r7"))
        self._store(channel, own)

    def _together(self, channel: int, own: str) -> None:
        output, number, factor = self.layer.output, self.first + channel, self._factor(channel)
        if self.short:
            factor = self.short[channel]
            self._digits(self.short[channel], own)
        elif isinstance(factor, Shifted):
            shift_together(self.asm, factor, self._start(channel), ("r5", own), ("r4", "r6"))
        shift = factor.post if isinstance(factor, Shifted) else factor.shift
        for register in ("r5", own):
            self.asm.emit(f"asrs {register}, {register}, #{shift}")
            emit_end(self.asm, output, register, output.unclipped(number), "r6")

    def _digits(self, factor: Digits, own: str) -> None:
        """Multiply both sums digit by digit and add the addend; r4, r6 and r7 change."""
        asm, cut = self.asm, f"#{factor.bits}"
        low, *middle, high = factor.digits
        asm.literal("r6", low)
        asm.emit("movs r7, r5", "muls r7, r6, r7", f"asrs r7, r7, {cut}", f"muls r6, {own}, r6", f"asrs r6, r6, {cut}")
        for digit in middle:
            for total, source in (("r7", "r5"), ("r6", own)):
                asm.literal("r4", digit)
                asm.emit(f"muls r4, {source}, r4", f"adds {total}, {total}, r4", f"asrs {total}, {total}, {cut}")
        asm.literal("r4", high)
        asm.emit("muls r5, r4, r5", f"muls {own}, r4, {own}", "adds r5, r5, r7", f"adds {own}, {own}, r6")
        if factor.addend:
            asm.literal("r4", factor.addend)
            asm.emit("adds r5, r5, r4", f"adds {own}, {own}, r4")

    def _store(self, channel: int, own: str) -> None:
        """The element of the lower lane, and that of the upper one some bytes further."""
        asm, target = self.asm, self.layer.target
        for register in ("r5", own):
            asm.advance(register, target.storage_offset - self.layer.output.storage_offset, "r6")
        asm.emit(f"ldr r7, [sp, #{OUT}]")
        at = Cursor(asm, "r7", "r6").reach(channel * target.channel_step, STORE_REACH[target.element])
        store = f"str{'bh'[target.element - 1]}"
        asm.emit(f"{store} {own}, [r7, #{at}]", f"ldr r6, [sp, #{FAR}]")
        asm.advance("r6", at, "r6")
        asm.emit(f"{store} r5, [r7, r6]")
