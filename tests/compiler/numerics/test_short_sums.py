"""Shorter sums and products give what the longer roundings give, for every number that they may meet."""

import numpy as np
import pytest

from helpers.compiler.numerics import short_sums
from helpers.compiler.numerics.requantisation import FixedPoint, fixed_point
from helpers.compiler.numerics.short_sums import LOW_BITS

INT8 = np.arange(-128, 128, dtype=np.int64)


def rounded(made: short_sums.ShortProduct, x: np.ndarray) -> np.ndarray:
    """The C of rounded_twice, in 32 bits that must not wrap."""
    low, high = x * made.low, (x * made.low >> LOW_BITS) + x * made.high + made.addend
    assert max(np.abs(each).max() for each in (low, x * made.high, high)) < 2**31
    high >>= LOW_BITS
    return (high + (1 << made.right - 1) + (high >> 31) >> made.right) + made.offset


@pytest.mark.parametrize("seed", range(30))
def test_every_product_of_two_elements(seed):
    random = np.random.default_rng(seed)
    offsets = random.integers(-128, 128, 2) if seed else np.array([-128, 127])
    products = np.unique(np.multiply.outer(INT8 - offsets[0], INT8 - offsets[1]))
    rule = fixed_point(float(random.uniform(0.0005, 0.4)), int(random.integers(-128, 128)))
    made = short_sums.product(products, rule)
    assert made is not None and np.array_equal(rounded(made, products), rule.apply(products))


@pytest.mark.parametrize("rule", [
    FixedPoint(1, 2**30, 0), FixedPoint(0, 2**30, 0), FixedPoint(0, 2**30, 3, 0, "rounded_once"),
])  # fmt: skip
def test_other_roundings_stay(rule):
    assert short_sums.product(np.array([-5, 7]), rule) is None


def test_numbers_that_do_not_fit_stay():
    assert short_sums.product(np.array([1 << 17]), FixedPoint(0, 2**30, 3)) is None


def test_a_sum_of_rounded_parts_has_none():
    """Each is rounded alone: no two products do that."""
    x, y = np.meshgrid(INT8, INT8, indexing="ij")
    wanted = np.clip(np.round(x * 0.8) + np.round(y * 0.5), -128, 127).astype(np.int64)
    assert short_sums.found([INT8[:, None], INT8[None, :]], [0.8, 0.5], wanted, (-128, 127)) is None


def test_the_sum_found_gives_every_element():
    wanted = np.clip(INT8[:, None] * 3 + INT8[None, :] * 5 >> 2, -128, 127)
    made = short_sums.found([INT8[:, None], INT8[None, :]], [0.75, 1.25], wanted, (-128, 127))
    total = INT8[:, None] * made.factors[0] + INT8[None, :] * made.factors[1] + made.addend >> made.shift
    assert np.array_equal(total.clip(-128, 127), wanted) and made.ends == (total.min(), total.max())
