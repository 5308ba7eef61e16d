"""Figures of notebooks 06 and 21: buffers over time, each layer's rows as they are computed, and the map of a small RAM."""

from matplotlib.patches import Rectangle

from helpers.compiler.backends.memory_plan import Layout
from helpers.compiler.backends.streaming.plan import Plan
from helpers.evaluation.layer_names import short
from helpers.hardware.boards import Board
from helpers.hardware.emulator.run import RunResult
from helpers.plots import style

COLOURS = (style.SKY, style.ORANGE, style.GREEN, style.YELLOW, style.PURPLE, style.GREY)
HATCHES = ("", "//", "..", "\\\\", "xx", "--")


SMALLEST_LABELLED = 32  # bytes


def whole_images(layout: Layout, steps: list[str], board: Board | None = None):
    """Draw the activations in Glow's layout: each buffer over the layers that need it, at its address.

    steps: the layers' names in order. The dashed line is the board's RAM; without a board, the total of the buffers.
    """
    figure, plot = style.axes(8, 3.4)
    for number, buffer in enumerate(layout.buffers):
        value = buffer.values[0]
        _box(plot, number, (buffer.first, buffer.last), layout.activations[value], buffer.bytes, short(value.node.name))
    size = board.ram[0].size if board else layout.activations_bytes
    _limit(plot, size, "all of the RAM" if board else "the activations")
    plot.set_xticks(range(len(steps)), [short(each) for each in steps], rotation=30, ha="right", fontsize=8)
    plot.set(
        xlabel="layer by layer", xlim=(-0.6, len(steps) - 0.4), ylim=(0, 1.15 * max(layout.activations_bytes, size))
    )
    return figure


def rows_only(planned: Plan, board: Board):
    """Draw each buffer of a streamed network over the rows during which it is needed; the smallest have no name."""
    figure, plot = style.axes(8, 4)
    for number, (buffer, place) in enumerate(zip(planned.buffers, planned.places, strict=True)):
        rows = planned.rows[number + 1].slots
        name = f"{short(planned.layers[number].name)}: {rows} row{'s' if rows > 1 else ''}"
        _box(plot, number, (buffer.first, buffer.last), place, buffer.bytes, name)
    _limit(plot, board.ram[0].size, "all of the RAM")
    plot.set(xlabel="row by row", xlim=(-0.6, len(planned.events) - 0.4), ylim=(0, 1.15 * board.ram[0].size))
    return figure


def _box(plot, number: int, columns: tuple[int, int], at: int, size: int, label: str) -> None:
    first, last = columns
    look = {"facecolor": COLOURS[number % 6], "hatch": HATCHES[number % 6], "edgecolor": style.BLACK, "linewidth": 0.6}
    plot.add_patch(Rectangle((first - 0.5, at), last - first + 1, size, **look))
    if size < SMALLEST_LABELLED:
        return
    back = {"facecolor": "white", "edgecolor": "none", "pad": 1, "alpha": 0.8}
    plot.text(first - 0.3, at + size / 2, f"{label}, {size} B", va="center", fontsize=7, bbox=back)


def _limit(plot, size: int, words: str) -> None:
    plot.axhline(size, color=style.BLACK, linestyle="--", linewidth=1)
    plot.text(
        0.99,
        size,
        f"{size:,} bytes: {words}",
        transform=plot.get_yaxis_transform(),
        ha="right",
        va="bottom",
        fontsize=8,
    )
    plot.set_ylabel("bytes of the activations")


def schedule(planned: Plan):
    """Draw when each layer computes its next row; the number is the row's."""
    names = [short(layer.name) for layer in planned.layers]
    figure, plot = style.axes(10, 0.32 * len(names) + 0.9)
    made = [0] * len(names)
    for at, event in enumerate(planned.events):
        colour = COLOURS[event.layer % 6]
        plot.text(at, event.layer, made[event.layer], ha="center", va="center", fontsize=6.5,
                  bbox={"facecolor": colour, "edgecolor": style.BLACK, "linewidth": 0.5, "pad": 1.5})  # fmt: skip
        made[event.layer] += 1
    plot.set_yticks(range(len(names)), names, fontsize=8)
    plot.set(xlabel="one row after the other", xlim=(-1, len(planned.events)), ylim=(len(names) - 0.4, -0.6))
    return figure


def ram_map(parts: dict[str, int], run: RunResult, board: Board):
    """Draw a board's whole RAM from first to last byte: variables, untouched bytes, and the stack's deepest use.

    parts: firmware.memory_use of the program, the RAM's.
    """
    pieces = {name: size for name, size in parts.items() if name != "room for the stack"}
    pieces |= {"never touched": run.stack_free_bytes, "stack, at its deepest": run.stack_bytes}
    figure, plot = style.axes(9, 1.9)
    start = 0
    for number, (name, size) in enumerate(pieces.items()):
        empty = name == "never touched"
        look = {"color": "white" if empty else COLOURS[number % 6], "hatch": "" if empty else HATCHES[number % 6]}
        plot.barh(0, size, 0.5, left=start, edgecolor=style.BLACK, linewidth=0.6, label=f"{name}: {size} B", **look)
        start += size
    plot.set(xlim=(0, board.ram[0].size), yticks=[], title=f"RAM of the {board.title}")
    plot.set_xlabel(f"bytes from {board.ram[0].origin:#x}")
    plot.spines["left"].set_visible(False)
    figure.legend(loc="outside lower center", ncols=3, fontsize=8, frameon=False)
    return figure


def memory_for_time(rows: list[tuple[str, int, int]]):
    """Draw RAM against cycles; rows: (form, bytes of RAM, cycles). Nearer to the lower left corner is better in both."""
    figure, plot = style.axes(6, 3)
    for number, ((form, ram, cycles), marker) in enumerate(zip(rows, "osD^v", strict=False)):
        plot.plot(ram, cycles, marker, color=style.BLUE, markersize=8)
        plot.annotate(form, (ram, cycles), xytext=(8, 4 - 14 * (number % 2)), textcoords="offset points", fontsize=9)
    plot.set(
        xlabel="input, output and activations (bytes)", ylabel="cycles", yscale="log", xlim=(0, None), ylim=(2e4, 5e5)
    )
    style.thousands(plot.yaxis)
    plot.margins(x=0.3)
    return figure
