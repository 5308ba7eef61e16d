"""Flashing a board, as far as it goes without one: what is missing is said, the right probe and port are chosen."""

import subprocess
import sys
import types

import pytest

from helpers.common import artifacts
from helpers.common.errors import BadParameter, ToolFailed
from helpers.evaluation import real_board
from helpers.evaluation.results import Console

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
    project = types.SimpleNamespace(board=board, elf=artifacts.ROOT / "x.elf")
    failed = subprocess.CompletedProcess([], 1, "", "Traceback\nTarget type mke04z8vtg4 not recognized.\n")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(ToolFailed, match="not recognized.*Pyocd pack install mke04z8vtg4") as caught:
        real_board.load(project, "0226b")
    assert "\n" not in str(caught.value)
    assert capsys.readouterr().out == "pyocd load --no-wait --uid 0226b --target mke04z8vtg4 x.elf\n"


def test_differences_are_marked():
    shown = real_board.side_by_side(Console((1, 2), 1, 100), Console((1, 3), 1, 120))
    assert [line.split() for line in shown.splitlines()] == [
        ["class", "emulator", "board"], ["0", "1", "1"], ["1", "2", "3", "differs"], ["top", "1", "1", "1"], ["us", "100", "120"],
    ]  # fmt: skip


def test_the_command_names_the_notebook_when_nothing_is_built(build, capsys):
    assert real_board.main(["ke16z"]) == 2
    assert "firmware/ke16z-flash: does not exist yet. Run notebooks/09" in capsys.readouterr().err
