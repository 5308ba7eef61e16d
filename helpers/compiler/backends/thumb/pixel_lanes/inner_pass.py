"""Pixel lanes, emitted: one pass, which leaves the sums of two pixels and four channels.

Registers: r0 to r3 the channels' lanes, r4 the input, r5 and r7 two words of it, r6 the product; r8 to r11 and lr keep groups
that are done, r12 the common offset. Words that find no register go to the stack.
"""

from collections.abc import Callable, Collection, Iterable, Iterator

from helpers.compiler.backends.thumb.arithmetic import lane_groups, products, stores
from helpers.compiler.backends.thumb.arithmetic.products import ProductEmitter
from helpers.compiler.backends.thumb.arithmetic.tap_orders import Segment
from helpers.compiler.backends.thumb.assembler.assembly import Assembly, Cursor
from helpers.compiler.backends.thumb.buffers.storage import Layout
from helpers.compiler.backends.thumb.pixel_lanes.plan import PassPlan

WORD_REACH, HALF_REACH = 124, 62  # largest offset of ldr and ldrh
TWO_LANES = 0x10001
WORTH_A_TEST = 6  # cycles of multiplying a word that make it worth asking whether the word is zero


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
        self.placed, self.slots = stores.allocate(plan.groups, plan.commons, plan.asides, first_slot)
        self.offsets = lane_groups.offsets(plan.commons)
        self.product_emitter = ProductEmitter(asm)
        self.done = [0] * 4

    def emit(self, row: int, merged: Callable[[int], None], late: "Late | None" = None, pushed: int = 0) -> None:
        """Emit the pass for windows `row` rows below r4, which is restored at the end.

        merged(channel) is called when the channel's sums are ready (see `_merge`). late: gets its label after the
        kernel's first row. pushed: bytes that were pushed since the stack words were laid out.
        """
        self.stores = [store.below(pushed) for store in self.placed]
        self.done, self.cursor = [0] * 4, Cursor(self.asm, "r4", "r6")
        self.product_emitter.fresh = set()
        self.product_emitter.empty = {store.aside for store in self.placed if store.aside}
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
        asides = enumerate(self.plan.asides)
        aside = {channel: self.placed[channel].aside for channel, each in asides if each and index in each.taps}
        self.product_emitter.emit(register, self._weights(index), aside)
        self.asm.place(after)

    def _weights(self, index: int) -> tuple[tuple[int, int], ...]:
        return tuple((c, int(w)) for c, w in enumerate(self.plan.signed[:, index]) if w)

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
        first = next((tap for tap in range(group.start, group.end) if self.plan.grouped[channel, tap]), None)
        if first is None or not self._tested(first):
            self.product_emitter.fresh.add(channel)
            return
        self.begun.add(channel)
        commons = [stores.COMMON[number] for number in self.offsets.get(group.offset, ())]
        if commons:
            self.asm.emit(f"mov {register}, {commons[0]}", *[f"add {register}, {each}" for each in commons[1:]])
        else:
            self.asm.literal(register, group.offset * TWO_LANES)

    def _finish(self, channel: int, group: lane_groups.Group) -> None:
        """Add the group's offset to both lanes, unless it began there."""
        if channel in self.begun:
            self.begun.discard(channel)
            return
        register = f"r{channel}"
        if channel in self.product_emitter.fresh:  # every weight of the group is zero
            self.asm.emit(f"movs {register}, #0")
            self.product_emitter.fresh.discard(channel)
        if group.offset in self.offsets:
            self.asm.emit(*[f"add {register}, {stores.COMMON[number]}" for number in self.offsets[group.offset]])
        else:
            self.asm.literal("r6", group.offset * TWO_LANES)
            self.asm.emit(f"adds {register}, {register}, r6")

    def _flush(self, channel: int) -> None:
        """Put a finished group aside and start the next."""
        number, register = self.done[channel], f"r{channel}"
        self._finish(channel, self.plan.groups[channel][number])
        stores.set_aside(self.asm, self.stores[channel], number, register)
        self.done[channel] += 1
        self._begin(channel)

    def _merge(self, channel: int) -> None:
        """Leave the sum of the right pixel in r5, that of the left one in the channel's register; r6, r7 change."""
        groups = self.plan.groups[channel]
        self._finish(channel, groups[-1])
        every = stores.all_of(groups, self.plan.asides[channel])
        stores.merge(self.asm, self.stores[channel], every, f"r{channel}")


class Late:
    """A second way into a pass, for windows whose first kernel row lies in the border: it sets what that row would leave."""

    def __init__(self, label: str, border: int):
        self.label, self.border, self.placed = label, border, False
        self.index, self.position, self.distance = 0, 0, 0
        self.done: list[int] = []
        self.fresh: set[int] = set()
        self.begun: set[int] = set()

    def take_over(self, dry: "Late") -> None:
        """Know what a dry run has noted."""
        self.done, self.fresh, self.begun = dry.done, dry.fresh, dry.begun
        self.index, self.position = dry.index, dry.position

    def note(self, body: Pass, index: int) -> None:
        """Layout the label: the pass is before its tap `index`. Keep what is known here."""
        self.placed = True
        body.asm.place(self.label)
        self.done, self.fresh, self.begun = list(body.done), set(body.product_emitter.fresh), set(body.begun)
        self.index, self.position, self.distance = index, body.cursor.position, body.asm.size

    def emit(self, asm: Assembly, body: Pass) -> None:
        """Set the registers and the stack as the border leaves them, and go on behind the label."""
        for channel, store in enumerate(body.placed):
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
        return (self.border * int(body.plan.signed[channel, start:end].sum()) + offset) * TWO_LANES & 0xFFFFFFFF

    def _set_store(self, asm: Assembly, store: stores.Store, words: list[int]) -> None:
        if store.summed and words:
            words = [sum(word >> 16 for word in words), sum(words)]
        for place, word in zip(store.places, words, strict=False):
            asm.literal("r6", word)
            asm.emit(f"mov {place}, r6" if isinstance(place, str) else f"str r6, [sp, #{place}]")
