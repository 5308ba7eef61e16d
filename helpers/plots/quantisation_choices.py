"""Figures of notebook 22: the effect of each of the quantiser's choices on a range, and their costs."""

import numpy as np
from matplotlib.ticker import StrMethodFormatter

from helpers.compiler.numerics import affine
from helpers.compiler.profiling.profile import Entry, Profile
from helpers.compiler.quantisation import calibration
from helpers.evaluation.quantisation_choices import PRECISIONS, PROFILE_IMAGES, Choice, Measured, Outcome
from helpers.plots import style

MARKS = 256


def rulers(named: dict[str, tuple[float, float]]):
    """Draw, for each range (low, high) by name, what each schema's 256 marks cover, and how many of them the range uses."""
    figure, plots = style.axes(9, 2.4, columns=len(named))
    for plot, (name, (low, high)) in zip(plots, named.items(), strict=True):
        for row, schema in enumerate(affine.SCHEMAS):
            _ruler(plot, row, low, high, *affine.choose(low, high, schema=schema))
        shown = [schema if plot is plots[0] else "" for schema in affine.SCHEMAS]
        plot.set_yticks(range(len(shown)), shown, fontsize=8)
        plot.invert_yaxis()
        plot.use_sticky_edges = False
        plot.margins(x=0.25)
        plot.set_title(name, fontsize=9)
        plot.set_xlabel("real value (solid: the range; dotted: the marks)", fontsize=8)
    return figure


def _ruler(plot, row: int, low: float, high: float, scale: float, offset: int) -> None:
    left, right = scale * (-128 - offset), scale * (127 - offset)
    look = {"color": "white", "edgecolor": style.BLACK, "hatch": "..", "linewidth": 0.6}
    plot.barh(row, right - left, left=left, height=0.7, **look)
    plot.barh(row, high - low, left=low, height=0.35, color=style.BLUE)
    used = min(MARKS, round((high - low) / scale) + 1)
    plot.text(max(right, high), row, f" {used} of {MARKS}", va="center", fontsize=8)


def layers(profiles: dict[int, Profile], wanted: dict[str, str]):
    """Draw the ranges of some values (profile name to label) over more and more images."""
    figure, plot = style.axes(8, 0.45 * len(wanted) + 1)
    looks = zip((style.ORANGE, style.SKY, style.BLUE), ("", "//", "xx"), strict=True)
    for index, ((count, profile), (colour, hatch)) in enumerate(zip(profiles.items(), looks, strict=False)):
        entries = [profile.entries[name] for name in wanted]
        places = np.arange(len(wanted)) + (index - 1) * 0.27
        widths, lefts = [each.high - each.low for each in entries], [each.low for each in entries]
        label = f"{count} image{'s' if count > 1 else ''}"
        plot.barh(
            places,
            widths,
            0.25,
            left=lefts,
            color=colour,
            hatch=hatch,
            edgecolor=style.BLACK,
            linewidth=0.5,
            label=label,
        )
    plot.set_yticks(range(len(wanted)), wanted.values(), fontsize=8)
    plot.invert_yaxis()
    plot.use_sticky_edges = False
    plot.margins(x=0.05)
    plot.legend(fontsize=8, frameon=False)
    plot.set(xlabel="real value")
    return figure


def channels(weights: np.ndarray):
    """Draw the range of each output channel of a filter [outputs, ...], and the single range that they share otherwise."""
    flat = weights.reshape(len(weights), -1)
    figure, plot = style.axes(7, 0.35 * len(flat) + 1.2)
    plot.axvspan(flat.min(), flat.max(), color=style.GREY, alpha=0.25, linewidth=0)
    for row, each in enumerate(flat):
        plot.barh(row, np.ptp(each), left=each.min(), height=0.5, color=style.SKY, edgecolor=style.BLACK, linewidth=0.6)
        plot.plot(each, np.full(each.size, row), "|", color=style.BLACK, markersize=6)
    plot.set_yticks(range(len(flat)), [f"channel {row}" for row in range(len(flat))], fontsize=8)
    plot.invert_yaxis()
    plot.use_sticky_edges = False
    plot.margins(x=0.05)
    plot.set(xlabel="weight (grey: the range of all channels together)")
    return figure


def narrowed(entry: Entry):
    """Draw a value's histogram, and the range that calibration leaves."""
    counts = np.array(entry.histogram)
    low, high = calibration.narrowing(entry.low, entry.high, entry.histogram)(entry.low, entry.high, False)
    figure, plot = style.axes(8, 2.6)
    edges = np.linspace(entry.low, entry.high, len(counts) + 1)
    plot.stairs(np.maximum(counts, 0.5), edges, color=style.BLUE, fill=True)
    for end in (low, high):
        plot.axvline(end, color=style.VERMILION, linewidth=1.5, linestyle="--")
    plot.set(yscale="log", xlabel="real value (dashed: the ends that calibration chooses)", ylabel="how often")
    plot.set_title(f"{entry.low:.2f} to {entry.high:.2f} becomes {low:.2f} to {high:.2f}", fontsize=9)
    return figure


def overview(measured: Measured, choices: list[Choice]):
    """Draw accuracy, bytes of flash and cycles of some choices, a row each."""
    outcomes = [measured.of(choice) for choice in choices]
    figure, (right, flash, cycles) = style.axes(10, 0.3 * len(outcomes) + 1.2, columns=3)
    right.axvline(100 * measured.float_accuracy, color=style.VERMILION, linestyle="--", linewidth=1)
    back = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}
    for row, each in enumerate(outcomes):
        right.plot(100 * each.accuracy, row, "o", color=style.BLUE)
        right.annotate(
            f"{each.accuracy:.2%}",
            (100 * each.accuracy, row),
            (7, 0),
            textcoords="offset points",
            va="center",
            fontsize=7,
            bbox=back,
        )
        for plot, value in ((flash, each.flash_bytes), (cycles, each.cycles)):
            plot.barh(row, value, 0.6, color=style.SKY, edgecolor=style.BLACK, linewidth=0.6)
            plot.text(value, row, f" {value:,}", va="center", fontsize=7)
    titles = ("accuracy (%); dashed: float32", "code and weights (bytes)", "cycles of one inference")
    for plot, title in zip((right, flash, cycles), titles, strict=True):
        plot.set_title(title, fontsize=9)
        plot.set_yticks(
            range(len(outcomes)), [each.choice.name for each in outcomes] if plot is right else [], fontsize=8
        )
        plot.set_ylim(len(outcomes) - 0.4, -0.6)
        plot.margins(x=0.4)
    cycles.set(xscale="log")
    cycles.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    cycles.tick_params(axis="x", labelsize=7)
    return figure


def trade(measured: Measured, choices: list[Choice]):
    """Draw accuracy against cycles: a line for weights rounded to the nearest, one for weights chosen for cheap products."""
    figure, plot = style.axes(8, 3.6)
    plot.axhline(100 * measured.float_accuracy, color=style.GREY, linestyle="--", linewidth=1, label="float32")
    lines = ((False, "rounded to the nearest", style.BLUE, "o-"), (True, "chosen", style.VERMILION, "s-"))
    for chosen, label, colour, look in lines:
        outcomes = [measured.of(choice) for choice in choices if (choice.price is not None) is chosen]
        right = [100 * each.accuracy for each in outcomes]
        plot.plot([each.cycles for each in outcomes], right, look, color=colour, label=label)
        for each, height in zip(outcomes, right, strict=True):
            above = {"xytext": (0, 8 if chosen else -14), "textcoords": "offset points", "ha": "center", "fontsize": 8}
            plot.annotate(f"{each.choice.weight_bits} bits", (each.cycles, height), color=colour, **above)
    plot.set(xlabel="cycles of one inference", ylabel="accuracy (%)")
    plot.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    plot.margins(y=0.2)
    plot.legend(fontsize=8, frameon=False, loc="lower right")
    return figure


def every_combination(measured: Measured, schemas: tuple[str, ...] = affine.SCHEMAS):
    """Draw schema against profile size, a table per precision; darker cells have more correct images."""
    figure, plots = style.axes(10, 3.4, columns=len(PRECISIONS))
    found = {each.choice: each for each in measured.outcomes}
    shades = [each.accuracy for each in measured.outcomes]
    for plot, precision in zip(plots, PRECISIONS, strict=True):
        table = [[found.get(Choice(schema, precision, profile_images=n)) for n in PROFILE_IMAGES] for schema in schemas]
        levels = [[each.accuracy if each else np.nan for each in row] for row in table]
        plot.imshow(levels, cmap="Blues", vmin=min(shades) - 0.01, vmax=max(shades) + 0.01, aspect="auto", alpha=0.6)
        for row, outcomes in enumerate(table):
            for column, outcome in enumerate(outcomes):
                plot.text(column, row, _cell(outcome), ha="center", va="center", fontsize=7)
        plot.set_xticks(range(len(PROFILE_IMAGES)), [f"profile of {n}" for n in PROFILE_IMAGES], fontsize=8)
        plot.set_yticks(range(len(schemas)), schemas if plot is plots[0] else [""] * len(schemas), fontsize=8)
        plot.set_title(precision, fontsize=9)
    return figure


def _cell(outcome: Outcome | None) -> str:
    if outcome is None:
        return "not measured"
    return f"{outcome.accuracy:.2%}\n{outcome.flash_bytes:,} B\n{outcome.cycles:,} cycles"
