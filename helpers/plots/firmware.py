"""Figures of notebooks 08 and 09: a board's memory by part, and its cycles by function."""

from helpers.evaluation import layer_names
from helpers.hardware.boards import Board
from helpers.hardware.emulator.call_profile import FunctionProfile
from helpers.plots import style

COLOURS = {
    "network's code": style.BLUE,
    "constant weights": style.SKY,
    "image": style.YELLOW,
    "input and output": style.GREEN,
    "activations": style.ORANGE,
    "room for the stack": style.PURPLE,
    "heap": style.VERMILION,
    "all other code and data": style.GREY,
    "other variables": style.GREY,
}
HATCHES = {
    "network's code": "//",
    "input and output": "..",
    "activations": "\\\\",
    "room for the stack": "xx",
    "heap": "++",
}


def memory(uses: dict[str, dict[str, dict[str, int]]], board: Board):
    """Draw flash and RAM of a board's programs by part in bytes; the dashed line is the board's memory.

    uses: label of each program to its result of firmware.memory_use.
    """
    figure, plots = style.axes(9, 0.5 * len(uses) + 1.8, 1, 2)
    totals = {"flash": board.flash.size, "RAM": board.ram[0].size}
    where = f" of {board.ram[0].name}" if len(board.ram) > 1 else ""
    for plot, (kind, total) in zip(plots, totals.items(), strict=True):
        _stack(plot, {label: use[kind] for label, use in uses.items()})
        used = max(sum(use[kind].values()) for use in uses.values())
        if total < 4 * used:
            plot.axvline(total, color=style.BLACK, linestyle="--", linewidth=1)
        plot.set(title=f"{kind}: {total:,} bytes{where if kind == 'RAM' else ''} on the board", xlabel="bytes")
        plot.invert_yaxis()
        plot.tick_params(labelsize=8)
    plots[1].set_yticklabels([])
    handles = {}
    for plot in plots:
        found, names = plot.get_legend_handles_labels()
        handles |= dict(zip(names, found, strict=True))
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=4, fontsize=8, frameon=False)
    return figure


def _stack(plot, rows: dict[str, dict[str, int]]) -> None:
    for place, (label, parts) in enumerate(rows.items()):
        start = 0
        for name, size in parts.items():
            style_of = {"color": COLOURS[name], "hatch": HATCHES.get(name, ""), "edgecolor": style.BLACK}
            plot.barh(label, size, 0.6, left=start, linewidth=0.6, label=name if size else f"{name}: none", **style_of)
            start += size
        plot.text(start, place, f" {start:,}", va="center", fontsize=8)
    plot.margins(x=0.15)


def functions(profile: list[FunctionProfile], count: int = 10):
    """Draw the functions with the most cycles of their own (without their callees), zero wait states."""
    rows = profile[:count]
    figure, plot = style.axes(8, 0.3 * len(rows) + 1)
    names = layer_names.distinct([row.name for row in rows])
    plot.barh(names, [row.cycles for row in rows], color=style.SKY, edgecolor=style.BLACK, linewidth=0.6)
    for place, row in enumerate(rows):
        calls = "1 call" if row.calls == 1 else f"{row.calls} calls"
        plot.text(row.cycles, place, f" {row.cycles:,} in {calls}", va="center", fontsize=8)
    plot.set(xlabel="cycles without flash waits")
    plot.invert_yaxis()
    plot.margins(x=0.3)
    plot.tick_params(labelsize=8)
    return figure
