"""Figures of ranges and bundles leave nothing out: no bar is cut at the axis, no file is missing."""

from pathlib import Path
from types import SimpleNamespace

import matplotlib
import numpy as np
import pytest

from helpers.compiler.profiling.profile import read
from helpers.plots import quantisation_aware, quantisation_choices, quantised, style

matplotlib.use("agg")
REFERENCE = Path(__file__).parents[1] / "reference"
PROFILE = read(REFERENCE / "profile.yaml")
LOGITS = "sequential_dense_2_MatMul__1:0"


@pytest.fixture(autouse=True)
def closed():
    yield
    style.plt.close("all")


@pytest.mark.parametrize("draw", [
    lambda: quantised.ranges_of_layers(PROFILE),
    lambda: quantisation_choices.rulers({"logits": (-40.0, 9.4), "weights": (-1.0, 1.1)}),
    lambda: quantisation_choices.layers({1: PROFILE, 10: PROFILE}, {LOGITS: "logits"}),
    lambda: quantisation_choices.channels(np.linspace(-1, 1, 36).reshape(4, 9)),
    lambda: quantisation_aware.ranges({"dense_2": (-50.0, 13.0)}, {"dense_2": (-51.0, 13.5)}),
])  # fmt: skip
def test_no_bar_is_cut_at_the_axis(draw):
    for plot in draw().axes:
        low, high = plot.get_xlim()
        assert all(low < bar.get_x() and bar.get_x() + bar.get_width() < high for bar in plot.patches)


def test_every_file_of_a_bundle_has_a_bar(tmp_path, monkeypatch):
    monkeypatch.setattr(quantised.bundle_header, "in_folder", lambda path: SimpleNamespace(name="net"))
    names = ["net.c", "net.h", "net.o", "net_kernels.S"]
    for name in names:
        (tmp_path / name).write_bytes(b"any")
    (plot,) = quantised.bundle_files([tmp_path]).axes
    assert [label.get_text() for label in plot.get_yticklabels()] == names


def test_buffers_without_a_board_end_at_the_activations():
    (plot,) = quantised.lifetimes(REFERENCE / "MNIST_NXP.onnx", PROFILE).axes
    assert any("1,088 bytes: the activations" in text.get_text() for text in plot.texts)


def test_a_logarithmic_axis_is_written_in_plain_numbers():
    figure, plot = style.axes()
    plot.set(yscale="log", ylim=(2e4, 5e5))
    style.thousands(plot.yaxis)
    figure.draw_without_rendering()
    shown = [label.get_text() for label in plot.get_yticklabels()]
    assert {"20,000", "200,000"} <= set(shown) and not any("10^" in text for text in shown)
