"""Figures of notebook 23: fake quantisation and its slope, its effect on weights and ranges, and weights of few bits."""

import numpy as np
from matplotlib.ticker import StrMethodFormatter

from helpers.evaluation.quantisation_choices import Outcome
from helpers.plots import style

Ranges = dict[str, tuple[float, float]]


def staircase(values: np.ndarray, rounded: np.ndarray, slope: np.ndarray):
    """Draw fake quantisation as a function of real values, and the slope that training uses."""
    figure, (left, right) = style.axes(9, 2.8, columns=2)
    left.plot(values, values, ":", color=style.GREY, label="without rounding")
    left.step(values, rounded, where="mid", color=style.BLUE, label="forwards: marks")
    left.legend(fontsize=8, frameon=False)
    left.set(xlabel="real value", ylabel="rounded")
    right.plot(values, slope, color=style.VERMILION)
    right.set(xlabel="real value", ylabel="slope", ylim=(-0.1, 1.2))
    right.set_title("backwards: as if nothing were rounded", fontsize=9)
    return figure


def weights(before: dict[str, np.ndarray], after: dict[str, np.ndarray]):
    """Draw each weight before and after fine-tuning, a plot per layer; a dot off the line has moved."""
    figure, plots = style.axes(11, 2.6, columns=len(before))
    for plot, (name, first) in zip(plots, before.items(), strict=True):
        ends = [first.min(), first.max()]
        plot.plot(ends, ends, color=style.GREY, linewidth=0.8)
        plot.plot(first.ravel(), after[name].ravel(), "o", color=style.BLUE, markersize=3, alpha=0.6)
        moved = np.abs(after[name] - first).mean()
        plot.set_title(f"{name}\nmoved by {moved:.3f} on average", fontsize=8)
        plot.set_xlabel("before", fontsize=8)
    plots[0].set_ylabel("after", fontsize=8)
    return figure


def ranges(before: Ranges, after: Ranges):
    """Draw the range (low, high) of each layer's result, as measured before and as learned."""
    figure, plot = style.axes(8, 0.5 * len(before) + 1.2)
    for index, (label, found) in enumerate((("before: measured, float32", before), ("after: learned, int8", after))):
        lows, highs = np.array([found[name] for name in before]).T
        places = np.arange(len(before)) + (index - 0.5) * 0.36
        plot.barh(places, highs - lows, 0.34, left=lows, label=label, **style.series(index))
    plot.set_yticks(range(len(before)), list(before), fontsize=8)
    plot.invert_yaxis()
    plot.use_sticky_edges = False
    plot.margins(x=0.05)
    plot.legend(fontsize=8, frameon=False)
    plot.set(xlabel="real value")
    return figure


def few_bits(lines: dict[str, list[Outcome]]):
    """Draw accuracy against flash: a line for each way of training, a dot for each number of bits a weight."""
    figure, plot = style.axes(8, 3.6)
    for index, (label, outcomes) in enumerate(lines.items()):
        colour, above = ((style.BLUE, False), (style.VERMILION, True))[index]
        flash, right = [each.flash_bytes for each in outcomes], [100 * each.accuracy for each in outcomes]
        plot.plot(flash, right, "s-" if above else "o-", color=colour, label=label)
        for each, place, height in zip(outcomes, flash, right, strict=True):
            at = {"xytext": (0, 8 if above else -14), "textcoords": "offset points", "ha": "center", "fontsize": 8}
            plot.annotate(f"{each.choice.weight_bits} bits", (place, height), color=colour, **at)
    plot.set(xlabel="code and weights (bytes), form small-flash", ylabel="accuracy (%)")
    plot.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    plot.margins(y=0.2)
    plot.legend(fontsize=8, frameon=False, loc="lower right")
    return figure
