"""Figures of notebook 20: what each form of the network costs."""

import numpy as np

from helpers.plots import style
from helpers.speed import OTHERS, Figures


def cycles(forms: list[Figures]):
    """Cycles of one inference, ours beside others'; shorter is better."""
    rows = [(name, count, style.ORANGE, "//") for name, count in OTHERS.items()]
    rows += [(f"this workbook, {each.form}", each.cycles, style.BLUE, "") for each in forms]
    rows.sort(key=lambda row: -row[1])
    figure, plot = style.axes(8, 0.4 * len(rows) + 0.9)
    for place, (_, count, colour, hatch) in enumerate(rows):
        plot.barh(place, count, color=colour, hatch=hatch, edgecolor=style.BLACK, linewidth=0.6)
        plot.text(count, place, f" {count:,}", va="center", fontsize=8)
    plot.set_yticks(range(len(rows)), [name for name, *_ in rows], fontsize=8)
    plot.invert_yaxis()
    plot.margins(x=0.15)
    plot.set(xlabel="cycles of one inference")
    return figure


def layers(forms: list[Figures]):
    """Cycles of each layer, a bar a form."""
    names = list(dict.fromkeys(name for each in forms for name in each.layers))
    figure, plot = style.axes(8, 0.5 * len(names) + 1)
    height = 0.8 / len(forms)
    for index, each in enumerate(forms):
        places = np.arange(len(names)) + (index - (len(forms) - 1) / 2) * height
        counts = [each.layers.get(name, 0) for name in names]
        plot.barh(places, counts, height, label=each.form, **style.series(index))
        for place, count in zip(places, counts, strict=True):
            plot.text(count, place, f" {count:,}" if count else " in its neighbour", va="center", fontsize=6)
    plot.set_yticks(range(len(names)), names, fontsize=8)
    plot.invert_yaxis()
    plot.margins(x=0.12)
    plot.legend(fontsize=8, frameon=False)
    plot.set(xlabel="cycles without flash waits")
    return figure


def trade(forms: list[Figures]):
    """Flash against cycles: nearer to the lower left corner is better in both."""
    figure, plot = style.axes(6, 3)
    for each, marker in zip(forms, "osD^", strict=False):
        plot.plot(each.flash_bytes, each.cycles, marker, color=style.BLUE, markersize=8)
        plot.annotate(each.form, (each.flash_bytes, each.cycles), xytext=(8, 4), textcoords="offset points", fontsize=9)
    plot.set(xlabel="code and weights (bytes)", ylabel="cycles", yscale="log", ylim=(2e4, 5e5))
    plot.margins(x=0.25)
    return figure
