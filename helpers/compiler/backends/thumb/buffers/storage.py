"""How a value lies in memory between two layers: as bytes, as Glow has it, or as rows of half-words for pairs of pixels."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from helpers.compiler.ir.window import Window


@dataclass(frozen=True)
class Layout:
    """Where element (row, column, channel) of a value lies: base + row * row_step + ... bytes into its buffer.

    element: bytes of an element. bytes: size of the buffer. storage_offset: what is added to an int8 to store it; 0: as Glow
    has it. border: what the elements around the value must hold, as stored, or None where there are none; then whole words.
    """

    shape: tuple[int, int, int]
    element: int
    storage_offset: int
    base: int
    row_step: int
    column_step: int
    channel_step: int
    bytes: int
    border: int | None = None

    @property
    def margins(self) -> tuple[int, int, int, int]:
        """Rows above and below, columns left and right of the elements, in a half-word buffer."""
        top, left = self.base // self.row_step, self.base % self.row_step // self.element
        columns = self.channel_step // self.element
        return top, self.bytes // self.row_step - top - self.shape[0], left, columns - left - self.shape[1]


def in_bytes(shape: tuple[int, int, int], storage_offset: int) -> Layout:
    """Height, width, channels without gaps."""
    height, width, channels = shape
    return Layout(shape, 1, storage_offset, 0, width * channels, channels, 1, height * width * channels)


def padded_bytes(shape: tuple[int, int, int], storage_offset: int, pads: Sequence[int], border: int) -> Layout:
    """The same with a border, so that a window at the edge needs no test. pads: rows and columns (top, left, bottom, right)."""
    height, width, channels = shape
    top, left, bottom, right = pads
    row_step = (left + width + right) * channels
    base, size = top * row_step + left * channels, (top + height + bottom) * row_step
    return Layout(shape, 1, storage_offset, base, row_step, channels, 1, -(-size // 4) * 4, border)


def half_rows(
    shape: tuple[int, int, int], storage_offset: int, pads: Sequence[int], rows: int, columns: int, border: int
) -> Layout:
    """Rows of each channel in turn, an element a half-word, with a border, so that a word holds two neighbours.

    pads: (top, left). rows, columns: how many of them the reader reaches, border included.
    """
    height, width, channels = shape
    top, left = pads
    rows = max(rows, top + height)
    columns = max(columns, left + width)
    columns += columns % 2
    row_step = channels * columns * 2
    base = top * row_step + left * 2
    return Layout(shape, 2, storage_offset, base, row_step, 2, columns * 2, rows * row_step, border)


def distance(source: Layout, target: Layout, window: Window) -> int | None:
    """How many bytes below its input a result must begin, at least, that is made pixel after pixel in the order of rows.

    All channels of a pixel are made from its window before the next pixel. None: the result has a border, which is there before
    the first pixel.
    """
    if target.border is not None:
        return None
    rows, columns, _ = target.shape
    y, x = np.arange(rows)[:, None], np.arange(columns)[None, :]
    written = target.base + y * target.row_step + x * target.column_step + target.element * target.shape[2]
    least = 0 if source.border is None else None  # a window begins in the border, if there is one
    first = [
        np.clip(n * stride - pad, least, None)
        for n, stride, pad in zip((y, x), window.strides, window.pads, strict=False)
    ]
    read = source.base + first[0] * source.row_step + first[1] * source.column_step
    still = np.minimum.accumulate(read.ravel()[::-1])[::-1]  # the first byte that this pixel or a later one reads
    return max(0, int((written.ravel() - still).max()))


def same_channels(source: Layout, target: Layout) -> bool:
    """Whether two values that begin at one place have their bytes of a channel in the same places, as far as the smaller goes.

    With a border they have not.
    """
    bordered = source.border is not None or target.border is not None
    return not bordered and source.element == target.element == 1 and source.column_step == target.column_step
