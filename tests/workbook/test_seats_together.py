"""Seats side by side: what they take is added up, what they start counts too, and one that fails is told."""

import json
import sys

import psutil
import pytest

from helpers.common.errors import ToolFailed
from helpers.workbook import road
from helpers.workbook.seats import cli, together

NOTEBOOK = road.find(road.discover(), "00")
HOLD = """import os, time
held = bytearray(60_000_000)
held[::4096] = bytes([1]) * len(held[::4096])
open(os.path.join({folder!r}, str(os.getpid())), "w").close()
while len(os.listdir({folder!r})) < {seats}:
    time.sleep(0.05)
time.sleep(1.5)  # all hold it now
"""
START = "import subprocess, sys; sys.exit(subprocess.run([sys.executable, '-c', sys.argv[1]]).returncode)"


@pytest.fixture
def holding(monkeypatch):
    """Function: a seat is now a process that starts another, which runs this code."""

    def hold(code: str) -> None:
        monkeypatch.setattr(together, "_started", lambda *_: psutil.Popen([sys.executable, "-c", START, code]))

    return hold


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="shared memory is measured on Linux only")
def test_seats_take_what_their_processes_hold(holding, tmp_path):
    found = []
    for seats in (1, 3):
        folder = tmp_path / str(seats)
        folder.mkdir()
        holding(HOLD.format(folder=str(folder), seats=seats))
        found.append(together.measure(NOTEBOOK, seats))
    one, three = found
    assert 60 < one.taken <= one.shown < 150
    assert 180 < three.taken < three.shown and three.taken < 3 * one.taken + 30


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="shared memory is measured on Linux only")
def test_a_seat_that_fails_is_told(holding):
    holding("raise SystemExit(3)")
    with pytest.raises(ToolFailed, match="00_start_here: a seat failed"):
        together.measure(NOTEBOOK, 2)


def test_the_command_prints_and_keeps_each_number(build, capsys, monkeypatch):
    monkeypatch.setattr(
        together, "measure", lambda book, seats: together.Together(seats, 100 + 50 * seats, 150 * seats)
    )
    assert cli.main(["--only", "00", "02", "--together", "1", "4"]) == 0
    assert "4 seats     300 MB, 75 a seat" in capsys.readouterr().out
    kept = json.loads((build / "seats.json").read_text())
    assert [each["taken"] for each in kept["02_train"]] == [150, 300]


def test_a_number_of_seats_out_of_range(capsys):
    assert cli.main(["--together", "0"]) == 2
    assert "--together: is 0. Use numbers from 1 to 1000." in capsys.readouterr().err
