"""Maximum pools, and the copies between two kinds of storage (a pool of one by one)."""

from helpers.compiler.backends.thumb.assembler.assembly import Assembly, Cursor
from helpers.compiler.backends.thumb.buffers import border
from helpers.compiler.backends.thumb.pools import blank_windows, channel_pool
from helpers.compiler.backends.thumb.pools.layer import PoolLayer
from helpers.compiler.ir.window import POINT

TOP_BITS, ODD_BYTES, GUARDS = 0x80808080, 0xFF00FF00, 0x01000100
WORD_REACH, HALF_REACH = 124, 62  # largest offsets of ldr and strh


def emit(asm: Assembly, layer: PoolLayer, looped: bool = False) -> None:
    """The body of a function (r0: input, r1: output, r2: marks, if any) in the quickest way there is; looped: a row is a loop."""
    asm.emit("push {lr}")
    asm.emit(*(["mov r10, r2"] if layer.sight else []), "movs r2, r1")
    registers, sides = border.Registers("r2", "r3", ("r4", "r5", "r6", "r7")), not _stores_sides(layer, looped)
    border.fill(asm, layer.target, registers, bool(layer.sight), sides)
    if layer.window == POINT and _in_words(layer):
        _flip(asm, layer)
    elif four_at_a_time(layer):
        _FourPixels(asm, layer, looped).emit()
    else:
        channel_pool.emit(asm, layer)
    asm.emit("pop {pc}")
    asm.pool()


def _in_words(layer: PoolLayer) -> bool:
    """Whether elements are copied four at a time: all of a value at once, or rows of whole words inside a border."""
    source, target = layer.source, layer.target
    if target.element != 1 or layer.offset_change not in (-128, 0, 128) or layer.anywhere:
        return False
    if target.border is not None:
        return not any(n % 4 for n in (target.base, target.row_step, source.row_step))
    return source.bytes == target.bytes and target.base == 0 and layer.rows == source.shape[0]


def _flip(asm: Assembly, layer: PoolLayer) -> None:
    """int8 to bytes with 128 added, or back: the top bit of every byte changes. Buffers have room up to a whole word."""
    asm.comment(f"{layer.name}: four bytes at a time")
    source, target = layer.source, layer.target
    asm.literal("r5", TOP_BITS if layer.offset_change else 0)
    bordered = target.border is not None
    asm.literal("r4", -(-(source.row_step if bordered else source.bytes) // 4))
    if bordered:
        asm.advance("r1", target.base, "r2")
        asm.literal("r3", layer.rows)
        asm.emit("movs r6, r4")
        row = asm.here()
        asm.emit("movs r4, r6")
    again = asm.here()
    asm.emit("ldmia r0!, {r2}", "eors r2, r5", "stmia r1!, {r2}", "subs r4, #1")
    asm.loop_back("ne", again)
    if bordered:
        asm.advance("r1", target.row_step - source.row_step, "r2")
        asm.emit("subs r3, #1")
        asm.loop_back("ne", row)


def four_at_a_time(layer: PoolLayer) -> bool:
    """Whether a word, four columns, is pooled at once."""
    source, target = layer.source, layer.target
    halves = layer.window.kernel == layer.window.strides == (2, 2) and source.shape[2] == 1 and target.element == 2
    return halves and not layer.anywhere and source.shape[1] % 4 == 0 and layer.offset_change in (0, 128)


def _stores_sides(layer: PoolLayer, looped: bool) -> bool:
    """Whether a row's first and last pixel are stored as words with the cells of a border of zeros beside them."""
    alone = four_at_a_time(layer) and not looped and not layer.sight
    return alone and layer.target.border == 0 and layer.target.margins[2:] == (1, 1)


class _FourPixels:
    """A 2x2 pool of one channel: two words, four columns of two rows, give two half-words.

    Registers: r0 input, r1 output, r2 to r5 at work, r6 odd bytes of words, r7 top bits; r8 guard bits, r9 the output's end;
    r10 the marks, r12 those of this row.
    """

    def __init__(self, asm: Assembly, layer: PoolLayer, looped: bool):
        self.asm, self.layer, self.looped = asm, layer, looped
        self.left = 2 if _stores_sides(layer, looped) else 0  # bytes of the border in front of a row's first pixel

    def emit(self) -> None:
        asm, layer, words = self.asm, self.layer, self.layer.source.shape[1] // 4
        asm.advance("r1", layer.target.base - self.left, "r2")
        asm.literal("r2", GUARDS)
        asm.emit("mov r8, r2")
        asm.advance_from("r2", "r1", layer.rows * layer.target.row_step)
        asm.emit("mov r9, r2")
        asm.literal("r6", ODD_BYTES)
        asm.literal("r7", TOP_BITS)
        if layer.sight:
            blank_windows.begin_marks(asm, layer.target)
        row = asm.here()
        self._looped_row(words) if self.looped else self._straight_row(words)
        if layer.sight:
            asm.emit("mov r3, r10", "mov r2, r12", "stmia r3!, {r2}", "mov r10, r3", "movs r2, #0", "mov r12, r2")
        asm.advance("r0", 4 * words, "r2")
        asm.emit("cmp r1, r9")
        asm.loop_back("ne", row)

    def _straight_row(self, words: int) -> None:
        out = Cursor(self.asm, "r1", "r2")
        for word in range(words):
            self.asm.comment(f"{self.layer.name}, columns {4 * word} to {4 * word + 3} of two rows")
            self._word(words, out.reach(4 * word + self.left, HALF_REACH - 2, 4 * word), word)
        out.move_to(self.layer.target.row_step)

    def _looped_row(self, words: int) -> None:
        asm = self.asm
        asm.comment(f"{self.layer.name}, four columns of two rows at a time")
        asm.advance_from("r2", "r1", 4 * words)
        asm.emit("mov r12, r2")
        again = asm.here()
        self._word(words, 0)
        asm.emit("adds r1, #4", "cmp r1, r12")
        asm.loop_back("ne", again)
        asm.advance("r1", self.layer.target.row_step - 4 * words, "r2")

    def _word(self, words: int, out: int, number: int = 0) -> None:
        """Four columns of two rows to two half-words at r1 + out; number: of the word, for its marks."""
        asm, blank = self.asm, self.asm.label()
        self._load(4 * words)
        if self.layer.sight:
            self._pass_blank(blank)
        self._vertical()
        self._horizontal()
        if self.layer.sight:
            self._store_and_mark(out, number)
            asm.place(blank)
            return
        first, last = self.left and number == 0, self.left and number == words - 1
        asm.emit(*["lsls r2, r5, #16", f"str r2, [r1, #{out - 2}]"] if first else [f"strh r5, [r1, #{out}]"])
        asm.emit("lsrs r5, r5, #16", f"str{'' if last else 'h'} r5, [r1, #{out + 2}]")

    def _pass_blank(self, blank: str) -> None:
        """Go to a label if both words are zero as they are stored."""
        if not self.layer.offset_change:
            self.asm.emit("movs r4, r2", "orrs r4, r3", f"beq {blank}")
            return
        some = self.asm.label()
        self.asm.emit("cmp r2, r7", f"bne {some}", "cmp r3, r7", f"beq {blank}")
        self.asm.place(some)

    def _store_and_mark(self, out: int, number: int) -> None:
        """Store both pixels, and mark the windows that see each of them, unless it is zero."""
        asm, first = self.asm, self.layer.target.margins[2] + 2 * number
        asm.emit("mov r3, r12", f"strh r5, [r1, #{out}]", "lsls r2, r5, #16")
        self._mark(first // 2)
        asm.emit("lsrs r5, r5, #16", f"strh r5, [r1, #{out + 2}]")
        self._mark((first + 1) // 2)
        asm.emit("mov r12, r3")

    def _mark(self, word: int) -> None:
        """Join the marks of a word to r3, unless the flags tell that a part of it is zero."""
        asm, sight, zero = self.asm, self.layer.sight, self.asm.label()
        marks = sight.marks(word) if sight else 0
        if marks:
            asm.emit(f"beq {zero}")
            asm.literal("r2", marks)
            asm.emit("orrs r3, r2")
            asm.place(zero)

    def _load(self, row_bytes: int) -> None:
        if row_bytes <= WORD_REACH:
            self.asm.emit(f"ldr r3, [r0, #{row_bytes}]", "ldmia r0!, {r2}")
        else:
            self.asm.literal("r4", row_bytes)
            self.asm.emit("ldr r3, [r0, r4]", "ldmia r0!, {r2}")

    def _vertical(self) -> None:
        """r2 = the larger of each byte of r2 and r3, as stored.

        Bit 7 of (((a ^ b) >> 1) | 0x80) - (b & ~a) tells whether a >= b: it is 128 more than (a - b) / 2, rounded down, and
        never borrows from the next byte. b & ~a is (a ^ b) & b. Where a and b change their top bits to be stored, a ^ b does not.
        """
        asm = self.asm
        asm.emit(
            "eors r2, r3", *(["eors r3, r7"] if self.layer.offset_change else []), "lsrs r4, r2, #1", "orrs r4, r7"
        )
        asm.emit("movs r5, r3", "ands r5, r2", "subs r4, r4, r5", "ands r4, r7", "lsrs r5, r4, #7", "subs r5, r4, r5")
        asm.emit("orrs r4, r5", "ands r2, r4", "eors r2, r3")

    def _horizontal(self) -> None:
        """r5 = the larger of each two neighbouring bytes of r2, as half-words; 0xff above each odd one takes the borrow."""
        self.asm.emit("lsrs r3, r2, #8", "orrs r3, r6", "bics r2, r6", "subs r3, r3, r2")
        self.asm.emit(
            "mov r4, r8", "ands r4, r3", "lsrs r5, r4, #8", "subs r4, r4, r5", "ands r3, r4", "adds r5, r2, r3"
        )
