"""A drawing read by the emulated board: the integers of the reference, and soon enough to draw by."""

import re
import shutil
import time

import numpy as np
import pytest

from helpers.common.errors import BadInput, MissingInput
from helpers.data import strokes
from helpers.evaluation import drawn_digit, feature_maps
from helpers.firmware import projects


@pytest.mark.parametrize("digit", [0, 3, 8])
def test_the_board_reads_a_drawing_as_the_reference_does(on_board_road, digit):
    answer = drawn_digit.Reader().read(strokes.examples()[digit])
    layers = feature_maps.layers(
        on_board_road / "MNIST_NXP.onnx", on_board_road / "profile.yaml", answer.prepared.pixels
    )
    assert list(answer.console.confidences) == layers[-1].integers.tolist()
    assert answer.console.top1 == digit
    assert (answer.values == answer.prepared.pixels.astype(int) - 128).all()


def test_the_program_that_was_built_stays_as_it_is(on_board_road):
    reader = drawn_digit.Reader()
    before = reader.project.elf.read_bytes()
    reader.read(strokes.examples()[1])
    assert reader.project.elf.read_bytes() == before
    assert "Top1 class = 7" in projects.run(reader.project).console, "the image it was built with"


def test_an_answer_takes_less_than_half_a_second(on_board_road):
    """Of the processor: how long others keep it is not the reader's doing."""
    reader, taken = drawn_digit.Reader(), []
    for digit in (1, 2, 3):
        start = time.process_time()
        answer = reader.read(strokes.examples()[digit])
        taken.append(time.process_time() - start)
        assert 0 < answer.seconds < 60
    assert min(taken) < 0.5, f"the fastest of three readings took {min(taken):.2f} s"


def test_an_empty_sheet_is_refused(on_board_road):
    with pytest.raises(BadInput, match="holds no ink"):
        drawn_digit.Reader().read([])


def test_a_board_that_was_not_built(build):
    with pytest.raises(MissingInput, match="Run notebooks/09_cortex_m0_firmware.ipynb first"):
        drawn_digit.Reader("lpc845")


def test_a_float_network_is_refused(on_board_road, build, monkeypatch):
    shutil.copytree(on_board_road / "firmware", build / "firmware")
    monkeypatch.setenv("WORKBOOK_BUILD", str(build))
    header = build / "firmware" / "ke16z-flash" / "source" / "mnist_nxp.h"
    text = header.read_text()
    start, end = text.index("Type: i8"), text.index("\n//   Offset")
    floating = "Type: float<1 x 28 x 28 x 1>\n//   Size: 784 (elements)\n//   Size: 3136 (bytes)"
    text = text[:start] + floating + text[end:]
    header.write_text(re.sub(r"(MUTABLE_MEM_SIZE +)\d+", r"\g<1>4096", text))
    with pytest.raises(BadInput, match="takes float, not int8"):
        drawn_digit.Reader()


def test_other_drawings_give_other_integers(on_board_road):
    reader = drawn_digit.Reader()
    seen = [reader.read(strokes.examples()[digit]).values for digit in (4, 9)]
    assert not np.array_equal(*seen)
