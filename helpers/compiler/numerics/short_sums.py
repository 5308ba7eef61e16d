"""Products by integers and one shift in place of longer roundings, proved for every number that they may meet."""

import functools
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from helpers.compiler.numerics.requantisation import FixedPoint

SHIFTS = range(26, 15, -1)  # bits behind the point, as many as 32 bits allow
NEARBY = (0, 1, -1, 2, -2)  # how far a factor may be from its rounded one
LOW_BITS = 15  # of a factor of two digits
UNBOUNDED = 2**62
INT8 = np.arange(-128, 128, dtype=np.int64)
KEPT = 256  # results of searches, 128 KB each: every form asks for the same sums, and unrolled layers repeat theirs


@dataclass(frozen=True)
class ShortSum:
    """The sum of every number times its factor, and the addend, shifted down; ends: its least and largest result."""

    factors: tuple[int, ...]
    addend: int
    shift: int
    ends: tuple[int, int]

    def c(self, *numbers: str) -> str:
        """A C expression of int32_t expressions, before it is clipped."""
        products = " + ".join(f"{number} * ({factor})" for number, factor in zip(numbers, self.factors, strict=True))
        return f"({products} + ({self.addend})) >> {self.shift}"


@functools.lru_cache(KEPT)
def of_pairs(
    slopes: tuple[float, float], offsets: tuple[int, int], elements: bytes, ends: tuple[int, int]
) -> ShortSum | None:
    """Return what `found` finds for all pairs of int8 numbers less their offsets; elements: int16, 256 rows of 256."""
    wanted = np.frombuffer(elements, np.int16).reshape(256, 256).astype(np.int64)
    return found([(INT8 - offsets[0])[:, None], (INT8 - offsets[1])[None, :]], slopes, wanted, ends)


def found(
    numbers: Sequence[np.ndarray], slopes: Sequence[float], wanted: np.ndarray, ends: tuple[int, int]
) -> ShortSum | None:
    """Return the sum that gives every wanted element once it is clipped to `ends`; None if there is none in 32 bits.

    numbers: int64 arrays of up to two axes that broadcast to the shape of `wanted`. slopes: about how much the result changes
    with each. The shift is as large as can be.
    """
    for shift in SHIFTS:
        between = _between(wanted, ends, shift)
        largest = sum(abs(slope) * int(np.abs(each).max()) for slope, each in zip(slopes, numbers, strict=True))
        if largest * 2.0**shift > 2.0**31:
            continue
        for near in itertools.product(NEARBY, repeat=len(slopes)):
            factors = tuple(round(slope * 2**shift) + n for slope, n in zip(slopes, near, strict=True))
            made = _with_factors(numbers, factors, shift, between)
            if made:
                return made
    return None


def _with_factors(
    numbers: Sequence[np.ndarray], factors: tuple[int, ...], shift: int, between: tuple[np.ndarray, np.ndarray]
) -> ShortSum | None:
    parts = [each * factor for each, factor in zip(numbers, factors, strict=True)]
    total = sum(parts[1:], start=parts[0])
    addend = _addend(total, between)
    if addend is None or sum(int(np.abs(each).max()) for each in parts) + abs(addend) >= 2**31:
        return None
    return ShortSum(factors, addend, shift, (int(total.min()) + addend >> shift, int(total.max()) + addend >> shift))


def _between(wanted: np.ndarray, ends: tuple[int, int], shift: int) -> tuple[np.ndarray, np.ndarray]:
    """The least and the largest number whose shift gives each element once it is clipped to `ends`."""
    least = np.where(wanted > ends[0], wanted << shift, -UNBOUNDED)
    return least, np.where(wanted < ends[1], (wanted + 1 << shift) - 1, UNBOUNDED)


def _addend(total: np.ndarray, between: tuple[np.ndarray, np.ndarray]) -> int | None:
    """The least number that, added to each, brings it between its bounds; None if there is none."""
    least, most = int((between[0] - total).max()), int((between[1] - total).min())
    least = min(most, 0) if least < -UNBOUNDED // 2 else least
    return least if least <= most else None


@dataclass(frozen=True)
class ShortProduct:
    """TFLite's two roundings of a number of 17 bits at most, in 32 bits: its factor is `high` and, behind the point, `low`."""

    high: int
    low: int
    addend: int
    right: int
    offset: int

    def c(self, number: str) -> str:
        """A C expression of an int32_t expression, before it is clipped."""
        how = f"(const int32_t[]){{{self.high}, {self.low}, {self.addend}, {self.right}}}"
        return f"rounded_twice({how}, {number}) + ({self.offset})"


def product(numbers: np.ndarray, rule: FixedPoint) -> ShortProduct | None:
    """Return the product that rounds each of some int64 numbers as a rule does; None if there is none in 32 bits."""
    largest = int(np.abs(numbers).max())
    if rule.helper != "doubled" or rule.left or not rule.right or largest >= 1 << 31 - LOW_BITS:
        return None
    wanted = numbers * rule.multiplier + (1 << 30) >> 31
    between = (wanted << LOW_BITS, (wanted + 1 << LOW_BITS) - 1)
    for near in NEARBY:
        high, low = divmod((rule.multiplier >> 31 - 2 * LOW_BITS) + near, 1 << LOW_BITS)
        total = (numbers * low >> LOW_BITS) + numbers * high
        addend = _addend(total, between)
        if addend is not None and int(np.abs(total).max()) + abs(addend) < 2**31:
            return ShortProduct(high, low, addend, rule.right, rule.offset)
    return None


C = {
    "rounded_twice": f"""\
/* TFLite's requantisation of a small number: a factor of two digits, an integer; divided, halves away from zero. */
static inline int32_t rounded_twice(const int32_t *how, int32_t x) {{
  int32_t high = ((x * how[1] >> {LOW_BITS}) + x * how[0] + how[2]) >> {LOW_BITS};
  return (high + (1 << (how[3] - 1)) + (high >> 31)) >> how[3];
}}
""",
}
