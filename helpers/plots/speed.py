"""Figures of notebook 20: the cost of each form of the network."""

import numpy as np

from helpers.evaluation.speed import OTHERS, SCALAR_FLOOR, Averaged, Figures, InRam
from helpers.plots import style

MARKERS = "osD^vP"
TICKS = (20_000, 50_000, 100_000, 200_000, 400_000)  # cycles


def cycles(forms: list[Figures]):
    """Draw the cycles of one inference, ours beside others'; shorter is better."""
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
    """Draw the cycles of each layer, one bar per form."""
    names = list(dict.fromkeys(name for each in forms for name in each.layers))
    figure, plot = style.axes(8, 0.6 * len(names) + 1)
    height = 0.8 / len(forms)
    for index, each in enumerate(forms):
        places = np.arange(len(names)) + (index - (len(forms) - 1) / 2) * height
        counts = [each.layers.get(name, 0) for name in names]
        plot.barh(places, counts, height, label=each.form, **style.series(index))
        for place, count in zip(places, counts, strict=True):
            plot.text(count, place, f" {count:,}" if count else " in its neighbour", va="center", fontsize=7)
    plot.set_yticks(range(len(names)), names, fontsize=8)
    plot.invert_yaxis()
    plot.margins(x=0.12)
    plot.legend(fontsize=8, frameon=False)
    plot.set(xlabel="cycles without flash waits")
    return figure


def each_product(counts: dict[str, float], layers: dict[str, int]):
    """Draw cycles per multiply-accumulate of each layer, beside the least for a single one. layers: cycles of each."""
    figure, plot = style.axes(8, 0.4 * len(counts) + 1)
    plot.barh(list(counts), list(counts.values()), **style.series(1))
    for place, (layer, count) in enumerate(counts.items()):
        label = f"{count:.2f} ({layers[layer]:,} cycles)"
        plot.text(max(count, SCALAR_FLOOR) + 0.08, place, label, va="center", fontsize=8)  # behind bar and dashed line
    plot.axvline(SCALAR_FLOOR, color=style.BLACK, linestyle="--")
    plot.text(SCALAR_FLOOR, -0.6, f" one at a time: {SCALAR_FLOOR}", fontsize=8)
    plot.invert_yaxis()
    plot.set(xlabel="cycles a multiply-accumulate", xlim=(0, 1.35 * max(SCALAR_FLOOR, *counts.values())))
    return figure


def pareto(forms: list[Averaged], in_ram: dict[str, InRam]):
    """Draw cycles against flash and RAM, without (filled) and with one wait state (hollow): lower left is better.

    in_ram: by form, the same with a wait state and hot loops in RAM (half filled, right-hand chart).
    """
    figure, (left, right) = style.axes(9, 4, columns=2)
    for plot, memory in ((left, "flash_bytes"), (right, "ram_bytes")):
        _front(plot, [(getattr(each, memory), each.cycles) for each in forms])
        for index, each in enumerate(forms):
            _form(plot, getattr(each, memory), each, index)
            if plot is right and each.form in in_ram:
                _moved(plot, each, in_ram[each.form], index)
        plot.set(yscale="log", ylim=(2e4, 5e5))
        plot.set_yticks(TICKS, [f"{count:,}" for count in TICKS])
        plot.minorticks_off()
        plot.margins(x=0.1)
    left.set(xlabel="flash: code and weights (bytes)", ylabel="cycles of one inference")
    right.set(xlabel="RAM: input, output, activations; hot loops (bytes)")
    handles, names = left.get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=4, fontsize=8, frameon=False)
    return figure


def _form(plot, size: int, each: Averaged, index: int) -> None:
    """Draw one form's two marks, joined; a bar from the fastest to the slowest image if the image matters."""
    look = {"marker": MARKERS[index % len(MARKERS)], "markeredgecolor": style.BLACK, "linestyle": "", "markersize": 9}
    plot.plot([size, size], [each.cycles, each.cycles_one_wait], color=style.GREY, linewidth=1)
    plot.plot(size, each.cycles_one_wait, **look, color="white")
    name = f"{each.form}: mean, and span of images" if each.depends_on_image else each.form
    plot.plot(size, each.cycles, **look, color=style.series(index)["color"], label=name)
    if each.depends_on_image:
        span = [[each.cycles - each.fewest], [each.most - each.cycles]]
        plot.errorbar(size, each.cycles, span, color=style.BLACK, capsize=7, linewidth=1.5)


def _moved(plot, each: Averaged, moved: InRam, index: int) -> None:
    """Draw one form's mark with hot loops in RAM, joined with the mark of the same wait state without."""
    sizes = [each.ram_bytes, each.ram_bytes + moved.code_bytes]
    plot.plot(sizes, [each.cycles_one_wait, moved.cycles_one_wait], color=style.GREY, linewidth=0.6, linestyle="--")
    look = {
        "marker": MARKERS[index % len(MARKERS)],
        "markeredgecolor": style.BLACK,
        "markersize": 9,
        "fillstyle": "left",
    }
    plot.plot(sizes[1], moved.cycles_one_wait, **look, color=style.series(index)["color"], markerfacecoloralt="white")


def _front(plot, points: list[tuple[int, int]]) -> None:
    """Draw a stair through the points that no other point beats in both respects."""
    best = [p for p in sorted(points) if not any(o != p and o[0] <= p[0] and o[1] <= p[1] for o in points)]
    sizes, cycles = zip(*best, strict=True)
    plot.step(
        sizes, cycles, where="post", color=style.BLACK, linestyle=":", linewidth=1, label="Pareto front (no wait)"
    )
