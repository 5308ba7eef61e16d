"""Notebook 01's small numbers: the sums, maxima and zeros that are drawn are right."""

import matplotlib
import numpy as np
import pytest

from helpers.plots import layers, quantised, style

matplotlib.use("agg")


@pytest.fixture(autouse=True)
def closed():
    yield
    style.plt.close("all")


def numbers(plot) -> list[int]:
    return [int(text.get_text()) for text in plot.texts]


def test_a_filter_adds_up_nine_products():
    image = np.array([[0, 0, 9, 9, 0]] * 4 + [[0] * 5])
    figure = layers.filter_slides(image, np.array([[-1, 0, 1]] * 3))
    assert numbers(figure.axes[2]) == [27, 27, -27, 27, 27, -27, 18, 18, -18]
    assert "= -27" in figure.axes[1].get_xlabel()


def test_relu_and_the_largest_of_four():
    figure = layers.pool_and_relu(np.array([[3, -2], [0, 8]]))
    assert [numbers(plot) for plot in figure.axes] == [[3, -2, 0, 8], [3, 0, 0, 8], [8]]


@pytest.mark.parametrize(("weight", "mark"), [(0.026, "3"), (-0.021, "-2"), (9.0, "127")])
def test_a_weight_snaps_to_the_nearest_mark(weight, mark):
    (plot,) = quantised.snap(weight, 0.01, 0).axes
    bold = [text.get_text() for text in plot.texts if text.get_weight() == "bold"]
    assert bold == [mark]


def test_before_and_after_differ_by_half_a_step_at_most():
    weights = np.linspace(-0.5, 0.5, 6)
    (plot,) = quantised.before_and_after(weights, 0.01, 3).axes
    cells = {place: cell.get_text().get_text() for place, cell in plot.tables[0].get_celld().items()}
    assert cells[1, 0] == "-0.50000" and cells[1, 1] == "-47"
    assert all(abs(float(cells[row, 3])) <= 0.005 for row in range(1, 7))
