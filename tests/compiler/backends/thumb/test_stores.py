"""Groups that are set aside, and become sums: whatever their signs, their lanes and their places."""

import itertools

import numpy as np
import pytest

from helpers.compiler.backends.thumb.arithmetic import stores
from helpers.compiler.backends.thumb.arithmetic.lane_groups import LANE, SIGNED, Aside, Group
from helpers.compiler.backends.thumb.assembler.assembly import Assembly
from tests.compiler.backends.thumb import thumb_steps

ENDS = {False: (0, 1, 32767, 32768, LANE), True: (-SIGNED, -1, 0, 1, SIGNED)}
KINDS = [Group(0, 0, 0, 1), Group(0, 0, 0, -1), Group(0, 0, 0, 1, signed=True)]
NONE = (None,) * 4


def sums_of(groups: tuple[Group, ...], store: stores.Store, lanes: list[tuple[int, int]]) -> tuple[int, int, int]:
    """Both sums, and the cycles that they took: each register that is loaded takes two."""
    registers: dict[str, int] = {}
    taken, waiting = 0, groups[1:] if store.aside else groups
    words = [low + (high << 16) & thumb_steps.WORD for low, high in lanes]
    if store.aside:
        registers[store.aside] = words.pop(0)
    for number, word in enumerate(words):
        registers["r2"] = word
        asm = Assembly("t")
        if number < len(waiting) - 1:
            stores.set_aside(asm, store, number, "r2")
        else:
            stores.merge(asm, store, groups, "r2")
        taken += thumb_steps.run(asm.lines, registers) + sum("[sp" in line for line in asm.lines)
    return thumb_steps.signed(registers["r2"]), thumb_steps.signed(registers["r5"]), taken


def stores_for(groups: tuple[Group, ...]) -> list[stores.Store]:
    """All ways to keep a channel's groups."""
    places = ["r9", 40, "lr"]
    made = [stores.Store(False, places[: len(groups) - 1])]
    if len(groups) > 2 and len({group.sign for group in groups[:-1]}) == 1 and not any(g.signed for g in groups):
        made.append(stores.Store(True, ["r10", "r11"]))
    if len(groups) > 1 and not groups[0].signed:
        made.append(stores.Store(False, places[: len(groups) - 2], "r12"))
    return made


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_groups_become_the_sums_of_both_lanes(count):
    source = np.random.default_rng(count)
    for groups in itertools.product(KINDS, repeat=count):
        for store, _ in itertools.product(stores_for(groups), range(12)):
            lanes = [tuple(int(n) for n in source.choice(ENDS[group.signed], 2)) for group in groups]
            pairs = list(zip(groups, lanes, strict=True))
            expected = tuple(sum(group.sign * lane[side] for group, lane in pairs) for side in (0, 1))
            assert sums_of(groups, store, lanes)[:2] == expected


@pytest.mark.parametrize("count", [2, 3, 4])
def test_groups_take_the_cycles_that_are_said(count):
    """One channel, on top of what a single group costs (3 with both halves): the other channels have nothing to wait for."""
    alone = (KINDS[0],)
    for groups in itertools.product(KINDS, repeat=count):
        store = stores.Store(False, ["r8", "r9", "r10"][: count - 1])
        taken = sums_of(groups, store, [(0, 0)] * count)[2]
        assert taken - 3 == stores._cycles((groups, alone, alone, alone), (), 6, NONE)


@pytest.mark.parametrize("commons", [(), (512,), (512, 1024)])
def test_no_place_is_given_twice_and_none_that_holds_a_common_offset(commons):
    source = np.random.default_rng(len(commons))
    for _ in range(50):
        groups = [[KINDS[kind] for kind in source.integers(0, 3, source.integers(1, 7))] for _ in range(4)]
        asides = tuple(Aside(frozenset(), 1) if source.random() < 0.3 else None for _ in range(4))
        made, words = stores.allocate(groups, commons, asides, 32)
        places = [place for store in made for place in [*store.places, store.aside] if place != ""]
        assert len(set(places)) == len(places)
        assert not set(stores.COMMON[: len(commons)]) & set(places)
        assert sorted(place for place in places if isinstance(place, int)) == [32 + 4 * n for n in range(words)]
        for store, each, aside in zip(made, groups, asides, strict=True):
            assert len(store.places) == (2 if store.summed else len(each) - 1)
            assert not store.summed or len({group.sign for group in each[:-1]}) == 1
            assert bool(store.aside) == bool(aside)
            assert not (store.summed and (aside or any(group.signed for group in each)))
