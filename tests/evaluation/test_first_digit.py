"""The first cell of notebook 00: a board reads the shipped digit, and nothing slow to import is needed for it."""

import subprocess
import sys

import numpy as np
import onnx
import pytest

from helpers.common import artifacts
from helpers.common.errors import Unsupported
from helpers.evaluation import first_digit
from helpers.network import onnx_export


@pytest.fixture(scope="module")
def reading():
    return first_digit.read()


def test_the_small_board_reads_the_seven(reading):
    assert reading.board.name == "ke02z40m" and reading.console.top1 == 7
    assert reading.cycles == 62_771 and reading.milliseconds == pytest.approx(1.569, abs=1e-3)
    assert (reading.flash_bytes, reading.ram_bytes) == (11_144, 3_232)
    assert reading.pixels.shape == (28, 28) and reading.pixels.dtype == np.uint8


def test_nothing_is_left_behind(reading):
    assert not artifacts.build("firmware").exists()


def test_a_core_that_it_has_no_bundle_for_is_refused():
    with pytest.raises(Unsupported, match="RT1060-EVK has a cortex-m7"):
        first_digit.read("rt1060")


def test_it_loads_neither_tensorflow_nor_matplotlib():
    words = "import sys; from helpers.evaluation import first_digit; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True).stdout.split()
    assert not {"tensorflow", "tf_keras", "matplotlib"} & set(loaded)


def test_the_shipped_onnx_file_is_the_shipped_network(tmp_path):
    onnx_export.export(artifacts.DATA / "mnist.h5", tmp_path / "again.onnx")
    again, shipped = onnx.load(tmp_path / "again.onnx"), onnx.load(first_digit.MODEL)
    assert again.graph.SerializeToString(deterministic=True) == shipped.graph.SerializeToString(deterministic=True)
