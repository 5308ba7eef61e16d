"""Calls, inclusive and exclusive cycles, markers and the depth of the stack."""

import pytest

from helpers.common.errors import BadParameter
from helpers.hardware.emulator.run import run_elf

from .program import KE16Z, assemble

CALLS = """
function Reset_Handler
movs r0, #3
bl recurse
bl outer
bl outer
b .
function recurse
push {r0, lr}
subs r0, #1
beq 1f
bl recurse
1: pop {r0, pc}
function outer
push {lr}
bl inner
bl hops
pop {pc}
function inner
nop
nop
bx lr
function hops
b lands
function lands
nop
bx lr
"""


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    return run_elf(assemble(tmp_path_factory.mktemp("calls"), CALLS), KE16Z, wait_states=0).checked()


def test_calls_are_counted(result):
    calls = {row.name: row.calls for row in result.per_function}
    assert calls == {"Reset_Handler": 1, "recurse": 3, "outer": 2, "inner": 2, "hops": 2, "lands": 2}


def test_inclusive_is_exclusive_plus_what_is_called(result):
    inner, lands = 4, 3
    assert result.function("inner").inclusive_cycles == 2 * inner
    assert result.function("lands").inclusive_cycles == 2 * lands
    assert result.function("hops").cycles == 2 * 2
    assert result.function("hops").inclusive_cycles == 2 * (2 + lands)  # a tail call ends with what it jumped to
    assert result.function("outer").cycles == 2 * (2 + 3 + 3 + 4)
    assert result.function("outer").inclusive_cycles == 2 * (12 + inner + 2 + lands)


def test_recursion_counts_once(result):
    cycles = 3 * (3 + 1 + 5) + 2 * (1 + 3) + 2  # push, subs, pop; beq not taken and bl; beq taken
    assert result.function("recurse").cycles == result.function("recurse").inclusive_cycles == cycles


def test_the_stack_is_measured_to_the_byte(result):
    assert result.stack_bytes == 3 * 8
    assert result.stack_free_bytes == KE16Z.ram[0].size - 3 * 8


def test_the_profile_is_sorted_by_cycles_and_covers_all(result):
    cycles = [row.cycles for row in result.per_function]
    assert cycles == sorted(cycles, reverse=True)
    assert sum(cycles) == result.cycles


def test_asking_for_a_function_that_never_ran_is_refused(result):
    with pytest.raises(BadParameter, match="no function 'softmax' ran"):
        result.function("softmax")


@pytest.mark.parametrize(
    ("body", "depth"),
    [
        ("push {r0-r7, lr}\nadd sp, #36", 36),  # up and down within one block
        ("sub sp, #500\nstr r0, [sp]\nadd sp, #500", 500),
        ("ldr r0, =-1000\nadd sp, r0\nmovs r1, #0xA5\nstrb r1, [sp]\nnop\nb 1f\n1: nop", 1000),  # whatever is written
        ("mov r7, sp\nsubs r7, #64\nmov sp, r7\nb 1f\n1: nop", 64),
        ("nop", 0),
    ],
)
def test_the_stack_is_measured_however_it_moves(tmp_path, body, depth):
    body = body.replace("strb r1, [sp]", "mov r2, sp\nstrb r1, [r2]")
    result = run_elf(assemble(tmp_path, f"function Reset_Handler\n{body}\nb .\n.ltorg"), KE16Z).checked()
    assert result.stack_bytes == depth


def test_a_stack_that_runs_into_the_data_is_a_fault(tmp_path):
    source = "function Reset_Handler\nbl dig\nb .\nfunction dig\npush {r0-r7, lr}\nbl dig\n.bss\ndata: .space 4096\n"
    result = run_elf(assemble(tmp_path, source), KE16Z)
    assert "the stack grows" in str(result.fault)
    assert "dig (program.S" in str(result.fault)
    assert 4096 - 36 < result.stack_bytes <= 4096 + 36


def test_markers_note_the_cycles_each_time(tmp_path):
    source = "function Reset_Handler\nmovs r0, #3\n.global layer\nlayer: nop\nnop\nsubs r0, #1\nbne layer\nb ."
    path = assemble(tmp_path, source)
    result = run_elf(path, KE16Z, wait_states=0, markers=("layer",)).checked()
    assert [(marker.name, marker.cycles) for marker in result.markers] == [("layer", 1), ("layer", 6), ("layer", 11)]
    waiting = run_elf(path, KE16Z, wait_states=1, markers=("layer",)).checked()
    assert [marker.cycles for marker in waiting.markers] == [1, 6, 11]
    assert all(marker.cycles_with_waits > marker.cycles for marker in waiting.markers)


def test_sizes_are_what_the_sections_say(tmp_path):
    data = ".data\n.word 1, 2, 3\n.bss\n.space 100\n.section .rodata\n.word 7"
    result = run_elf(assemble(tmp_path, f"function Reset_Handler\nb .\n{data}"), KE16Z).checked()
    assert (result.sizes.flash, result.sizes.ram, result.sizes.reserved) == (8 + 2 + 4 + 12, 112, 0)
