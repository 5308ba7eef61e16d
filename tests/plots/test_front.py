"""The figures of the first notebooks: they show the numbers they are given."""

import io
import time

import matplotlib
import numpy as np
import pytest

from helpers.network.cnn import LayerCost
from helpers.network.history import History
from helpers.network.training import Progress
from helpers.plots import curves, digits, network, style

matplotlib.use("agg")
DIGIT = np.random.default_rng(0).integers(0, 256, (28, 28), np.uint8)


@pytest.fixture(autouse=True)
def closed():
    yield
    style.plt.close("all")


def texts(figure) -> list[str]:
    return [text.get_text() for plot in figure.axes for text in (*plot.texts, plot.title)]


def record(epochs=12):
    made = History("note", 32, 1, 60, 10)
    for epoch in range(epochs):
        made.add(loss=1 / (epoch + 1), accuracy=0.5, val_loss=0.25, val_accuracy=0.75)
    return made


def test_a_row_shows_each_image_under_its_title():
    figure = digits.row(np.stack([DIGIT] * 3), [1, 2, 3])
    assert texts(figure) == ["1", "2", "3"]
    assert (figure.axes[0].images[0].get_array() == DIGIT).all()


def test_pixels_carry_their_numbers():
    figure = digits.pixels_with_numbers(DIGIT, slice(2, 5), slice(3, 7))
    assert [int(text) for text in texts(figure) if text.isdigit()] == DIGIT[2:5, 3:7].ravel().tolist()


def test_a_vector_marks_its_largest():
    (plot,) = digits.vector(np.eye(10, dtype=int)[4]).axes
    marked = [patch.get_x() for patch in plot.patches if patch.get_facecolor() != (1, 1, 1, 1)]
    assert marked == [4]


def test_an_answer_names_the_largest_output():
    outputs = np.arange(10) - 20.0
    assert "answer: 9" in texts(digits.answer(DIGIT, outputs))


def test_layers_are_labelled_with_what_they_cost():
    table = [
        LayerCost("conv_1", "Conv2D", (14, 14, 4), 40, 7056, 784),
        LayerCost("dense", "Dense", (10,), 290, 280, 10),
    ]
    drawn = "\n".join(texts(network.layers(table)))
    assert "conv_1\n14 x 14 x 4\n40 par." in drawn and "dense\n10\n290 par." in drawn
    assert " 7,056" in texts(network.costs(table))


def test_feature_maps_leave_no_channel_out():
    figure = network.feature_maps(DIGIT, {"a": np.zeros((14, 14, 1)), "b": np.ones((7, 7, 4))})
    assert sum(len(plot.images) for plot in figure.axes) == 1 + 1 + 4


def test_operators_are_drawn_in_order():
    figure = network.operators(["Conv", "Relu", "MatMul"])
    assert [text for text in texts(figure) if text.isalpha()] == ["Conv", "Relu", "MatMul"]


def test_curves_show_both_sets():
    (plot,) = curves.accuracy(record()).axes
    assert [line.get_label() for line in plot.lines] == ["train", "test"]
    assert list(plot.lines[1].get_ydata()) == [0.75] * 12


def test_live_in_a_terminal_is_one_line_that_ends(capsys):
    with curves.Live() as live:
        live(Progress(1, 2, 0.5, record(0)))
        live(Progress(2, 2, 1.0, record(2)))
    written = capsys.readouterr().err
    assert "epoch 2 of 2 100%" in written and written.count("\n") == 1


class Handle:
    """What IPython's display returns: it counts how often it is replaced."""

    def __init__(self, shown):
        self.shown = [shown]

    def update(self, what, **options):
        self.shown.append(what)


def test_live_in_a_notebook_replaces_and_does_not_flood(monkeypatch):
    handles = []
    monkeypatch.setattr(curves, "display", lambda what, **options: handles.append(Handle(what)) or handles[-1])
    clock = iter(np.arange(0, 1000, 0.1))
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    live, grown = curves.Live(), record(0)
    live._notebook = True
    with live:
        for epoch in range(1, 101):
            live(Progress(epoch, 100, 1.0, grown))
            grown.add(loss=1, accuracy=0.5, val_loss=1, val_accuracy=0.5)
    assert len(handles) == 2  # a bar and a figure, each in one place
    bar, figures = handles
    assert "epoch 100 of 100 100%" in bar.shown[-1]["text/plain"] and len(bar.shown) < 60 and len(figures.shown) < 15
    buffer = io.BytesIO()
    figures.shown[-1].savefig(buffer)
    assert buffer.getvalue().startswith(b"\x89PNG")
