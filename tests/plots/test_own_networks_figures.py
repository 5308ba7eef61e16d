"""The figures of notebook 25 show the numbers they are given."""

import numpy as np
from matplotlib import pyplot as plt

from helpers.hardware import boards
from helpers.own_network.cases.case import Case
from helpers.own_network.fit import Estimate, around
from helpers.plots import own_networks


def test_one_picture_a_label_and_one_line_a_label():
    x, y = np.random.default_rng(1).random((8, 5, 5, 1), np.float32), np.arange(8) % 4
    images = Case("vision", "", ("a", "b", "c", "d"), x, y, x, y, list)
    shown = own_networks.examples(images).axes
    assert [plot.get_title() for plot in shown] == ["a", "b", "c", "d"]
    assert (shown[2].images[0].get_array() == x[2, ..., 0]).all()
    rows = Case("anomaly", "", ("sound", "damaged"), x[:, 0, :, 0], y % 2, x[:, 0, :, 0], y % 2, list)
    (plot,) = own_networks.examples(rows).axes
    assert (plot.lines[1].get_ydata() == x[1, 0, :, 0]).all()
    plt.close("all")


def test_bars_are_the_estimate_with_the_program_around_it():
    board = boards.load("ke16z")
    before, after = ({"vision": Estimate(board, "fast", flash, 900, 5, 48_000)} for flash in (7000, 6000))
    flash, ram, time = own_networks.before_and_after(before, after).axes
    assert [bar.get_height() for bar in flash.patches] == [each + around(board)[0] for each in (7000, 6000)]
    assert ram.patches[0].get_height() == 900 + around(board)[1] and time.patches[0].get_height() == 1
    plt.close("all")


def test_every_window_is_in_the_histogram():
    errors, labels = np.geomspace(0.001, 1, 50), np.arange(50) % 2
    (plot,) = own_networks.separation(errors, labels, ("sound", "damaged"), 0.1).axes
    assert sum(bar.get_height() for bar in plot.patches) == 50 and plot.lines[0].get_xdata()[0] == 0.1
    plt.close("all")
