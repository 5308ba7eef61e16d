"""Groups: every lane stays in range whatever the input, every tap is in one group, and the quick cost is the real one."""

import itertools

import numpy as np
import pytest

from helpers.compiler.backends.thumb.arithmetic import lane_groups

SEEDS = range(8)


def shares_of(seed: int, taps: int = 36) -> np.ndarray:
    return np.random.default_rng(seed).integers(-150, 151, (4, taps)) * 255


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("signs", [lane_groups.PLAIN, lane_groups.EITHER])
@pytest.mark.parametrize("commons", [(), (32768,), (20480, 40960)])
@pytest.mark.parametrize("seed", SEEDS)
def test_lanes_stay_in_range(seed, commons, signs, signed):
    for row in shares_of(seed):
        made = lane_groups.cut([int(n) for n in row], commons, signs, signed=signed)
        made = lane_groups.aligned(made, [int(n) for n in row], commons, 12345, 4)
        assert [group.start for group in made] == [0, *(group.end for group in made[:-1])]
        assert made[-1].end == len(row)
        assert {group.sign for group in made} <= set(signs)
        for group in made:
            part = group.sign * row[group.start : group.end]
            least, most = (-lane_groups.SIGNED, lane_groups.SIGNED) if group.signed else (0, lane_groups.LANE)
            assert signed or not group.signed
            assert group.offset + np.minimum(part, 0).sum() >= least
            assert group.offset + np.maximum(part, 0).sum() <= most
            assert not group.signed or (group.sign, group.offset) == (1, 0)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_fullest_sum_of_some_taps_is_that_of_all_subsets(seed, sign):
    for row in (each.tolist() for each in shares_of(seed, 9)):
        found = lane_groups.fullest(row, sign)
        mine = [share * sign for share in row if share * sign > 0]
        sums = [sum(some) for count in range(len(mine) + 1) for some in itertools.combinations(mine, count)]
        assert sum(row[tap] * sign for tap in found.taps) == max(each for each in sums if each <= lane_groups.LANE)
        assert found.rest(row) == [0 if tap in found.taps else share for tap, share in enumerate(row)]


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("signs", [lane_groups.PLAIN, lane_groups.EITHER])
@pytest.mark.parametrize("seed", SEEDS)
def test_cost_without_the_cut_is_the_cost_of_the_cut(seed, signs, signed):
    shares, step = (
        shares_of(seed, 40)[None] if seed % 2 else np.abs(shares_of(seed))[None],
        (1024, 8192, 10_000)[seed % 3],
    )
    found = lane_groups.costs(shares, step, signs, signed)[0].sum(0)
    assert len(found) == lane_groups.LANE // step
    for common, cost in zip(range(step, lane_groups.LANE + 1, step), found, strict=True):
        total = 0
        for row in ([int(n) for n in row] for row in shares[0]):
            made = lane_groups.cut(row, (common,), signs, signed=signed)
            total += lane_groups.FLUSH * (len(made) - 1) + lane_groups.own_cycles(made, row, (common,))
        assert total == cost


def test_groups_of_negative_weights_need_no_offset():
    made = lane_groups.cut([-30_000, -35_000, 65_535], (), lane_groups.EITHER)
    assert [(group.end, group.offset, group.sign) for group in made] == [(2, 0, -1), (3, 0, 1)]


def test_exchanged_taps_need_fewer_groups():
    shares = np.random.default_rng(3).integers(-150, 151, (24, 36)) * 255
    order = lane_groups.packed(shares)
    assert sorted(order) == list(range(36))
    assert len(lane_groups.common_cuts(shares[:, order])) < len(lane_groups.common_cuts(shares))


@pytest.mark.parametrize("seed", SEEDS)
def test_common_cuts_suit_every_channel(seed):
    shares = shares_of(seed)
    starts = lane_groups.common_cuts(shares)
    for start, end in zip(starts, [*starts[1:], shares.shape[1]], strict=True):
        assert (np.abs(shares[:, start:end]).sum(1) <= lane_groups.LANE).all()
