"""Sums over a plane of one channel in assembly: all weights of a filter stay in registers while its window moves.

The function takes the widened plane, a filter's numbers, and where the first result goes. The numbers are its weights, what the
sums start with, and those of the output stage. Two windows next to each other share aligned words of the plane: in the second
window each pair of taps is a column further, so that its weights are paired otherwise.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from helpers.compiler.backends.dsp.assembly import ending
from helpers.compiler.backends.dsp.assembly.ending import Ending, function
from helpers.compiler.backends.dsp.sums import Sums

WEIGHTS = ("r4", "r5", "r6", "r7", "r8", "r9")
TOTALS = ("r10", "r11", "r12", "lr")
START, FACTOR, ADDEND, SHIFT, ROWS, END, FRAME = 0, 4, 8, 12, 16, 20, 24  # bytes on the stack
FURTHEST = 1020  # bytes from the base register of ldrd
MOST = 4095  # bytes by which an addition moves a register
NEXT = 255  # bytes by which a store moves its base
UNROLLED = 8  # steps of a row that become straight code


@dataclass(frozen=True)
class Plane:
    """rows, columns: of results; taps: a filter's, [filters, ky, kx]; line: elements of the plane's row, an even number."""

    sums: Sums
    taps: np.ndarray
    line: int
    stride: int

    @property
    def ky(self) -> int:
        return self.taps.shape[1]

    @property
    def kx(self) -> int:
        return self.taps.shape[2]

    @property
    def high(self) -> int:
        """Rows of windows that are computed together."""
        return 2 if self.sums.pooled else 1

    @property
    def rows(self) -> int:
        """Rows of the plane under the windows that are computed together."""
        return self.ky + self.high - 1

    @property
    def advance(self) -> int:
        """Bytes from a step to the next one: of two windows, or of a pool's."""
        return 4 * self.stride

    @property
    def words(self) -> int:
        """Weight words of a row of taps."""
        return 2 if self.kx == 3 else 1


def of_layer(sums: Sums, line: int) -> Plane | None:
    """How the sums over a plane with such rows are computed; None if the registers or the offsets do not suffice."""
    (ky, down), (inner, _) = sums.runs
    made = Plane(sums, sums.weights.reshape(sums.outputs, ky, -1), line, sums.across)
    suits = inner == 1 and (ky == 1 or down == line) and line % 2 == 0 and made.kx <= 3 and sums.down % line == 0
    steps = sums.across == 1 or (sums.across == 2 and not sums.pooled)
    near = 2 * line * (made.rows - 1) + made.advance * UNROLLED <= FURTHEST and sums.down == sums.across * line
    near = near and 2 * sums.down * made.high <= MOST and made.advance * sums.columns <= MOST
    return made if suits and steps and near and ky * made.words <= len(WEIGHTS) else None


def numbers(plane: Plane, last: Ending) -> np.ndarray:
    """The numbers of all filters as int32 words: weights, start, and the output stage's."""
    w = np.pad(plane.taps.astype(np.int64), ((0, 0), (0, 0), (0, 3 - plane.kx)))
    pairs = [(w[:, :, at] & 0xFFFF) | (w[:, :, at + 1] << 16) for at in range(plane.words)]
    words = np.stack(pairs, -1).reshape(len(w), -1)
    stage = np.array([last.numbers(range(o, o + 1)) for o in range(len(w))], np.int64)
    found = np.concatenate([words, plane.sums.starts[:, None], stage], 1)
    return (found & 0xFFFFFFFF).astype(np.uint32).view(np.int32)


def c(name: str, plane: Plane, last: Ending, spread: int) -> str:
    """The function as C without a frame of its own; spread: elements from a result to the next one."""
    sums, held = plane.sums, plane.ky * plane.words
    own = ("r2", "r3", "r10", "r11")[: 1 + len(last.numbers(range(1)))]  # start and output stage
    lines = ["push {r4-r11, lr}", f"sub sp, #{FRAME}", f"movw r3, #{sums.rows}", f"str r3, [sp, #{ROWS}]"]
    lines += ["mov lr, r2", f"ldm r1!, {{{', '.join(WEIGHTS[:held])}}}", f"ldm r1, {{{', '.join(own)}}}"]
    lines += ["strd r2, r3, [sp]", f"strd r10, r11, [sp, #{ADDEND}]", "mov r1, lr"]
    if not sums.pooled:
        lines += [f"ldrd r12, lr, [sp, #{FACTOR}]"]
    lines += [
        "1:",
        *_row(plane, last, spread),
        f"ldr r2, [sp, #{ROWS}]",
        "subs r2, #1",
        f"str r2, [sp, #{ROWS}]",
        "bne.w 1b",
    ]
    lines += [f"add sp, #{FRAME}", "pop {r4-r11, pc}"]
    note = "r4 to r9 hold a filter, r10 to lr sums; r0 points to elements, r1 to results."
    return function(name, note, "const int16_t *plane", lines)


def calls(name: str, outputs: int, plane: Plane, last: Ending) -> str:
    """C that computes the results of all filters over the plane `wide`."""
    size = numbers_of_each(plane, last)
    return f"  for (int o = 0; o < {outputs}; o++) {name}(wide, numbers + o * {size}, out + o);\n"


def numbers_of_each(plane: Plane, last: Ending) -> int:
    """Words of a filter's numbers."""
    return plane.ky * plane.words + 1 + len(last.numbers(range(1)))


def _add(number: int) -> list[str]:
    """Move r0."""
    return [f"addw r0, r0, #{number}" if number > 0 else f"subw r0, r0, #{-number}"] if number else []


def _row(plane: Plane, last: Ending, spread: int) -> list[str]:
    """A row of results, and r0 moved on to the next one's."""
    sums, behind = plane.sums, 2 * plane.sums.down * plane.high
    steps, rest = (sums.columns, 0) if sums.pooled else divmod(sums.columns, 2)
    lines = _first(plane, 0)
    if steps + rest <= UNROLLED:
        for at in range(steps + rest):
            wide, following = 2 if at < steps else 1, at + 1 < steps + rest
            lines += _step(plane, wide, plane.advance * at)
            lines += _store(plane, last, spread, wide, _first(plane, plane.advance * (at + 1)) if following else [])
        return [*lines, *_add(behind)]
    lines += [f"addw r10, r0, #{plane.advance * steps}", f"str r10, [sp, #{END}]", "2:", *_step(plane, 2, 0)]
    lines += [*_add(plane.advance), *_store(plane, last, spread, 2, _first(plane, 0))]
    lines += [f"ldr r10, [sp, #{END}]", "cmp r0, r10", "bne.w 2b"]
    if rest:
        lines += [*_step(plane, 1, 0), *_store(plane, last, spread, 1, [])]
    return [*lines, *_add(behind - plane.advance * steps)]


def _first(plane: Plane, at: int) -> list[str]:
    """Load the first row's words of a step, while the step before stores its results."""
    return [f"ldrd r2, r3, [r0, #{at}]"] if plane.high == 2 else [f"ldr r2, [r0, #{at}]", f"ldr r3, [r0, #{at + 4}]"]


def _step(plane: Plane, wide: int, at: int) -> Iterator[str]:
    """Sums of windows next to each other (and below), `at` bytes from r0; the first row's words are loaded."""
    start = TOTALS[3 if plane.high == 2 else 1 if wide == 2 else 0]
    yield f"ldr {start}, [sp, #{START}]"
    for row in range(plane.rows):
        here = at + 2 * plane.line * row
        if plane.high == 1:
            yield from _products(plane, row, TOTALS[:wide], start if row == 0 else None, (here, row + 1 < plane.rows))
            continue
        if row:
            yield f"ldrd r2, r3, [r0, #{here}]"
        if row == plane.rows - 1:
            yield from _larger(TOTALS[1])  # both are complete, and the words take a moment
        for below in range(plane.high):
            if 0 <= row - below < plane.ky:
                totals = TOTALS[2 * below : 2 * below + wide]
                yield from _products(plane, row - below, totals, start if row == below else None, None)


def _products(
    plane: Plane, tap: int, totals: tuple[str, ...], start: str | None, loads: tuple[int, bool] | None
) -> Iterator[str]:
    """A row of taps, with columns 0 and 1 in r2, and 2 and 3 in r3; start: what the totals begin with.

    loads: the row's byte offset from r0, and whether the next row's words are loaded as soon as these have been used.
    """
    pair, other = WEIGHTS[tap * plane.words], WEIGHTS[tap * plane.words + plane.words - 1]
    whole, (even, odd) = "smlabb" if plane.kx == 1 else "smlad", (*totals, "")[:2]
    here, more = loads or (0, False)
    following = here + 2 * plane.line
    yield f"{whole} {even}, r2, {pair}, {start or even}"
    if plane.stride == 1 and odd:
        yield f"smlatb {odd}, r2, {pair}, {start or odd}"
    third = plane.stride == 2 and plane.kx == 3 and bool(odd)
    if third:
        yield f"ldr r2, [r0, #{here + 8}]"
    elif more:
        yield f"ldr r2, [r0, #{following}]"
    if plane.kx == 3:
        yield f"smlabt {even}, r3, {other}, {even}"
    if plane.stride == 2 and odd:
        yield f"{whole} {odd}, r3, {pair}, {start or odd}"
    elif plane.kx > 1 and odd:
        yield f"smlad {odd}, r3, {other}, {odd}" if plane.kx == 3 else f"smlabt {odd}, r3, {pair}, {odd}"
    if more:
        yield f"ldr r3, [r0, #{following + 4}]"
    if third:
        yield f"smlabt {odd}, r2, {other}, {odd}"
        if more:
            yield f"ldr r2, [r0, #{following}]"


def _larger(total: str) -> Iterator[str]:
    """The larger of a sum and the first one."""
    yield from (f"cmp {total}, {TOTALS[0]}", "it gt", f"movgt {TOTALS[0]}, {total}")


def _store(plane: Plane, last: Ending, spread: int, wide: int, following: list[str]) -> Iterator[str]:
    """The output stage of the sums, and r1 moved on; following: loads for the next step."""
    totals, factor, more, shift = TOTALS[:wide], "r12", "lr", "r2"
    if plane.high == 2:
        totals, factor, more, shift = TOTALS[:1], "r2", "r3", TOTALS[1]
        yield f"ldrd r2, r3, [sp, #{FACTOR}]"
        yield from (*_larger(TOTALS[2]), *_larger(TOTALS[3]))
    if last.rule is None:
        yield f"ldr {shift}, [sp, #{SHIFT}]"
    yield from ending.in_turn(*(ending.product(last, each, factor, more) for each in totals))
    steps = ending.in_turn(*(ending.shifted(last, each, shift) for each in totals))
    early = wide if last.rule is None and plane.high == 1 else 0  # the shift is in a register that is loaded anew
    yield from (*steps[:early], *following, *steps[early:])
    for each in totals:
        yield from ending.clipped(last, each)
        if spread <= NEXT:
            yield f"strb {each}, [r1], #{spread}"
        else:
            yield from (f"strb {each}, [r1]", f"addw r1, r1, #{spread}")
