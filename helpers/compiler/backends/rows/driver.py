"""The function of a band: it calls the kernels row by row, in the order of a table, and moves up what they have read."""

from dataclasses import dataclass

import numpy as np

from helpers.compiler.backends.rows.rings import WORD, Ring
from helpers.compiler.backends.rows.schedule import Event, Step
from helpers.compiler.backends.thumb.assembler.assembly import Assembly
from helpers.compiler.backends.thumb.buffers import border
from helpers.compiler.backends.thumb.buffers.storage import Layout

# Bytes from sp: where the table is read next, then the function's arguments.
EVENT, SOURCE, TARGET, ROWS, CONSTANTS, WHOLE = 0, 4, 8, 12, 16, 24
MOST_STEPS = 30  # of a band: the table has a byte for four times the number of a step or of its border
MOST_GROUPS = 4  # of words that are moved without a loop
MOVED = ("r2", "r3", "r5", "r6")  # what words go through
REGISTERS = border.Registers("r4", "r7", ("r2", "r3", "r5", "r6"))


@dataclass(frozen=True)
class Beside:
    """What the last step, a sum, reads besides its rows: those of the band's input, or of a function that is made of them.

    left: whether that is the sum's left input. row_step: bytes of the input for each row. function: None if it is the input
    itself; its row goes to byte `place` of the rows. constants, behind: as in Called.
    """

    left: bool
    row_step: int
    function: str | None = None
    place: int = 0
    constants: int | None = None
    behind: int | None = None


@dataclass(frozen=True)
class Called:
    """A step as it is called.

    source_step: bytes from one row of the first step's input to the next. constants: byte offset of what it reads of the
    constant region; None: nothing. base: bytes to the first element of a row of its result, if it does not know of them itself.
    behind: of C, the bytes from its weights to its biases, which are arguments between input and result.
    """

    step: Step
    function: str
    source_step: int
    constants: int | None
    base: int = 0
    behind: int | None = None
    beside: Beside | None = None


class Driver:
    """Emits the function (r0: input, r1: output, r2: rows, r3: the constant region; on the stack the input again, for a sum).

    places: byte offsets of the rings of all steps but the first. target: layout of the result; one whose rows are no bytes
    apart begins as zeros.
    """

    def __init__(self, asm: Assembly, called: list[Called], order: list[Event], places: list[int], target: Layout):
        self.asm, self.called, self.order, self.target = asm, called, order, target
        self.places = [0, *places]
        self.borders = sorted({event.step for event in order if event.border})

    def emit(self) -> None:
        asm, again, table = self.asm, self.asm.label(), self.asm.label()
        stubs = [asm.label() for _ in range(len(self.called) + len(self.borders) + 1)]
        asm.emit("push {r0, r1, r2, r3, lr}", "sub sp, #4")
        self._fill()
        asm.address("r4", table)
        asm.emit(f"str r4, [sp, #{EVENT}]", f"b {again}")
        asm.pool()
        asm.place(again)
        asm.comment("the next row: whose it is, and where it goes")
        asm.emit(f"ldr r4, [sp, #{EVENT}]", "ldrb r3, [r4, #0]", "ldrb r5, [r4, #1]", "adds r4, #2")
        asm.emit(f"str r4, [sp, #{EVENT}]", "add pc, r3", "mov r8, r8", *(f"bl {stub}" for stub in stubs))
        for k, stub in enumerate(stubs[: len(self.called)]):
            asm.place(stub)
            self._row(k)
            asm.jump_back(again)
        for k, stub in zip(self.borders, stubs[len(self.called) : -1], strict=True):
            asm.place(stub)
            self._border(k)
            asm.jump_back(again)
        asm.place(stubs[-1])
        asm.emit("add sp, #20", "pop {pc}")
        asm.pool()
        asm.table(table, self._table())

    def _ring(self, k: int) -> Ring:
        ring = self.called[k].step.ring
        assert ring is not None, "the first step of a band reads a whole value"
        return ring

    def _fill(self) -> None:
        """Borders are there before the first row is."""
        for k in range(1, len(self.called)):
            if self._ring(k).border_word is not None:
                self._find("r4", k, "r7")
                self._store_border(k, self._ring(k).bytes)
        if not self.target.row_step:
            self.asm.emit(f"ldr r4, [sp, #{TARGET}]")
            border.fill_words(self.asm, 0, self.target.bytes // WORD, REGISTERS)
        if self.target.border is not None:
            self.asm.emit(f"ldr r4, [sp, #{TARGET}]")
            border.fill(self.asm, self.target, REGISTERS)

    def _store_border(self, k: int, count: int) -> None:
        """Fill `count` bytes from r4 on with what is around a step's input."""
        border.fill_words(self.asm, self._ring(k).border_word or 0, count // WORD, REGISTERS)

    def _find(self, register: str, k: int, spare: str) -> None:
        """register = the start of what a step reads."""
        self.asm.emit(f"ldr {register}, [sp, #{SOURCE if k == 0 else ROWS}]")
        self.asm.advance(register, self.places[k], spare)

    def _slot(self, row_bytes: int) -> None:
        """r1 is moved by r5 rows."""
        if row_bytes:
            self._times("r5", row_bytes)
            self.asm.emit("adds r1, r1, r5")

    def _times(self, register: str, row_bytes: int) -> None:
        """Multiply a register by the bytes of a row; changes r3."""
        if row_bytes & (row_bytes - 1) == 0:
            self.asm.emit(f"lsls {register}, r5, #{row_bytes.bit_length() - 1}")
        else:
            self.asm.literal("r3", row_bytes)
            self.asm.emit(*([f"movs {register}, r5"] if register != "r5" else []), f"muls {register}, r3, {register}")

    def _row(self, k: int) -> None:
        """A row of a step; what it leaves behind goes, and what it still needs moves up."""
        asm, called = self.asm, self.called[k]
        asm.comment(called.function)
        if called.beside:
            self._sum(called.function, called.beside, k)
            self._move_up(k)
            return
        if k + 1 < len(self.called):
            self._find("r1", k + 1, "r3")
            self._slot(self._ring(k + 1).row_bytes)
        else:
            asm.emit(f"ldr r1, [sp, #{TARGET}]")
            self._slot(self.target.row_step)
        asm.advance("r1", called.base, "r3")
        self._find("r0", k, "r3")
        self._constants(called.constants, called.behind)
        asm.emit(f"bl {called.function}")
        if k == 0:
            asm.emit(f"ldr r0, [sp, #{SOURCE}]")
            asm.advance("r0", called.step.needs.step * called.source_step, "r3")
            asm.emit(f"str r0, [sp, #{SOURCE}]")
        else:
            self._move_up(k)

    def _constants(self, constants: int | None, behind: int | None) -> None:
        """Hand over the constants in r2; for C both of them between input and result."""
        asm = self.asm
        if constants is not None:
            asm.emit(f"ldr r2, [sp, #{CONSTANTS}]")
            asm.advance("r2", constants, "r3")
        if behind is not None:
            asm.emit("movs r3, r1", "movs r1, r2")
            asm.advance("r2", behind, "r4")

    def _sum(self, function: str, beside: Beside, k: int) -> None:
        """A row of a sum, and what it reads besides the rows."""
        asm, other = self.asm, "r0" if beside.left else "r1"
        asm.emit(f"ldr r0, [sp, #{WHOLE}]")
        self._times("r2", beside.row_step)
        asm.emit("adds r0, r0, r2")
        if beside.function:
            asm.emit(f"ldr r1, [sp, #{ROWS}]")
            asm.advance("r1", beside.place, "r3")
            self._constants(beside.constants, beside.behind)
            asm.emit(f"bl {beside.function}", f"ldr r0, [sp, #{ROWS}]")
            asm.advance("r0", beside.place, "r3")
            asm.emit(f"ldr r4, [sp, #{EVENT}]", "subs r4, #1", "ldrb r5, [r4, #0]")
        asm.emit(*([] if beside.left else ["movs r1, r0"]), f"ldr r2, [sp, #{TARGET}]")
        self._times("r5", self.target.row_step)
        asm.emit("adds r2, r2, r5")
        self._find("r0" if other == "r1" else "r1", k, "r3")
        asm.emit(f"bl {function}")

    def _move_up(self, k: int) -> None:
        """Move the rows that the next row of a step reads again."""
        asm, ring = self.asm, self._ring(k)
        leaving = ring.rows.step * ring.row_bytes
        count = (ring.bytes - leaving) // WORD
        if not count:
            return
        self._find("r0", k, "r3")
        asm.advance_from("r1", "r0", leaving)
        groups, rest = divmod(count, len(MOVED))
        at_once = groups if groups <= MOST_GROUPS else max(n for n in range(1, MOST_GROUPS + 1) if groups % n == 0)
        if groups > at_once:
            asm.literal("r4", groups // at_once)
        again = asm.here()
        for _ in range(at_once):
            self._words(len(MOVED))
        if groups > at_once:
            asm.emit("subs r4, #1", f"bne {again}")
        self._words(rest)

    def _words(self, count: int) -> None:
        if count:
            listed = ", ".join(MOVED[:count])
            self.asm.emit(f"ldmia r1!, {{{listed}}}", f"stmia r0!, {{{listed}}}")

    def _border(self, k: int) -> None:
        """A row below the last one of the input."""
        self.asm.comment(f"a row of border for {self.called[k].function}")
        self._find("r1", k, "r3")
        self._slot(self._ring(k).row_bytes)
        self.asm.emit("movs r4, r1")
        self._store_border(k, self._ring(k).row_bytes)

    def _table(self) -> np.ndarray:
        """The order as pairs of bytes in words: four times the number of what is done, and the slot; then the end."""
        numbers = [len(self.called) + self.borders.index(e.step) if e.border else e.step for e in self.order]
        pairs = [(WORD * n, e.slot) for n, e in zip(numbers, self.order, strict=True)]
        pairs.append((WORD * (len(self.called) + len(self.borders)), 0))
        made = bytes(each for pair in pairs for each in pair)
        return np.frombuffer(made + bytes(-len(made) % WORD), "<u4")
