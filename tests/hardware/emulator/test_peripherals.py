"""What real drivers expect of registers: flags cleared by writing one, a receiver, crystals, the boot ROM, memory outside."""

import pytest
from unicorn.arm_const import UC_ARM_REG_R4, UC_ARM_REG_R5

from helpers.hardware import boards
from helpers.hardware.emulator.run import run_elf

from .program import KE16Z, RT1060, assemble, core_after

LPC845, K32L2B, KE02 = (boards.load(name) for name in ("lpc845", "k32l2b", "ke02z40m"))
RT1170 = boards.load("rt1170")
CLOCK_ON = {  # of the console's UART
    "ke16z": "ldr r0, =0x400651A8\nldr r1, =0x40000000\nstr r1, [r0]\n",
    "k32l2b": "ldr r0, =0x40048038\nldr r1, =0x100000\nstr r1, [r0]\n",
    "ke02z40m": "ldr r0, =0x4004800C\nldr r1, =0x203000\nstr r1, [r0]\n",
    "lpc845": "ldr r0, =0x40048080\nldr r1, =0x4017\nstr r1, [r0]\n",
    "rt1060": "",
    "pico": "ldr r0, =0x4000C000\nmovs r1, #0\nstr r1, [r0]\n",  # out of reset
}
KE02_WATCHDOG = "ldr r0, =0x40052000\nldr r1, =0x20C5\nstrh r1, [r0, #2]\nldr r1, =0x28D9\nstrh r1, [r0, #2]\n"
KE02_WATCHDOG += "movs r1, #0x20\nstrb r1, [r0]\n"
BOTH = "ldr r1, =0xC0000\nstr r1, [r0, #{}]\n"
# Turn transmitter and receiver on, then send back what comes: status, its bit, data in, data out.
ECHO = {
    "ke16z": (BOTH.format(0x18), "ldr r1, [r0, #0x14]", 21, "ldr r2, [r0, #0x1C]", "str r2, [r0, #0x1C]"),
    "rt1060": (BOTH.format(0x18), "ldr r1, [r0, #0x2C]", 24, "ldr r2, [r0, #0x1C]", "str r2, [r0, #0x1C]"),
    "k32l2b": (BOTH.format(8), "ldr r1, [r0, #4]", 21, "ldrb r2, [r0, #0xC]", "strb r2, [r0, #0xC]"),
    "ke02z40m": ("movs r1, #0xC\nstrb r1, [r0, #3]\n", "ldrb r1, [r0, #4]", 5, "ldrb r2, [r0, #7]", "strb r2, [r0, #7]"),
    "lpc845": ("movs r1, #5\nstr r1, [r0]\n", "ldr r1, [r0, #8]", 0, "ldr r2, [r0, #0x14]", "str r2, [r0, #0x1C]"),
    "pico": ("ldr r1, =0x301\nstr r1, [r0, #0x30]\n", "ldr r1, [r0, #0x18]\nmvns r1, r1", 4, "ldr r2, [r0]", "str r2, [r0]"),
}  # fmt: skip


def echo(name):
    on, status, bit, take, send = ECHO[name]
    loop = f"1: {status}\nlsrs r1, r1, #{bit + 1}\nbcc 1b\n{take}\n{send}\nb 1b\n.ltorg\n"
    watchdog = KE02_WATCHDOG if name == "ke02z40m" else ""
    body = f"{watchdog}{CLOCK_ON[name]}ldr r0, ={boards.load(name).uart.base:#x}\n{on}{loop}"
    return f"function Reset_Handler\n{body}"


@pytest.mark.parametrize("name", ECHO)
def test_what_the_uart_receives_comes_byte_by_byte_and_then_the_program_waits_for_input(tmp_path, name):
    board = boards.load(name)
    result = run_elf(assemble(tmp_path, echo(name), board), board, received=b"Hello\n", wait_states=0)
    assert (result.console, result.exit, result.fault) == ("Hello\n", "waits for input", None)


def test_a_given_time_is_waited_even_without_input(tmp_path):
    result = run_elf(assemble(tmp_path, echo("k32l2b"), K32L2B), K32L2B, received=b"x", seconds=0.01)
    assert (result.console, result.exit) == ("x", "time is up")


def test_a_receiver_that_is_off_takes_nothing(tmp_path):
    source = echo("k32l2b").replace("0xC0000", "0x80000")
    result = run_elf(assemble(tmp_path, source, K32L2B), K32L2B, received=b"x", instruction_limit=100_000)
    assert result.console == "" and "not finished" in str(result.fault)


@pytest.mark.parametrize(
    ("board", "status"), [(KE16Z, "0x14"), (K32L2B, "4"), (RT1060, "0x14")], ids=lambda item: str(item)[:20]
)
def test_flags_of_the_lpuart_are_cleared_by_ones_and_kept_by_zeroes(tmp_path, board, status):
    """NXP's LPUART_Init writes ones to all flags; as storage they would then be set for good."""
    body = f"{CLOCK_ON[board.name]}ldr r0, ={board.uart.base:#x}\nldr r4, [r0, #{status}]\nldr r1, =0xC01FC000\n"
    body += f"str r1, [r0, #{status}]\nldr r5, [r0, #{status}]\nb .\n.ltorg"
    core = core_after(assemble(tmp_path, f"function Reset_Handler\n{body}", board), board)
    assert core.uc.reg_read(UC_ARM_REG_R4) == core.uc.reg_read(UC_ARM_REG_R5) == 0x00C0_0000


def test_the_crystals_of_the_rt1060_are_stable(tmp_path):
    body = "ldr r0, =0x400D8150\nldr r4, [r0]\nldr r0, =0x400D8270\nldr r5, [r0]\nb .\n.ltorg"
    core = core_after(assemble(tmp_path, f"function Reset_Handler\n{body}", RT1060), RT1060)
    assert core.uc.reg_read(UC_ARM_REG_R4) >> 15 & 1 == 1
    assert core.uc.reg_read(UC_ARM_REG_R5) >> 16 & 1 == 1


def test_the_lpc845s_rom_routine_returns_and_its_faim_reads(tmp_path):
    body = "ldr r0, =30000\nldr r1, =0x0F0026F5\nblx r1\nldr r1, =0x50010000\nldr r4, [r1]\nmovs r5, #7\nb .\n.ltorg"
    core = core_after(assemble(tmp_path, f"function Reset_Handler\n{body}", LPC845), LPC845)
    assert (core.uc.reg_read(UC_ARM_REG_R4), core.uc.reg_read(UC_ARM_REG_R5)) == (0, 7)


def test_beside_the_rom_routine_there_is_nothing(tmp_path):
    source = "function Reset_Handler\nldr r1, =0x0F0026F9\nblx r1\nb .\n.ltorg"
    fault = run_elf(assemble(tmp_path, source, LPC845), LPC845).fault
    assert "jump to 0x0f0026f8, where the board has no memory" in str(fault)


@pytest.mark.parametrize(("board", "size"), [(RT1060, 32 << 20), (RT1170, 64 << 20)], ids=["rt1060", "rt1170"])
def test_sdram_holds_what_is_written_and_ends_where_it_ends(tmp_path, board, size):
    last = 0x8000_0000 + size - 4
    body = f"ldr r0, ={last:#x}\nldr r1, =12345\nstr r1, [r0]\nldr r4, [r0]\nb .\n.ltorg"
    core = core_after(assemble(tmp_path, f"function Reset_Handler\n{body}", board), board)
    assert core.uc.reg_read(UC_ARM_REG_R4) == 12345
    source = f"function Reset_Handler\nldr r0, ={last + 4:#x}\nldr r1, [r0]\nb .\n.ltorg"
    fault = run_elf(assemble(tmp_path / "behind", source, board), board).fault
    assert f"{last + 4:#010x}, where the board has nothing" in str(fault)
