"""A curve of int8 whose input reaches further than float32's exp: its table is at the curve's ends there, as in TFLite."""

import struct
from pathlib import Path

import numpy as np
import pytest
import real_files

from helpers.compiler import driver, interpreter

FOLDER = Path(__file__).parents[1] / "tflite" / "operators"
EVERY = np.resize(np.arange(-128, 128, dtype=np.int8), (7, 1, 40))


@pytest.mark.parametrize("scale", [0.9, 3.0, 1e4])
@pytest.mark.parametrize("curve", ["logistic", "tanh"])
def test_a_curve_far_outside(curve, scale, tmp_path):
    content = (FOLDER / f"{curve}.tflite").read_bytes()
    (node,) = (node for node in driver.float_graph(FOLDER / f"{curve}.tflite", {}).nodes if node.kind == "Mul")
    wide = tmp_path / f"{curve}.tflite"
    wide.write_bytes(content.replace(struct.pack("<f", node.output.type.scale), struct.pack("<f", scale)))
    graph = driver.compiled_graph(wide, driver.Request())
    got = interpreter.run_many(graph, EVERY.reshape(-1, 40))
    (expected,) = real_files.answers(wide, [EVERY])
    assert np.array_equal(np.reshape(got, (7, 1, 40)), expected)
