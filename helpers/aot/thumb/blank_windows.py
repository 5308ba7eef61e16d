"""Windows of a convolution that see only zeros: marks of the words that are not zero, and the way past the others.

A pool leaves a word of marks for each row of its output buffer, border included: bit n tells whether word n, two pixels, is not
zero. The convolution behind it joins the marks of the rows and words that a window sees.
"""

from helpers.aot.thumb.assembly import Assembly, Cursor
from helpers.aot.thumb.storage import Place, in_bytes

WINDOWS, ROW_MARKS, FRAME = 0, 4, 8  # bytes from where they lie in the frame
ARGUMENT = 8  # bytes from the frame's end to the marks' address
MOST_WORDS = 31  # of a row: bits of a word, less one for its end


def place(source: Place) -> Place | None:
    """Where the marks of a buffer lie, a word a row; None where there can be none."""
    if source.border != 0 or source.shape[2] != 1 or source.row_step // 4 > MOST_WORDS:
        return None
    return in_bytes((1, 1, source.bytes // source.row_step * 4), False)


def begin_marks(asm: Assembly, target: Place) -> None:
    """r10, the start of the marks, to those of the first row inside; the border's rows get none. r12: of a row, so far."""
    top, bottom = target.margins[:2]
    asm.emit("mov r3, r10", "movs r2, #0", "mov r12, r2")
    for row in range(top):
        asm.emit(f"str r2, [r3, #{4 * row}]")
    for row in range(bottom):
        asm.emit(f"str r2, [r3, #{4 * (top + target.shape[0] + row)}]")
    asm.emit(f"adds r3, #{4 * top}", "mov r10, r3")


class Marks:
    """The loop over the windows of a row of a pooled convolution, quick over those that see only zeros."""

    def __init__(self, asm: Assembly, frame: int, quad):
        self.asm, self.quad, self.layer = asm, quad, quad.layer
        self.windows, self.marks = frame + WINDOWS, frame + ROW_MARKS

    def enter(self) -> None:
        """Take the address of the marks from behind the frame."""
        self.asm.emit(f"ldr r6, [sp, #{self.quad.frame + ARGUMENT}]", f"str r6, [sp, #{self.marks}]")

    def row(self, out: int, window) -> None:
        """All windows of a row: r4 the input; the output pointer lies at `out`. window() emits the body for one."""
        asm, done, busy = self.asm, self.asm.label(), self.asm.label()
        self._join()
        asm.emit(f"ldr r7, [sp, #{out}]")
        onward = asm.here()
        asm.emit("lsrs r6, r6, #1", f"bcs {busy}")
        self._blank()
        asm.emit(f"b {onward}")
        asm.place(busy)
        some = asm.label()
        asm.emit(f"bne {some}", f"bl {done}")
        asm.place(some)
        asm.emit(f"str r6, [sp, #{self.windows}]", f"str r7, [sp, #{out}]")
        window()
        asm.emit(f"ldr r6, [sp, #{self.windows}]", "adds r4, #4")
        asm.jump_back(onward)
        asm.place(done)
        asm.emit(f"str r7, [sp, #{out}]")

    def _join(self) -> None:
        """r6 = a bit for each window that sees a word that is not zero, and a last one behind them."""
        asm, (_, rows, columns, _), windows = self.asm, self.layer.weights.shape, self.quad.windows
        asm.comment("the windows of this row that see anything")
        asm.emit(f"ldr r5, [sp, #{self.marks}]", "ldr r0, [r5, #0]")
        for row in range(1, rows + 1):
            asm.emit(f"ldr r3, [r5, #{4 * row}]", "orrs r0, r3")
        asm.emit("adds r5, #8", f"str r5, [sp, #{self.marks}]", "movs r6, r0")
        for word in range(1, (columns + 2) // 2):
            asm.emit(f"lsrs r3, r0, #{word}", "orrs r6, r3")
        asm.emit(f"lsls r6, r6, #{32 - windows}", f"lsrs r6, r6, #{32 - windows}")
        asm.literal("r3", 1 << windows)
        asm.emit("orrs r6, r3")

    def _blank(self) -> None:
        """Store what a window of zeros gives."""
        asm, quad = self.asm, self.quad
        out = Cursor(asm, "r7", "r0")
        for channel in quad.channels:
            number = quad.first + channel
            asm.literal("r5", self.layer.output.element(number, self.layer.start(number)))
            quad.store(out, channel, "r5", 0)
        out.move_to(quad.out_step)
        asm.emit("adds r4, #4")
