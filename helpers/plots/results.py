"""Figures of notebook 10: Table 2 beside the note's, and a board's cycles by layer."""

import numpy as np

from helpers.evaluation import layer_names
from helpers.evaluation.results import Row
from helpers.plots import style

_QUANTITIES = (
    ("flash (bytes)", "flash_bytes", "note_flash_bytes"),
    ("RAM (bytes)", "ram_bytes", "note_ram_bytes"),
    ("inference (ms)", "time_ms", "note_time_ms"),
)

OURS = {"color": style.BLUE, "hatch": "", "label": "this workbook, emulated"}
THEIRS = {"color": style.ORANGE, "hatch": "//", "label": "the note, measured"}


def table2(rows: list[Row]):
    """Draw flash, RAM and time of each row, this workbook's beside the note's; shorter is better."""
    figure, plots = style.axes(10, 0.45 * len(rows) + 1.6, 1, 3)
    labels = [f"{row.board}, {row.weights}" for row in rows]
    places = np.arange(len(rows))
    for plot, (title, ours, theirs) in zip(plots, _QUANTITIES, strict=True):
        own = [getattr(row, ours) for row in rows]
        absent = ["does not fit" if row.does_not_fit else "no figure" for row in rows]
        _bars(plot, places - 0.2, own, OURS, absent)
        _bars(plot, places + 0.2, [getattr(row, theirs) for row in rows], THEIRS)
        plot.set(title=title, yticks=places)
        plot.set_yticklabels(labels if plot is plots[0] else [])
        plot.set_ylim(len(rows) - 0.4, -0.6)
        plot.margins(x=0.25)
        plot.tick_params(labelsize=8)
    figure.legend(*plots[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=8, frameon=False)
    return figure


def _bars(plot, places, values, look: dict[str, str], absent: list[str] | None = None) -> None:
    absent = absent or ["no figure"] * len(values)
    known = [value or 0 for value in values]
    plot.barh(places, known, 0.38, edgecolor=style.BLACK, linewidth=0.6, **look)
    for place, value, instead in zip(places, values, absent, strict=True):
        text = instead if value is None else f"{value:,.2f}" if isinstance(value, float) else f"{value:,}"
        plot.text(value or 0, place, f" {text}", va="center", fontsize=8)


def layers(cycles: list[tuple[str, int]]):
    """Draw the cycles of each layer of one inference, zero wait states."""
    figure, plot = style.axes(8, 0.35 * len(cycles) + 1)
    names = layer_names.distinct([name for name, _ in cycles])
    plot.barh(names, [count for _, count in cycles], color=style.SKY, edgecolor=style.BLACK, linewidth=0.6)
    total = sum(count for _, count in cycles)
    for place, (_, count) in enumerate(cycles):
        plot.text(count, place, f" {count:,} ({count / total:.0%})", va="center", fontsize=8)
    plot.set(xlabel="cycles without flash waits")
    plot.invert_yaxis()
    plot.margins(x=0.25)
    plot.tick_params(labelsize=8)
    return figure
