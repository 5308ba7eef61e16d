"""Cycles counted by hand from Arm's tables against those of the emulator, instruction by instruction."""

import dataclasses
import time

import pytest

from helpers.hardware.counting import core as counting
from helpers.hardware.emulator.run import run_elf

from .program import KE16Z, M0_BOARD, assemble

# name: body, cycles on the Cortex-M0+, cycles on the Cortex-M0. Each counts its return (2 and 3) unless it has its own.
FUNCTIONS = {
    "returns": ("bx lr", 2, 3),
    "arithmetic": ("movs r0, #1; adds r0, #2; subs r0, r0, r0; adcs r0, r0; rsbs r0, r0, #0; cmp r0, #1; bx lr", 8, 9),
    "logic": ("ands r0, r1; orrs r0, r1; eors r0, r1; bics r0, r1; mvns r0, r1; tst r0, r1; bx lr", 8, 9),
    "shifts": ("lsls r0, r1, #3; lsrs r0, r1, #3; asrs r0, r1; rors r0, r1; bx lr", 6, 7),
    "extends": ("uxtb r0, r1; sxth r0, r1; rev r0, r1; rev16 r0, r1; revsh r0, r1; bx lr", 7, 8),
    "high": ("mov r8, r0; add r8, r0; cmp r8, r0; mov r0, r8; bx lr", 6, 7),
    "hints": ("nop; sev; yield; cpsid i; cpsie i; bx lr", 7, 8),
    "system": ("mrs r0, primask; msr primask, r0; dmb; dsb; isb; bx lr", 17, 23),
    "multiplies": ("muls r0, r1, r0; muls r0, r1, r0; bx lr", 4, 5),
    "stack_loads": ("sub sp, #8; str r0, [sp]; ldr r0, [sp, #4]; add sp, #8; bx lr", 8, 9),
    "small_loads": (
        "mov r1, sp; subs r1, #4; strb r0, [r1]; ldrb r0, [r1]; strh r0, [r1]; ldrh r0, [r1]; bx lr",
        12,
        13,
    ),
    "signed_loads": ("mov r1, sp; subs r1, #4; movs r2, #0; ldrsb r0, [r1, r2]; ldrsh r0, [r1, r2]; bx lr", 9, 10),
    "literals": ("ldr r0, =0x12345678; ldr r1, =0x9abcdef0; bx lr", 6, 7),
    "multiple": ("sub sp, #12; mov r0, sp; stm r0!, {r1-r3}; mov r0, sp; ldm r0!, {r1-r3}; add sp, #12; bx lr", 14, 15),
    "base_in_list": ("mov r0, sp; subs r0, #8; ldm r0, {r0, r1}; bx lr", 7, 8),
    "push_pop": ("push {r4, r5}; pop {r4, r5}; bx lr", 8, 9),
    "pop_pc": ("push {r4, lr}; pop {r4, pc}", 8, 9),
    "pop_pc_alone": ("push {lr}; pop {pc}", 6, 7),
    "taken": ("movs r0, #0; beq 1f; nop; 1: bx lr", 5, 7),
    "not_taken": ("movs r0, #0; bne 1f; nop; 1: bx lr", 5, 6),
    "taken_to_next": ("movs r0, #0; beq 1f; 1: bx lr", 5, 7),
    "not_taken_to_next": ("movs r0, #0; bne 1f; 1: bx lr", 4, 5),
    "loop": ("movs r0, #10; 1: subs r0, #1; bne 1b; bx lr", 1 + 10 + 9 * 2 + 1 + 2, 1 + 10 + 9 * 3 + 1 + 3),
    "jump": ("b 1f; nop; 1: bx lr", 4, 6),
    "jump_to_next": ("b 1f; 1: bx lr", 4, 6),
    "calls": ("push {lr}; bl returns; pop {pc}", 2 + 3 + 2 + 4, 2 + 4 + 3 + 5),
    "calls_register": ("push {lr}; ldr r3, =returns; blx r3; pop {pc}", 2 + 2 + 2 + 2 + 4, 2 + 2 + 3 + 3 + 5),
    "mov_pc": ("mov r3, lr; mov pc, r3", 3, 4),
    "add_pc": ("movs r0, #0; add pc, r0; nop; bx lr", 5, 7),
}


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """One program that calls each of FUNCTIONS once."""
    calls = "\n".join(f"bl {name}" for name in FUNCTIONS)
    bodies = "\n".join(f"function {name}\n{body}\n.ltorg" for name, (body, _, _) in FUNCTIONS.items())
    source = f"function Reset_Handler\n{calls}\nb .\n{bodies}"
    return assemble(tmp_path_factory.mktemp("cycles"), source.replace("; ", "\n"))


@pytest.fixture(scope="module")
def results(program):
    return {board.core: run_elf(program, board, wait_states=0).checked() for board in (KE16Z, M0_BOARD)}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize(("core", "column"), [("cortex-m0plus", 1), ("cortex-m0", 2)])
def test_a_function_costs_what_arms_table_says(results, name, core, column):
    assert (
        results[core].function(name).inclusive_cycles // results[core].function(name).calls == FUNCTIONS[name][column]
    )


def test_the_whole_is_the_sum_of_its_functions(results):
    result = results["cortex-m0plus"]
    assert result.cycles == sum(row.cycles for row in result.per_function)
    assert result.instructions == sum(row.instructions for row in result.per_function)
    own = len(FUNCTIONS) * 3  # Reset_Handler's BLs; the final spin is no work
    assert result.function("Reset_Handler").cycles == own
    called_twice_more = 2 * FUNCTIONS["returns"][1]
    assert result.cycles == own + sum(row[1] for row in FUNCTIONS.values())
    assert result.function("returns").inclusive_cycles == FUNCTIONS["returns"][1] + called_twice_more


def test_zero_wait_states_add_nothing(results):
    for result in results.values():
        assert result.cycles_with_waits == result.cycles
        assert result.cycles_range == (result.cycles, result.cycles)


def test_a_part_with_the_small_multiplier_takes_32_cycles_for_a_product(program):
    slow = dataclasses.replace(KE16Z, mul_cycles=32)
    assert run_elf(program, slow, wait_states=0).function("multiplies").cycles == 2 * 32 + 2


def test_long_straight_code_is_counted_across_its_pieces(tmp_path):
    path = assemble(tmp_path, "function Reset_Handler\n" + "adds r0, #1\n" * 3000 + "b .")
    result = run_elf(path, KE16Z, wait_states=1).checked()
    assert (result.cycles, result.instructions) == (3000, 3000)
    assert result.cycles_with_waits == 3000 + 1500


def test_time_is_cycles_at_the_boards_clock(results):
    result = results["cortex-m0plus"]
    assert result.time_s == pytest.approx(result.cycles / 48e6)
    assert result.assumption == ""


def test_half_a_million_cycles_take_half_a_second(tmp_path, counted_twice, monkeypatch):
    """An inference of the note's network in generic C; the best of three, as other tests may run beside it."""
    monkeypatch.setattr(counting, "core", counted_twice)
    work = "push {r4, lr}\nldr r4, =30000\n1: adds r0, #1\nadds r1, r0\neors r1, r0\nmuls r1, r0, r1\nldr r2, [sp]\n"
    work += "adds r2, r1\nstr r2, [sp]\nlsls r3, r2, #3\nbl leaf\nsubs r4, #1\nbne 1b\npop {r4, pc}\n.ltorg\n"
    path = assemble(tmp_path, f"function Reset_Handler\nbl work\nb .\nfunction work\n{work}function leaf\nbx lr")
    unwatched, times = dataclasses.replace(KE16Z, peripherals=()), []
    for _ in range(3):
        start = time.process_time()
        assert run_elf(path, unwatched).checked().cycles > 500_000
        times.append(time.process_time() - start)
    assert min(times) < 0.5


CONDITIONS = {  # flags N Z C V for which each holds, of a few
    "eq": {0b0100}, "hs": {0b0010, 0b1010}, "mi": {0b1000, 0b1010, 0b1001}, "vs": {0b0001, 0b1001}, "hi": {0b0010, 0b1010},
    "ge": {0b0000, 0b0100, 0b0010, 0b1001}, "gt": {0b0000, 0b0010, 0b1001},
}  # fmt: skip
INVERSE = {"eq": "ne", "hs": "lo", "mi": "pl", "vs": "vc", "hi": "ls", "ge": "lt", "gt": "le"}
FLAGS = (0b0000, 0b0100, 0b0010, 0b1000, 0b0001, 0b1010, 0b1001)


def test_a_branch_to_the_next_instruction_is_taken_or_not_by_its_flags(tmp_path):
    names, body, expected = [], "", {}
    for condition, holds in CONDITIONS.items():
        for name, inverted in ((condition, False), (INVERSE[condition], True)):
            for flags in FLAGS:
                label = f"{name}_{flags}"
                names.append(label)
                body += f"function {label}\nmovs r0, #{flags}\nlsls r0, #28\nmsr apsr_nzcvq, r0\nb{name} 1f\n1: bx lr\n"
                expected[label] = 1 + 1 + 3 + (2 if (flags in holds) != inverted else 1) + 2
    calls = "\n".join(f"bl {name}" for name in names)
    result = run_elf(
        assemble(tmp_path, f"function Reset_Handler\n{calls}\nb .\n{body}"), KE16Z, wait_states=0
    ).checked()
    assert {name: result.function(name).inclusive_cycles for name in names} == expected
