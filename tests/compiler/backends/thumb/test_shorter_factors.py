"""Factors in two digits give, for every sum of a layer, the element that the long ones give."""

import numpy as np
import pytest

from helpers.compiler.backends.thumb.arithmetic import output_stage
from helpers.compiler.backends.thumb.arithmetic.factors import Digits
from helpers.compiler.numerics.requantisation import fixed_point


def elements(factor: Digits, sums: np.ndarray, largest_stored: int) -> np.ndarray:
    """What the instructions of a factor leave of each sum, digit by digit in 32 bits."""
    t = np.zeros_like(sums)
    for digit in factor.digits:
        t = sums * digit + (t >> factor.bits)
        assert np.abs(t).max() < 2**31
    if factor.first:
        t = (t + (1 << factor.first - 1)) >> factor.first
        t = t - (t < 0)
    return np.clip((t + factor.addend) >> factor.shift, 0, largest_stored)


@pytest.mark.parametrize("helper", ["doubled", "rounded_once"])
@pytest.mark.parametrize("zero", [-128, 0, 31])
@pytest.mark.parametrize("largest", [40_000, 300_000])
def test_every_sum_gives_the_same_element(helper, zero, largest):
    random = np.random.default_rng(largest + zero)
    ends = [tuple(sorted(int(n) for n in random.integers(-largest, largest, 2))) for _ in range(12)]
    ends += [(-largest, largest), (-largest, -largest // 2), (largest // 2, largest)]
    rules = [fixed_point(float(256 / largest * 2 ** random.uniform(-3, 2)), zero, helper=helper) for _ in ends]
    made = output_stage.output(rules, tuple(ends), 128, 255, "layer")
    twice = helper == "doubled" and zero > -128  # two roundings that no single one equals below real 0
    assert twice or {len(factor.digits) for factor in made.factors} == {2}
    for rule, factor, sums, (low, high) in zip(rules, made.factors, made.sums, ends, strict=True):
        every = np.arange(sums[0], sums[1] + 1)
        wanted = np.clip(rule.apply(np.arange(low, high + 1)) + 128, 0, 255)
        assert np.array_equal(np.resize(elements(factor, every, 255), wanted.shape), wanted)


def test_a_layer_keeps_long_factors_if_one_channel_needs_them():
    """Sums of 27 bits, all of which matter: no product of two digits tells them apart."""
    rules = [fixed_point(factor, -128, helper="rounded_once") for factor in (3.1e-3, 1.7e-6)]
    made = output_stage.output(rules, ((-90_000, 90_000), (-(2**27), 2**27)), 128, 255, "layer")
    assert (made.uniform and {len(factor.digits) for factor in made.factors} > {2}) or len(made.factors[0].digits) > 2
