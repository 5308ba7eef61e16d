"""Figures of notebook 25: examples of the cases, their cost, and an autoencoder's errors on damaged bearings."""

import numpy as np

from helpers.own_network.cases.case import Case
from helpers.own_network.fit import Estimate, around
from helpers.plots import style

SHOWN = 4  # examples of an image case; two of a case of numbers in a row


def examples(case: Case):
    """Draw some inputs of a case with their labels: images as pictures (dark is loud or inked), rows of numbers as lines."""
    if case.x_test.ndim == 2:
        return _rows(case)
    figure, plots = style.axes(7, 2.1, columns=SHOWN)
    for plot, label in zip(plots, range(SHOWN), strict=True):
        picture = case.x_test[(case.y_test == label).argmax(), ..., 0]
        if case.name == "audio":
            plot.imshow(picture.T, cmap="gray_r", origin="lower")
        else:
            plot.imshow(picture, cmap="gray_r")
        plot.set_title(case.labels[label], fontsize=9)
        plot.set_xticks([])
        plot.set_yticks([])
    if case.name == "audio":
        plots[0].set(xlabel="time (512 ms)", ylabel="pitch (0.5 to 2.5 kHz)")
    return figure


def _rows(case: Case):
    figure, plot = style.axes(7, 2.4)
    looks = zip(case.labels, (style.BLUE, style.VERMILION), ("-", "--"), strict=True)
    for label, (name, colour, line) in enumerate(looks):
        plot.plot(case.x_test[(case.y_test == label).argmax()], line, color=colour, label=name)
    plot.legend(frameon=False, fontsize=8)
    plot.set(xlabel="band (125 Hz each)", ylabel="loudness (1 is 80 dB)")
    return figure


def before_and_after(before: dict[str, Estimate], after: dict[str, Estimate]):
    """Draw flash, RAM and time of each case, as estimated before training and as measured."""
    figure, plots = style.axes(9, 2.8, columns=3)
    quantities = {
        "flash (B)": lambda each: each.flash_bytes + around(each.board)[0],
        "RAM (B)": lambda each: each.ram_bytes + around(each.board)[1],
        "time (ms)": lambda each: each.time_ms or 0,
    }
    for plot, (title, value) in zip(plots, quantities.items(), strict=True):
        for index, (name, found) in enumerate({"estimated": before, "came out": after}.items()):
            heights = [value(each) for each in found.values()]
            plot.bar(np.arange(len(found)) + 0.4 * (index - 0.5), heights, 0.38, label=name, **style.series(index))
        plot.set_xticks(range(len(before)), before)
        plot.set_title(title, fontsize=9)
    plots[0].legend(frameon=False, fontsize=8)
    return figure


def separation(errors: np.ndarray, labels: np.ndarray, names: tuple[str, ...], threshold: float):
    """Draw the reconstruction errors by label, and the threshold between them."""
    figure, plot = style.axes(7, 2.6)
    bins = np.geomspace(errors.min(), errors.max(), 40)
    for index, name in enumerate(names):
        plot.hist(errors[labels == index], bins, alpha=0.7, label=name, **style.series(3 * index))
    plot.axvline(threshold, color=style.VERMILION, linestyle="--", label="threshold")
    plot.set(xscale="log", xlabel="error of the reconstruction (mean square)", ylabel="windows")
    plot.legend(frameon=False, fontsize=8)
    return figure
