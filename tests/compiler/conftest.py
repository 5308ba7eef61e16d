"""Small ONNX files made on the spot, and the note's own network."""

from pathlib import Path

import onnx
import pytest
import zoo

from helpers.compiler import driver
from helpers.compiler.profiling import profile

REFERENCE = Path(__file__).parents[1] / "reference"


@pytest.fixture
def save_onnx(tmp_path):
    """Function: write such a model to a file and return its path."""

    def save(*args, file="net.onnx", **keywords) -> Path:
        path = tmp_path / file
        path.write_bytes(zoo.model(*args, **keywords).SerializeToString())
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
    return driver.Request({"N": 1}, profile.read(note_profile), convert_placeholders=True)


@pytest.fixture
def node():
    """onnx.helper.make_node."""
    return onnx.helper.make_node
