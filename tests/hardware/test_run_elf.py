"""python -m helpers run-elf: console, cycles and faults of any ELF, and one line for what cannot be run."""

import pytest

from helpers.hardware import run_elf
from tests.hardware.emulator.program import KE16Z, assemble
from tests.hardware.emulator.test_peripherals import echo

PRINT = (
    'function Reset_Handler\nmovs r0, #4\nldr r1, =text\nbkpt #0xab\n{}\n.ltorg\ntext: .asciz "hello\\r\\n\\033[2J"\n'
)


def run(*words):
    try:
        return run_elf.main([str(word) for word in words]) or 0
    except SystemExit as end:
        return end.code


def test_it_shows_console_and_cycles(tmp_path, capsys):
    assert run(assemble(tmp_path, PRINT.format("b .")), "--board", "ke16z") == 0
    out = capsys.readouterr().out
    assert out.startswith("hello\n\\x1b[2J\n\n")  # nothing that a terminal would obey
    assert "end           idle\n" in out
    assert "\ncycles        4 without waits" in out
    assert "\nReset_Handler " in out


def test_a_fault_is_one_line_with_function_and_source_line_behind_the_console(tmp_path, capsys):
    path = assemble(tmp_path, PRINT.format("udf #1"))
    assert run(path, "--board", "ke16z") != 0
    shown = capsys.readouterr()
    assert shown.out.startswith("hello\n")
    line = (tmp_path / "program.S").read_text().splitlines().index("udf #1") + 1
    assert shown.err.count("\n") == 1 and f"Reset_Handler (program.S:{line})" in shown.err


def test_input_comes_from_a_file(tmp_path, capsys):
    (tmp_path / "typed").write_bytes(b"abc\n")
    assert run(assemble(tmp_path, echo("ke16z"), KE16Z), "--board", "ke16z", "--input", tmp_path / "typed") == 0
    out = capsys.readouterr().out
    assert out.startswith("abc\n\n") and "end           waits for input" in out


def test_seconds_end_a_program_that_never_ends(tmp_path, capsys):
    off = "ldr r0, =0x40052000\nldr r1, =0xD928C520\nstr r1, [r0, #4]\nldr r1, =0x2120\nstr r1, [r0]\n"
    path = assemble(tmp_path, f"function Reset_Handler\n{off}1: adds r0, #1\nb 1b\n.ltorg")
    assert run(path, "--board", "ke16z", "--seconds", "0.01") == 0
    assert "end           time is up" in capsys.readouterr().out


def test_the_flash_may_be_another(tmp_path, capsys):
    path = assemble(tmp_path, PRINT.format("b ."))
    assert run(path, "--board", "ke16z", "--wait-states", "3", "--fetch-bits", "16") == 0
    out = capsys.readouterr().out
    assert "4 without waits, 16 with 3 wait state(s)" in out  # three halfwords of code and a literal


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--board", "ke99z"), "there is no board 'ke99z'"),
        (("--board", "ke16z", "--seconds", "0"), "--seconds must lie between 0 and 3600, not 0"),
        (("--board", "ke16z", "--seconds", "nan"), "--seconds must lie between"),
        (("--board", "ke16z", "--wait-states", "16"), "--wait-states must lie between 0 and 15, not 16"),
        (("--board", "ke16z", "--pty", "--input", "typed"), "--pty and --input exclude each other"),
        (("--board", "ke16z", "--input", "none"), "none: does not exist or is no file"),
        (("--board", "ke16z", "--input", "/"), "does not exist or is no file"),
        (("--board", "rt1060"), "RT1060-EVK"),
    ],
)
def test_what_cannot_be_run_is_one_line(tmp_path, capsys, options, said):
    assert run(assemble(tmp_path, "function Reset_Handler\nb ."), *options) != 0
    shown = capsys.readouterr()
    assert said in shown.err and shown.err.count("\n") == 1 and shown.out == ""


def test_a_file_that_is_no_elf_is_one_line(tmp_path, capsys):
    (tmp_path / "firmware.elf").write_bytes(b"\x7fELF" + bytes(100))
    assert run(tmp_path / "firmware.elf", "--board", "ke16z") != 0
    assert capsys.readouterr().err.count("\n") == 1
