"""Figures of notebook 00: a digit, the board that reads it and its console; and the road to that result."""

import textwrap

from helpers.evaluation.first_digit import Reading
from helpers.plots import style

_BOARD, _CHIP, _SCREEN = "#00594C", "#222222", "#111111"
_LINES = 7  # of the console, the last ones


def read(reading: Reading):
    """Draw a digit, the emulated board, its console and its answer, from left to right."""
    figure, plot = style.axes(10, 2.75)
    plot.set(xlim=(0, 100), ylim=(0.5, 28), aspect="equal")
    plot.axis("off")
    plot.imshow(reading.pixels, cmap="gray_r", extent=(1, 21, 7, 27), interpolation="nearest", aspect="equal", zorder=2)
    plot.add_patch(style.plt.Rectangle((1, 7), 20, 20, fill=False, edgecolor=style.BLACK, linewidth=0.8, zorder=3))
    _below(plot, 11, "28 x 28 pixels in:\n784 bytes")
    _arrow(plot, 22, 27)
    _board(plot, reading)
    _arrow(plot, 58.5, 63.5)
    _console(plot, reading)
    digit, milliseconds = reading.console.top1, reading.console.time_us / 1000
    plot.text(94.5, 20, str(digit), ha="center", va="center", fontsize=54, weight="bold", color=style.BLUE)
    plot.text(94.5, 11, f"{milliseconds:.1f} ms", ha="center", va="center", fontsize=17, weight="bold")
    _below(plot, 94.5, "the answer")
    return figure


def _board(plot, reading: Reading) -> None:
    """Draw a green board with one chip, and the program's memory use."""
    board = reading.board
    plot.add_patch(style.plt.Rectangle((28, 7), 30, 20, facecolor=_BOARD, edgecolor=style.BLACK, linewidth=0.8))
    plot.add_patch(style.plt.Rectangle((34.5, 11), 17, 9.5, facecolor=_CHIP, edgecolor="white", linewidth=0.8))
    for pin in range(8):
        for y in (10.2, 20.7):
            plot.add_patch(style.plt.Rectangle((35.6 + 2 * pin, y), 0.9, 0.7, facecolor="#CCCCCC", linewidth=0))
    plot.text(43, 24, board.title, ha="center", va="center", fontsize=10, color="white", weight="bold")
    chip = f"Cortex-M0+\n{board.clock_hz / 1e6:.0f} MHz, no FPU"
    plot.text(43, 15.7, chip, ha="center", va="center", fontsize=8.5, color="white")
    ram = sum(region.size for region in board.ram)
    flash = f"flash {reading.flash_bytes:,} of {board.flash.size:,} bytes"
    _below(plot, 43, f"{flash}\nRAM {reading.ram_bytes:,} of {ram:,} bytes")


def _console(plot, reading: Reading) -> None:
    """Draw the last lines that the program printed, as in a terminal."""
    plot.add_patch(style.plt.Rectangle((64.5, 7), 23.5, 20, facecolor=_SCREEN, edgecolor=style.BLACK, linewidth=0.8))
    lines = [line.strip() for line in reading.run.console.strip().splitlines()][-_LINES:]
    text = "\n".join(textwrap.shorten(line, 26, placeholder="...") for line in ["...", *lines])
    plot.text(65.5, 17, text, va="center", fontsize=7.5, color="#EEEEEE", family="monospace", linespacing=1.35)
    _below(plot, 76.2, "its console")


def _arrow(plot, start: float, end: float) -> None:
    plot.annotate("", (end, 17), (start, 17), arrowprops={"arrowstyle": "-|>", "color": style.BLACK, "linewidth": 1.6})


def _below(plot, x: float, text: str) -> None:
    plot.text(x, 5.5, text, ha="center", va="top", fontsize=8.5)


_STOPS = (
    # what happens, with what, in which notebooks, what comes out
    ("design", "Keras", "01", "network", style.SKY),
    ("train", "Keras", "02, 03", "mnist.h5", style.SKY),
    ("convert", "ONNX", "04, 05", "MNIST_NXP.onnx", style.YELLOW),
    ("profile", "Glow", "06", "profile.yaml", style.ORANGE),
    ("compile", "Glow", "06", "bundle: .o, .h", style.ORANGE),
    ("build", "C compiler", "07 to 09", "firmware .elf", style.GREEN),
    ("run", "board", "10", "console", style.GREEN),
)


def road():
    """Draw the steps from a Keras network to a board's console: each box has the tool, with notebook and output below."""
    figure, plot = style.axes(10, 2)
    for x, (step, tool, notebooks, result, colour) in enumerate(_STOPS):
        box = style.plt.Rectangle((x + 0.06, 0.5), 0.76, 0.8, facecolor=colour, alpha=0.55, edgecolor=style.BLACK)
        plot.add_patch(box)
        plot.text(x + 0.44, 1.02, step, ha="center", va="center", fontsize=11, weight="bold")
        plot.text(x + 0.44, 0.72, tool, ha="center", va="center", fontsize=9)
        plot.text(x + 0.44, 0.32, notebooks, ha="center", va="center", fontsize=9, color=style.BLUE, weight="bold")
        plot.text(x + 0.44, 0.06, result, ha="center", va="center", fontsize=7.5, family="monospace")
        if x:
            plot.annotate("", (x + 0.05, 0.9), (x - 0.17, 0.9), arrowprops={"arrowstyle": "-|>", "color": style.BLACK})
    for start, end, label in ((0, 3, "on a computer, in floats"), (3, 5, "integers"), (5, 7, "on the microcontroller")):
        plot.plot([start + 0.08, end - 0.2], [1.5, 1.5], color=style.BLACK, linewidth=1)
        plot.text((start + end) / 2 - 0.06, 1.58, label, ha="center", va="bottom", fontsize=9)
    plot.set(xlim=(0, len(_STOPS) - 0.1), ylim=(-0.1, 1.95))
    plot.axis("off")
    return figure
