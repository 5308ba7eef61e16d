"""python -m helpers: every command is there, and a wrong one is one line."""

import importlib
import subprocess
import sys

import pytest

from helpers.__main__ import COMMANDS, main
from helpers.common import errors


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_shows_its_options(name, capsys):
    with pytest.raises(SystemExit) as end:
        main([name, "--help"])
    assert end.value.code == 0
    assert f"python -m helpers {name}" in capsys.readouterr().out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_its_function(name):
    module, function = COMMANDS[name][0].split(":")
    assert callable(getattr(importlib.import_module(module), function))


@pytest.mark.parametrize("argv", [[], ["--help"]])
def test_without_a_command_all_are_listed(argv, capsys):
    assert main(argv) == 0
    shown = capsys.readouterr().out
    assert [name for name in COMMANDS if f"    {name} " not in shown] == []


def test_an_unknown_command_is_one_line(capsys):
    assert main(["rnu"]) == 2
    assert capsys.readouterr().err == f"error: there is no command 'rnu'. Choose from {', '.join(COMMANDS)}.\n"


def test_a_reader_that_stops_ends_the_list_quietly():
    command = [sys.executable, "-u", "-m", "helpers", "--help"]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    running.stdout.close()
    with running.stderr:
        assert running.stderr.read() == b""
    assert running.wait() == errors.STOPPED_READING
