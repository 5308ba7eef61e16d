"""The UART's interrupt: each kind of UART, each byte once and in time, whatever the program does meanwhile."""

import dataclasses

import pytest

from helpers.hardware import boards
from helpers.hardware.emulator.devices.line import Recorder
from helpers.hardware.emulator.run import run_elf

from .program import KE16Z, assemble
from .test_peripherals import CLOCK_ON, ECHO, KE02_WATCHDOG

# Transmitter, receiver and the receiver's interrupt on; r0 is the UART's base.
ON = {
    "ke16z": "ldr r1, =0x2C0000\nstr r1, [r0, #0x18]\n",
    "rt1060": "ldr r1, =0x2C0000\nstr r1, [r0, #0x18]\n",
    "k32l2b": "ldr r1, =0x2C0000\nstr r1, [r0, #8]\n",
    "ke02z40m": "movs r1, #0x2C\nstrb r1, [r0, #3]\n",
    "lpc845": "movs r1, #5\nstr r1, [r0]\nmovs r1, #1\nstr r1, [r0, #0xC]\n",
    "pico": "ldr r1, =0x301\nstr r1, [r0, #0x30]\nmovs r1, #0x50\nstr r1, [r0, #0x38]\n",
}
BYTE = KE16Z.clock_hz * 10 // 115200  # cycles


def vectors(irq, handler="UART_Handler"):
    words = ["0"] * 14 + ["0"] * irq + [handler]
    return f'.section .vectors, "a"\n.word {", ".join(words)}\n.text\n'


def program(name, handler, main="1: wfi\nb 1b\n", on=None):
    """Switch the UART and its interrupt on; then `main`."""
    board = boards.load(name)
    watchdog = KE02_WATCHDOG if name == "ke02z40m" else ""
    enable = f"ldr r2, =0xE000E100\nldr r1, ={1 << board.uart.irq:#x}\nstr r1, [r2]\n"
    body = f"{watchdog}{CLOCK_ON[name]}ldr r0, ={board.uart.base:#x}\n{enable}{on or ON[name]}{main}.ltorg\n"
    handler = f"function UART_Handler\nldr r0, ={board.uart.base:#x}\n{handler}\nbx lr\n.ltorg\n"
    return f"{vectors(board.uart.irq)}function Reset_Handler\n{body}{handler}"


def echo(name):
    _, _, _, take, send = ECHO[name]
    return program(name, f"{take}\n{send}")


@pytest.mark.parametrize("name", ON)
def test_each_byte_interrupts_once_and_then_the_program_waits_for_input(tmp_path, name):
    board = boards.load(name)
    result = run_elf(assemble(tmp_path, echo(name), board), board, received=b"Hello, you\n", wait_states=0)
    assert (result.console, result.exit, result.fault) == ("Hello, you\n", "waits for input", None)
    assert result.exceptions == 11


def test_bytes_come_at_the_pace_of_the_line(tmp_path):
    path = assemble(tmp_path, echo("ke16z"), KE16Z)
    one, four = (run_elf(path, KE16Z, received=b"x" * count, wait_states=0) for count in (1, 4))
    passed = four.cycles + four.idle_cycles - one.cycles - one.idle_cycles
    # The next byte counts from the moment that one is taken: entry, and the load of the UART's address, come first.
    assert passed == pytest.approx(3 * (BYTE + 15 + 2), abs=3)


def test_more_bytes_than_a_quiet_program_may_wait_times(tmp_path):
    """Receiving is no silence, even where nothing is printed."""
    board, take = boards.load("k32l2b"), program("k32l2b", "ldr r2, [r0, #0xC]")
    result = run_elf(assemble(tmp_path, take, board), board, received=bytes(2500), wait_states=0)
    assert (result.exceptions, result.exit) == (2500, "waits for input")


def test_a_receiver_whose_interrupt_is_off_or_masked_in_the_nvic_asks_for_nothing(tmp_path):
    off = echo("ke16z").replace("0x2C0000", "0xC0000")
    result = run_elf(assemble(tmp_path / "off", off, KE16Z), KE16Z, received=b"x")
    assert (result.console, result.exit, result.exceptions) == ("", "idle", 0)
    elsewhere = echo("ke16z").replace(f"ldr r1, ={1 << KE16Z.uart.irq:#x}", "movs r1, #1")
    result = run_elf(assemble(tmp_path / "nvic", elsewhere, KE16Z), KE16Z, received=b"x")
    assert (result.console, result.exit, result.exceptions) == ("", "idle", 0)


def test_a_handler_that_takes_nothing_is_entered_again_and_again(tmp_path):
    """The interrupt is a level, as on the parts: a driver that forgets to read hangs here, too."""
    result = run_elf(assemble(tmp_path, program("ke16z", "nop"), KE16Z), KE16Z, received=b"x", instruction_limit=10_000)
    assert "not finished" in str(result.fault) and result.exceptions > 1000


# Each time there is room, send the next character; at the end, forbid the interrupt. r4 points at the text.
SEND = {
    "ke16z": ("ldr r1, =0x880000\nstr r1, [r0, #0x18]\n", "str r2, [r0, #0x1C]", "ldr r1, =0x80000\nstr r1, [r0, #0x18]"),
    "ke02z40m": ("movs r1, #0x88\nstrb r1, [r0, #3]\n", "strb r2, [r0, #7]", "movs r1, #8\nstrb r1, [r0, #3]"),
    "lpc845": (
        "movs r1, #5\nstr r1, [r0]\nmovs r1, #4\nstr r1, [r0, #0xC]\n", "str r2, [r0, #0x1C]", "movs r1, #4\nstr r1, [r0, #0x10]",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SEND)
def test_a_transmitter_that_has_room_interrupts_until_it_is_told_not_to(tmp_path, name):
    on, send, stop = SEND[name]
    handler = f"ldrb r2, [r4]\nadds r4, #1\ncmp r2, #0\nbeq 1f\n{send}\nbx lr\n1: {stop}"
    source = program(name, handler, on="ldr r4, =text\n" + on) + '.section .rodata\ntext: .asciz "by interrupt"\n'
    board = boards.load(name)
    result = run_elf(assemble(tmp_path, source, board), board, wait_states=0).checked()
    assert (result.console, result.exit, result.exceptions) == ("by interrupt", "idle", 13)


def test_the_pl011_interrupts_when_a_byte_has_been_sent_until_that_is_taken(tmp_path):
    on = "ldr r1, =0x101\nstr r1, [r0, #0x30]\nmovs r1, #0x20\nstr r1, [r0, #0x38]\nldr r4, =text\nmovs r2, #33\nstr r2, [r0]\n"
    handler = (
        "movs r1, #0x20\nldr r3, [r0, #0x40]\ntst r3, r1\nbeq 1f\nstr r1, [r0, #0x44]\nldrb r2, [r4]\nadds r4, #1\n"
    )
    handler += "cmp r2, #0\nbeq 1f\nstr r2, [r0]\n1:"
    source = program("pico", handler, on=on) + '.section .rodata\ntext: .asciz "abc"\n'
    board = boards.load("pico")
    result = run_elf(assemble(tmp_path, source, board), board).checked()
    assert (result.console, result.exit, result.exceptions) == ("!abc", "idle", 4)


def test_the_lpcs_enables_are_set_and_cleared_one_by_one_and_intstat_shows_what_asks(tmp_path):
    board = boards.load("lpc845")
    on = "movs r1, #5\nstr r1, [r0]\nmovs r1, #8\nstr r1, [r0, #0x10]\nmovs r1, #1\nstr r1, [r0, #0xC]\n"
    handler = "ldr r2, [r0, #0x24]\nadds r2, #65\nstr r2, [r0, #0x1C]\nldr r2, [r0, #0xC]\nadds r2, #65\nstr r2, [r0, #0x1C]\n"
    handler += "ldr r2, [r0, #0x14]"
    result = run_elf(assemble(tmp_path, program("lpc845", handler, on=on), board), board, received=b"x").checked()
    assert result.console == "BB"  # receiver ready, and nothing else enabled


BUSY = """
#include <stdint.h>
#define REG(address) (*(volatile uint32_t *)(address))
static uint8_t ring[64] __attribute__((section(".bss.ring")));
static volatile uint32_t count __attribute__((section(".bss.count")));
void UART_Handler(void) { ring[count++ & 63] = (uint8_t)REG(0x4006A01C); }
uint32_t work(uint32_t rounds);
void main_(void)
{
    count = 0;
    REG(0x400651A8) = 0x40000000;
    REG(0xE000E100) = 1u << 12;
    REG(0x4006A018) = 0x2C0000;
    uint32_t sum = 0;
    while (count < 40) {
        sum += work(37);
        if (sum % 703 != 0) { REG(0x4006A01C) = '!'; return; }
    }
    REG(0x4006A018) = 0xC0000;
    for (uint32_t i = 0; i < 40; i++) { REG(0x4006A01C) = ring[i]; }
}
"""
WORK = """
function Reset_Handler
bl main_
b .
function work
push {r4-r7, lr}
movs r1, #0
movs r4, #0
1: adds r1, r0
mov r8, r1
adds r4, #3
mov r1, r8
subs r0, #1
bne 1b
movs r0, r1
pop {r4-r7, pc}
"""


@pytest.mark.parametrize("waits", [0, 1])
def test_bytes_that_arrive_while_the_program_computes_spoil_nothing(tmp_path, waits):
    board = dataclasses.replace(KE16Z, peripherals=tuple(p for p in KE16Z.peripherals if p.kind != "wdog-128khz"))
    path = assemble(tmp_path, vectors(12) + WORK, board, BUSY)
    text = "the quick brown fox jumps over lazy dogs"
    result = run_elf(path, board, received=text.encode(), wait_states=waits).checked()
    assert (result.console, result.exceptions) == (text, 40)
    assert result.cycles_with_waits == pytest.approx(39 * BYTE, rel=0.05)  # each in time


def test_an_interrupt_driven_program_on_a_live_line(tmp_path):
    """The line says when nothing more will come; meanwhile the program sleeps."""

    class Slow(Recorder):
        def __init__(self):
            super().__init__(b"")
            self.left = [b"ab", b"c"]

        def ended(self):
            return False

        def wait(self):
            self.content = self.left.pop(0) if self.left else b""
            return bool(self.content)

    line = Slow()
    result = run_elf(assemble(tmp_path, echo("ke16z"), KE16Z), KE16Z, received=line).checked()
    assert (bytes(line.sent), result.exit, result.exceptions) == (b"abc", "waits for input", 3)
