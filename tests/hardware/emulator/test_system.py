"""The registers firmware relies on: SysTick exact to the cycle, clocks, watchdog, console, and the M7's own."""

import dataclasses

import pytest
from unicorn.arm_const import UC_ARM_REG_R4, UC_ARM_REG_R5, UC_ARM_REG_R6

from helpers.hardware.emulator.run import run_elf

from .program import KE02, KE16Z, M0_BOARD, RT1060, assemble, core_after

START_SYSTICK = """
ldr r0, =0xE000E010
ldr r1, =0xFFFFFF
str r1, [r0, #4]
str r1, [r0, #8]
movs r1, #5
str r1, [r0]
"""
WAIT_8_MS = "ldr r2, =100000\n1: subs r2, #1\nbne 1b\nldr r2, =100000\n1: subs r2, #1\nbne 1b\n"


def registers_after(tmp_path, body, board=KE16Z, wait_states=0):
    core = core_after(assemble(tmp_path, f"function Reset_Handler\n{body}\nb .\n.ltorg", board), board, wait_states)
    return [core.uc.reg_read(register) for register in (UC_ARM_REG_R4, UC_ARM_REG_R5, UC_ARM_REG_R6)]


@pytest.mark.parametrize(("board", "jump"), [(KE16Z, 2), (M0_BOARD, 3)])
def test_systick_counts_every_cycle_inside_a_block_and_across_blocks(tmp_path, board, jump):
    body = START_SYSTICK + "ldr r4, [r0, #8]\nldr r5, [r0, #8]\nmuls r1, r1, r1\nnop\nb 1f\n1: ldr r6, [r0, #8]"
    first, second, third = registers_after(tmp_path, body, board)
    assert first - second == 2
    assert second - third == 2 + 1 + 1 + jump


def test_systick_sees_the_flash_waits(tmp_path):
    body = START_SYSTICK + ".p2align 2\nldr r4, [r0, #8]\nnop\nnop\nnop\nnop\nnop\nldr r5, [r0, #8]\nldr r6, [r0, #8]"
    first, second, third = registers_after(tmp_path, body, wait_states=1)
    assert first - second == 2 + 5 + 3  # words 1, 2 and 3 of the code
    assert second - third == 2


def test_systick_starts_at_its_reload_value_wraps_and_tells_so(tmp_path):
    start = START_SYSTICK.replace("0xFFFFFF", "9")
    read = "ldr r4, [r0, #8]\n" + "nop\n" * 12 + "ldr r5, [r0]\nldr r6, [r0]"
    value, first, second = registers_after(tmp_path, start + read)
    assert value == 9 - 1  # the store that starts it takes two cycles, the first of which loads the reload value
    assert (first, second) == (5 | 1 << 16, 5)  # COUNTFLAG, cleared by being read


def test_systick_on_the_reference_clock_is_a_fault(tmp_path):
    body = START_SYSTICK.replace("#5", "#1")
    result = run_elf(assemble(tmp_path, f"function Reset_Handler\n{body}\nb .\n.ltorg"), KE16Z)
    assert "reference clock" in str(result.fault)


PRINT = """
function Reset_Handler
ldr r0, ={gate}
ldr r1, =0x40000000
str r1, [r0]
ldr r0, ={uart}
ldr r1, ={enable}
str r1, [r0, #0x18]
1: ldr r1, [r0, #0x14]
lsrs r1, r1, #24
bcc 1b
movs r1, #'H'
str r1, [r0, #0x1C]
movs r1, #'i'
strb r1, [r0, #0x1C]
b .
.ltorg
"""


@pytest.mark.parametrize(("enable", "text"), [("1 << 19", "Hi"), ("0", "")])
def test_the_uart_prints_once_its_transmitter_is_on(tmp_path, enable, text):
    source = PRINT.format(gate="0x400651A8", uart=hex(KE16Z.uart.base), enable=enable)
    assert run_elf(assemble(tmp_path, source), KE16Z).checked().console == text


def test_the_uart_of_the_rt1060_prints(tmp_path):
    source = PRINT.format(gate="0x400FC07C", uart=hex(RT1060.uart.base), enable="1 << 19")
    result = run_elf(assemble(tmp_path, source, RT1060), RT1060).checked()
    assert (result.console, result.exit) == ("Hi", "idle")


def test_a_register_whose_clock_is_off_is_a_fault(tmp_path):
    source = PRINT.format(gate="0x400651AC", uart=hex(KE16Z.uart.base), enable="0")
    fault = run_elf(assemble(tmp_path, source), KE16Z).fault
    assert "0x4006a018 is used before its clock is on (0x400651a8)" in str(fault)


def test_a_clock_source_is_ready_once_it_is_enabled(tmp_path):
    body = (
        "ldr r0, =0x40064500\nldr r4, [r0]\nmovs r1, #1\nstr r1, [r0]\nldr r5, [r0]\nldr r0, =0x40064010\nldr r6, [r0]"
    )
    off, on, status = registers_after(tmp_path, body)
    assert (off, on, status) == (0, 1 | 1 << 24, 0x0300_0001)  # LPFLL; SCG_CSR shows what SCG_RCCR holds


def test_a_pll_of_the_rt1060_locks_once_it_is_powered_and_has_set_and_clear_registers(tmp_path):
    body = (
        "ldr r0, =0x400D8000\nldr r4, [r0]\nmovs r1, #1\nlsls r1, #12\nstr r1, [r0, #8]\nldr r5, [r0]\nldr r6, [r0, #4]"
    )
    off, on, alias = registers_after(tmp_path, body, RT1060)
    assert off == 0x13042
    assert on == alias == 0x8001_2042


UNLOCK = "ldr r0, =0x40052000\nldr r1, =0xD928C520\nstr r1, [r0, #4]\n"
TURN_OFF = "ldr r1, =0x2120\nstr r1, [r0]\n"


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (WAIT_8_MS, "the watchdog was left on: the part would reset every 8 ms"),
        (UNLOCK + TURN_OFF + WAIT_8_MS, None),
        (UNLOCK + TURN_OFF + TURN_OFF, "configured while it is locked"),
        (UNLOCK + TURN_OFF + UNLOCK + TURN_OFF, None),
        ("ldr r1, =0xB480A602\nldr r0, =0x40052000\n" + WAIT_8_MS + "str r1, [r0, #4]\n", None),
    ],
)
def test_the_watchdog_is_obeyed(tmp_path, body, fault):
    result = run_elf(assemble(tmp_path, f"function Reset_Handler\n{body}\nb .\n.ltorg"), KE16Z)
    assert result.exit == ("fault" if fault else "idle")
    assert fault is None or fault in str(result.fault)


UNLOCK_BYTES = "ldr r0, =0x40052000\nldr r1, =0x20C5\nstrh r1, [r0, #2]\nldr r1, =0x28D9\nstrh r1, [r0, #2]\n"
OFF, SECOND = "movs r1, #0x20\nstrb r1, [r0]\n", "movs r2, #1\nstrb r2, [r0, #1]\n"  # CS1, CS2

LATER = "movs r3, #150\n2: subs r3, #1\nbne 2b\n"


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (UNLOCK_BYTES + OFF + SECOND, None),
        (UNLOCK_BYTES + OFF + LATER + SECOND, "configured while it is locked"),
        ("ldr r0, =0x40052000\n" + OFF + SECOND, "configured while it is locked"),
        (UNLOCK_BYTES + OFF + LATER + UNLOCK_BYTES + SECOND, None),
    ],
)
def test_the_watchdog_of_bytes_stays_open_for_a_while(tmp_path, body, fault):
    result = run_elf(assemble(tmp_path, f"function Reset_Handler\n{body}\nb .\n.ltorg", KE02), KE02)
    assert result.exit == ("fault" if fault else "idle")
    assert fault is None or fault in str(result.fault)


FPU_ON = "ldr r0, =0xE000ED88\nldr r1, =0xF00000\nstr r1, [r0]\ndsb\nisb\n"
FLOAT = "movs r0, #3\nvmov s0, r0\nvcvt.f32.s32 s0, s0\nvmul.f32 s0, s0, s0\nvcvt.s32.f32 s0, s0\nvmov r4, s0\n"


def test_the_m7_computes_with_floats_once_the_fpu_is_on(tmp_path):
    assert registers_after(tmp_path, FPU_ON + FLOAT, RT1060)[0] == 9


def test_the_m7_refuses_floats_while_the_fpu_is_off(tmp_path):
    result = run_elf(assemble(tmp_path, f"function Reset_Handler\n{FLOAT}b .", RT1060), RT1060)
    assert "floating-point instruction while the FPU is off" in str(result.fault)


def test_the_m7s_cycle_counter_runs_when_it_is_started(tmp_path):
    body = "ldr r0, =0xE0001000\nldr r4, [r0, #4]\nmovs r1, #1\nstr r1, [r0]\nldr r5, [r0, #4]\n" + "nop\n" * 9
    stopped, started, later = registers_after(tmp_path, body + "ldr r6, [r0, #4]", RT1060)
    assert stopped == 0
    assert later - started == 5  # ten instructions, two at a time


def test_the_m7s_cycles_are_a_model_and_say_so(tmp_path):
    path = assemble(tmp_path, "function Reset_Handler\n" + "nop\n" * 100 + "b .", RT1060)
    assert "Arm publishes no cycle table" in run_elf(path, RT1060).checked().assumption


def test_a_board_without_the_peripheral_has_nothing_there(tmp_path):
    bare = dataclasses.replace(KE16Z, peripherals=())
    source = "function Reset_Handler\nldr r0, =0x40052000\nldr r0, [r0]\nb .\n.ltorg"
    assert "read of 4 bytes at 0x40052000, where the board has nothing" in str(
        run_elf(assemble(tmp_path, source), bare).fault
    )
