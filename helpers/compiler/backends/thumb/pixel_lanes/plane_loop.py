"""Depthwise layers in a loop over the channels, emitted.

Registers: r0 the sums of a group (two lanes), r1 to r3 words of pixels, r4 the window, r5 and r6 weights, r7 the words of the
channel on the stack; r8, r9 sums of high halves and of words of the groups that are done; r10 the output, r11 bytes from one
lane's element to the other's, r12 the end of a row of windows.
"""

from helpers.compiler.backends.thumb.arithmetic.factors import Digits, Shifted
from helpers.compiler.backends.thumb.arithmetic.output_stage import emit_end
from helpers.compiler.backends.thumb.assembler.assembly import Assembly, Cursor
from helpers.compiler.backends.thumb.buffers import border
from helpers.compiler.backends.thumb.pixel_lanes.plane_plan import Copy, PlanePlan

WORD_REACH = 124  # largest offset of ldr
PIXELS, WEIGHTS = ("r1", "r2", "r3"), ("r5", "r6")
IN_A_ROW = 8  # elements copied between two tests of a row's end


def emit(asm: Assembly, plan: PlanePlan, behind: bool) -> None:
    """The body of a function (r0: scratch, r1: result, r2: input, r3: table, unless it is to lie behind the code)."""
    table = asm.label()
    if behind:
        asm.address("r3", table)
    asm.emit("push {r0, r1, r2, r3, lr}")
    asm.emit("movs r5, r1")
    border.fill(asm, plan.layer.target, border.Registers("r5", "r6", ("r2", "r3", "r4", "r7")))
    border.fill_words(
        asm, plan.layer.zero * 0x10001, plan.scratch.bytes // 4, border.Registers("r0", "r6", ("r2", "r3", "r4", "r7"))
    )
    Channels(asm, plan).emit()
    asm.emit("pop {r0, r1, r2, r3, pc}")
    asm.pool()
    if behind:
        asm.table(table, plan.table)


class Channels:
    """The loop over channels. The frame: the channel's words as windows read them, counts, and the function's arguments."""

    def __init__(self, asm: Assembly, plan: PlanePlan):
        self.asm, self.plan, self.layer = asm, plan, plan.layer
        taps = len(plan.places)
        self.rows = 4 * (taps + plan.words)  # bytes from sp, as all that follow
        self.left = self.rows + 4
        self.frame = self.left + 4
        self.scratch, self.out, self.source, self.table = (self.frame + 4 * n for n in range(4))

    def emit(self) -> None:
        asm, target = self.asm, self.layer.target
        asm.move_stack("sub", self.frame)
        for slot, distance in ((self.out, target.base), (self.source, self.layer.source.base)):
            if distance:
                asm.emit(f"ldr r0, [sp, #{slot}]")
                asm.advance("r0", distance, "r1")
                asm.emit(f"str r0, [sp, #{slot}]")
        asm.literal("r0", self.plan.channels)
        asm.emit(f"str r0, [sp, #{self.left}]")
        channel = asm.here()
        self.copy()
        self._unpack()
        self._windows()
        for slot, step in ((self.source, self.layer.source.channel_step), (self.out, target.channel_step)):
            asm.emit(f"ldr r0, [sp, #{slot}]")
            asm.advance("r0", step, "r1")
            asm.emit(f"str r0, [sp, #{slot}]")
        asm.emit(f"ldr r0, [sp, #{self.left}]", "subs r0, #1", f"str r0, [sp, #{self.left}]")
        asm.loop_back("ne", channel)
        asm.move_stack("add", self.frame)

    def copy(self) -> None:
        """Both lanes of the scratch buffer from a channel of the input; r3 and higher registers stay."""
        for each in self.plan.copies():
            if each.rows:
                self._copy(each)

    def _copy(self, copy: Copy) -> None:
        """One lane of the scratch buffer from a channel of the input: r0 input, r1 scratch, r4 from pixel to pixel, r7 rows."""
        asm, source = self.asm, self.layer.source
        asm.comment(f"{copy.rows} rows of a plane")
        asm.emit(f"ldr r0, [sp, #{self.source}]", f"ldr r1, [sp, #{self.scratch}]")
        asm.advance("r0", copy.row * source.row_step, "r2")
        asm.advance("r1", copy.place, "r2")
        asm.literal("r4", source.column_step)
        asm.literal("r5", (self.layer.storage_offset - source.storage_offset) % 256)
        asm.literal("r7", copy.rows)
        rounds, rest = divmod(copy.columns, IN_A_ROW)
        if rounds == 1:
            rounds, rest = 0, copy.columns
        row = asm.here()
        if rounds:
            asm.literal("r6", rounds)
            again = asm.here()
            self._pixels(IN_A_ROW)
            asm.emit(f"adds r1, #{4 * IN_A_ROW}", "subs r6, #1", f"bne {again}")
        self._pixels(rest)
        asm.advance("r0", source.row_step - copy.columns * source.column_step, "r2")
        asm.advance("r1", 4 * (self.plan.width - rounds * IN_A_ROW), "r2")
        asm.emit("subs r7, #1", f"bne {row}")

    def _pixels(self, count: int) -> None:
        change = (self.layer.storage_offset - self.layer.source.storage_offset) % 256
        for number in range(count):
            self.asm.emit("ldrb r2, [r0, #0]", "adds r0, r0, r4")
            if change == 128:
                self.asm.emit("eors r2, r5")
            elif change:
                self.asm.emit("adds r2, r2, r5", "uxtb r2, r2")
            self.asm.emit(f"strh r2, [r1, #{4 * number}]")

    def _unpack(self) -> None:
        """The channel's words from the table to the stack, in the order in which windows read them."""
        asm, plan = self.asm, self.plan
        firsts = [4 * (group.start + number) for number, group in enumerate(plan.groups)]
        behind = range(4 * (len(plan.places) + len(plan.groups)), self.rows, 4)
        asm.comment("the words of a channel")
        asm.emit(f"ldr r3, [sp, #{self.table}]")
        for slot in (*firsts, *behind):
            asm.emit("ldmia r3!, {r2}", f"str r2, [sp, #{slot}]")
        load, size = {1: "ldrsb", 2: "ldrsh"}[plan.weight_bytes], plan.weight_bytes
        for number, group in enumerate(plan.groups):
            for tap in group:
                asm.literal("r1", size * tap)
                asm.emit(f"{load} r2, [r3, r1]", f"str r2, [sp, #{4 * (tap + number + 1)}]")
        asm.advance("r3", -(-size * len(plan.places) // 4) * 4, "r1")
        asm.emit(f"str r3, [sp, #{self.table}]")

    def _windows(self) -> None:
        """All windows of a plane: the loops over rows and columns."""
        asm, plan, layer, target = self.asm, self.plan, self.layer, self.layer.target
        down, across = layer.window.strides
        asm.literal("r0", plan.apart * target.row_step)
        asm.literal("r1", plan.high)
        asm.emit("mov r11, r0", f"ldr r0, [sp, #{self.out}]", "mov r10, r0")
        asm.emit(f"str r1, [sp, #{self.rows}]", f"ldr r4, [sp, #{self.scratch}]")
        row = asm.here()
        asm.advance_from("r5", "r4", 4 * across * layer.columns)
        asm.emit("mov r12, r5")
        window = asm.here()
        asm.emit("mov r7, sp")
        _Window(asm, plan).emit()
        asm.emit("cmp r4, r12")
        asm.loop_back("ne", window)
        asm.advance("r4", 4 * (down * plan.width - across * layer.columns), "r5")
        between = target.row_step - layer.columns * target.column_step
        if between:
            asm.emit("mov r6, r10")
            asm.advance("r6", between, "r5")
            asm.emit("mov r10, r6")
        asm.emit(f"ldr r5, [sp, #{self.rows}]", "subs r5, #1", f"str r5, [sp, #{self.rows}]")
        asm.loop_back("ne", row)


class _Window:
    """Two windows, one in each lane: their sums, and their elements."""

    def __init__(self, asm: Assembly, plan: PlanePlan):
        self.asm, self.plan, self.layer = asm, plan, plan.layer

    def emit(self) -> None:
        plan, pointer = self.plan, Cursor(self.asm, "r4", "r1")
        pixels: list[str] = []
        for number, group in enumerate(plan.groups):
            weights: list[str] = []
            if number:
                self._flush(number == 1)
            for tap in group:
                if not pixels:
                    pixels = self._load(pointer, tap)
                if not weights:
                    weights = list(WEIGHTS[: group.stop - tap])
                    start = ["r0"] if tap == group.start else []
                    self.asm.emit(f"ldmia r7!, {{{', '.join(start + weights)}}}")
                weight, pixel = weights.pop(0), pixels.pop(0)
                self.asm.emit(f"muls {weight}, {pixel}, {weight}", f"adds r0, r0, {weight}")
        pointer.move_to(4 * self.layer.window.strides[1])
        self._take_apart()
        self._requantise()
        self._store()

    def _load(self, pointer: Cursor, tap: int) -> list[str]:
        """The words of the next taps, as many as lie next to each other; r1 is free."""
        places = self.plan.places[tap : tap + len(PIXELS)]
        count = next((n for n in range(1, len(places)) if places[n] != places[0] + 4 * n), len(places))
        if count == 1:
            self.asm.emit(f"ldr r1, [r4, #{pointer.reach(places[0], WORD_REACH)}]")
            return ["r1"]
        pointer.move_to(places[0])
        registers = list(PIXELS[:count])
        self.asm.emit(f"ldmia r4!, {{{', '.join(registers)}}}")
        pointer.position += 4 * count
        return registers

    def _flush(self, first: bool) -> None:
        how = "mov" if first else "add"
        self.asm.emit("lsrs r5, r0, #16", f"{how} r8, r5", f"{how} r9, r0")

    def _take_apart(self) -> None:
        """The sum of the lower lane into r0, of the upper one into r1."""
        if len(self.plan.groups) == 1:
            self.asm.emit("lsrs r1, r0, #16", "uxth r0, r0")
            return
        self.asm.emit("lsrs r1, r0, #16", "add r1, r8", "add r0, r9", "lsls r2, r1, #16", "subs r0, r0, r2")

    def _requantise(self) -> None:
        """Both sums to elements, with the words of the channel's factor."""
        factor, short = self.layer.output.factors[0], self.plan.short
        if short:
            self.asm.emit("ldmia r7!, {r6}")
            self._digits(short[0])
        else:
            self.asm.emit("ldmia r7!, {r5, r6}", "adds r0, r0, r5", "adds r1, r1, r5")
        if isinstance(factor, Shifted):
            self.asm.emit("asrs r0, r6", "asrs r1, r6", "ldmia r7!, {r5, r6}", "muls r0, r5, r0", "muls r1, r5, r1")
        elif not short:
            self._digits(factor)
        self.asm.emit("adds r0, r0, r6", "adds r1, r1, r6", *([] if short else ["ldmia r7!, {r5}"]))
        output = self.layer.output
        for register in ("r0", "r1"):
            self.asm.emit(f"asrs {register}, {register}, #{short[0].shift}" if short else f"asrs {register}, r5")
            emit_end(self.asm, output, register, output.bounds, "r2")

    def _digits(self, factor: Digits) -> None:
        """Multiply digit by digit; r6 holds the first one, and at the end the addend."""
        asm, bits = self.asm, factor.bits
        for register, total in (("r2", "r0"), ("r3", "r1")):
            asm.emit(
                f"movs {register}, {total}", f"muls {register}, r6, {register}", f"asrs {register}, {register}, #{bits}"
            )
        for _ in factor.digits[1:-1]:
            asm.emit("ldmia r7!, {r5}", "movs r6, r0", "muls r6, r5, r6", "muls r5, r1, r5")
            asm.emit("adds r2, r2, r6", "adds r3, r3, r5", f"asrs r2, r2, #{bits}", f"asrs r3, r3, #{bits}")
        asm.emit("ldmia r7!, {r5, r6}", "muls r0, r5, r0", "muls r1, r5, r1", "adds r0, r0, r2", "adds r1, r1, r3")
        if factor.first:
            asm.literal("r2", 1 << factor.first - 1)
            for register in ("r0", "r1"):
                asm.emit(f"adds {register}, {register}, r2", f"asrs {register}, {register}, #{factor.first}")
                asm.emit(f"asrs r3, {register}, #31", f"adds {register}, {register}, r3")

    def _store(self) -> None:
        asm, target = self.asm, self.layer.target
        for register in ("r0", "r1"):
            asm.advance(register, target.storage_offset - self.layer.output.storage_offset, "r2")
        store = "strb" if target.element == 1 else "strh"
        asm.emit("mov r6, r10", "mov r5, r11", f"{store} r0, [r6, #0]", f"{store} r1, [r6, r5]")
        asm.advance("r6", target.column_step, "r5")
        asm.emit("mov r10, r6")
