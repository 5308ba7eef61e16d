"""The border around the elements of a buffer: what a window sees outside the image."""

from dataclasses import dataclass

from helpers.compiler.backends.thumb.assembler.assembly import IMMEDIATE, Assembly
from helpers.compiler.backends.thumb.buffers.storage import Layout

HALF_REACH = 62  # largest offset of strh
MOST_CELLS = 12  # side cells of a row that are stored one by one
STORES = 4  # of several words each, in a round of the loop that stores many words


@dataclass(frozen=True)
class Registers:
    """Low registers that filling may change.

    pointer: holds the start of the buffer at first; count: a counter; the rest: two or more for values, in rising order.
    """

    pointer: str
    count: str
    values: tuple[str, ...]


def fill(asm: Assembly, layout: Layout, registers: Registers, whole: bool = False, sides: bool = True) -> None:
    """Fill the border of a buffer, or the `whole` buffer; buffers without a border need nothing.

    A buffer of bytes is always filled as a whole: words do not end where its rows do. sides: whether half-words at the sides are
    filled; else whoever stores the elements does it.
    """
    if layout.border is None:
        return
    if layout.element == 1:
        for register in registers.values:
            asm.literal(register, layout.border * 0x01010101)
        _words(asm, layout.bytes // 4, registers)
        return
    top, bottom, left, right = layout.margins
    rows, channels = layout.shape[0], layout.shape[2]
    cells = [c * layout.channel_step + at for c in range(channels) for at in _sides(layout, left, right) if sides]
    value = layout.border * 0x10001  # in both half-words
    if whole or len(cells) > MOST_CELLS or any(cell - cells[0] > HALF_REACH for cell in cells):
        fill_words(asm, value, layout.bytes // 4, registers)
        return
    for register in registers.values:
        asm.literal(register, value)
    _words(asm, top * layout.row_step // 4, registers)
    if cells:
        _cells(asm, cells, value, layout, registers)
    elif bottom:
        asm.advance(registers.pointer, rows * layout.row_step, registers.count)
    _words(asm, bottom * layout.row_step // 4, registers)


def fill_words(asm: Assembly, value: int, words: int, registers: Registers) -> None:
    """Store a word again and again from the pointer on, which ends behind the last one."""
    for register in registers.values:
        asm.literal(register, value)
    _words(asm, words, registers)


def _sides(layout: Layout, left: int, right: int) -> list[int]:
    """Byte offsets of a row's side cells."""
    width = layout.shape[1]
    return [2 * n for n in (*range(left), *range(left + width, left + width + right))]


def _cells(asm: Assembly, cells: list[int], value: int, layout: Layout, registers: Registers) -> None:
    """Store the side cells of every row; the pointer ends behind the last one."""
    pointer, spare, rows = registers.pointer, registers.values[1], layout.shape[0]
    asm.comment(f"the border: {len(cells)} cells at the sides of {rows} rows")
    asm.literal(registers.count, rows)
    asm.advance(pointer, cells[0], spare)
    again = asm.here()
    asm.emit(*(f"strh {registers.values[0]}, [{pointer}, #{cell - cells[0]}]" for cell in cells))
    asm.advance(pointer, layout.row_step, spare)
    asm.emit(f"subs {registers.count}, #1", f"bne {again}")
    asm.advance(pointer, -cells[0], spare)
    if max(layout.row_step, cells[0]) > 2 * IMMEDIATE:  # a step so wide went through the spare register
        asm.literal(spare, value)


def _words(asm: Assembly, words: int, registers: Registers) -> None:
    """Store the border's value in the next words."""
    if not words:
        return
    asm.comment(f"the border: {words} words")
    each = len(registers.values)
    rounds, rest = divmod(words, STORES * each)
    if rounds > 1:
        asm.literal(registers.count, rounds)
        again = asm.here()
        asm.emit(*[_store(registers, each)] * STORES, f"subs {registers.count}, #1", f"bne {again}")
    else:
        rest = words
    asm.emit(*[_store(registers, each)] * (rest // each), *([_store(registers, rest % each)] if rest % each else []))


def _store(registers: Registers, words: int) -> str:
    return f"stmia {registers.pointer}!, {{{', '.join(registers.values[:words])}}}"
