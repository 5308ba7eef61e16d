"""python -m helpers project: a file becomes a program whose answer is checked; mistakes are one line."""

import re
from pathlib import Path

import numpy as np
import onnx
import pytest

from helpers.hardware import boards
from helpers.own_network import cli, program
from tests import samples

from .conftest import SAMPLES


def test_a_network_becomes_a_program_and_is_checked(small, build, capsys):
    assert cli.main([str(small), "--images", str(small.with_name("x.npz"))]) == 0
    said = capsys.readouterr().out
    assert said.startswith("FRDM-KE16Z, form ") and "\nOutput 2 = " in said and "\nInference time = " in said
    assert said.endswith("every output is that of the reference in numpy\n")
    built = build / "own_network" / "small-ke16z-flash" / "Release"
    assert {path.suffix for path in built.iterdir()} == {".elf", ".bin", ".hex"}


def test_several_inputs_and_outputs(tmp_path, build, capsys):
    onnx.save(samples.frame_and_state(), tmp_path / "step.onnx")
    np.savez(tmp_path / "x.npz", frame=np.ones((2, 6), np.float32), state=np.zeros((2, 4), np.float32))
    for words in ([], ["--images", str(tmp_path / "x.npz")]):
        assert cli.main([str(tmp_path / "step.onnx"), *words]) == 0
        said = capsys.readouterr().out
        assert "\nscores 2 = " in said and "\nnext_state 3 = " in said
        assert said.endswith("every output is that of the reference in numpy\n")
    cli.of_model(tmp_path / "step.onnx", boards.load("ke16z"), "fast", None, tmp_path / "bundle")
    assert cli.main([str(tmp_path / "bundle"), "--images", str(tmp_path / "x.npz")]) == 0
    assert "\nnext_state 3 = " in capsys.readouterr().out
    assert cli.main([str(tmp_path / "step.onnx"), "--images", "mnist"]) == 2
    assert "the network has the inputs frame, state. Give one .npz file" in capsys.readouterr().err


def test_a_bundle_that_is_there_is_taken_as_it_is(integer_bundle, build, capsys):
    assert cli.main([str(integer_bundle()), "--weights", "ram", "--hot-loops", "ram"]) == 0
    said = capsys.readouterr().out
    assert "weights in ram, hot loops in ram" in said and "Output 2 = " in said and "reference" not in said


def test_a_wrong_answer_is_not_passed_over(small, project, capsys, monkeypatch):
    monkeypatch.setattr(program, "make", lambda *_, **__: project)
    monkeypatch.setattr(program, "answer", lambda *_: program.Answer(np.zeros(3, np.int8), 1))
    assert cli.main([str(small)]) == 1
    assert "NOT those of the reference" in capsys.readouterr().out


@pytest.mark.parametrize(("words", "said"), [
    (["absent.onnx"], "absent.onnx"),
    (["network.txt"], "is no model by its name"),
    (["{small}", "--board", "moon"], "there is no board 'moon'"),
    (["{small}", "--board", "rt1060", "--form", "least-ram"], "cannot have the form"),
    (["{small}", "--images", "absent.npz"], "absent.npz"),
])  # fmt: skip
def test_mistakes_are_one_line_and_nothing_is_written(small, build, words, said, capsys):
    assert cli.main([word.format(small=small) for word in words]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ") and said in error and error.count("\n") == 1
    assert not (build / "own_network").exists()


def test_what_does_not_fit_is_one_line(build, capsys):
    note = Path(__file__).parents[1] / "reference" / "MNIST_NXP.onnx"
    assert cli.main([str(note), "--board", "ke04z", "--weights", "ram"]) == 2
    line = r"error: .*MNIST_NXP-ke04z-ram: lacks \d+ bytes of RAM on FRDM-KE04Z\. Choose a larger board, .*weights in flash\.\n"
    assert re.fullmatch(line, capsys.readouterr().err)
    assert not list(build.rglob("*.elf"))


def test_the_samples_make_the_profile_and_the_first_is_the_test_input(small, tmp_path):
    found = cli.of_model(small, boards.load("ke16z"), "fast", [str(small.with_name("x.npz"))], tmp_path / "bundle")
    assert (found.sample == SAMPLES[0]).all() and found.expected.shape == (1, 3)
