"""The remedies of messages, followed: what failed works then."""

import shlex
import subprocess
import sys

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from helpers.compiler.commands import commands
from helpers.data import images
from helpers.evaluation.verify import cli as verify
from helpers.own_network import fit_cli
from tests import samples

ARM = ["-target=arm", "-mcpu=cortex-m0plus"]


def saved(path, x: list, weights=None, opset: int = 13, element=TensorProto.FLOAT, transposed=()):
    """y = relu(flat(x) w), three numbers."""
    known = [each if isinstance(each, int) else 1 for each in x]
    if weights is None:
        weights = np.random.default_rng(2).normal(0, 0.4, (int(np.prod(known[1:])), 3))
    constants = [numpy_helper.from_array(weights.astype(np.float32), "w")]
    nodes = [
        helper.make_node("Flatten", ["x"], ["f"]),
        helper.make_node("MatMul", ["f", "w"], ["g"]),
        helper.make_node("Relu", ["g"], ["y"]),
    ]
    ends = (
        [helper.make_tensor_value_info("x", element, x)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [x[0], 3])],
    )
    graph = helper.make_graph(nodes, "g", *ends, constants)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8), path)


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Networks and data to go wrong with, in a folder of their own."""
    monkeypatch.chdir(tmp_path)
    saved("image.onnx", [1, 8, 8, 1])
    saved("row.onnx", [1, 6])
    saved("row.pb", [1, 6])
    saved("old.onnx", [1, 6], opset=6)
    saved("whole.onnx", [1, 6], element=TensorProto.INT64)
    saved("nan.onnx", [1, 6], np.full((6, 3), np.nan))
    saved("five.onnx", [5, 6])
    saved("named.onnx", ["N", 6])
    saved("unnamed.onnx", [None, 6])
    saved("loose.onnx", [1, None], np.ones((6, 3)))
    onnx.save(samples.frame_and_state(), "step.onnx")
    images.write_png("a.png", np.zeros((8, 8, 1), np.uint8))
    images.write_png("large.png", np.zeros((9, 9, 1), np.uint8))
    (tmp_path / "bins").mkdir()
    (tmp_path / "short").mkdir()
    (tmp_path / "empty").mkdir()
    np.ones(6, "<f4").tofile("bins/0.bin")
    np.ones(5, "<f4").tofile("short/0.bin")
    np.savez("x.npz", x=np.ones((2, 6), np.float32))
    np.savez("other.npz", data=np.ones((2, 6), np.float32))
    np.savez("badly.npz", x=np.ones((2, 6), np.float32), y=np.array([0.5, 1]))
    np.savez("well.npz", x=np.ones((2, 6), np.float32), y=np.array([0, 1]))
    np.savez("infinite.npz", x=np.full((2, 6), np.inf, np.float32))
    np.savez("uneven.npz", frame=np.ones((2, 6), np.float32), state=np.ones((3, 4), np.float32))
    np.savez("even.npz", frame=np.ones((2, 6), np.float32), state=np.ones((2, 4), np.float32))
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "0.txt").write_text("one two")
    (tmp_path / "numbers").mkdir()
    (tmp_path / "numbers" / "0.txt").write_text("1, 2, 3, 4, 5, 6")


CLASSIFY = ["classifier", "a.png", "-model=image.onnx"]
COMPILE = ["compiler", "-model=row.onnx", "-emit-bundle=out"]
PROFILE = ["profiler", "-model=row.onnx", "-dump-profile=p.yaml"]
VERIFY = ["verify", "row.onnx", "--form", "plain", "--images"]
NHWC = "-image-layout=NHWC"

# Words that fail, the remedy as it is said, words that follow it.
CASES = [
    (CLASSIFY, "Give -image-layout=NHWC.", [*CLASSIFY, NHWC]),
    (["classifier", "large.png", "-model=image.onnx"], "Give -image-layout=NHWC and scale it to 8 x 8, grey.", [*CLASSIFY, NHWC]),
    ([*CLASSIFY, NHWC, "-topk=9"], "Use a whole number from 1 to 3.", [*CLASSIFY, NHWC, "-topk=3"]),
    ([*CLASSIFY, NHWC, "-mean=1,2"], "Give 1 numbers, comma separated.", [*CLASSIFY, NHWC, "-mean=1"]),
    ([*CLASSIFY, NHWC, "-stddev=0"], "Leave out the zero", [*CLASSIFY, NHWC]),
    ([*CLASSIFY, NHWC, "-mean=1", "-use-imagenet-normalization"], "Leave out one of them.", [*CLASSIFY, NHWC, "-mean=1"]),
    ([*CLASSIFY, NHWC, "-expected-labels=0,1"], "Give 1 labels, comma separated.",
     [*CLASSIFY, NHWC, "-topk=3", "-expected-labels=0"]),
    ([*COMPILE, *ARM, "-float-abi=hard"], "or give -mcpu=cortex-m7.",
     [*COMPILE, "-target=arm", "-mcpu=cortex-m7", "-float-abi=hard"]),
    ([*COMPILE, "-mcpu-form=plain", "-mcpu-form=small-flash"], "Give -target=arm -mcpu=cortex-m0plus.",
     [*COMPILE, *ARM, "-mcpu-form=small-flash"]),
    ([*COMPILE, "-mcpu=cortex-m0"], "For example -target=arm -mcpu=cortex-m0.", [*COMPILE, "-target=arm", "-mcpu=cortex-m0"]),
    (["compiler", "-model=loose.onnx", "-emit-bundle=out"], "Give it one: -model-input=x,float,[...].",
     ["compiler", "-model=loose.onnx", "-emit-bundle=out", "-model-input=x,float,[1,6]"]),
    (PROFILE, "Add -input-dataset=x,rawbin,dir,FOLDER.", [*PROFILE, "-input-dataset=x,rawbin,dir,bins"]),
    ([*PROFILE, "-input-dataset=x,rawbin,dir,short"], "Write 6 numbers of float32 into each file",
     [*PROFILE, "-input-dataset=x,rawbin,dir,bins"]),
    ([*PROFILE, "-input-dataset=x,rawbin,dir,empty"], "Put a file for each inference there.",
     [*PROFILE, "-input-dataset=x,rawbin,dir,bins"]),
    ([*PROFILE, "-input-dataset=x,rawbin,dir,absent"], "Name the folder of the data files.",
     [*PROFILE, "-input-dataset=x,rawbin,dir,bins"]),
    ([*PROFILE, "-input-dataset=x,rawtxt,dir,words"], "Write float32 numbers as text, with commas between them.",
     [*PROFILE, "-input-dataset=x,rawtxt,dir,numbers"]),
    ([*VERIFY, "other.npz"], "Save them as np.savez('samples.npz', x=inputs).", [*VERIFY, "x.npz"]),
    ([*VERIFY, "badly.npz"], "Save y as whole numbers, one a sample.", [*VERIFY, "well.npz"]),
    ([*VERIFY, "infinite.npz"], "Leave out the samples with a NaN or an infinity.", [*VERIFY, "x.npz"]),
    ([*VERIFY, "x.npz", "--labels", "1"], "Give a label for each image, comma separated.", [*VERIFY, "x.npz", "--labels", "1,2"]),
    ([*VERIFY, "x.npz", "--count", "0"], "Use 1 or more.", [*VERIFY, "x.npz", "--count", "1"]),
    (["verify", "step.onnx", "--form", "plain", "--images", "x.npz"],
     "Save them as np.savez('samples.npz', frame=inputs, state=inputs).",
     ["verify", "step.onnx", "--form", "plain", "--images", "even.npz"]),
    (["verify", "step.onnx", "--form", "plain", "--images", "uneven.npz"], "Save as many samples of each input.",
     ["verify", "step.onnx", "--form", "plain", "--images", "even.npz"]),
    (["verify", "five.onnx", "--form", "plain", "--images", "x.npz"], "Export the network with a batch of 1, or a named one.",
     ["verify", "named.onnx", "--form", "plain", "--images", "x.npz"]),
    (["verify", "image.onnx", "--form", "plain", "--images", "a.png", "--image-layout", "NCHW"], "Give --image-layout NHWC.",
     ["verify", "image.onnx", "--form", "plain", "--images", "a.png", "--image-layout", "NHWC"]),
    (["fit", "row.pb"], "Name a file that ends in", ["fit", "row.onnx"]),
    (["fit", "old.onnx"], "Export it with an opset from 7 to", ["fit", "row.onnx"]),
    (["fit", "whole.onnx"], "elements of type INT64. Export the network with an input of FLOAT, INT8 or UINT8.",
     ["fit", "row.onnx"]),
    (["fit", "nan.onnx"], "Train it again, with a smaller step, and export it.", ["fit", "row.onnx"]),
    (["fit", "row.onnx", "--board", "rt1060", "--form", "least-ram"], "Use plain, fast.",
     ["fit", "row.onnx", "--board", "rt1060", "--form", "fast"]),
]  # fmt: skip


def status(words: list[str]) -> int:
    tools = {
        "classifier": commands.image_classifier, "compiler": commands.model_compiler, "profiler": commands.model_profiler,
        "verify": verify.main, "fit": fit_cli.main,
    }  # fmt: skip
    return tools[words[0]](words[1:])


@pytest.mark.parametrize(("wrong", "remedy", "right"), CASES, ids=[case[1][:40] for case in CASES])
def test_a_remedy_that_is_followed_works(wrong, remedy, right, files, capsys):
    assert status(wrong) == 2
    said = capsys.readouterr().err
    assert (
        said.startswith("error: ") and said.count("\n") == 1 and remedy in said and ".." not in said.replace("...]", "")
    )
    assert status(right) == 0, capsys.readouterr().err


@pytest.mark.parametrize("words", [
    ["fit", "unnamed.onnx"], ["verify", "unnamed.onnx", "--form", "plain", "--images", "x.npz"],
    ["compiler", "-model=unnamed.onnx", "-emit-bundle=out"],
])  # fmt: skip
def test_an_unnamed_batch_needs_no_option(words, files):
    """scikit-learn's converter writes it so by default."""
    assert status(words) == 0


def test_the_command_that_fixes_an_open_length_is_said_whole(files, capsys):
    assert status(["fit", "loose.onnx"]) == 2
    said = capsys.readouterr().err.strip()
    command = said.partition("Fix it: ")[2].removesuffix(".").replace("LENGTH", "6")
    words = shlex.split(command)
    assert words[0] == "python"
    subprocess.run([sys.executable, *words[1:]], check=True, capture_output=True)
    assert status(["fit", "fixed.onnx"]) == 0
