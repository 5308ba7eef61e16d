"""Groups: every lane stays in range whatever the input, every tap is in one group, and the quick cost is the real one."""

import numpy as np
import pytest

from helpers.compiler.backends.thumb.arithmetic import lane_groups

SEEDS = range(8)


def shares_of(seed: int, taps: int = 36) -> np.ndarray:
    return np.random.default_rng(seed).integers(-150, 151, (4, taps)) * 255


@pytest.mark.parametrize("seed", SEEDS)
def test_lanes_stay_in_range(seed):
    for row in shares_of(seed):
        made = lane_groups.cut([int(n) for n in row], 32768)
        assert [group.start for group in made] == [0, *(group.end for group in made[:-1])]
        assert made[-1].end == len(row)
        for group in made:
            part = row[group.start : group.end]
            assert group.offset + np.minimum(part, 0).sum() >= 0
            assert group.offset + np.maximum(part, 0).sum() <= lane_groups.LANE


@pytest.mark.parametrize("seed", SEEDS)
def test_cost_without_the_cut_is_the_cost_of_the_cut(seed):
    shares, step = (
        shares_of(seed, 40)[None] if seed % 2 else np.abs(shares_of(seed))[None],
        (512, 8192, 10_000)[seed % 3],
    )
    found = lane_groups.costs(shares, step)[0]
    assert len(found) == lane_groups.LANE // step
    for common, cost in zip(range(step, lane_groups.LANE + 1, step), found, strict=True):
        total = 0
        for row in shares[0]:
            made = lane_groups.cut([int(n) for n in row], common)
            total += lane_groups.FLUSH * (len(made) - 1)
            known = {0: 0, 2 * common: lane_groups.TWICE, common: lane_groups.COMMON}
            total += sum(known.get(g.offset, lane_groups.OWN) for g in made)
        assert total == cost


@pytest.mark.parametrize("seed", SEEDS)
def test_common_cuts_suit_every_channel(seed):
    shares = shares_of(seed)
    starts = lane_groups.common_cuts(shares)
    for start, end in zip(starts, [*starts[1:], shares.shape[1]], strict=True):
        assert (np.abs(shares[:, start:end]).sum(1) <= lane_groups.LANE).all()
