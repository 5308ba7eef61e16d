"""python -m helpers need: do you need a network? Trees, k-means and networks on the same data, side by side."""

import argparse
import warnings

from helpers.common import errors
from helpers.hardware import boards
from helpers.hardware.boards import Board
from helpers.own_network.need import candidates, measured
from helpers.own_network.need.measured import Row

HEAD = ("model", "right", "flash (B)", "RAM (B)", "cycles", "ms")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    line = argparse.ArgumentParser(
        prog="python -m helpers need",
        description="Train trees, k-means and small networks on the same data, compile each for a board, and compare them.",
        allow_abbrev=False,
    )
    line.add_argument("data", nargs="*", help=f"data sets of scikit-learn: {', '.join(candidates.DATA)} (both)")
    line.add_argument("--board", default="ke16z", help="one of firmware_projects (ke16z)")
    line.add_argument("--markdown", action="store_true", help="print tables for a page")
    return line


@errors.command
def main(argv=None) -> int:
    """Print a table for each data set."""
    chosen = parser().parse_args(argv)
    for name in chosen.data:
        if name not in candidates.DATA:
            raise errors.BadParameter(f"there is no data set {name!r}", remedy=f"use {', '.join(candidates.DATA)}")
    board = boards.load(chosen.board)
    for name in chosen.data or candidates.DATA:
        rows = measure(name, board)
        print(markdown(name, rows) if chosen.markdown else text(name, rows, board), end="\n\n")
    return 0


def measure(name: str, board: Board) -> list[Row]:
    """Train and measure every candidate on a data set."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that training stops before it has converged: the number of epochs is fixed
        trained = candidates.DATA[name]()
    return [measured.measure(each, board) for each in trained]


def cells(row: Row) -> tuple[str, ...]:
    """What a table says of a candidate."""
    sizes = (f"{number:,}" for number in (row.flash_bytes, row.ram_bytes, row.cycles))
    return (row.name, f"{100 * row.accuracy:.1f} %", *sizes, f"{row.time_ms:.2f}")


def text(name: str, rows: list[Row], board: Board) -> str:
    """A table for the console."""
    lines = [HEAD, *map(cells, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    padded = (
        "  ".join(cell.rjust(width) if index else cell.ljust(width) for index, (cell, width) in enumerate(pairs))
        for pairs in (list(zip(line, widths, strict=True)) for line in lines)
    )
    return "\n".join([f"{name} on {board.title}", *padded])


def markdown(name: str, rows: list[Row]) -> str:
    """The same for docs/trees_or_networks.md."""
    lines = [(name, *HEAD[1:]), ("---", *["---:"] * (len(HEAD) - 1)), *map(cells, rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
