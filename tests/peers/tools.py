"""The other tools: each turns one of the networks into C and tells how to call it. They live in an environment of their own."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from helpers.common import artifacts
from helpers.common.errors import ToolFailed
from tests.peers import bench

PINS = ("emlearn==0.23.2", "emx-onnx-cgen==1.4.0", "onnx==1.23.2", "numpy==2.4.6", "scikit-learn==1.9.1")
CALL = "void net(const void *, void *);\nvoid bench_run(void) { net(bench_input, bench_output); }\n"
# emlearn takes scikit-learn's perceptrons: one with the weights of the ONNX file, which has Gemm and Relu in turn.
EMLEARN = """
import sys
import emlearn, numpy, onnx
from sklearn.neural_network import MLPRegressor
model = onnx.load(sys.argv[1])
found = {each.name: onnx.numpy_helper.to_array(each) for each in model.graph.initializer}
layers = [node for node in model.graph.node if node.op_type == "Gemm"]
weights = [found[node.input[1]].T for node in layers]
net = MLPRegressor(hidden_layer_sizes=[each.shape[1] for each in weights[:-1]], max_iter=1)
net.fit(numpy.zeros((2, weights[0].shape[0])), numpy.zeros((2, weights[-1].shape[1])))
net.coefs_, net.intercepts_ = weights, [found[node.input[2]] for node in layers]
emlearn.convert(net).save(file=sys.argv[2], name="net")
"""
EMLEARN_CALL = """
#include "net.h"
void bench_run(void) { net_regress((const float *)bench_input, INPUTS, (float *)bench_output, OUTPUTS); }
"""


@dataclass(frozen=True)
class Task:
    """One network in a folder of its own: float.onnx and int8.onnx, inputs [count, ...], and an array like the output."""

    folder: Path
    inputs: np.ndarray
    result: np.ndarray


def run(words: list, folder: Path) -> str:
    """What a program prints; raises ToolFailed with its last line."""
    done = subprocess.run([str(word) for word in words], cwd=folder, capture_output=True, text=True, errors="replace")
    if done.returncode:
        lines = (done.stderr + done.stdout).strip().splitlines() or ["it printed nothing"]
        raise ToolFailed(f"{Path(words[0]).name} stopped: {lines[-1]}")
    return done.stdout


def environment() -> Path:
    """The Python of the peers' environment under build/, made and filled if need be. Raises ToolFailed."""
    folder = artifacts.build("peers", "venv")
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    ready = folder / "ready.txt"
    if not ready.is_file() or ready.read_text().split() != list(PINS):
        artifacts.mark_build()
        run([sys.executable, "-m", "venv", "--clear", folder], artifacts.ROOT)
        run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *PINS], artifacts.ROOT)
        ready.write_text("\n".join(PINS))
    return python


def emx(kind: str) -> Callable[[Path, Task], bench.Cost]:
    """emx-onnx-cgen on the float or the int8 file, without heap and files."""

    def measured(python: Path, task: Task) -> bench.Cost:
        folder = task.folder / f"emx_{kind}"
        folder.mkdir()
        quiet = ["--large-temp-threshold", "0", "--large-weight-threshold", "0", "--model-name", "net"]
        words = [python.parent / "emx-onnx-cgen", "compile", *quiet, task.folder / f"{kind}.onnx", folder / "net.c"]
        run(words, folder)
        return bench.measure(folder, [folder / "net.c"], CALL, task.inputs, task.result)

    return measured


def emlearn(python: Path, task: Task) -> bench.Cost:
    """emlearn's float perceptron; raises ToolFailed for what is none."""
    folder = task.folder / "emlearn"
    folder.mkdir()
    (folder / "convert.py").write_text(EMLEARN)
    run([python, folder / "convert.py", task.folder / "float.onnx", folder / "net.h"], folder)
    headers = run([python, "-c", "import emlearn; print(emlearn.includedir)"], folder).strip()
    call = EMLEARN_CALL.replace("INPUTS", str(task.inputs[0].size)).replace("OUTPUTS", str(task.result.size))
    return bench.measure(folder, [], call, task.inputs, task.result, [folder, Path(headers)])
