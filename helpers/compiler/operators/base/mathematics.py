"""Roots, logarithms and the error function in float32 steps that are the same in C, on every core, and in numpy."""

import numpy as np

f = np.float32

# Small functions that go in front of the C that calls them, as those of c_code.HELPERS.
C = {
    "square_root": """\
/* The square root, by a guess from the bits and three steps of Newton's method. */
static inline float square_root(float x) {
  if (!(x > 0.0f) || x > 0x1.fffffep+127f) return x < 0.0f ? 0.0f : x;
  union { float number; int32_t bits; } guess = { x };
  guess.bits = (guess.bits >> 1) + 0x1fc00000;
  for (int i = 0; i < 3; i++) guess.number = 0.5f * (guess.number + x / guess.number);
  return guess.number;
}
""",
    "logarithm": """\
/* The natural logarithm, within two units of the last place; of what is not above zero, that of the smallest normal number. */
static inline float logarithm(float x) {
  union { float number; int32_t bits; } part = { x < 0x1p-126f ? 0x1p-126f : x };
  int32_t exponent = (part.bits >> 23) - 127;
  part.bits = (part.bits & 0x7fffff) | 0x3f800000;
  if (part.number > 0x1.6a09e6p+0f) {
    part.number = part.number * 0.5f;
    exponent++;
  }
  float ratio = (part.number - 1.0f) / (part.number + 1.0f), square = ratio * ratio;
  float sum = 0x1.c71c72p-4f;
  sum = sum * square + 0x1.24924ap-3f;
  sum = sum * square + 0x1.99999ap-3f;
  sum = sum * square + 0x1.555556p-2f;
  sum = sum * square + 1.0f;
  return (float)exponent * 0x1.62ep-1f + ((float)exponent * 0x1.0bfbe8p-15f + 2.0f * ratio * sum);
}
""",
    "error_function": """\
/* The error function, within 3e-7 (Abramowitz and Stegun, 7.1.26); power: exp(-x * x). */
static inline float error_function(float x, float power) {
  float size = x < 0.0f ? -x : x, t = 1.0f / (1.0f + 0x1.4f740ap-2f * size);
  float sum = 0x1.0fb844p+0f;
  sum = sum * t - 0x1.7401c6p+0f;
  sum = sum * t + 0x1.6be1c6p+0f;
  sum = sum * t - 0x1.23531cp-2f;
  sum = sum * t + 0x1.04f20cp-2f;
  float result = 1.0f - sum * t * power;
  return x < 0.0f ? -result : result;
}
""",
}


def square_root(x: np.ndarray) -> np.ndarray:
    """The square root of float32, within a unit of the last place; 0 of what is negative."""
    x = np.asarray(x, f)
    guess: np.ndarray = ((x.view(np.int32) >> 1) + 0x1FC00000).view(f)
    with np.errstate(all="ignore"):
        for _ in range(3):
            guess = f(0.5) * (guess + x / guess)
    plain = (x > 0) & (x <= np.finfo(f).max)
    return np.where(plain, guess, np.where(x < 0, f(0), x)).astype(f)


def logarithm(x: np.ndarray) -> np.ndarray:
    """The natural logarithm of float32; of what is not above zero, that of the smallest normal number (about -87.3)."""
    bits = np.maximum(np.asarray(x, f), np.finfo(f).tiny).view(np.int32)
    exponent, part = (bits >> 23) - 127, ((bits & 0x7FFFFF) | 0x3F800000).view(f)
    above = part > f(float.fromhex("0x1.6a09e6p+0"))
    part, exponent = np.where(above, part * f(0.5), part), exponent + above
    ratio = (part - f(1)) / (part + f(1))
    square = ratio * ratio
    total: np.ndarray | np.floating = f(float.fromhex("0x1.c71c72p-4"))
    for factor in ("0x1.24924ap-3", "0x1.99999ap-3", "0x1.555556p-2", "0x1p+0"):
        total = total * square + f(float.fromhex(factor))
    high, low, turns = f(float.fromhex("0x1.62ep-1")), f(float.fromhex("0x1.0bfbe8p-15")), exponent.astype(f)
    return (turns * high + (turns * low + f(2) * ratio * total)).astype(f)


def error_function(x: np.ndarray, power: np.ndarray) -> np.ndarray:
    """The error function of float32, within 3e-7; power: exp(-x * x)."""
    t = f(1) / (f(1) + f(float.fromhex("0x1.4f740ap-2")) * np.abs(x))
    total = f(float.fromhex("0x1.0fb844p+0"))
    for factor in ("-0x1.7401c6p+0", "0x1.6be1c6p+0", "-0x1.23531cp-2", "0x1.04f20cp-2"):
        total = total * t + f(float.fromhex(factor))
    result = f(1) - total * t * power
    return np.where(x < 0, -result, result).astype(f)
