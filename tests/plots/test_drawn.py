"""The figures of a drawn digit show the numbers they are given."""

import matplotlib
import numpy as np
import pytest

from helpers.data import strokes
from helpers.evaluation import drawn_digit
from helpers.evaluation.feature_maps import Layer
from helpers.plots import drawn, style

matplotlib.use("agg")


@pytest.fixture(autouse=True)
def closed():
    yield
    style.plt.close("all")


def shown(plot) -> np.ndarray:
    return np.ma.filled(plot.images[0].get_array().astype(float), np.nan)


def test_each_stage_of_a_drawing():
    prepared = strokes.prepare(strokes.ink(strokes.examples()[2]))
    figure = drawn.preparation(prepared)
    stages = (prepared.ink, prepared.cropped, prepared.boxed, prepared.pixels)
    assert all((shown(plot) == stage).all() for plot, stage in zip(figure.axes, stages, strict=True))


def test_the_boards_answer(on_board_road):
    answer = drawn_digit.Reader().read(strokes.examples()[6])
    *_, bars, words = drawn.read_by_board(answer, "board").axes
    assert [bar.get_height() - 128 for bar in bars.patches] == list(answer.console.confidences)
    assert next(text.get_text() for text in words.texts) == "6" and words.get_title() == "the board says"
    assert [bool(bar.get_hatch()) for bar in bars.patches].index(True) == 6


def test_no_channel_and_no_output_is_left_out():
    maps = np.arange(3 * 3 * 5, dtype=np.float32).reshape(3, 3, 5)
    vector = np.arange(10, dtype=np.float32)
    layers = [Layer(name, each, each.astype(np.int8), 1.0, each) for name, each in (("conv", maps), ("dense", vector))]
    plots = drawn.float_beside_int8(layers).axes
    assert len(plots) == 6
    for row in (0, 1):
        assert sorted(shown(plots[2 * row])[~np.isnan(shown(plots[2 * row]))]) == list(range(45))
        assert shown(plots[2 * row + 1]).ravel().tolist() == list(range(10))


def test_how_far_apart_they_are():
    layer = Layer("conv", np.ones((2, 2, 1)), np.zeros((2, 2, 1), np.int8), 0.25, np.zeros((2, 2, 1)))
    plots = drawn.float_beside_int8([layer, layer]).axes
    assert plots[4].get_title() == "largest 4.0"
