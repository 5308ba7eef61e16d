"""A flash that brings 16 bits of code a read: a row of NOPs takes as long as on the LPC845's board."""

import dataclasses

import pytest

from helpers.hardware import boards
from helpers.hardware.emulator.run import run_elf

from .program import assemble

LPC845 = boards.load("lpc845")
WORDS = dataclasses.replace(LPC845, fetch_bits=32)
NOPS = "function Reset_Handler\nbl nops\nb .\nfunction nops\n" + "nop\n" * 1000 + "bx lr\n"


@pytest.fixture(scope="module")
def nops(tmp_path_factory):
    return assemble(tmp_path_factory.mktemp("nops"), NOPS, LPC845)


@pytest.mark.parametrize(("board", "waits", "cycles"), [(LPC845, 0, 1), (LPC845, 1, 2), (LPC845, 2, 3), (WORDS, 2, 2)])
def test_a_nop_takes_as_many_clocks_as_a_read_of_the_flash(nops, board, waits, cycles):
    """Three cycles a NOP at three clocks: E. Styger, mcuoneclipse.com, 20 December 2021, on the LPC845-BRK."""
    taken = run_elf(nops, board, wait_states=waits).checked().function("nops").inclusive_cycles_with_waits
    assert taken == pytest.approx(1000 * cycles, abs=2 + 2 * waits)


def test_the_running_program_sees_each_halfword_wait(tmp_path):
    body = "ldr r0, =0xE000E010\nldr r1, =0xFFFFFF\nstr r1, [r0, #4]\nstr r1, [r0, #8]\nmovs r1, #5\nstr r1, [r0]\n"
    body += ".p2align 2\nldr r4, [r0, #8]\nnop\nnop\nnop\nnop\nnop\nldr r5, [r0, #8]\nldr r6, [r0, #8]\n"
    body += "movs r7, r4\nsubs r7, r5\nsubs r5, r6\nlsls r5, #8\norrs r7, r5\nldr r0, =0x10000000\nstr r7, [r0]\n"
    body += "movs r0, #5\nldr r1, =block\nbkpt #0xab\nb .\n.ltorg\n.p2align 2\nblock: .word 1, 0x10000000, 2"
    result = run_elf(assemble(tmp_path, f"function Reset_Handler\n{body}", LPC845), LPC845, wait_states=1).checked()
    between, last = result.console.encode("latin-1")
    assert between == 2 + 5 + 6  # the six halfwords behind the first LDR
    assert last == 2 + 1


def test_a_taken_branch_reads_only_the_halfword_it_leads_to(tmp_path):
    source = "function Reset_Handler\nbl far\nb .\nfunction far\nb 1f\nnop\n1: bx lr\n"
    profile = run_elf(assemble(tmp_path, source, LPC845), LPC845, wait_states=1).checked().function("far")
    assert profile.inclusive_cycles_with_waits - profile.inclusive_cycles == 2


def test_a_flash_fetches_words_or_halfwords(tmp_path):
    from helpers.common.errors import BadInput

    path = tmp_path / "lpc845" / "board.toml"
    path.parent.mkdir()
    text = (boards.artifacts.PROJECTS / "lpc845" / "board.toml").read_text()
    path.write_text(text.replace("fetch_bits = 16", "fetch_bits = 24"))
    with pytest.raises(BadInput, match="entry flash.fetch_bits must be 16 or 32, not 24"):
        boards.read(path)
