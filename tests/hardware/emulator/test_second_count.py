"""A second count of the same run, made otherwise: instruction by instruction, decoded from the bits of Armv6-M."""

import dataclasses
import itertools
import re
import shutil
import subprocess
import warnings

import pytest
from unicorn import UC_HOOK_CODE
from unicorn.arm_const import UC_ARM_REG_PC

from helpers.hardware.emulator import elf
from helpers.hardware.emulator.core import Core
from helpers.hardware.emulator.limits import Limits

from .program import KE16Z, M0_BOARD, MICROBIT, assemble, core_after

# Loops, tables, calls, products and divisions by library functions, 64-bit arithmetic and soft float.
WORK = """
#include <stdint.h>
static uint8_t buffer[64];
volatile uint32_t result;
static const uint16_t table[8] = {3, 1, 4, 1, 5, 9, 2, 6};
static int __attribute__((noinline)) choose(int x)
{
    switch (x & 7) {
    case 0: return x + 7;
    case 1: return x * 3;
    case 2: return x - table[x & 3];
    case 3: return x ^ 0x55;
    case 4: return x / 5;
    case 5: return -x;
    default: return table[x & 7];
    }
}
static uint32_t __attribute__((noinline)) recurse(uint32_t n) { return n < 2 ? n : recurse(n - 1) + recurse(n - 2); }
void work(void)
{
    uint64_t sum = 1;
    float scale = 1.5f;
    for (int i = 0; i < 64; i++) {
        buffer[i] = (uint8_t)choose(i);
        sum = sum * 6364136223846793005u + buffer[i];
        scale = scale * 1.01f + (float)i;
    }
    result = (uint32_t)(sum >> 32) + (uint32_t)scale + recurse(9) + (uint32_t)(sum % 1000003u);
}
"""
START = "function Reset_Handler\nbl work\nmovs r0, #0x18\nldr r1, =0x20026\nbkpt #0xab\n.ltorg\n"
COSTS = {"cortex-m0plus": (2, 3, 3, 3), "cortex-m0": (3, 4, 4, 4)}  # jump, BL, POP with PC, system


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    return assemble(tmp_path_factory.mktemp("work"), START, KE16Z, WORK)


def trace_of(path, board):
    """The addresses of the instructions as they run, and the core that ran them."""
    core, trace = Core(board, elf.read(path, board), 0), []
    core.uc.hook_add(UC_HOOK_CODE, lambda uc, address, size, _: trace.append(address))
    core.run(Limits(1_000_000))
    assert core.reason == "semihosting exit"
    return trace, core


def cost(core, address, following, board):
    """Cycles of the instruction at `address` if the one at `following` runs next."""
    jump, call, pop_pc, system = COSTS[board.core]
    first, second = (int.from_bytes(core.uc.mem_read(address + i, 2), "little") for i in (0, 2))
    if first >> 11 in (0b11101, 0b11110, 0b11111):
        return call if first >> 11 == 0b11110 and second >> 14 == 0b11 else system
    if first >> 12 == 0b1101:
        return 1 if following == address + 2 else jump
    if first >> 11 == 0b11100 or first >> 8 == 0b01000111 or first & 0xFD87 == 0x4487:
        return jump
    if first >> 9 in (0b1011010, 0b1011110):
        registers = (first & 0x1FF).bit_count()
        return registers + (pop_pc if first >> 8 == 0b10111101 else 1)
    if first >> 12 == 0b1100:
        return 1 + (first & 0xFF).bit_count()
    return 2 if first >> 11 == 0b01001 or first >> 12 in (0b0101, 0b0110, 0b0111, 0b1000, 0b1001) else 1


@pytest.mark.parametrize("board", [KE16Z, M0_BOARD], ids=lambda board: board.core)
def test_counting_blocks_agrees_with_counting_instructions(program, board):
    trace, core = trace_of(program, board)
    assert core.instructions == len(trace) - 1 > 5000  # the BKPT that ends the run is not part of it
    counted = sum(cost(core, here, after, board) for here, after in itertools.pairwise(trace))
    assert core.cycles == counted


def test_watching_does_not_change_the_count(program):
    trace, watched = trace_of(program, KE16Z)
    assert core_after(program).cycles == watched.cycles
    assert watched.uc.reg_read(UC_ARM_REG_PC) & ~1 == trace[-1]


def test_fetches_agree_with_a_fetch_buffer_of_one_word(program):
    """The flash model again, from the trace: a word is read when it is not the one just read, or after a jump."""
    trace, _ = trace_of(program, KE16Z)
    core = core_after(program, wait_states=1)
    fetched, word, expected = 0, None, None
    for address in trace[:-1]:
        size = 4 if int.from_bytes(core.uc.mem_read(address, 2), "little") >> 11 in (0b11101, 0b11110, 0b11111) else 2
        for half in range(address, address + size, 2):
            if half // 4 != word or address != expected:
                fetched, word = fetched + 1, half // 4
            expected = address
        expected = address + size
    assert core.fetches == fetched + 1  # the word of the BKPT


INTERRUPTED = """
.section .vectors, "a"
.word 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, SysTick_Handler
.text
function Reset_Handler
ldr r0, =0xE000E010
ldr r1, =reload
ldr r1, [r1]
str r1, [r0, #4]
str r1, [r0, #8]
movs r1, #7
str r1, [r0]
bl work
movs r0, #0x18
ldr r1, =0x20026
bkpt #0xab
.ltorg
function SysTick_Handler
movs r0, #0
mvns r1, r0
bx lr
.section .rodata.reload, "a"
.global reload
.type reload, %object
.size reload, 4
.p2align 2
reload: .word 1
.text
"""


@pytest.mark.parametrize("waits", [0, 1])
@pytest.mark.parametrize("reload", [60, 97, 211, 1000, 4999])
def test_interrupts_at_any_instruction_are_counted_to_the_cycle(program, tmp_path, reload, waits):
    """What was interrupted costs as much as ever; each interrupt costs entry, handler and return on top."""
    board = dataclasses.replace(KE16Z, peripherals=())
    path = assemble(tmp_path, INTERRUPTED, board, WORK)
    interrupted = elf.read(path, board).with_data("reload", reload.to_bytes(4, "little"))
    core, trace = Core(board, interrupted, waits, ("recurse", "SysTick_Handler")), []
    core.uc.hook_add(UC_HOOK_CODE, lambda uc, address, size, _: trace.append(address))
    core.run(Limits(1_000_000))
    assert core.reason == "semihosting exit"
    start = interrupted.symbols["SysTick_Handler"].address & ~1
    work = [address for address in trace if not start <= address < start + 6]
    assert core.exceptions.handled == trace.count(start) > 3
    assert core.instructions == len(trace) - 1
    counted = sum(cost(core, here, after, board) for here, after in itertools.pairwise(work))
    assert core.cycles == counted + core.exceptions.handled * (15 + 1 + 1 + 2 + 10)
    marks = [mark.name for mark in core.markers]
    assert marks.count("SysTick_Handler") == core.exceptions.handled
    assert marks.count("recurse") == work.count(interrupted.symbols["recurse"].address & ~1)
    assert result_of(core, interrupted) == result_of(core_after(program), elf.read(program, KE16Z))


def result_of(core, program):
    return bytes(core.uc.mem_read(program.symbols["result"].address, 4))


def test_qemu_runs_the_same_instructions(tmp_path):
    if not shutil.which("qemu-system-arm"):
        warnings.warn("QEMU is not installed, so its instruction trace was NOT compared", stacklevel=1)
        pytest.skip("qemu-system-arm is not installed")
    path = assemble(tmp_path, START, MICROBIT, WORK)
    trace, _ = trace_of(path, dataclasses.replace(MICROBIT, peripherals=()))
    command = ["qemu-system-arm", "-M", "microbit", "-display", "none", "-monitor", "none", "-serial", "none"]
    options = ["-semihosting", "-singlestep", "-d", "exec,nochain", "-D", tmp_path / "log", "-kernel", path]
    subprocess.run([*command, *options], check=True, timeout=60)
    addresses = re.findall(r"^Trace .*\[[0-9a-f]+/([0-9a-f]+)/", (tmp_path / "log").read_text(), re.MULTILINE)
    assert [int(address, 16) for address in addresses][: len(trace)] == trace
