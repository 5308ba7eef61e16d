"""Windows of a pooled convolution that see only zeros: marks of those that do not, and the way past the others.

A window has an upper and a lower row of the convolution, each of which sees as many rows of the input as the kernel has. The
pool before leaves a word of marks for each row of its output buffer, border included: bit n tells whether window n sees anything
but zeros there. Joined, they tell for each window whether its upper row sees anything (low half-word), and its lower row (high
half-word, with a last bit behind the windows).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from helpers.compiler import interpreter
from helpers.compiler.backends.thumb.assembler.assembly import Assembly, Cursor
from helpers.compiler.backends.thumb.buffers.storage import Layout, in_bytes
from helpers.compiler.ir.graph import Graph, Value

WINDOWS, ROW_MARKS, FRAME = 0, 4, 8  # bytes from where they lie in the frame
ARGUMENT = 8  # bytes from the frame's end to the marks' address
MOST_WINDOWS = 15  # of a row: bits of a half-word, less one for its end


@dataclass(frozen=True)
class Sight:
    """What the windows of a row see: the first sees the first `words` words of a row (pairs of pixels), each other a word on."""

    windows: int
    words: int

    def marks(self, word: int) -> int:
        """A bit for each window that sees a word."""
        return sum(1 << window for window in range(self.windows) if 0 <= word - window < self.words)


def sight(windows: int, kernel_columns: int) -> Sight | None:
    """The sight of `windows` windows of two columns each; None where they are too many for marks."""
    return Sight(windows, (kernel_columns + 2) // 2) if windows <= MOST_WINDOWS else None


def layout(source: Layout) -> Layout | None:
    """Where the marks of a buffer lie, a word a row; None where there can be none."""
    if source.border != 0 or source.shape[2] != 1:
        return None
    return in_bytes((1, 1, source.bytes // source.row_step * 4), False)


def begin_marks(asm: Assembly, target: Layout) -> None:
    """r10, the start of the marks, to those of the first row inside; the border's rows get none. r12: of a row, so far."""
    top, bottom = target.margins[:2]
    asm.emit("mov r3, r10", "movs r2, #0", "mov r12, r2")
    for row in range(top):
        asm.emit(f"str r2, [r3, #{4 * row}]")
    for row in range(bottom):
        asm.emit(f"str r2, [r3, #{4 * (top + target.shape[0] + row)}]")
    asm.emit(f"adds r3, #{4 * top}", "mov r10, r3")


class Marks:
    """The loop over the windows of a row, quick over those that see only zeros.

    r4: the input; r6: the marks, which move a bit a window; r7: the output.
    """

    def __init__(self, asm: Assembly, frame: int, quad: Any):  # a pixel_lanes.quad.Quad, which imports this file
        self.asm, self.quad, self.layer = asm, quad, quad.layer
        self.windows, self.marks = frame + WINDOWS, frame + ROW_MARKS
        self.upper_done, self.lower_done = "", ""

    def enter(self) -> None:
        """Take the address of the marks from behind the frame."""
        self.asm.emit(f"ldr r6, [sp, #{self.quad.frame + ARGUMENT}]", f"str r6, [sp, #{self.marks}]")

    def row(self, out: int, window: Callable[[], None]) -> None:
        """Emit all windows of a row; the output pointer is stored at `out`.

        window() emits the body for one window. It calls upper_is_done() and lower_is_done() when the sums of the
        window's upper and lower row are in r0 to r3.
        """
        asm, done, begin, inside = self.asm, *(self.asm.label() for _ in range(3))
        self.upper_done, self.lower_done = asm.label(), asm.label()
        keep = (f"str r6, [sp, #{self.windows}]", f"str r7, [sp, #{out}]")
        self._join()
        asm.emit(f"ldr r7, [sp, #{out}]")
        onward, only_lower = asm.here(), asm.label()
        asm.emit("lsrs r6, r6, #1", f"bcs {begin}", "lsls r3, r6, #16", f"bmi {only_lower}")
        self._blank()
        asm.emit(f"b {onward}")
        asm.place(only_lower)
        asm.comment("the lower row alone sees something, or the windows are at an end")
        asm.emit("lsrs r3, r6, #16", f"bne {inside}", f"bl {done}")
        asm.place(inside)
        asm.emit(*keep)
        self._blank_sums()
        asm.emit(f"bl {self.upper_done}")
        asm.place(begin)
        asm.emit(*keep)
        window()
        asm.emit(f"ldr r6, [sp, #{self.windows}]", "adds r4, #4")
        asm.jump_back(onward)
        asm.place(done)
        asm.emit(f"str r7, [sp, #{out}]")

    def upper_is_done(self) -> None:
        """Layout where windows go on that have the sums of their upper row."""
        self.asm.place(self.upper_done)

    def pass_lower(self) -> None:
        """Go on behind the lower row if it sees only zeros."""
        asm, sees = self.asm, self.asm.label()
        asm.emit(f"ldr r6, [sp, #{self.windows}]", "lsls r6, r6, #16")
        asm.branch_on("mi", sees, 40)
        self._blank_sums()
        asm.emit(f"bl {self.lower_done}")
        asm.pool()
        asm.place(sees)

    def lower_is_done(self) -> None:
        """Layout where windows go on that have the sums of their lower row."""
        self.asm.place(self.lower_done)

    def _join(self) -> None:
        """r6 = the marks of this row's windows."""
        asm, rows = self.asm, self.layer.weights.shape[1]
        first, *between, last = (f"r{n}" for n in range(min(rows, 3) + 1))
        asm.comment("the windows of this row that see anything: their upper rows, their lower rows")
        asm.emit(f"ldr r5, [sp, #{self.marks}]", f"ldmia r5!, {{{', '.join((first, *between, last))}}}")
        for register in [*between[1:], *[last] * (rows - 3)]:
            asm.emit(f"orrs r1, {register}", *([f"ldmia r5!, {{{last}}}"] if register == last else []))
        if between:
            asm.emit(f"orrs {first}, r1", f"orrs {last}, r1")
        asm.literal("r6", 1 << self.quad.windows)
        asm.emit(f"orrs {last}, r6", f"lsls r6, {last}, #16", f"orrs r6, {first}")
        asm.advance("r5", 4 * (1 - rows), "r3")
        asm.emit(f"str r5, [sp, #{self.marks}]")

    def _blank_sums(self) -> None:
        """The sums of a row that sees only zeros."""
        for channel, constant in enumerate(self.quad.plan.constants):
            self.asm.literal(f"r{channel}", constant)

    def _blank(self) -> None:
        """Store what a window of zeros gives, but for what the whole output was filled with."""
        asm, quad = self.asm, self.quad
        out = Cursor(asm, "r7", "r0")
        for channel in quad.channels:
            number = quad.first + channel
            element = self.layer.output.element(number, self.layer.start(number))
            if element != self.layer.target.border:
                asm.literal("r5", element)
                quad.store(out, channel, "r5", 0)
        out.move_to(quad.out_step)
        asm.emit("adds r4, #4")


def background(graph: Graph) -> dict[Value, np.ndarray]:
    """Return every value of a network for a blank image: the lowest element everywhere."""
    found: dict[Value, np.ndarray] = {}
    blank = {}
    for node in graph.placeholders:
        element = node.output.type.element
        lowest = np.iinfo(element).min if element.startswith("int") else 0
        blank[node.name] = found[node.output] = np.full(node.output.type.shape, lowest, element)
    interpreter.run(graph, blank, lambda node, _, results: found.update(zip(node.outputs, results, strict=True)))
    return found
