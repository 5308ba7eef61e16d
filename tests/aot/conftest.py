"""Small ONNX files made on the spot, and the note's own network."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from helpers.aot import compile as compiler
from helpers.aot import profile

REFERENCE = Path(__file__).parents[1] / "reference"


def model(nodes, inputs: dict, outputs: list[str], constants: dict | None = None, opset: int = 15):
    """An ONNX model: inputs by name and shape (float32), constants by name and array; nodes from onnx.helper.make_node."""
    graph = helper.make_graph(
        nodes,
        "made_by_a_test",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in inputs.items()],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in (constants or {}).items()],
    )
    made = onnx.shape_inference.infer_shapes(helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)]))
    for info in made.graph.output:
        info.type.tensor_type.shape.SetInParent()  # a shape must be there, be it an empty one
    return made


@pytest.fixture
def save_onnx(tmp_path):
    """Function: write such a model to a file and return its path."""

    def save(*args, file="net.onnx", **keywords) -> Path:
        path = tmp_path / file
        path.write_bytes(model(*args, **keywords).SerializeToString())
        return path

    return save


@pytest.fixture
def note_model() -> Path:
    """The note's network."""
    return REFERENCE / "MNIST_NXP.onnx"


@pytest.fixture
def note_profile() -> Path:
    """What real Glow's profiler wrote for it."""
    return REFERENCE / "profile.yaml"


@pytest.fixture
def note_request(note_profile):
    """The note's quantisation: every default, integers at the edges."""
    return compiler.Request({"N": 1}, profile.read(note_profile), convert_placeholders=True)


@pytest.fixture
def node():
    """onnx.helper.make_node."""
    return onnx.helper.make_node
