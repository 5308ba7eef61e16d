"""Groups that are set aside, and become sums: whatever their signs and places."""

import itertools

import numpy as np
import pytest

from helpers.compiler.backends.thumb.arithmetic import stores
from helpers.compiler.backends.thumb.arithmetic.lane_groups import Group
from helpers.compiler.backends.thumb.assembler.assembly import Assembly
from tests.compiler.backends.thumb import thumb_steps

ENDS = (0, 1, 32767, 32768, 65535)


def sums_of(signs: tuple[int, ...], store: stores.Store, lanes: list[tuple[int, int]]) -> tuple[int, int]:
    registers: dict[str, int] = {}
    for number, (low, high) in enumerate(lanes):
        registers["r2"] = low + (high << 16)
        asm = Assembly("t")
        if number < len(signs) - 1:
            stores.set_aside(asm, store, number, "r2")
        else:
            stores.merge(asm, store, signs, "r2")
        thumb_steps.run(asm.lines, registers)
    return thumb_steps.signed(registers["r2"]), thumb_steps.signed(registers["r5"])


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_groups_become_the_sums_of_both_lanes(count):
    source = np.random.default_rng(count)
    for signs in itertools.product((1, -1), repeat=count):
        words = stores.Store(False, ["r9", 40, "lr"][: count - 1])
        places = [words] + ([stores.Store(True, ["r10", "r11"])] if count > 2 and len(set(signs[:-1])) == 1 else [])
        for store, _ in itertools.product(places, range(20)):
            lanes = [tuple(int(n) for n in source.choice(ENDS, 2)) for _ in signs]
            expected = tuple(sum(sign * lane[side] for sign, lane in zip(signs, lanes, strict=True)) for side in (0, 1))
            assert sums_of(signs, store, lanes) == expected


@pytest.mark.parametrize("commons", [(), (512,), (512, 1024)])
def test_no_place_is_given_twice_and_none_that_holds_a_common_offset(commons):
    source = np.random.default_rng(len(commons))
    for _ in range(50):
        groups = [
            [Group(0, 1, 0, int(sign)) for sign in source.choice((1, -1), source.integers(1, 7))] for _ in range(4)
        ]
        made, words = stores.allocate(groups, commons, 32)
        places = [place for store in made for place in store.places]
        assert len(set(places)) == len(places)
        assert not set(stores.COMMON[: len(commons)]) & set(places)
        assert sorted(place for place in places if isinstance(place, int)) == [32 + 4 * n for n in range(words)]
        for store, each in zip(made, groups, strict=True):
            assert len(store.places) == (2 if store.summed else len(each) - 1)
            assert not store.summed or len({group.sign for group in each[:-1]}) == 1
