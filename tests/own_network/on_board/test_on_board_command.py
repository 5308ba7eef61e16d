"""python -m helpers verify --on-board: options that do not go together, what differs, and boards that are too small."""

import numpy as np
import pytest

from helpers.evaluation.verify import integers
from helpers.evaluation.verify.samples import Samples
from helpers.own_network.on_board import cli, run
from tests import samples
from tests.own_network.conftest import SAMPLES

GIVEN = Samples(SAMPLES, np.array([0, 1, 2]), ("one", "two", "three"))
FACTS = {"board": "FRDM-KE16Z", "form": "fast", "build": "00"}


@pytest.mark.parametrize(("words", "said"), [
    (["--port", "emulator"], "--port is for a board. Name it with --on-board, or leave the option out."),
    (["--load"], "--load is for a board"),
    (["--on-board", "moon"], "there is no board 'moon'"),
    (["--on-board", "ke16z", "--board-core", "cortex-m0"], "--board-core is not for --on-board"),
    (["--on-board", "ke16z", "--form", "fast", "plain"], "--form: a board runs one form at a time"),
    (["--on-board", "rt1060", "--form", "least-ram"], "cannot have the form 'least-ram'"),
    (["--on-board", "ke16z", "--seconds", "0"], "--seconds: is 0. Use more than 0"),
    (["--on-board", "ke16z", "--seconds", "nan"], "--seconds: is nan"),
    (["--on-board", "ke16z", "--count", "0"], "--count: is 0"),
    (["--on-board", "ke16z", "--load", "--port", "emulator"], "--load is for a real board"),
    (["--on-board", "ke16z", "--form", "fast"], "ke16z.elf is built, and no port is named. Name the board's serial port"),
])  # fmt: skip
def test_mistakes_are_one_line(small, words, said, capsys):
    assert cli.main([str(small), "--images", str(small.with_name("x.npz")), *words]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ") and said in error and error.count("\n") == 1


def test_without_a_board_all_forms_are_compared(small, monkeypatch):
    asked = []
    monkeypatch.setattr(cli.forms_cli, "compare", lambda chosen: asked.append(chosen.form) or 1)
    assert cli.main([str(small), "--images", str(small.with_name("x.npz")), "--form", "plain"]) == 1
    assert asked == [["plain"]]


def test_what_differs_is_counted_and_named(graph):
    right = integers.reference(graph, integers.fed(graph, SAMPLES))
    wrong = right.copy()
    wrong[1, 0] += 1
    same = run.compared(graph, GIVEN, (right, [5, 6, 10]), 0.001, FACTS)
    assert same.passed and same.microseconds == (5, 7.0, 10)
    found = run.compared(graph, GIVEN, (wrong, [5, 6, 10]), 0.001, FACTS)
    assert not found.passed and [each.sample for each in found.mismatches] == ["two"]
    lines = cli.report(found).splitlines()
    assert lines[1] == "3 inputs: 1 are NOT what the reference in numpy gives"
    assert lines[-1].startswith("two: class ") and lines[3].startswith("accuracy  ")


def test_floats_may_differ_within_the_tolerance(graph, monkeypatch):
    right = integers.reference(graph, integers.fed(graph, SAMPLES))
    near = right.copy()
    near[1, 0] += 1
    monkeypatch.setattr(integers, "has_float_layers", lambda _: True)
    assert run.compared(graph, GIVEN, (near, [1]), 1.0, FACTS).passed
    assert not run.compared(graph, GIVEN, (near, [1]), 1e-9, FACTS).passed


def test_a_board_that_is_too_small_says_so(capsys):
    words = [str(samples.REFERENCE / "MNIST_NXP.onnx"), "--images", "mnist", "--count", "1", "--form", "least-ram"]
    assert cli.main([*words, "--on-board", "ke04z", "--port", "emulator"]) == 2
    assert "bytes of RAM on FRDM-KE04Z" in capsys.readouterr().err
