"""The figures of notebook 27 show the numbers they are given."""

import numpy as np
from matplotlib import pyplot as plt

from helpers.own_network.better_digits import published
from helpers.plots import better_digits


def test_every_integer_has_its_bar():
    (plot, other) = better_digits.marks({"a": np.array([[1, 1], [-7, 0]]), "b": np.array([7])}, 7).axes
    assert [bar.get_height() for bar in plot.patches] == [1, *[0] * 6, 1, 2, *[0] * 6]
    assert plot.get_title() == "a: 4 weights" and other.patches[-1].get_height() == 1
    plt.close("all")


def test_fewer_bits_go_to_the_right():
    left, right = better_digits.fewer_bits([8, 4, 3], [0.9, 0.8, 0.5], [0.9, 0.9, 0.8], [8.0, 7.0, 6.0]).axes
    assert [list(line.get_ydata()) for line in left.lines] == [[0.9, 0.8, 0.5], [0.9, 0.9, 0.8]]
    assert left.xaxis_inverted() and right.xaxis_inverted() and list(right.lines[0].get_ydata()) == [8, 7, 6]
    plt.close("all")


def test_published_programs_and_weights_are_told_apart():
    flash, time = better_digits.beside({"ours": (0.99, 25_000, 7.5)}, published.RESULTS).axes
    sizes = {line.get_label(): list(line.get_xdata()) for line in flash.lines}
    assert sizes == {
        "here, whole program": [25_000],
        "published, whole program": [68_000],
        "published, weights alone": [5_400, 7_300],
    }
    assert {text.get_text() for text in flash.texts} == {"ours", *(each.name for each in published.RESULTS)}
    assert [list(line.get_xdata()) for line in time.lines] == [[7.5], [], [29.89]]
    plt.close("all")
