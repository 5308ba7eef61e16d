"""The note's network and its test image, once for all tests of this folder."""

from pathlib import Path

import pytest

from helpers.common import artifacts
from helpers.compiler import driver
from helpers.compiler.profiling import profile
from helpers.data import images

REFERENCE = Path(__file__).parents[3] / "reference"


@pytest.fixture(scope="session")
def note():
    """Model and request of the note."""
    read = profile.read(REFERENCE / "profile.yaml")
    return REFERENCE / "MNIST_NXP.onnx", driver.Request({"N": 1}, read, convert_placeholders=True)


@pytest.fixture(scope="session")
def shipped_image():
    """uint8 pixels (28, 28) of the image that comes with the workbook."""
    return images.read_png(artifacts.DATA / "current_test_image.png").reshape(28, 28)
