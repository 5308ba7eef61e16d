"""Division by a product: exact for every dividend up to the bound, none promised beyond 32 bits."""

import numpy as np
import pytest

from helpers.compiler.numerics.division import reciprocals


@pytest.mark.parametrize(
    ("divisor", "largest"), [(1, 255), (2, 511), (9, 2300), (125, 31_937), (64, 16_352), (256, 65_408)]
)
def test_every_quotient_is_exact(divisor, largest):
    (factor,), bits = reciprocals([divisor], [largest])
    dividends = np.arange(largest + 1, dtype=np.uint64)
    assert factor * largest < 2**32
    np.testing.assert_array_equal(dividends * np.uint64(factor) >> np.uint64(bits), dividends // divisor)


def test_one_shift_serves_several_divisors():
    divisors = list(range(1, 50))
    factors, bits = reciprocals(divisors, [divisor * 256 for divisor in divisors])
    for divisor, factor in zip(divisors, factors, strict=True):
        dividends = np.arange(divisor * 256 + 1, dtype=np.uint64)
        np.testing.assert_array_equal(dividends * np.uint64(factor) >> np.uint64(bits), dividends // divisor)


def test_none_where_the_product_would_not_fit():
    assert reciprocals([7], [2**31]) is None
