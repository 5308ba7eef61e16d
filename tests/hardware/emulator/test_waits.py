"""Flash wait states: each 32-bit word fetched or loaded from flash waits, what lies in RAM does not."""

import dataclasses

import pytest

from helpers.hardware import boards
from helpers.hardware.emulator.run import run_elf

from .program import KE16Z, assemble

# body, words fetched (two instructions each, again after a taken branch), words loaded from flash
FUNCTIONS = {
    "four": ("movs r0, #0; movs r0, #0; movs r0, #0; bx lr", 2, 0),
    "five": ("movs r0, #0; movs r0, #0; movs r0, #0; movs r0, #0; bx lr", 3, 0),
    "from_odd": ("b 1f; nop; nop; 1: movs r0, #0; movs r0, #0; bx lr", 1 + 2, 0),  # 1: at offset 6: 6 | 8, 10
    "same_word": ("b 1f; 1: bx lr", 1 + 1, 0),  # a jump inside a word reads it again
    "falls_through": ("movs r0, #0; bne 1f; nop; 1: bx lr", 2, 0),  # not taken, nothing is read twice
    "falls_to_odd": ("nop; nop; movs r0, #0; bne 1f; nop; nop; 1: bx lr", 4, 0),
    "literal": ("ldr r0, =0x12345678; bx lr", 1, 1),
    "bytes": ("ldr r1, =table; ldrb r0, [r1]; ldrb r0, [r1, #1]; bx lr", 2, 3),
    "block": ("ldr r1, =table; ldm r1!, {r0, r2, r3}; bx lr", 2, 4),
    "from_ram": ("ldr r1, =0x20000000; ldr r0, [r1]; ldm r1!, {r0, r2, r3}; str r0, [r1]; bx lr", 3, 1),
}


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    calls = "\n".join(f"bl {name}" for name in FUNCTIONS)
    bodies = "\n".join(f"function {name}\n{body}\n.ltorg" for name, (body, _, _) in FUNCTIONS.items())
    table = ".section .rodata\n.p2align 2\ntable: .word 1, 2, 3, 4\n"
    source = f"function Reset_Handler\n{calls}\nb .\n{bodies}\n{table}"
    return assemble(tmp_path_factory.mktemp("waits"), source.replace("; ", "\n"))


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("wait_states", [0, 1, 2])
def test_a_function_waits_for_each_word(program, name, wait_states):
    profile = run_elf(program, KE16Z, wait_states=wait_states).function(name)
    _, fetched, loaded = FUNCTIONS[name]
    assert profile.inclusive_cycles_with_waits - profile.inclusive_cycles == wait_states * (fetched + loaded)


def test_the_boards_own_wait_states_are_the_default(program):
    result = run_elf(program, KE16Z)
    assert result.wait_states == KE16Z.wait_states == 1
    assert result.assumption == f"{KE16Z.assumption}; the flash's read-ahead may hide any of the waits"
    assert result.cycles < result.cycles_with_waits
    assert result.cycles == run_elf(program, KE16Z, wait_states=0).cycles


def test_where_a_part_may_hide_waits_the_cycles_are_a_range(program):
    result = run_elf(program, KE16Z)
    assert result.cycles_range == (result.cycles, result.cycles_with_waits)
    assert result.time_range_s == (result.cycles / 48e6, result.cycles_with_waits / 48e6)
    plain = run_elf(program, dataclasses.replace(KE16Z, hidden_by=""))
    assert plain.cycles_range == (result.cycles_with_waits, result.cycles_with_waits)
    exact = run_elf(program, KE16Z, wait_states=0)
    assert exact.cycles_range == (result.cycles, result.cycles) and exact.assumption == ""


@pytest.mark.parametrize("name", ["k32l2b", "mcxc444", "ke02z40m", "ke04z", "kv11z", "ke16z"])
def test_parts_with_a_cache_or_read_ahead_say_so(name):
    assert boards.load(name).hidden_by


def test_code_in_ram_does_not_wait(tmp_path):
    copy = "ldr r0, =code\nldr r1, =0x20000000\nldr r2, [r0]\nstr r2, [r1]\nadds r1, #1\nblx r1\nb .\n.ltorg\n"
    code = ".section .rodata\n.p2align 2\ncode: .inst.n 0x2005\n.inst.n 0x4770\n"  # movs r0, #5; bx lr
    path = assemble(tmp_path, f"function Reset_Handler\n{copy}{code}")
    result = run_elf(path, KE16Z, wait_states=1).checked()
    assert result.function("?").cycles == 1 + 2
    assert result.function("Reset_Handler").cycles == 2 + 2 + 2 + 2 + 1 + 2
    assert result.cycles_with_waits - result.cycles == 3 + 3  # six instructions fetched; two literals and the code read
