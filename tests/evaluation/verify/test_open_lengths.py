"""Lengths that an ONNX file leaves open: the batch is 1, any other is asked for, whether or not it has a name."""

import shlex
import subprocess
import sys

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from helpers.common.errors import BadInput
from helpers.evaluation.verify import floats


def saved(path, *shapes):
    """A network that adds up its inputs."""
    inputs = [helper.make_tensor_value_info(f"x{n}", TensorProto.FLOAT, shape) for n, shape in enumerate(shapes)]
    output = helper.make_tensor_value_info("y", TensorProto.FLOAT, shapes[0])
    one = numpy_helper.from_array(np.float32(1), "one")
    nodes = [helper.make_node("Sum", [each.name for each in inputs] + ["one"], ["y"])]
    graph = helper.make_graph(nodes, "g", inputs, [output], [one])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
    return path


@pytest.mark.parametrize("shapes", [
    [["batch", 8, 8]], [[None, 8]], [["N", 4], ["N", 4]], [["steps", "steps"]], [[1, 8], [8, "N"], ["N", 8]],
])  # fmt: skip
def test_the_batch_is_one_sample(shapes, tmp_path):
    found = floats.source(saved(tmp_path / "net.onnx", *shapes), tmp_path)
    assert set(found.symbols.values()) <= {1}
    assert set(found.symbols) == {shape[0] for shape in shapes if isinstance(shape[0], str)}


@pytest.mark.parametrize("shape", [["N", 1, "height", "width"], [1, 1, "height", 8], [None, 1, None, None]])
def test_another_length_is_asked_for_and_the_remedy_gives_it(shape, tmp_path):
    """A picture of one pixel, which computes nearly nothing, is not what the file means."""
    path = saved(tmp_path / "net.onnx", shape)
    with pytest.raises(BadInput, match="axis 2 of input 'x0' is open") as refused:
        floats.source(path, tmp_path)
    command = str(refused.value).split("ix it: ")[1].rstrip(".").replace("LENGTH", "8")
    words = [sys.executable, *shlex.split(command)[1:]]
    subprocess.run(words, cwd=tmp_path, check=True, capture_output=True)
    assert not floats.source(tmp_path / "fixed.onnx", tmp_path).symbols
