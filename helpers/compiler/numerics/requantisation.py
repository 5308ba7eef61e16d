"""A real factor as integers (pre, post, multiplier), and a number requantised by it, as Glow's CPU backend does it."""

import math
from dataclasses import dataclass

import numpy as np

from helpers.common.errors import Unsupported


def _is_int32(x: int) -> bool:
    return -(2**31) <= x < 2**31


@dataclass(frozen=True)
class Requantisation:
    """out = ((((x >> pre) * multiplier) + round) >> post) + offset, arithmetic shifts, in 32 bits (in 64 where `wide`)."""

    pre: int
    post: int
    multiplier: int
    offset: int = 0
    wide: bool = False

    @property
    def round(self) -> int:
        """Half of the last bit shifted out."""
        return 1 << (self.post - 1) if self.post > 0 else 0

    @property
    def identity(self) -> bool:
        """Whether it changes nothing."""
        return (self.pre, self.post, self.multiplier, self.offset) == (0, 0, 1, 0)

    helper = "scaled"  # the C function that reads `row`

    @property
    def row(self) -> str:
        """The integers for a table in C."""
        return f"{self.pre}, {self.multiplier}, {self.round}, {self.post}"

    @property
    def factor(self) -> float:
        """The real number that the integers stand for."""
        return self.multiplier / 2.0 ** (self.pre + self.post)

    def in_range(self, x: int) -> bool:
        """Whether nothing wraps on the way from an int32 to its result, without the offset."""
        product = (x >> self.pre) * self.multiplier + self.round
        return _is_int32(x) and _is_int32(product >> self.post if self.wide else product)

    def apply(self, x: np.ndarray) -> np.ndarray:
        """Requantise an int32 array; overflow wraps, as on the core."""
        if self.wide:
            product = (x.astype(np.int64) >> self.pre) * self.multiplier + self.round
            return ((product >> self.post) + self.offset).astype(np.int32)
        x = x.astype(np.int32)
        product = (x >> self.pre) * np.int32(self.multiplier) + np.int32(self.round)
        return (product >> self.post) + np.int32(self.offset)

    def c(self, x: str) -> str:
        """A C expression that requantises an int32_t expression; through uint32_t, so that overflow is defined."""
        if self.identity:
            return x
        if self.wide:
            product = f"((int64_t)({x}) >> {self.pre}) * {self.multiplier}"
            return f"(int32_t)(({product} + {self.round}) >> {self.post}) + ({self.offset})"
        shifted = f"({x} >> {self.pre})" if self.pre else f"({x})"
        product = f"(uint32_t){shifted} * {self.multiplier}u" if self.multiplier != 1 else f"(uint32_t){shifted}"
        rounded = f"{product} + {self.round}u" if self.round else product
        value = f"((int32_t)({rounded}) >> {self.post})" if self.post else f"(int32_t)({rounded})"
        return f"{value} + ({self.offset})" if self.offset else value


def requantisation(factor: float | np.floating, offset: int = 0, wide: bool = False) -> Requantisation:
    """The integers for a positive float32 factor.

    Glow keeps the shift before the product small, so that few bits are lost, and the product within 32 bits; a power of two needs
    no product (Glow, quantizeScaleOffset32To8). Raises Unsupported for a factor that 32-bit shifts and products cannot reach.
    """
    factor = np.float32(factor)
    if not 2.0**-31 <= factor < 2.0**31:
        what = f"the scales of two neighbouring values differ by {factor:g}, which 32 bits cannot bridge"
        raise Unsupported(what, remedy="scale this layer's weights, or the network's inputs, to around 1")
    mantissa, exponent = np.frexp(factor)
    if mantissa == 0.5:
        exponent = int(exponent) - 1
        post, multiplier = (0, int(factor)) if exponent > 0 else (-exponent, 1)
        return Requantisation(0, post, multiplier, offset, wide)
    pre = post = 0
    while factor < 0.5 or (factor < 256 and post < 15):
        factor = np.float32(factor * 2)
        post += 1
    while factor < 255 and pre < post // 2:
        factor = np.float32(factor * 2)
        pre += 1
    return Requantisation(pre, post, int(np.floor(float(factor) + 0.5)), offset, wide)


FAR = 2**30  # beyond every element: what is larger is cut there, so that adding an offset cannot wrap


@dataclass(frozen=True)
class FixedPoint:
    """TFLite's requantisation by a 31-bit multiplier, then + offset.

    helper: the C function that does it with `row`. "doubled": rounded twice, the high half of the doubled product, then the
    shift; "rounded_once": halves up; "rounded_even": halves to even, as onnxruntime's float32 arithmetic rounds.
    """

    left: int
    multiplier: int
    right: int
    offset: int = 0
    helper: str = "doubled"

    @property
    def row(self) -> str:
        """The integers for a table in C."""
        return f"{self.left}, {self.multiplier}, 0, {self.right}"

    def in_range(self, x: int) -> bool:
        """Whether nothing wraps on the way from an int32 to its result."""
        return _is_int32(x) and _is_int32(x << self.left)

    def apply(self, x: np.ndarray) -> np.ndarray:
        """Requantise an int32 array."""
        if self.helper != "doubled":  # the shift up is one of 64 bits, which does not wrap
            product, bits = x.astype(np.int32).astype(np.int64) * self.multiplier, 31 + self.right - self.left
            half = 1 << (bits - 1)
            rounded = (product + half) >> bits
            tie = ((product + half) & (2 * half - 1)) == 0
            whole = rounded - (tie & rounded & (self.helper == "rounded_even"))
            return (whole.clip(-FAR, FAR) + self.offset).astype(np.int32)
        product = (x.astype(np.int32) << self.left).astype(np.int64) * self.multiplier
        high = product + (1 << 30) >> 31  # equal to TFLite's nudge by sign and its division
        mask = (1 << self.right) - 1
        up = (high & mask) > (mask >> 1) + (high < 0)
        return ((high >> self.right) + up + self.offset).astype(np.int32)

    def c(self, x: str) -> str:
        """A C expression that requantises an int32_t expression; through uint32_t, so that overflow is defined."""
        return f"{self.helper}((const int32_t[]){{{self.row}}}, {x}) + ({self.offset})"


def fixed_point(factor: float, offset: int = 0, left: int = 0, helper: str = "doubled") -> FixedPoint:
    """A positive factor (float64) as TFLite has it (QuantizeMultiplier); `left`: bits the number is shifted up before."""
    if not factor < 2**30:
        raise Unsupported(f"the scales of two neighbouring values differ by {factor:g}, which 32 bits cannot bridge")
    mantissa, exponent = math.frexp(factor)
    multiplier = math.floor(mantissa * 2**31 + 0.5)
    if multiplier == 2**31:
        multiplier, exponent = 2**30, exponent + 1
    if exponent < -31:
        multiplier, exponent = 0, 0
    return FixedPoint(left + max(exponent, 0), multiplier, max(-exponent, 0), offset, helper)
