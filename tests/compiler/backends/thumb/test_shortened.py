"""Shorter factors: every sum there can be gives the element that the full factor gives."""

import numpy as np
import pytest

from helpers.compiler.backends.thumb.arithmetic import output_stage, shortened
from helpers.compiler.numerics.requantisation import fixed_point

SUMS = ((-60_000, 45_000), (-9_000, 70_000), (-30_000, 30_000), (0, 0))


@pytest.mark.parametrize("kind", ["doubled", "rounded_once", "rounded_even"])
def test_every_sum_gives_the_same_element(kind):
    random = np.random.default_rng(4)
    factors = random.uniform(0.001, 0.01, len(SUMS))
    rules = [fixed_point(factor, -128, helper=kind) for factor in factors]
    output, constants = output_stage.output(rules, SUMS, 128, 255, "layer"), random.integers(-50_000, 50_000, len(SUMS))
    made = shortened.shortened(output, constants)
    assert made and len({(factor.shape, factor.shift) for factor in made}) == 1 and len(made[0].digits) < 4
    for channel, factor in enumerate(made):
        low, high = output.sums[channel]
        sums = np.arange(low, high + 1)
        wanted = np.clip(rules[channel].apply(sums) + 128, 0, 255) if low < high else output.element(channel, low)
        assert np.array_equal(
            np.clip(factor.steps(sums - constants[channel])[-1], 0, 255), np.broadcast_to(wanted, len(sums))
        )


def test_halves_away_from_zero_on_both_sides_are_left_to_the_full_factor():
    """Results below real 0 round the other way there: no single addend does that, where first roundings make ties."""
    rules = [fixed_point(0.0010345, 4), fixed_point(0.0012, 4)]
    output = output_stage.output(rules, ((-300_000, 300_000),) * 2, 128, 255, "layer")
    assert shortened.shortened(output, np.zeros(2, np.int64)) is None
