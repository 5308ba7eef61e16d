"""Weights as bytes or fewer bits, emitted: one function for all layers of a variant, which reads the sizes of each from its data.

In the inner loop r0 is an input, r1 its four weights, r2 a weight and its product, r3 the input's zero, r4 counts the
inputs of a row up to 0, r5 the rows of the kernel, r6 is the end of the row, r7 the stream of biases, weights and factors; r8
to r11 are the four sums.
"""

from helpers.compiler.backends.thumb.assembler.assembly import Assembly
from helpers.compiler.backends.thumb.channel_lanes.unpacked.layer import FIELDS, Variant

SLOTS = (
    "out", "data", "source", "row", "column", "left", "columns", "rows", "head", "run", "skip", "foot", "kernel_rows", "end",
)  # fmt: skip
SUMS = 4 * len(SLOTS)  # bytes from sp
FRAME = SUMS + 16
FACTORS = 4 * len(FIELDS)  # where factors that all outputs share begin in the data
FACTOR_BYTES = 20  # of a quad


def emit(asm: Assembly, variant: Variant) -> None:
    """The body of a function (r0: input, r1: output, r2: the layer's data). Input and output are int8, as Glow has them."""
    _Kernel(asm, variant).emit()


class _Kernel:
    def __init__(self, asm: Assembly, variant: Variant):
        self.asm, self.variant, self.bordered = asm, variant, variant.bordered

    def emit(self) -> None:
        asm = self.asm
        asm.emit("push {lr}", f"sub sp, #{FRAME}")
        self._keep("r1", "out")
        self._keep("r2", "data")
        self._begin()
        row = asm.here()
        self._begin_row()
        column = asm.here()
        self._clip_window() if self.bordered else self._find_window()
        self._quads()
        self._next("columns", "column", "column_stride", column)
        if self.bordered:
            self._add("row", "stride")
        self._next("rows", "source", "row_stride", row)
        asm.emit(f"add sp, #{FRAME}", "pop {pc}")

    # -- the frame and the layer's data

    def _load(self, register: str, slot: str) -> None:
        self.asm.emit(f"ldr {register}, [sp, #{4 * SLOTS.index(slot)}]")

    def _keep(self, register: str, slot: str) -> None:
        self.asm.emit(f"str {register}, [sp, #{4 * SLOTS.index(slot)}]")

    def _read(self, register: str, field: str) -> None:
        """Read a number of the layer, whose data r2 points to."""
        self.asm.emit(f"ldr {register}, [r2, #{4 * FIELDS.index(field)}]")

    def _add(self, slot: str, field: str) -> None:
        self._load("r2", "data")
        self._read("r3", field)
        self._load("r4", slot)
        self.asm.emit("adds r4, r4, r3")
        self._keep("r4", slot)

    def _next(self, count: str, slot: str, field: str, again: str) -> None:
        """Step to the next row or column, unless it was the last."""
        self._add(slot, field)
        self._load("r3", count)
        self.asm.emit("subs r3, #1")
        self._keep("r3", count)
        self.asm.loop_back("ne", again)

    # -- positions

    def _begin(self) -> None:
        if self.bordered:
            self._read("r3", "first_row")
            self._keep("r3", "row")
            self._read("r4", "row_step")
            self.asm.emit("muls r3, r4, r3", "adds r0, r0, r3")
        else:
            self._read("r3", "window")
            self._keep("r3", "run")
        self._keep("r0", "source")
        self._read("r3", "rows")
        self._keep("r3", "rows")

    def _begin_row(self) -> None:
        self._load("r2", "data")
        if self.bordered:
            self._read("r3", "first_column")
        else:
            self._load("r3", "source")
        self._keep("r3", "column")
        self._read("r3", "columns")
        self._keep("r3", "columns")

    def _find_window(self) -> None:
        """Every window is inside: `column` is its first input."""
        self._load("r2", "data")
        self._load("r3", "column")
        self._load("r4", "run")
        self.asm.emit("adds r3, r3, r4")
        self._keep("r3", "end")

    def _clip_window(self) -> None:
        """Leave out what is outside: the first bytes of each row of the window (r0, of weights), and whole rows."""
        asm = self.asm
        asm.comment("columns of the window that are inside")
        self._load("r2", "data")
        self._load("r3", "column")
        self._inside("r3", "row_step", "window")
        asm.emit(*self._tap_bytes("r6", "r6"), *self._tap_bytes("r0", "r4"), "adds r6, r6, r0")
        self._keep("r5", "run")
        self._keep("r6", "skip")
        asm.emit("adds r3, r3, r4")
        asm.comment("rows of the window that are inside")
        self._load("r1", "row")
        self._inside("r1", "height", "kernel_rows")
        self._keep("r5", "kernel_rows")
        self._read("r5", "window")
        asm.emit(
            *self._tap_bytes("r5", "r5"), "muls r6, r5, r6", "muls r5, r4, r5", "subs r6, r6, r0", "adds r5, r5, r0"
        )
        self._keep("r6", "foot")
        self._keep("r5", "head")
        self._read("r6", "row_step")
        asm.emit("muls r4, r6, r4", "adds r3, r3, r4")
        self._load("r4", "source")
        self._load("r5", "run")
        asm.emit("adds r3, r3, r4", "adds r3, r3, r5")
        self._keep("r3", "end")

    def _tap_bytes(self, to: str, taps: str) -> list[str]:
        """Bytes of the weights of so many taps."""
        return [f"lsls {to}, {taps}, #{self.variant.tap_bytes.bit_length() - 1}"]

    def _inside(self, start: str, size: str, length: str) -> None:
        """r4 = what of a window is before the input, r5 = what is inside, r6 = what is behind it."""
        asm, not_before, not_behind = self.asm, self.asm.label(), self.asm.label()
        asm.emit("movs r4, #0", f"cmp {start}, #0", f"bge {not_before}", f"rsbs r4, {start}, #0")
        asm.place(not_before)
        self._read("r5", size)
        self._read("r6", length)
        asm.emit(f"subs r5, r5, {start}", "cmp r5, r6", f"ble {not_behind}", "movs r5, r6")
        asm.place(not_behind)
        asm.emit("subs r6, r6, r5", "subs r5, r5, r4")

    # -- sums

    def _quads(self) -> None:
        asm = self.asm
        self._read("r3", "outputs")
        self._keep("r3", "left")
        asm.emit("movs r7, r2", f"adds r7, #{FACTORS + FACTOR_BYTES * self.variant.alike}")
        quad = asm.here()
        asm.comment("four outputs: biases")
        asm.emit("ldmia r7!, {r0, r1, r2, r3}", "mov r8, r0", "mov r9, r1", "mov r10, r2", "mov r11, r3")
        self._load("r2", "data")
        if self.bordered:
            self._load("r3", "head")
            asm.emit("adds r7, r7, r3")
            self._read("r3", "zero")
            self._load("r5", "kernel_rows")
        else:
            self._read("r5", "kernel_rows")
        self._load("r6", "end")
        row = asm.here()
        asm.comment("a row of the kernel")
        self._load("r4", "run")
        asm.emit("rsbs r4, r4, #0")
        self._taps()
        if self.bordered:
            self._load("r0", "skip")
            asm.emit("adds r7, r7, r0")
        self._load("r2", "data")
        self._read("r0", "row_step")
        asm.emit("adds r6, r6, r0", "subs r5, #1", f"bne {row}")
        if self.bordered:
            self._load("r0", "foot")
            asm.emit("adds r7, r7, r0")
        if self.variant.bits < 8:
            asm.emit("adds r7, #3", "movs r0, #3", "bics r7, r0")
        self._elements()
        self._load("r0", "left")
        asm.emit("cmp r0, #0")
        asm.loop_back("ne", quad)

    def _taps(self) -> None:
        asm, again, variant = self.asm, self.asm.here(), self.variant
        zero = ["subs r0, r0, r3"] if self.bordered else []
        for tap in range(variant.unroll):
            load = {8: "ldmia r7!, {r1}", 4: f"ldrh r1, [r7, #{2 * tap}]", 2: f"ldrb r1, [r7, #{tap}]"}[variant.bits]
            asm.emit("ldrsb r0, [r6, r4]", load, *zero)
            for number, register in enumerate(("r8", "r9", "r10", "r11")):
                asm.emit(*self._weight(number), "muls r2, r0, r2", f"add {register}, r2")
            last = variant.bits < 8 and tap + 1 == variant.unroll
            asm.emit(*([f"adds r7, #{variant.unroll * variant.tap_bytes}"] if last else []), "adds r4, #1")
        asm.emit(f"bne {again}")

    def _weight(self, number: int) -> list[str]:
        """r2 = one of the four weights in r1."""
        bits = self.variant.bits
        if bits == 8 and number in (0, 3):
            return ["asrs r2, r1, #24" if number else "sxtb r2, r1"]
        return [f"lsls r2, r1, #{32 - bits * (number + 1)}", f"asrs r2, r2, #{32 - bits}"]

    # -- elements

    def _elements(self) -> None:
        """Requantise up to four sums, clip and store. r5 points to the sums, r6 to multipliers, r7 to shifts; r12 is the end."""
        asm, all_four = self.asm, self.asm.label()
        asm.comment("sums to elements")
        asm.emit("mov r0, r8", "mov r1, r9", "mov r2, r10", "mov r3, r11")
        asm.emit(f"add r5, sp, #{SUMS}", "stmia r5!, {r0, r1, r2, r3}", "subs r5, #16")
        self._load("r2", "data")
        for field, register in (("low", "r8"), ("high", "r9"), ("offset", "r10")):
            self._read("r0", field)
            asm.emit(f"mov {register}, r0")
        if self.variant.alike:
            asm.emit("mov r11, r7", "movs r7, r2", f"adds r7, #{FACTORS}")
        asm.emit("movs r6, r7", "adds r7, #16")
        self._load("r3", "left")
        asm.emit("movs r2, r3", "cmp r3, #4", f"ble {all_four}", "movs r3, #4")
        asm.place(all_four)
        asm.emit("subs r2, r2, r3")
        self._keep("r2", "left")
        self._load("r4", "out")
        asm.emit("adds r3, r3, r4", "mov r12, r3")
        again = asm.here()
        self._element()
        asm.emit("adds r4, #1", "cmp r4, r12", f"bne {again}")
        self._keep("r4", "out")
        if self.variant.alike:
            asm.emit("mov r7, r11")

    def _element(self) -> None:
        asm, not_low, not_high, once = self.asm, self.asm.label(), self.asm.label(), self.asm.label()
        asm.emit("ldmia r5!, {r0}", "ldmia r6!, {r1}")
        self._product()
        asm.emit(
            "ldrb r2, [r7, #0]", "adds r7, #1", *(["lsrs r2, r2, #1", f"bcs {once}"] if self.variant.mixed else [])
        )
        if self.variant.twice:
            asm.comment("rounded once, halves up; then halves away from zero")
            left_over = self.variant.left_over
            asm.emit(f"adds r0, #{1 << left_over - 1}", f"asrs r0, r0, #{left_over}")
            asm.emit("asrs r3, r0, #31", "adds r0, r0, r3")
        asm.place(once)
        asm.emit("asrs r0, r2", "adds r0, #1", "asrs r0, r0, #1", "add r0, r10")
        asm.emit("cmp r0, r8", f"bge {not_low}", "mov r0, r8")
        asm.place(not_low)
        asm.emit("cmp r0, r9", f"ble {not_high}", "mov r0, r9")
        asm.place(not_high)
        asm.emit("strb r0, [r4, #0]")

    def _product(self) -> None:
        """r0 = r0 times the multiplier r1, less the bits of its low digits: digit by digit, the lowest first."""
        asm, bits = self.asm, self.variant.digit_bits
        cut = f"asrs r2, r2, #{bits}"
        asm.emit(*self._digit("r2"), "muls r2, r0, r2", cut)
        for _ in range(self.variant.digits - 2):
            asm.emit(f"lsrs r1, r1, #{bits}", *self._digit("r3"), "muls r3, r0, r3", "adds r2, r2, r3", cut)
        asm.emit(f"lsrs r1, r1, #{bits}", "muls r0, r1, r0", "adds r0, r0, r2")

    def _digit(self, register: str) -> list[str]:
        above = 32 - self.variant.digit_bits
        return (
            [f"uxtb {register}, r1"]
            if above == 24
            else [f"lsls {register}, r1, #{above}", f"lsrs {register}, {register}, #{above}"]
        )
