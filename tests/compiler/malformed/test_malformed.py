"""Files that are not what they should be: the expected line for each, and a few seconds of random damage to all kinds."""

import subprocess
import sys
from pathlib import Path

import doors
import onnx_cases
import other_cases
import pytest
import zoo
from fuzz import MOST_BYTES
from onnxruntime_quantiser import quantised
from zoo import node

from helpers.compiler.commands import commands

CASES = {".onnx": onnx_cases.CASES, **other_cases.CASES}
NAMES = [(suffix, name) for suffix, cases in CASES.items() for name in cases]


def test_every_kind_has_cases():
    assert set(CASES) == set(doors.KINDS)


@pytest.mark.parametrize(("suffix", "name"), NAMES)
def test_corpus(suffix, name, tmp_path, monkeypatch, capsys):
    write, expected = CASES[suffix][name]
    path = tmp_path / f"file{suffix}"
    write(path)
    monkeypatch.chdir(tmp_path)
    assert doors.enter(path) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 and lines[0].startswith("error: ") and expected in lines[0]
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["int", "../../evil", "a b", "main;", "clip8"])
def test_names_from_the_model_stay_within_the_bundle(name, save_onnx, tmp_path, monkeypatch):
    nodes = [node("Relu", [name], ["r"], name=name), node("Relu", ["r"], ["y"], name="clip8")]
    path = save_onnx(nodes, {name: [1, 4]}, ["y"])
    monkeypatch.chdir(tmp_path)
    assert commands.model_compiler([f"-model={path}", "-emit-bundle=out", "-network-name=net"]) == 0
    assert sorted(each.name for each in tmp_path.iterdir()) == ["net.onnx", "out"]


@pytest.mark.parametrize(
    "option", ["-network-name=../x", "-network-name=a b", "-main-entry-name=1x", "-network-name=é"]
)
def test_names_from_the_command_line_are_identifiers(option, note_model, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert commands.model_compiler([f"-model={note_model}", "-onnx-define-symbol=N,1", "-emit-bundle=out", option]) == 2
    assert "as in C" in capsys.readouterr().err and list(tmp_path.iterdir()) == []


def test_memory_of_whoever_starts_the_fuzz_does_not_count():
    held = b"x" * (MOST_BYTES * 6 // 5)
    program = "import fuzz; print(fuzz.most_memory())"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=Path(__file__).parent, capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < MOST_BYTES < len(held)


def test_random_damage(tmp_path):
    """The long form: make fuzz."""
    files = []
    for name, make in zoo.NETWORKS.items():
        files.append(tmp_path / f"{name}.onnx")
        files[-1].write_bytes(make().SerializeToString())
    made = zoo.upsampling()
    files.append(quantised(made, tmp_path / "integers.onnx", zoo.samples(made, 4)))
    command = [sys.executable, Path(__file__).with_name("fuzz.py"), "--seconds", "8", "--seed", "20", *files]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert all(kind in done.stdout for kind in doors.KINDS)
