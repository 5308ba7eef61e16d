"""Channel lanes, emitted: the sums of up to four outputs at one position.

Registers: r0, r1 the sums (two lanes each), r2 an input, r3 and r4 weights, r5 one more or, if units are looped over, the mask
of those still to come, which is else in lr;
r6 the input pointer, r7 the stream; r8 to r11 the sums of high halves and of words of finished groups, r12 the window's
first input. With packed weights r5 holds the mask of one weight in each half and r12 a sum of inputs.
"""

import itertools
from collections.abc import Callable

from helpers.compiler.backends.thumb.assembler.assembly import Assembly, Cursor
from helpers.compiler.backends.thumb.channel_lanes.elements import CONSTANTS, MASK, SOURCE, SUMS, Elements
from helpers.compiler.backends.thumb.channel_lanes.packing import LANE_BITS, Shape
from helpers.compiler.backends.thumb.channel_lanes.plan import ChannelPlan

BYTE_REACH = 31
SHORT_UNIT = 12  # taps of a unit from which on a third register for weights saves more than moving the mask costs
LOOP_BYTES = 48  # most code around a unit's taps in the loop over units, and its literals


class Quad:
    """The sums of up to four outputs at a position, and their elements."""

    def __init__(self, asm: Assembly, plan: ChannelPlan, count: int):
        self.asm, self.plan, self.layer, self.count = asm, plan, plan.layer, count
        self.words = 2 if plan.packed else (count + 1) // 2
        self.lanes = ", ".join(f"r{n}" for n in range(self.words))
        self.always_flush, self.only = plan.always_flush, plan.quads == 1
        short = len(plan.units[0].order) < SHORT_UNIT
        self.mask_in_r5 = plan.bordered and (plan.looped or plan.chunked or short)  # else it waits in lr
        self.weights = ("r3", "r4") if self.mask_in_r5 or plan.looped else ("r3", "r4", "r5")
        self.flushed = False

    def emit(self) -> None:
        asm = self.asm
        asm.comment(f"{self.count} channels at a time")
        if self.always_flush:
            self._start_from_constants()
        if self.mask_in_r5:
            asm.emit("movs r5, r0" if self.only else f"ldr r5, [sp, #{MASK}]")
        elif self.plan.bordered:
            asm.emit(*(["mov lr, r0"] if self.only else [f"ldr r2, [sp, #{MASK}]", "mov lr, r2"]))
        self._looped() if self.plan.looped else self._straight()
        Elements(asm, self.plan, self.count, self.flushed).emit()

    def _start_from_constants(self) -> None:
        """The sums start from the constants of this kind of position: they need not be added later."""
        asm = self.asm
        if self.plan.without_constants:
            asm.emit("movs r3, #0", *(f"mov {register}, r3" for pair in SUMS[: self.words] for register in pair))
            self.flushed = True
            return
        base = "r7" if self.plan.streams_constants else "r6"
        if base == "r6":
            asm.emit("movs r6, r2" if self.only else f"ldr r6, [sp, #{CONSTANTS}]")
        for high, total in SUMS[: self.words]:
            asm.emit(f"ldmia {base}!, {{r3, r4}}", f"mov {high}, r3", f"mov {total}, r4")
        if base == "r6" and not self.only:
            asm.emit(f"str r6, [sp, #{CONSTANTS}]")
        self.flushed = True

    def _straight(self) -> None:
        """Every unit has its own code."""
        asm, units = self.asm, self.plan.units
        if self.plan.packed:
            asm.literal("r5", 0x10001 * (2**self.plan.bits - 1))
            asm.emit(f"ldr r6, [sp, #{SOURCE}]")
            self._taps(0, 0, True)
            return
        asm.emit("mov r6, r12")
        pointer = Cursor(asm, "r6", "r2")
        for index, unit in enumerate(units):
            taps, after = max(unit.order) + 1, asm.label()
            asm.comment(f"kernel row {unit.row}, from column {unit.column}: {len(unit.order)} taps")
            if taps <= BYTE_REACH:
                pointer.reach(unit.offset, BYTE_REACH + 1 - taps)
            self._skip(index, after)
            if taps > BYTE_REACH and (index or unit.offset):
                asm.emit("mov r6, r12")
                asm.advance("r6", unit.offset, "r2")
                pointer.position = unit.offset
            self._taps(index, unit.offset - pointer.position, index == len(units) - 1)
            asm.place(after)

    def _skip(self, index: int, after: str) -> None:
        if self.plan.bordered:
            inside = self.asm.label()
            mask = ["lsrs r5, r5, #1"] if self.mask_in_r5 else ["mov r2, lr", "lsrs r2, r2, #1", "mov lr, r2"]
            self.asm.emit(*mask, f"bcs {inside}")
            self.asm.advance("r7", self.plan.unit_bytes(index, self.words), "r2")
            self.asm.emit(f"b {after}")
            self.asm.place(inside)

    def _looped(self) -> None:
        """One piece of code for all units; each begins with its offset in the window."""
        asm, plan = self.asm, self.plan
        done = asm.label()
        if not plan.bordered:
            asm.literal("r5", (2 << len(plan.units)) - 1)
        again = asm.here()
        inside = asm.label()
        asm.emit("lsrs r5, r5, #1")
        asm.branch_on("eq", done, plan.code_bytes(0) + LOOP_BYTES)
        asm.emit(f"bcs {inside}")
        asm.advance("r7", plan.unit_bytes(0, self.words), "r2")
        asm.emit(f"b {again}")
        asm.place(inside)
        asm.emit("ldmia r7!, {r6}", "add r6, r12")
        self._taps(0, 0, False)
        asm.jump_back(again)
        asm.place(done)

    def _taps(self, index: int, offset: int, last: bool) -> None:
        """The groups of a unit. offset: of its first tap from r6; last: nothing follows, so the last group stays in place."""
        shape, order = self.plan.shapes[index], self.plan.units[index].order
        taps = len(order)
        if shape.chunks:
            self._chunks(shape)
            offset -= shape.chunk * shape.chunks
        pointer, far = Cursor(self.asm, "r6", "r2"), offset + max(0, max(order) - BYTE_REACH)
        for start, end in itertools.pairwise([*shape.starts, taps]):
            self._group(range(start, end), lambda tap: pointer.reach(offset + order[tap], BYTE_REACH, far))
            if not last or end < taps or self.always_flush:
                self._flush()

    def _chunks(self, shape: Shape) -> None:
        """A loop over groups of equal length."""
        asm = self.asm
        asm.advance_from("r2", "r6", shape.chunk * shape.chunks)
        asm.emit("mov lr, r2")
        again = asm.here()
        self._group(range(shape.chunk), lambda tap: tap)
        self._flush()
        asm.emit(f"adds r6, #{shape.chunk}", "cmp r6, lr")
        asm.loop_back("ne", again)

    def _group(self, taps: range, offset_of: Callable[[int], int]) -> None:
        """Start the sums and add every tap.

        As many weights are loaded at once as there are registers, the first ones together with the start of the sums.
        """
        if self.plan.packed:
            self.asm.emit(f"ldmia r7!, {{{self.lanes}}}")
            self._packed_group(taps, offset_of)
            return
        starts = f"{self.lanes}, "
        products = [(tap, word) for tap in taps for word in range(self.words)]
        registers, loaded = self.weights, None
        for first in range(0, len(products), len(registers)):
            several = list(zip(products[first : first + len(registers)], registers, strict=False))
            if several[0][0][0] != loaded:
                loaded = several[0][0][0]
                self.asm.emit(f"ldrb r2, [r6, #{offset_of(loaded)}]")
            self.asm.emit(f"ldmia r7!, {{{starts}{', '.join(register for _, register in several)}}}")
            starts = ""
            for (tap, word), register in several:
                if tap != loaded:
                    loaded = tap
                    self.asm.emit(f"ldrb r2, [r6, #{offset_of(tap)}]")
                self.asm.emit(f"muls {register}, r2, {register}", f"adds r{word}, r{word}, {register}")

    def _packed_group(self, taps: range, offset_of: Callable[[int], int]) -> None:
        """Emit a group with packed weights, `storage_offset` too large. r12 sums the inputs; the excess is subtracted last."""
        asm, bits = self.asm, self.plan.bits
        asm.emit("movs r2, #0", "mov r12, r2")
        for number, tap in enumerate(taps):
            place = 2 * bits * number % LANE_BITS
            asm.emit(f"ldrb r2, [r6, #{offset_of(tap)}]", *([] if place else ["ldmia r7!, {r3}"]), "add r12, r2")
            self._packed_products(place)
        asm.emit("mov r2, r12")
        asm.literal("r3", self.plan.storage_offset * 0x10001)
        asm.emit("muls r2, r3, r2", "subs r0, r0, r2", "subs r1, r1, r2")

    def _packed_products(self, place: int) -> None:
        """r2 times the four weights of a tap, which begin at a bit of the halves of r3; behind a word's last tap r3 is free."""
        asm, bits = self.asm, self.plan.bits
        if place + 2 * bits == LANE_BITS:
            asm.emit(f"lsrs r4, r3, #{place + bits}", *([f"lsrs r3, r3, #{place}"] if place else []))
            asm.emit(
                "ands r3, r5", "ands r4, r5", "muls r3, r2, r3", "muls r4, r2, r4", "adds r0, r0, r3", "adds r1, r1, r4"
            )
            return
        for word in range(2):
            shift = place + bits * word
            asm.emit(f"lsrs r4, r3, #{shift}" if shift else "movs r4, r3", "ands r4, r5", "muls r4, r2, r4")
            asm.emit(f"adds r{word}, r{word}, r4")

    def _flush(self) -> None:
        how = "add" if self.flushed else "mov"
        for word in range(self.words):
            high, total = SUMS[word]
            self.asm.emit(f"lsrs r4, r{word}, #16", f"{how} {high}, r4", f"{how} {total}, r{word}")
        self.flushed = True
