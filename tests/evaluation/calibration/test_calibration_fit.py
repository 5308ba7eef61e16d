"""The fit finds flash, multiplier and clock that it is not told, and says so where a flash with waits explains nothing."""

import dataclasses
import itertools

import pytest

from helpers.evaluation.calibration import fit as fitting
from helpers.evaluation.calibration import program
from helpers.evaluation.calibration.fit import Measured
from helpers.hardware import boards, frames
from helpers.hardware.emulator.devices.line import Recorder
from helpers.hardware.emulator.run import run_elf

TICKS = tuple(fitting.TICK / 40e6 * number for number in range(9))


def measured(made, **facts):
    """What an emulated board with another flash and multiplier measures."""
    line = Recorder(program.HELLO)
    run_elf(made.project.elf, dataclasses.replace(boards.load("ke16z"), **facts), received=line).checked()
    arrived = [each for each in frames.Receiver().feed(bytes(line.sent)) if each.kind == b"M"]
    words = [[int.from_bytes(each.payload[at : at + 4], "little") for at in (0, 4, 8)] for each in arrived]
    return Measured(tuple(tuple(rounds) for rounds in words), TICKS)


@pytest.mark.parametrize(("waits", "bits", "multiplier"), [(0, 32, 1), (2, 16, 1), (5, 32, 32), (4, 16, 32)])
def test_the_emulator_plays_a_board_that_the_fit_is_not_told(made, costs, waits, bits, multiplier):
    given = measured(made, wait_states=waits, fetch_bits=bits, mul_cycles=multiplier)
    found = fitting.fit(costs, given)
    assert (found.wait_states, found.mul_cycles) == (waits, multiplier)
    assert found.fetch_bits == (bits if waits else None)
    assert found.cycles == given.settled and found.deviation == 0 and found.explains


def test_no_two_flashes_cost_the_same(costs):
    """Two clocks a word cost NOPs as much as one a halfword; branches and loads tell them apart."""
    flashes = list(itertools.product(range(1, 16), (16, 32), (1, 32)))
    assert len({costs.of(*flash) for flash in flashes}) == len(flashes)
    nops = [costs.of(*flash)[3] for flash in ((2, 32, 1), (1, 16, 1))]
    assert abs(nops[0] - nops[1]) <= 1


def test_each_program_costs_what_arm_states(costs):
    """One cycle a NOP or product, two a load or branch, and the same for all around it."""
    around = costs.plain[0] - 128
    assert costs.plain == tuple(around + cycles for cycles in (128, 128, 64, 256, 128, 128))
    assert costs.slow[2] == around + 64 * 32
    assert costs.reads[16][:3] == costs.reads[32][:3] == (0, 0, 0)  # RAM does not wait


def test_a_cache_is_no_flash_with_waits(costs):
    """Branches wait and straight code does not, as where the next word is read ahead."""
    cycles = list(costs.of(2, 32, 1))
    cycles[3] = costs.plain[3]
    found = fitting.fit(costs, Measured(tuple((each,) * 3 for each in cycles), TICKS))
    assert not found.explains and found.deviation > 0.1


def test_the_first_round_does_not_count(costs):
    rounds = tuple((9 * each, each, each) for each in costs.of(1, 32, 1))
    assert fitting.fit(costs, Measured(rounds, TICKS)).deviation == 0


def test_the_clock_comes_from_the_ticks_and_one_that_is_late_does_not_matter():
    assert fitting.clock(TICKS) == pytest.approx(40e6)
    late = [*TICKS]
    late[4] += 0.3
    assert fitting.clock(tuple(late)) == pytest.approx(40e6, rel=0.001)
