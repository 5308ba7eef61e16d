"""Models that are not what they should be: the expected line for each, and a few seconds of random damage."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import zoo
from zoo import node

from helpers import artifacts
from helpers.aot import cli

W = np.ones((2, 1, 3, 3), np.float32)
IMAGE = {"x": [1, 1, 5, 5]}

def case(nodes, expected: str, inputs=None, opset: int = 15, **constants):
    """Nodes, inputs, constants, opset, and part of the expected line."""
    return nodes, inputs or IMAGE, constants, opset, expected


def conv(**attributes):
    return node("Conv", ["x", "w"], ["y"], **attributes)


def pool(**attributes):
    return node("MaxPool", ["x"], ["y"], **attributes)


def add(*constants):
    return node("Add", ["x", *constants], ["y"])


LENGTHS = {"four": np.int64([4, 4]), "huge": np.int64([2**40]), "pads": np.int64([0, 0, 0, 0, 0, 0, 2**30, 2**30])}
NUMBERS = {"row": np.ones(4, np.float32), "whole": np.ones(5, np.int64), "negative": np.float32([-1])}
NORM = node("BatchNormalization", ["x", *["c"] * 4], ["y"])

CORPUS = {
    "too many channels": case([conv()], "3 channels in 1 groups do not fit", {"x": [1, 3, 5, 5]}, w=W),
    "another bias": case([node("Conv", ["x", "w", "b"], ["y"])], "a bias [3]", w=W, b=np.ones(3, np.float32)),
    "window beyond the image": case([conv(dilations=[9, 9])], "does not fit into 5", w=W),
    "negative pads": case([conv(pads=[-1] * 4)], "pads of [-1, -1, -1, -1]", w=W),
    "stride of nothing": case([pool(kernel_shape=[2, 2], strides=[0, 0])], "strides (0, 0)"),
    "three dimensions": case([pool(kernel_shape=[1] * 3)], "over 3 dimensions", {"x": [1, 1, 5, 5, 5]}),
    "huge input": case([node("Relu", ["x"], ["y"])], "Keep tensors within", {"x": [1, 2**20, 2**20]}),
    "huge padding": case([node("Pad", ["x", "p"], ["y"])], "Keep tensors within", p=LENGTHS["pads"]),
    "huge constant": case([node("ConstantOfShape", ["n"], ["c"]), add("c")], "too large", n=LENGTHS["huge"]),
    "reshape to another size": case([node("Reshape", ["x", "n"], ["y"])], "cannot reshape", n=LENGTHS["four"]),
    "shape that is computed": case([node("Reshape", ["x", "x"], ["y"])], "must be a constant is computed"),
    "no broadcasting": case([add("c")], "cannot be broadcast", c=NUMBERS["row"]),
    "whole numbers": case([add("c")], "Add of int64 numbers", c=NUMBERS["whole"]),
    "negative variance": case([NORM], "FloatingPointError", c=NUMBERS["negative"]),
    "old opset": case([node("Relu", ["x"], ["y"])], "has opset 6. Export it with an opset from 7", opset=6),
    "wrong order": case([node("Relu", ["z"], ["y"]), node("Relu", ["x"], ["z"])], "not a sound ONNX model"),
}


@pytest.mark.parametrize("name", sorted(CORPUS))
def test_corpus(name, save_onnx, tmp_path, monkeypatch, capsys):
    nodes, inputs, constants, opset, expected = CORPUS[name]
    path = save_onnx(nodes, inputs, ["y"], constants, opset=opset)
    monkeypatch.chdir(tmp_path)
    assert cli.model_compiler([f"-model={path}", "-emit-bundle=out"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 and expected in lines[0]
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["int", "../../evil", "a b", "main;", "clip8"])
def test_names_from_the_model_stay_within_the_bundle(name, save_onnx, tmp_path, monkeypatch):
    nodes = [node("Relu", [name], ["r"], name=name), node("Relu", ["r"], ["y"], name="clip8")]
    path = save_onnx(nodes, {name: [1, 4]}, ["y"])
    monkeypatch.chdir(tmp_path)
    assert cli.model_compiler([f"-model={path}", "-emit-bundle=out", "-network-name=net"]) == 0
    assert sorted(each.name for each in tmp_path.iterdir()) == ["net.onnx", "out"]


@pytest.mark.parametrize("option", ["-network-name=../x", "-network-name=a b", "-main-entry-name=1x", "-network-name=é"])
def test_names_from_the_command_line_are_identifiers(option, note_model, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert cli.model_compiler([f"-model={note_model}", "-onnx-define-symbol=N,1", "-emit-bundle=out", option]) == 2
    assert "as in C" in capsys.readouterr().err and list(tmp_path.iterdir()) == []


def test_random_damage(tmp_path):
    files = [artifacts.ROOT / "tests" / "reference" / name for name in ("MNIST_NXP.onnx", "profile.yaml")]
    for name, make in zoo.NETWORKS.items():
        files.append(tmp_path / f"{name}.onnx")
        files[-1].write_bytes(make().SerializeToString())
    command = [sys.executable, Path(__file__).with_name("fuzz.py"), "--seconds", "6", "--seed", "20", *files]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
