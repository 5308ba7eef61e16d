"""Channel lanes, emitted: what becomes of the sums of up to four outputs: taken apart, requantised, stored.

Registers: r0, r1 the sums (two lanes each), r4 the second sum of a word, r6 the output, or factors that differ by channel; r2,
r3, r5 at work; r8 to r11 the sums of high halves and of words.
"""

from helpers.compiler.backends.thumb.arithmetic.factors import Shifted
from helpers.compiler.backends.thumb.arithmetic.output_stage import MultiplierRegister, Output, emit_clip, emit_end
from helpers.compiler.backends.thumb.assembler.assembly import Assembly, Cursor
from helpers.compiler.backends.thumb.channel_lanes.plan import ChannelPlan

OUT, STREAM, CONSTANTS, MASK = 0, 4, 8, 12  # bytes from sp
SOURCE = MASK  # packed weights have no mask, and r12 for something else
QUADS, ROW, COLUMN, TABLE_END, FACTORS = 16, 20, 24, 28, 32
STORE_REACH = {1: 31, 2: 62}  # largest offset of strb and strh
SUMS = (("r8", "r9"), ("r10", "r11"))  # for each word: the sum of high halves, the sum of words


class Elements:
    """The elements of up to four outputs; flushed: whether groups of the sums lie in r8 to r11."""

    def __init__(self, asm: Assembly, plan: ChannelPlan, count: int, flushed: bool):
        self.asm, self.plan, self.layer, self.count, self.flushed = asm, plan, plan.layer, count, flushed
        self.target = plan.layer.target
        self.pointer = FACTORS if plan.tabled and not plan.short else None  # where r6 is kept
        # The output pointer; r3 loses it for each word's constants.
        self.out = Cursor(asm, "r3" if self.pointer else "r6", "r2")

    def emit(self) -> None:
        """Take the lanes apart, add the constants, requantise, store."""
        asm, plan, output = self.asm, self.plan, self.layer.output
        asm.comment("sums to elements")
        if shared := self._shared(output):
            shared.load(asm, "r5")
        asm.emit(f"ldr r6, [sp, #{self.pointer or OUT}]")
        for word in range((self.count + 1) // 2):
            self._take_apart(word)
            addends = self._constants(word)
            pair = [(f"r{word}", 2 * word), ("r4", 2 * word + 1)][: self.count - 2 * word]
            self._requantise(pair, addends)
            if self.layer.relu:
                self._relu(self.layer.relu, pair)
            self._store(pair, 2 * word + 2 >= self.count)
        if self.pointer is not None and plan.quads > 1:
            asm.emit(f"str r6, [sp, #{self.pointer}]")

    def _take_apart(self, word: int) -> None:
        """The sum of the even channel into the word's register, of the odd one into r4."""
        asm, (high, total), register = self.asm, SUMS[word], f"r{word}"
        if self.plan.always_flush:
            asm.emit(f"mov r4, {high}", f"mov {register}, {total}")
        elif self.flushed:
            asm.emit(f"lsrs r4, {register}, #16", f"add r4, {high}", f"add {register}, {total}")
        else:
            asm.emit(f"lsrs r4, {register}, #16", f"uxth {register}, {register}")
            return
        asm.emit("lsls r2, r4, #16", f"subs {register}, {register}, r2")

    @staticmethod
    def _shared(output: Output) -> Shifted | None:
        """The factor of all channels, which two registers hold; None where there is no such factor."""
        factor = output.factors[0]
        return factor if output.alike and isinstance(factor, Shifted) else None

    def _constants(self, word: int) -> tuple[str, str]:
        """Take in the constants of a word's two sums; returns the registers of what is added behind a factor that all share."""
        asm, plan, output = self.asm, self.plan, self.layer.output
        if plan.short:
            return "", ""
        if not plan.always_flush:
            asm.emit("ldmia r7!, {r2, r3}")
        if plan.aligned:
            return "r2", "r3"
        if not plan.always_flush:
            asm.emit(f"adds r{word}, r{word}, r2", "adds r4, r4, r3")
        kept = word and self.out.register != "r3" and plan.always_flush and not self.layer.relu
        if (shared := self._shared(output)) and not kept:
            asm.literal("r3", shared.addend)
        return "r3", "r3"

    def _requantise(self, pair: list[tuple[str, int]], addends: tuple[str, str]) -> None:
        asm, output = self.asm, self.layer.output
        for (register, channel), addend in zip(pair, addends, strict=False):
            if shared := self._shared(output):
                shared.emit_loaded(asm, register, addend, "r5")
            elif self.plan.short:
                self.plan.short[0].emit_with_shift(asm, register, "r7", ("r2", "r3", "r5"))
            elif self.plan.tabled:
                output.factors[0].emit_from_table(asm, register, "r6", ("r2", "r3", "r5"))
            else:
                self._known(output, register, channel)
            emit_end(asm, output, register, self._bounds, "r2")

    @property
    def _bounds(self) -> tuple[int, int]:
        """What results may be before they are clipped; shorter factors only agree with the others behind the clip."""
        low, high = self.layer.output.bounds
        return (low - 1, high + 1) if self.plan.short else (low, high)

    def _known(self, output: Output, register: str, channel: int) -> None:
        """By constants in the code: the same for all channels, or there is one quad."""
        factor = output.factors[channel]
        MultiplierRegister(self.asm, "r3").load(factor)
        factor.emit_known(self.asm, 0, register, "r2", "r3")

    def _relu(self, relu: Output, pair: list[tuple[str, int]]) -> None:
        """What is left after the first clip is not negative; only the top needs care."""
        asm, shared = self.asm, self._shared(relu)
        if shared:
            shared.load(asm, "r3")
            asm.literal("r2", shared.addend)
        for register, channel in pair:
            if shared:
                shared.emit_loaded(asm, register, "r2", "r3")
            else:
                self._known(relu, register, channel)
        for register, _ in pair:
            emit_clip(asm, register, (0, relu.bounds[1]), relu.largest_stored, "r2")

    def _store(self, pair: list[tuple[str, int]], last: bool) -> None:
        """Store elements; behind the quad's last one the output pointer moves on."""
        asm, target = self.asm, self.target
        if self.out.register == "r3":
            asm.emit(f"ldr r3, [sp, #{OUT}]")
            self.out.position = 0
        for register, number in pair:
            asm.advance(register, target.storage_offset - (self.layer.relu or self.layer.output).storage_offset, "r2")
            at = self.out.reach(number * target.channel_step, STORE_REACH[target.element])
            asm.emit(f"str{'bh'[target.element - 1]} {register}, [{self.out.register}, #{at}]")
        if last:
            self.out.move_to(self.count * target.channel_step)
            asm.emit(f"str {self.out.register}, [sp, #{OUT}]")
