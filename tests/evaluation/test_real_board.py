"""Flashing a board, as far as it goes without one: what is missing is said, the right probe and port are chosen."""

import subprocess
import sys
import types

import pytest

from helpers.common import artifacts
from helpers.common.errors import BadParameter, ToolFailed
from helpers.evaluation import real_board

ANSWER = [b"class = 0\r\n", b"", b"Inference time = 12", b"3 (us)\r\n", b"Inference time = 7 (us)\r\n"]


def install(monkeypatch, name, **content):
    """A module of that name, with its parents, holding `content`."""
    parts = name.split(".")
    for count in range(1, len(parts) + 1):
        monkeypatch.setitem(sys.modules, ".".join(parts[:count]), types.ModuleType(".".join(parts[:count])))
    vars(sys.modules[name]).update(content)


@pytest.fixture
def probes(monkeypatch):
    """Function: attach probes with these ids."""

    def attach(*names):
        found = [types.SimpleNamespace(unique_id=name) for name in names]
        helper = types.SimpleNamespace(get_all_connected_probes=lambda **_: found)
        install(monkeypatch, "pyocd.core.helpers", ConnectHelper=helper)

    return attach


@pytest.mark.parametrize(("module", "package"), [("pyocd", "pyocd"), ("serial", "pyserial")])
def test_a_package_that_is_not_installed_is_named(monkeypatch, module, package):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ToolFailed, match=rf"{package} is not installed. Pip install -e .\[board\]"):
        real_board.find_probe() if module == "pyocd" else real_board.find_port("x")


def test_no_probe_says_what_to_connect(probes):
    probes()
    with pytest.raises(ToolFailed, match="no debug probe is attached. Connect the board's debug USB port"):
        real_board.find_probe()


def test_the_probe_is_chosen(probes):
    probes("0226b", "0244a")
    assert real_board.find_probe("0244") == "0244a"
    with pytest.raises(BadParameter, match="2 probes are attached. Choose one of 0226b, 0244a with --probe"):
        real_board.find_probe()
    with pytest.raises(BadParameter, match="no probe's id begins with '7'"):
        real_board.find_probe("7")


def test_the_port_is_the_probes(monkeypatch):
    numbers = {"COM1": None, "COM7": "0226B"}
    ports = [types.SimpleNamespace(device=name, serial_number=number) for name, number in numbers.items()]
    install(monkeypatch, "serial.tools.list_ports", comports=lambda: ports)
    assert real_board.find_port("0226b") == "COM7"
    with pytest.raises(ToolFailed, match="no serial port belongs to the probe 1. Name the serial port"):
        real_board.find_port("1")


def test_it_listens_to_the_last_line_and_no_longer():
    lines = iter(ANSWER)
    assert real_board.listen(lambda: next(lines), 5).endswith("123 (us)\r\n")


def test_a_silent_board_is_given_up():
    with pytest.raises(ToolFailed, match="the board printed '' in 0.01 s"):
        real_board.listen(lambda: b"", 0.01)


def test_pyocds_complaint_is_one_line(monkeypatch, capsys):
    board = types.SimpleNamespace(debug_target="mke04z8vtg4", title="FRDM-KE04Z")
    failed = subprocess.CompletedProcess([], 1, "", "Traceback\nTarget type mke04z8vtg4 not recognized.\n")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(ToolFailed, match="not recognized.*Pyocd pack install mke04z8vtg4") as caught:
        real_board.load(artifacts.ROOT / "x.elf", board, "0226b")
    assert "\n" not in str(caught.value)
    assert capsys.readouterr().out == "pyocd load --no-wait --uid 0226b --target mke04z8vtg4 x.elf\n"


def test_differences_are_marked():
    emulated = "Output 0 = 1\r\nOutput 1 = 2\r\nInference time = 100 (us)\r\n"
    shown = real_board.side_by_side(emulated, "Output 0 = 1\r\nOutput 1 = 3\r\nInference time = 120 (us)\r\nmore\r\n")
    assert shown.splitlines() == [
        "emulator                   board",
        "Output 0 = 1               Output 0 = 1",
        "Output 1 = 2               Output 1 = 3  differs",
        "Inference time = 100 (us)  Inference time = 120 (us)",
        "                           more  differs",
    ]


def test_the_command_names_the_notebook_when_nothing_is_built(build, capsys):
    assert real_board.main(["ke16z"]) == 2
    said = capsys.readouterr().err
    assert "build/firmware/ke16z-flash/Release/ke16z.elf: does not exist yet. Run `python -m helpers project" in said
    assert "or notebook 08 or 09" in said and said.count("\n") == 1


@pytest.mark.parametrize(("board", "option"), [("ke16z", "--drive"), ("pico", "--probe")])
def test_an_option_of_another_kind_of_board_is_refused(build, capsys, board, option):
    assert real_board.main([board, option, "x"]) == 2
    assert f"{option} is not for" in capsys.readouterr().err
