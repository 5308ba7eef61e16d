"""TFLite files: float ones as TFLite's reference interpreter computes them, integer ones with its bits or one step from them."""

from pathlib import Path

import numpy as np
import pytest

from helpers.aot import compile as compiler
from helpers.aot import execute
from helpers.errors import BadInput, MissingInput, WorkbookError
from helpers.host_bundle import HostBundle

FOLDER = Path(__file__).parent / "tflite"
# Steps of the output that integer networks may be off: the last layer of the first is a softmax, which has Glow's kernel.
STEPS = {"int8": 1, "dense": 0}


@pytest.fixture
def answers():
    with np.load(FOLDER / "answers.npz", allow_pickle=False) as file:
        return dict(file)


def test_float(answers, tmp_path):
    graph = compiler.float_graph(FOLDER / "float.tflite", {})
    computed = execute.run_many(graph, answers["float_inputs"])
    assert np.allclose(computed, answers["float_outputs"], rtol=1e-4, atol=1e-5)
    compiler.emit_bundle(graph, tmp_path / "out", "net", compiler.Target())
    assert np.allclose(HostBundle(tmp_path / "out").run(answers["float_inputs"]), computed, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", sorted(STEPS))
def test_integers(name, answers, tmp_path):
    graph = compiler.float_graph(FOLDER / f"{name}.tflite", {})
    computed = execute.run_many(graph, answers[f"{name}_inputs"])
    difference = np.abs(computed.astype(int) - answers[f"{name}_outputs"])
    assert difference.max() <= STEPS[name]
    compiler.emit_bundle(graph, tmp_path / "out", "net", compiler.Target())
    assert np.array_equal(HostBundle(tmp_path / "out").run(answers[f"{name}_inputs"]), computed)


@pytest.mark.parametrize("damage", [b"", b"1234TFL3", b"\0" * 100])
def test_no_tflite_file(damage, tmp_path):
    path = tmp_path / "net.tflite"
    path.write_bytes(damage)
    with pytest.raises(BadInput, match="TFLite"):
        compiler.float_graph(path, {})
    with pytest.raises(MissingInput):
        compiler.float_graph(tmp_path / "none.tflite", {})


def test_random_damage_is_refused_in_one_line(tmp_path):
    random, path = np.random.default_rng(7), tmp_path / "net.tflite"
    refused = 0
    for _ in range(150):
        data = bytearray((FOLDER / "int8.tflite").read_bytes())
        for at in random.integers(8, len(data), 3):
            data[at] = random.integers(256)
        path.write_bytes(data)
        try:
            compiler.float_graph(path, {})
        except WorkbookError as error:
            assert "\n" not in str(error)
            refused += 1
    assert refused > 10
