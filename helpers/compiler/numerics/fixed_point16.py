"""Sigmoid and tanh in 16-bit fixed point, bit for bit as TFLite's integer LSTM computes them (facts from gemmlowp).

A number is an int16 with so many bits before its point, and the rest behind it; a result has all 15 bits behind the point.
"""

import numpy as np

LARGEST, SMALLEST = 32767, -32768
# The constants of numerics and C, rounded to 16 bits: exp(-2**n) for n from -2 to 4; exp(-1/8); 1/3; 48/17 and -32/17 with 13
# bits behind the point, with which Newton's steps begin.
POWERS = (25520, 19875, 12055, 4435, 600, 11, 0)
EIGHTH, THIRD = 28918, 10923
FIRST, SLOPE = 23130, -15420
ONE = 1 << 13

# Small functions that go in front of the C that calls them, as those of c_code.HELPERS.
C = {
    "product16": """\
/* The high half of a doubled product of two int16, rounded. */
static inline int32_t product16(int32_t a, int32_t b) {
  return (a * b + (1 << 14)) >> 15;
}
""",
    "exponential16": """\
/* e to the x, 15 bits behind the point, of an int16 x that is not above 0 and has so many bits before the point. */
static int32_t exponential16(int32_t x, int bits) {
  static const int16_t powers[] = {25520, 19875, 12055, 4435, 600, 11, 0};
  int32_t quarter = 1 << (13 - bits), part = (x & (quarter - 1)) - quarter, near = part * (1 << bits) + 4096;
  int32_t square = product16(near, near), fourth = shifted(product16(square, square), 2);
  int32_t series = shifted(product16(fourth + product16(square, near), 10923) + square, 1);
  int32_t result = clip16(28918 + product16(28918, near + series));
  if (x == 0) return 32767;
  if (bits > 5 && x < -(1 << (20 - bits))) return 0;
  for (int i = 0; i < 7 && i - 2 < bits; i++) {
    if ((part - x) >> (13 - bits + i) & 1) result = product16(result, powers[i]);
  }
  return result;
}
""",
    "newton16": """\
/* 2 / (1 + x) of x in [0, 1] with 15 bits behind the point, with 13. */
static int32_t newton16(int32_t x) {
  int32_t half = (x + 32768) / 2, result = 23130 + product16(half, -15420);
  for (int i = 0; i < 3; i++) result += clip16(product16(result, 8192 - product16(half, result)) * 4);
  return result;
}
""",
    "sigmoid16": """\
/* The sigmoid, 15 bits behind the point, of an int16 with 3 bits before it. */
static int32_t sigmoid16(int32_t x) {
  if (x == 0) return 16384;
  int32_t result = clip16(newton16(exponential16(x < 0 ? x : -x, 3)) * 2);
  return x < 0 ? 32767 - result : result;
}
""",
    "tanh16": """\
/* The hyperbolic tangent, 15 bits behind the point, of an int16 with so many bits before it. */
static int32_t tanh16(int32_t x, int bits) {
  if (x == 0) return 0;
  int32_t result = clip16((newton16(exponential16(x < 0 ? x : -x, bits + 1)) - 8192) * 4);
  return x < 0 ? -result : result;
}
""",
}


def clipped(x: np.ndarray) -> np.ndarray:
    """Numbers within the range of int16, as int64."""
    return np.clip(x, SMALLEST, LARGEST)


def product(a: np.ndarray | int, b: np.ndarray | int) -> np.ndarray:
    """The high half of a doubled product of int16 numbers, rounded (SaturatingRoundingDoublingHighMul)."""
    return (np.asarray(a, np.int64) * b + (1 << 14)) >> 15


def shifted(x: np.ndarray, bits: int) -> np.ndarray:
    """Divided by a power of two, halves away from zero (RoundingDivideByPOT)."""
    mask = (1 << bits) - 1
    return (x >> bits) + ((x & mask) > (mask >> 1) + (x < 0))


def exponential(x: np.ndarray, bits: int) -> np.ndarray:
    """exp(x), 15 bits behind the point, of int16 x <= 0 with 1 to 7 `bits` before it (exp_on_negative_values)."""
    quarter = 1 << (13 - bits)
    part = (x & (quarter - 1)) - quarter
    near = (part << bits) + (1 << 12)
    square = product(near, near)
    fourth = shifted(product(square, square), 2)
    series = shifted(product(fourth + product(square, near), THIRD) + square, 1)
    result = clipped(EIGHTH + product(EIGHTH, near + series))
    for number, power in enumerate(POWERS):
        if number - 2 < bits:
            result = np.where((part - x) >> (13 - bits + number) & 1, product(result, power), result)
    if bits > 5:
        result = np.where(x < -(1 << (20 - bits)), 0, result)
    return np.where(x == 0, LARGEST, result)


def _newton(x: np.ndarray) -> np.ndarray:
    """2 / (1 + x) of x in [0, 1] with 15 bits behind the point, with 13."""
    half = (x + LARGEST + 1) // 2
    result = FIRST + product(half, SLOPE)
    for _ in range(3):
        result = result + clipped(product(result, ONE - product(half, result)) * 4)
    return result


def sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x)), 15 bits behind the point, of int16 with 3 bits before it (logistic)."""
    x = np.asarray(x, np.int64)
    result = clipped(_newton(exponential(np.minimum(x, -x), 3)) * 2)
    return np.where(x == 0, 1 << 14, np.where(x < 0, LARGEST - result, result))


def tanh(x: np.ndarray, bits: int) -> np.ndarray:
    """tanh(x), 15 bits behind the point, of int16 with 0 to 6 `bits` before it (tanh)."""
    x = np.asarray(x, np.int64)
    result = clipped((_newton(exponential(np.maximum(np.minimum(x, -x), SMALLEST), bits + 1)) - ONE) * 4)
    return np.where(x == 0, 0, np.where(x < 0, -result, result))
