"""python -m helpers project: a file becomes a program whose answer is checked; mistakes are one line."""

import re

import numpy as np
import onnx
import pytest

from helpers.hardware import boards
from helpers.own_network import cli, program
from tests import samples

from .conftest import SAMPLES

NOTE = samples.REFERENCE / "MNIST_NXP.onnx"


def test_a_network_becomes_a_program_and_is_checked(small, build, capsys):
    assert cli.main([str(small), "--images", str(small.with_name("x.npz"))]) == 0
    said = capsys.readouterr().out
    assert said.startswith("FRDM-KE16Z, form ") and "\nOutput 2 = " in said and "\nInference time = " in said
    assert said.endswith("every output is that of the reference in numpy\n")
    built = build / "own_network" / "small-ke16z-flash" / "Release"
    assert {path.suffix for path in built.iterdir()} == {".elf", ".bin", ".hex"}


def test_the_inputs_memory_is_reused_where_it_is_asked(small, build, capsys):
    assert cli.main([str(small), "--reuse-input-memory", "--form", "fast"]) == 0
    assert capsys.readouterr().out.endswith("every output is that of the reference in numpy\n")
    headers = (build / "own_network" / "small-ke16z-flash").rglob("*.h")
    assert any("_OVERWRITTEN 1" in path.read_text() for path in headers)


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


def test_what_does_not_fit_is_one_line_and_its_remedy_works(build, capsys):
    assert cli.main([str(NOTE), "--board", "ke04z", "--weights", "ram"]) == 2
    line = (
        r"error: build/own_network/MNIST_NXP-ke04z-ram: lacks [\d,]+ bytes of RAM on FRDM-KE04Z in form least-ram, the nearest "
        r"to fitting\. Place the weights in flash, or take the board ke02z40m, which it fits\.\n"
    )
    assert re.fullmatch(line, capsys.readouterr().err)
    assert not list(build.rglob("*.elf"))
    assert cli.main([str(NOTE), "--board", "ke04z"]) == 0
    said = capsys.readouterr().out
    assert (
        "form auto was chosen: the fastest that fits FRDM-KE04Z; " in said and "the others, in ms: least-ram " in said
    )
    assert "  sequential_dense_1_MatMul__1         small-flash " in said
    assert said.endswith("every output is that of the reference in numpy\n")
    assert cli.main([str(NOTE), "--board", "ke02z40m", "--weights", "ram"]) == 0
    assert "was chosen: the fastest that fits FRDM-KE02Z40M; " in capsys.readouterr().out


def test_a_form_that_does_not_fit_leads_to_one_that_does(build, capsys):
    assert cli.main([str(NOTE), "--board", "ke04z", "--form", "plain"]) == 2
    said = capsys.readouterr().err
    assert "lacks at least 1,130 bytes of RAM on FRDM-KE04Z in form plain. Leave --form out" in said
    assert cli.main([str(NOTE), "--board", "ke04z"]) == 0


def test_a_bundles_form_is_not_passed_over(integer_bundle, build, capsys):
    assert cli.main([str(integer_bundle()), "--form", "plain"]) == 2
    assert "a bundle that is compiled keeps its form. Leave --form out" in capsys.readouterr().err


def test_a_busy_machine_changes_nothing(small, build, monkeypatch):
    """The emulator's limit is one of instructions: no clock of this machine is looked at."""
    given = {}
    run = cli.projects.run
    monkeypatch.setattr(
        cli.projects, "run", lambda project, **options: given.update(options) or run(project, **options)
    )
    assert cli.main([str(small)]) == 0
    assert given == {"instruction_limit": cli.INSTRUCTION_LIMIT}


def test_the_samples_make_the_profile_and_the_first_is_the_test_input(small, tmp_path):
    found = cli.of_model(small, boards.load("ke16z"), "fast", [str(small.with_name("x.npz"))], tmp_path / "bundle")
    assert (found.sample == SAMPLES[0]).all() and found.expected.shape == (1, 3)
