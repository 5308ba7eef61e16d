"""What blocks cost on the Cortex-M7: branches, what follows them, loops, and the bounds of a run."""

import pytest

from helpers.hardware.emulator.blocks import Analyst
from helpers.hardware.emulator.cortex_m7 import bounds
from helpers.hardware.emulator.cortex_m7.costs import DOUBT, MISPREDICTED
from helpers.hardware.emulator.run import run_elf

from ..program import RT1060, assemble

START = "function Reset_Handler\n"


def cycles(tmp_path, body: str) -> int:
    return run_elf(assemble(tmp_path, START + body.replace("; ", "\n") + "\nb .\n", RT1060), RT1060).checked().cycles


def loop(tmp_path, rounds: int, body: str) -> int:
    """Cycles of a round of a loop: the difference between many and a few."""
    few = cycles(tmp_path / "few", f"mov r7, #{rounds}; 1: {body}; subs r7, #1; bne 1b")
    return cycles(tmp_path / "many", f"mov r7, #{2 * rounds}; 1: {body}; subs r7, #1; bne 1b") - few


@pytest.mark.parametrize(
    ("body", "each"),
    [
        ("nop; nop", 2),
        ("nop; nop; nop", 3),
        ("nop", 2),  # a jump closes its cycle
        ("smlad r0, r1, r2, r0; smlad r0, r1, r2, r0; nop", 3),
        ("ldr r0, [sp, #-8]; mul r1, r0, r0", 4),  # the product waits for the load in each round
        ("eor r0, r0, r1, ror #3", 2),
    ],
)
def test_a_loop_of_one_block_costs_what_a_round_does(tmp_path, body, each):
    assert loop(tmp_path, 100, body) == 100 * each


def test_leaving_a_loop_is_a_misprediction(tmp_path):
    twice = cycles(tmp_path, "mov r7, #2; 1: nop; subs r7, #1; bne 1b")
    assert twice == 2 + 2 + MISPREDICTED // 2  # the first round, which is not known to be one, costs its doubt as well


def test_a_product_is_waited_for_across_a_jump(tmp_path):
    waits = cycles(tmp_path / "a", "mul r0, r1, r2; b 1f; nop; 1: eor r3, r0, r1; nop")
    assert waits == cycles(tmp_path / "b", "mul r0, r1, r2; b 1f; nop; 1: eor r3, r4, r1; nop") + 1


def test_a_store_holds_up_a_load_of_its_word_behind_a_branch(tmp_path):
    source = "cmp r0, r0; str r1, [sp, #-{}]; bne 1f; 1: ldr r2, [sp, #-8]; nop"
    assert cycles(tmp_path / "same", source.format(8)) > cycles(tmp_path / "another", source.format(16)) + 1


def test_a_conditional_branch_costs_its_doubt_either_way(tmp_path):
    board_costs = Analyst(RT1060, lambda address, size: b"").costs
    branch = bytes.fromhex("01d1")  # BNE, two instructions ahead
    lucky = Analyst(RT1060, lambda address, size: b"").costs
    lucky.optimistic = True
    sure, doubted = lucky.cost(0x1000, branch), board_costs.cost(0x1000, branch)
    # A jump closes its cycle.
    assert (doubted.staying - sure.staying, doubted.jumping - sure.jumping) == (DOUBT, DOUBT + 1)


def test_a_return_to_another_place_than_the_last_time_is_a_misprediction(tmp_path):
    """From one place: only the first return is not predicted. From two in turn: none is."""
    counts = {}
    for name, calls in (("one", "bl leaf\nnop"), ("two", "bl leaf\nbl leaf")):
        body = f"mov r7, #9\n1: {calls}\nsubs r7, #1\nbne 1b\nb .\nfunction leaf\nnop\nbx lr"
        path = assemble(tmp_path / name, START + body, RT1060)
        counts[name] = run_elf(path, RT1060).checked().function("leaf")
    surprise = MISPREDICTED // 2
    assert counts["one"].calls == 9 and counts["two"].calls == 18
    each = (counts["one"].cycles - surprise) / 9
    assert counts["two"].cycles == 18 * (each + surprise)
    assert counts["two"].inclusive_cycles == counts["two"].cycles


def test_the_whole_is_the_sum_of_its_functions(tmp_path):
    body = "mov r7, #9; 1: bl leaf; bl leaf; subs r7, #1; bne 1b"
    path = assemble(tmp_path, START + body.replace("; ", "\n") + "\nb .\nfunction leaf\nnop\nbx lr", RT1060)
    result = run_elf(path, RT1060).checked()
    assert result.cycles == pytest.approx(sum(row.cycles for row in result.per_function), abs=len(result.per_function))


def test_bytes_that_are_no_instruction_and_code_that_ends_are_counted_too():
    costs = Analyst(RT1060, lambda address, size: b"\x00\xbf\xff\xff"[:size]).costs
    assert costs.cost(0x1000, b"\x00\xbf\xff\xff\xff\xff").staying == 4


def test_the_bounds_of_a_run_enclose_its_count(tmp_path):
    body = "mov r7, #50; 1: tst r7, #1; beq 2f; ldr r0, [sp, #-8]; ldr r1, [r7]; 2: subs r7, #1; bne 1b"
    result = run_elf(assemble(tmp_path, START + body.replace("; ", "\n") + "\nb .\n", RT1060), RT1060).checked()
    low, high = result.cycles_range
    cold = bounds.cold(result.sizes.flash, RT1060.line_ns, RT1060.clock_hz)
    assert low < result.cycles < high - cold
    assert high - cold >= result.cycles + 2 * 25 * 8  # the inner branch goes either way 25 times
    assert cold == -(-result.sizes.flash // 32) * 450  # 750 ns at 600 MHz


def test_a_straight_run_has_no_luck_but_that_of_the_caches(tmp_path):
    result = run_elf(assemble(tmp_path, START + "nop\n" * 100 + "b .\n", RT1060), RT1060).checked()
    assert (result.instructions, result.cycles, result.cycles_range[0]) == (100, 50, 50)
