"""Figures of notebook 27: weights on few marks, what fewer bits cost and save, and results beside published ones."""

import numpy as np

from helpers.own_network.better_digits.published import Published
from helpers.plots import style


def marks(weights: dict[str, np.ndarray], largest: int):
    """Draw how often each integer occurs among a layer's weights, a plot per layer."""
    figure, plots = style.axes(11, 2.2, columns=len(weights))
    every = np.arange(-largest, largest + 1)
    for plot, (name, integers) in zip(plots, weights.items(), strict=True):
        plot.bar(every, [(integers == number).sum() for number in every], **style.series(0))
        plot.set_title(f"{name}: {integers.size:,} weights", fontsize=9)
        plot.set_xlabel("integer", fontsize=8)
    plots[0].set_ylabel("how often")
    return figure


def fewer_bits(bits: list[int], before: list[float], after: list[float], milliseconds: list[float]):
    """Draw accuracy over the bits of a weight, rounded without and with further training, and the time of one inference."""
    figure, (left, right) = style.axes(9, 2.8, columns=2)
    left.plot(bits, before, "o--", color=style.VERMILION, label="only rounded")
    left.plot(bits, after, "s-", color=style.BLUE, label="trained with rounding")
    left.legend(frameon=False, fontsize=8)
    left.set(ylabel="share of digits right")
    right.plot(bits, milliseconds, "s-", color=style.BLUE)
    right.set(ylabel="ms on the FRDM-KE16Z")
    for plot in (left, right):
        plot.set_xticks(bits)
        plot.invert_xaxis()
        plot.set_xlabel("bits of a weight")
    return figure


def beside(ours: dict[str, tuple[float, int, float]], others: tuple[Published, ...]):
    """Draw accuracy over flash and over time: ours as name to (accuracy, bytes of the program, ms), and published results."""
    mine = [(name, 100 * share, size, time) for name, (share, size, time) in ours.items()]
    groups = (
        ("here, whole program", "o", style.BLUE, mine),
        ("published, whole program", "s", style.VERMILION, _points(others, False)),
        ("published, weights alone", "D", style.ORANGE, _points(others, True)),
    )
    figure, plots = style.axes(11, 3.4, columns=2)
    for plot, column, label in zip(plots, (2, 3), ("bytes of flash", "ms, each on its own core"), strict=True):
        for legend, marker, colour, points in groups:
            shown = [point for point in points if point[column] is not None]
            plot.plot([p[column] for p in shown], [p[1] for p in shown], marker, color=colour, label=legend)
            for point in shown:
                plot.annotate(point[0], (point[column], point[1]), (6, -12), textcoords="offset points", fontsize=8)
        plot.set_xscale("log")
        style.thousands(plot.xaxis)
        plot.margins(x=0.2, y=0.15)
        plot.set(xlabel=label, ylabel="test digits right (%)")
    plots[0].legend(frameon=False, fontsize=8, loc="lower right")
    return figure


def _points(others: tuple[Published, ...], weights_only: bool) -> list[tuple]:
    return [
        (each.name, 100 * each.accuracy, each.flash_bytes, each.milliseconds)
        for each in others
        if each.weights_only == weights_only
    ]
