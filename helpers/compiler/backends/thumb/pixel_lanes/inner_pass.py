"""Pixel lanes, emitted: one pass, which leaves the sums of two pixels and four channels.

Registers: r0 to r3 the channels' lanes, r4 the input, r5 and r7 two words of it, r6 the product; r8 to r11 and lr keep groups
that are done, r12 the common offset. Words that find no register go to the stack.
"""

import itertools
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field

from helpers.compiler.backends.thumb.arithmetic import lane_groups, products
from helpers.compiler.backends.thumb.arithmetic.products import ProductEmitter
from helpers.compiler.backends.thumb.assembler.assembly import Assembly, Cursor
from helpers.compiler.backends.thumb.buffers.storage import Layout
from helpers.compiler.backends.thumb.pixel_lanes.plan import PassPlan, Segment

WORD_REACH, HALF_REACH = 124, 62  # largest offset of ldr and ldrh
TWO_LANES = 0x10001
WORTH_A_TEST = 6  # cycles of multiplying a word that make it worth asking whether the word is zero
# Cycles of a finished group. Its high half and its word are added to two sums (lsrs, adds, adds), which two moves begin; or
# it waits, in a register (two moves besides) or on the stack (str and ldr besides).
ADDED, BEGUN, IN_REGISTER, ON_STACK = 3, 2, 5, 7
REGISTERS = ("r8", "r9", "r10", "r11", "lr")


@dataclass
class Store:
    """Where a channel's finished groups wait: as (sum of high halves, sum of words) in two registers, or word by word."""

    summed: bool
    places: list = field(default_factory=list)  # register names, or offsets from sp


def allocate(plan: PassPlan, first_slot: int) -> tuple[list[Store], int]:
    """Give the channels' finished groups places; returns them and the number of stack words from `first_slot` on.

    Of all choices of the channels that are summed (two registers each), the one that costs least.
    """
    flushes = [len(each) - 1 for each in plan.groups]
    subsets = (s for size in range(3) for s in itertools.combinations([c for c in range(4) if flushes[c] > 1], size))
    summed = min(subsets, key=lambda subset: _cost(flushes, subset))
    free, slots = list(REGISTERS), 0
    stores = [Store(True, [free.pop(), free.pop()]) if channel in summed else Store(False) for channel in range(4)]
    for channel in sorted(set(range(4)) - set(summed), key=lambda c: (flushes[c], c)):
        for _ in range(flushes[channel]):
            stores[channel].places.append(free.pop() if free else first_slot + 4 * slots)
            slots += isinstance(stores[channel].places[-1], int)
    return stores, slots


def _cost(flushes: list[int], summed: tuple[int, ...]) -> int:
    """Return the cycles to set groups aside and to add them at the end."""
    words = sum(count for channel, count in enumerate(flushes) if channel not in summed)
    registers = min(words, len(REGISTERS) - 2 * len(summed))
    kept = sum(ADDED * flushes[channel] + BEGUN for channel in summed)
    return kept + IN_REGISTER * registers + ON_STACK * (words - registers)


class Pass:
    """Emits one plan; may be emitted several times, at other rows of the input."""

    def __init__(  # noqa: PLR0913 (the last two are seldom given)
        self,
        asm: Assembly,
        plan: PassPlan,
        source: Layout,
        stride: int,
        first_slot: int,
        skips: Collection[int] = (),
        busy: bool = False,
    ):
        """Allocate the registers and the stack slots of a pass.

        skips: input channels whose words are skipped if they are zero. busy: windows that see only zeros are skipped
        elsewhere, so that the first word is seldom zero and not worth a test; all four sums begin with it.
        """
        self.asm, self.plan, self.source, self.stride, self.skips, self.busy = asm, plan, source, stride, skips, busy
        self.stores, self.slots = allocate(plan, first_slot)
        self.product_emitter = ProductEmitter(asm)
        self.done = [0] * 4

    def emit(self, row: int, merged: Callable[[int], None], late: "Late | None" = None) -> None:
        """Emit the pass for windows `row` rows below r4, which is restored at the end.

        merged(channel) is called when the channel's sums are ready (see `_merge`). late: gets its label after the
        kernel's first row.
        """
        self.done, self.cursor = [0] * 4, Cursor(self.asm, "r4", "r6")
        self.product_emitter.fresh = set()
        self.begun: set[int] = set()
        for channel in range(4):
            self._begin(channel)
        cuts = [{group.start for group in each if group.start} for each in self.plan.groups]
        index = 0
        for segment in self.plan.segments:
            if late and segment.row and not late.placed:
                late.note(self, index)
            inputs = self._inputs(segment, row)
            for column in segment.columns:
                for channel in (c for c in range(4) if index in cuts[c]):
                    self._flush(channel)  # first, because it changes the flags
                register, known = next(inputs)
                assert self.plan.taps[index] == (segment.row, segment.channel, column)
                self._tap(register, index, known)
                index += 1
        if late and not late.placed:  # the kernel has weights in its first row only
            late.note(self, index)
        for channel in range(4):
            self._merge(channel)
            merged(channel)
        self.cursor.move_to(0)

    def _tap(self, register: str, index: int, known: bool) -> None:
        """Add a word times the weights of a tap; known: the flags tell whether the word is zero."""
        after = self.asm.label()
        if self._tested(index):
            self.asm.emit(*([] if known else [f"cmp {register}, #0"]), f"beq {after}")
        self.product_emitter.emit(register, self._weights(index))
        self.asm.place(after)

    def _weights(self, index: int) -> tuple[tuple[int, int], ...]:
        return tuple((c, int(w)) for c, w in enumerate(self.plan.weights[:, index]) if w)

    def _cycles(self, index: int) -> int:
        return products.cost(products.plan(self._weights(index), self.asm.mul_cycles))

    def _tested(self, index: int) -> bool:
        """Whether a tap's word is passed over where it is zero."""
        if index == 0 and self.busy:
            return False
        return self.plan.taps[index][1] in self.skips and self._cycles(index) >= WORTH_A_TEST

    def _inputs(self, segment: Segment, row: int) -> Iterator[tuple[str, bool]]:
        """Load the segment's words.

        Yields for each tap the register that holds its two pixels, and whether the flags are those of the word.
        """
        line = (row + segment.row) * self.source.row_step
        start = line + segment.channel * self.source.channel_step
        anchor = max(0, line + self.source.row_step - 4 - WORD_REACH)  # as low as the whole row allows
        if self.source.element == 4:  # a word holds both pixels of a tap, whatever the stride
            for column in segment.columns:
                self._load("r5", anchor, start + 4 * column)
                yield "r5", False
        elif self.stride > 1:
            yield from self._apart(anchor, start, segment.columns)
        elif segment.columns in ((0, 2, 1), (2, 0, 1)):
            yield from self._ends_first(anchor, start, segment.columns)
        else:
            yield from self._neighbours(anchor, start, segment.columns)

    def _neighbours(self, anchor: int, start: int, columns: tuple[int, ...]) -> Iterator[tuple[str, bool]]:
        """Aligned words serve the even columns; the odd ones are put together from the words on both sides."""
        upwards = columns[0] == 0
        here, there = ("r5", "r7") if upwards else ("r7", "r5")
        self._load(here, anchor, start + columns[0] // 2 * 4)
        for column in columns:
            if column % 2 == 0:
                yield here, False
                continue
            self._load(there, anchor, start + ((column + 1) // 2 if upwards else column // 2) * 4)
            self._between(here, there, upwards)
            yield here, True
            here, there = there, here

    def _ends_first(self, anchor: int, start: int, columns: tuple[int, ...]) -> Iterator[tuple[str, bool]]:
        """Three columns: both words first, then the pixels between them."""
        for register, offset in (("r5", 0), ("r7", 4)):
            self._load(register, anchor, start + offset)
        for column in columns[:2]:
            yield "r5" if column == 0 else "r7", False
        self._between("r5", "r7", True)
        yield "r5", True

    def _between(self, here: str, there: str, upwards: bool) -> None:
        """Make `here` the pair of the pixels next to each other in two words, `here` being the left one if `upwards`."""
        first, second = ("lsrs", "lsls") if upwards else ("lsls", "lsrs")
        self.asm.emit(f"{first} {here}, {here}, #16", f"{second} r6, {there}, #16", f"orrs {here}, r6")

    def _load(self, register: str, anchor: int, offset: int) -> None:
        self.asm.emit(f"ldr {register}, [r4, #{self.cursor.reach(offset, WORD_REACH, anchor)}]")

    def _apart(self, anchor: int, start: int, columns: Iterable[int]) -> Iterator[tuple[str, bool]]:
        """Pixels `stride` apart are loaded one by one."""
        for column in columns:
            for register, offset in (("r7", column + self.stride), ("r5", column)):
                self.asm.emit(f"ldrh {register}, [r4, #{self.cursor.reach(start + 2 * offset, HALF_REACH, anchor)}]")
            self.asm.emit("lsls r7, r7, #16", "orrs r5, r7")
            yield "r5", True

    def _begin(self, channel: int) -> None:
        """Let a group's first word start its sums, or, where that word may be passed over, the group's offset."""
        group, register = self.plan.groups[channel][self.done[channel]], f"r{channel}"
        first = next((tap for tap in range(group.start, group.end) if self.plan.weights[channel, tap]), None)
        if first is None or not self._tested(first):
            self.product_emitter.fresh.add(channel)
            return
        self.begun.add(channel)
        offset = group.offset
        if offset and offset in (self.plan.common, 2 * self.plan.common):
            self.asm.emit(f"mov {register}, r12", *[f"add {register}, r12"] * (offset // self.plan.common - 1))
        else:
            self.asm.literal(register, offset * TWO_LANES)

    def _finish(self, channel: int, group: lane_groups.Group) -> None:
        """Add the group's offset to both lanes, unless it began there."""
        if channel in self.begun:
            self.begun.discard(channel)
            return
        register = f"r{channel}"
        if channel in self.product_emitter.fresh:  # every weight of the group is zero
            self.asm.emit(f"movs {register}, #0")
            self.product_emitter.fresh.discard(channel)
        if group.offset in (self.plan.common, 2 * self.plan.common):
            self.asm.emit(*[f"add {register}, r12"] * (group.offset // self.plan.common))
        elif group.offset:
            self.asm.literal("r6", group.offset * TWO_LANES)
            self.asm.emit(f"adds {register}, {register}, r6")

    def _flush(self, channel: int) -> None:
        """Put a finished group aside and start the next."""
        number, store, register = self.done[channel], self.stores[channel], f"r{channel}"
        self._finish(channel, self.plan.groups[channel][number])
        if store.summed:
            how = "add" if number else "mov"
            self.asm.emit(
                f"lsrs r6, {register}, #16", f"{how} {store.places[0]}, r6", f"{how} {store.places[1]}, {register}"
            )
        else:
            place = store.places[number]
            self.asm.emit(f"mov {place}, {register}" if isinstance(place, str) else f"str {register}, [sp, #{place}]")
        self.done[channel] += 1
        self._begin(channel)

    def _merge(self, channel: int) -> None:
        """Leave the sum of the right pixel in r5, that of the left one in the channel's register; r6, r7 change."""
        register, store = f"r{channel}", self.stores[channel]
        self._finish(channel, self.plan.groups[channel][-1])
        self.asm.emit(f"lsrs r5, {register}, #16")
        if len(self.plan.groups[channel]) == 1:
            self.asm.emit(f"uxth {register}, {register}")
            return
        if store.summed:
            self.asm.emit(f"add r5, {store.places[0]}", f"add {register}, {store.places[1]}")
        else:
            for place in store.places:
                self.asm.emit(f"mov r6, {place}" if isinstance(place, str) else f"ldr r6, [sp, #{place}]")
                self.asm.emit("lsrs r7, r6, #16", "adds r5, r5, r7", f"adds {register}, {register}, r6")
        self.asm.emit("lsls r6, r5, #16", f"subs {register}, {register}, r6")


class Late:
    """A second way into a pass, for windows whose first kernel row lies in the border: it sets what that row would leave."""

    def __init__(self, label: str, border: int):
        self.label, self.border, self.placed = label, border, False

    def note(self, body: Pass, index: int) -> None:
        """Layout the label: the pass is before its tap `index`. Keep what is known here."""
        self.placed = True
        body.asm.place(self.label)
        self.done, self.fresh, self.begun = list(body.done), set(body.product_emitter.fresh), set(body.begun)
        self.index, self.position, self.distance = index, body.cursor.position, body.asm.size

    def emit(self, asm: Assembly, body: Pass) -> None:
        """Set the registers and the stack as the border leaves them, and go on behind the label."""
        for channel, store in enumerate(body.stores):
            words = [self._word(body, channel, g.start, g.end, g.offset) for g in body.plan.groups[channel]]
            self._set_store(asm, store, words[: self.done[channel]])
        for channel in sorted(set(range(4)) - self.fresh):
            group = body.plan.groups[channel][self.done[channel]]
            offset = group.offset if channel in self.begun else 0
            asm.literal(f"r{channel}", self._word(body, channel, group.start, self.index, offset))
        asm.advance("r4", self.position, "r6")
        asm.emit(f"b {self.label}")
        asm.pool()

    def _word(self, body: Pass, channel: int, start: int, end: int, offset: int) -> int:
        return (self.border * int(body.plan.weights[channel, start:end].sum()) + offset) * TWO_LANES & 0xFFFFFFFF

    def _set_store(self, asm: Assembly, store: Store, words: list[int]) -> None:
        if store.summed and words:
            words = [sum(word >> 16 for word in words), sum(words)]
        for place, word in zip(store.places, words, strict=False):
            asm.literal("r6", word)
            asm.emit(f"mov {place}, r6" if isinstance(place, str) else f"str r6, [sp, #{place}]")
