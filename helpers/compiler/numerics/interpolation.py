"""Functions of int16 by a table and a straight line between its entries, bit for bit as TFLite computes them.

The sigmoid's table has steps of 1/24; other functions have 512 intervals of 128 numbers.
"""

import math
from collections.abc import Callable

import numpy as np

INTERVALS = 512
LOWEST, HIGHEST = -(2**15), 2**15 - 1
FAR = 255  # the sigmoid's table ends here


def _rounded(x: float) -> float:
    """Halves away from zero, as C rounds."""
    return math.copysign(math.floor(abs(x) + 0.5), x)


def _sigmoid_entry(index: int) -> int:
    """The sigmoid of index / 24, with 16 bits behind the point, raised by half of what the line lacks midway to the next."""
    before, middle, after = (2.0**16 / (1 + math.exp(-each / 24)) for each in (index, index + 0.5, index + 1))
    return math.floor(before + (middle - (before + after) / 2) / 2 + 0.5)


SIGMOID = np.array([*map(_sigmoid_entry, range(FAR)), 2**16 - 1], np.int64)


def curve(function: Callable[[float], float], first: float, last: float) -> np.ndarray:
    """int16 [513]: a function with values between -1 and 1 at 512 steps from `first` on, and at `last`; 15 bits behind the point.

    An entry is lowered by half of what the line to the next one is too high midway.
    """
    entries, step, scale = [], (last - first) / INTERVALS, 2.0**16 / (2.0 / 65535 * 32767 + 2.0 / 65535 * 32768)
    for index in range(INTERVALS):
        here, middle, there = (scale * function(first + at * step) for at in (index, index + 0.5, index + 1))
        error = _rounded((there + _rounded(here)) / 2) - _rounded(middle)
        entries.append(_rounded(here) - _rounded(error / 2))
    return np.clip([*entries, _rounded(function(last) * scale)], LOWEST, HIGHEST).astype(np.int16)


EXPONENTIAL = curve(math.exp, -10.0, 0.0)  # of -10 to 0
RECIPROCAL = curve(lambda x: 1 / (1 + x), 0.0, 1.0)  # 1 / (1 + x) of 0 to 1


def _table(name: str, element: str, numbers: np.ndarray) -> str:
    rows = (numbers[first : first + 16] for first in range(0, len(numbers), 16))
    lines = "".join(f"    {', '.join(map(str, row.tolist()))},\n" for row in rows)
    return f"  static const {element} {name}[] = {{\n{lines}  }};\n"


_LINE = """\
  int index = 256 + (x >> 7);
  return (int16_t)(table[index] + (((table[index + 1] - table[index]) * (x & 127) + 64) >> 7));
}
"""
# Small functions that go in front of the C that calls them, as those of c_code.HELPERS.
C = {
    "sigmoid_line": f"""\
/* The sigmoid of size / (24 << bits), 16 + bits bits behind the point; `end` where the table ends. */
static uint32_t sigmoid_line(uint32_t size, int bits, uint32_t end) {{
{_table("table", "uint16_t", SIGMOID)}\
  uint32_t index = size >> bits;
  if (index >= {FAR}) return end;
  return ((uint32_t)table[index] << bits) + (size & ((1u << bits) - 1)) * (uint32_t)(table[index + 1] - table[index]);
}}
""",
    "exponential_line": f"""\
/* e to the power of (x - 32767) * 10 / 65535, 15 bits behind the point. */
static int16_t exponential_line(int16_t x) {{
{_table("table", "int16_t", EXPONENTIAL)}{_LINE}""",
    "reciprocal_line": f"""\
/* 1 / (1 + (x + 32768) / 65535), 15 bits behind the point. */
static int16_t reciprocal_line(int16_t x) {{
{_table("table", "int16_t", RECIPROCAL)}{_LINE}""",
}


def looked_up(x: np.ndarray, table: np.ndarray) -> np.ndarray:
    """int16 values, as int64, on the lines between the entries of a table of `curve`."""
    wide, index = table.astype(np.int64), INTERVALS // 2 + (x >> 7)
    return wide[index] + (((wide[index + 1] - wide[index]) * (x & 127) + 64) >> 7)


def sigmoid_line(size: np.ndarray, bits: int, end: int) -> np.ndarray:
    """The sigmoid of size / (24 << bits) >= 0, 16 + bits bits behind the point; `end` where the table ends."""
    index = np.minimum(size >> bits, FAR - 1)
    line = (SIGMOID[index] << bits) + (size & ((1 << bits) - 1)) * (SIGMOID[index + 1] - SIGMOID[index])
    return np.where(size >> bits >= FAR, end, line)


def sigmoid_factor(scale: float, exact_shifts: tuple[int, ...]) -> tuple[int, int]:
    """(multiplier, shift) from steps of `scale` to those of 1 / 12288 that the sigmoid's table has, as TFLite chooses them.

    A scale close to a power of two, 2**shift / 4096 with a shift of `exact_shifts`, counts as that.
    """
    logarithm = np.log(np.float32(scale)) * np.float32(1 / math.log(2))
    whole = round(float(logarithm))
    if abs(float(logarithm) - whole) < 1e-3 and whole + 12 in exact_shifts:
        return 3 << (whole + 12), 0
    factor, shift = float(np.float32(scale)) * 4096 * 3, 0
    while factor <= HIGHEST / 2 and shift <= 30:
        factor, shift = factor * 2, shift + 1
    return int(factor), shift
