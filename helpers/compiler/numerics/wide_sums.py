"""How TFLite brings sums of int16 activations and int8 weights to the result's scale: two rules, neither of them that of int8.

Convolutions cut the factor to 15 bits; dense layers multiply by the real number, in float64. Both bit for bit.
"""

from dataclasses import dataclass

import numpy as np

from helpers.common.errors import Unsupported
from helpers.compiler.numerics.requantisation import fixed_point

LARGEST_MULTIPLIER = 2**15 - 1
INT32 = (-(2**31), 2**31 - 1)

# Small functions that go in front of the C that calls them, as those of c_code.HELPERS.
C = {
    "reduced": """\
/* A sum times a factor of 15 bits, one rounding shift; through uint64_t, so that overflow is defined. */
static inline int32_t reduced(int64_t sum, int32_t multiplier, int bits) {
  uint64_t product = (uint64_t)sum * (uint64_t)multiplier + ((uint64_t)1 << (bits - 1));
  return (int32_t)((int64_t)product >> bits);
}
""",
    "nearest": """\
/* The nearest whole number, halves away from zero; the lowest int32 for what is beyond it, as a PC converts. */
static int32_t nearest(double x) {
  union { double number; uint64_t bits; } given = { x };
  int shift = 1075 - (int)(given.bits >> 52 & 0x7FF);
  if (shift > 53) return 0;
  if (shift < 22) return -0x7FFFFFFF - 1;
  uint64_t size = (given.bits & 0xFFFFFFFFFFFFFu) | 0x10000000000000u;
  uint32_t whole = (uint32_t)((size + ((uint64_t)1 << (shift - 1))) >> shift);
  return (int32_t)(given.bits >> 63 ? 0u - whole : whole);
}
""",
}


@dataclass(frozen=True)
class Reduced:
    """(sum * multiplier + half) >> shift in 64 bits, cut to 32; multiplier: 15 bits."""

    multiplier: int
    shift: int

    def apply(self, sums: np.ndarray) -> np.ndarray:
        """Requantise an int64 array to int32; overflow wraps, as on the core."""
        product = sums.astype(np.int64) * np.int64(self.multiplier) + np.int64(1 << (self.shift - 1))
        return (product >> np.int64(self.shift)).astype(np.int32)


@dataclass(frozen=True)
class Real:
    """The nearest whole number of sum * factor in float64, halves away from zero."""

    factor: float

    def apply(self, sums: np.ndarray) -> np.ndarray:
        """Requantise an int64 array to int32; what is beyond int32 becomes its lowest number, as a PC converts."""
        product = sums.astype(np.float64) * self.factor
        size = np.minimum(np.abs(product), 2.0**32)
        whole = np.floor(size)
        whole = np.copysign(whole + (size - whole >= 0.5), product)
        return np.where((whole < INT32[0]) | (whole > INT32[1]), INT32[0], whole).astype(np.int64).astype(np.int32)


def reduced(factor: float) -> Reduced:
    """A positive factor as TFLite's 64-bit requantisation has it; raises Unsupported for one that its shift cannot reach."""
    if not factor < 2.0**14:
        raise Unsupported(
            f"the scales of two neighbouring values differ by {factor:g}, which 15 bits cannot bridge",
            remedy="scale this layer's weights, or the network's inputs, to around 1",
        )
    exact = fixed_point(factor)
    multiplier = min((exact.multiplier + 2**15) >> 16, LARGEST_MULTIPLIER)
    return Reduced(multiplier, 15 - exact.left + exact.right)


def largest_sum(weights: np.ndarray, bias: np.ndarray) -> int:
    """The largest magnitude that a sum or a part of it can have: int8 weights [outputs, ...] of int16, plus the bias."""
    rows = np.abs(weights.astype(np.int64)).reshape(len(weights), -1).sum(1) * 2**15
    return max((row + abs(number) for row, number in zip(rows.tolist(), bias.tolist(), strict=True)), default=0)
