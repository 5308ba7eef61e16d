"""python -m helpers worst-case: the cycles that no input can exceed, and the longest time without a chance to interrupt.

Each form of code is compiled for a board with a Cortex-M0 or M0+ and run on inputs of every kind. A bound for all inputs then
comes from all paths through its code. The longest instruction and the core's entry into a handler bound an interrupt's latency.
"""

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

from helpers.common import errors
from helpers.common.errors import Unsupported
from helpers.compiler import driver, targets
from helpers.compiler.ir.graph import Graph
from helpers.evaluation.verify import integers
from helpers.hardware import boards
from helpers.hardware.boards import Board
from helpers.hardware.emulator import timing
from helpers.inference.emulated_bundle import EmulatedBundle
from helpers.inference.worst_case import bound, flow, latency, observed
from helpers.inference.worst_case.bound import Bound
from helpers.inference.worst_case.latency import Latency
from helpers.own_network import fit
from helpers.own_network.cli import quantised

HEAD = ("form", "least", "most", "bound", "bound with waits", "longest instruction", "latency")


@dataclass(frozen=True)
class Worst:
    """One form of code. least, most: cycles without waits, of the inputs tried; bound: of all inputs."""

    form: str
    least: int
    most: int
    bound: Bound
    latency: Latency


def parser() -> argparse.ArgumentParser:
    """The command line."""
    line = argparse.ArgumentParser(
        prog="python -m helpers worst-case", description=__doc__.partition(": ")[2], allow_abbrev=False
    )
    line.add_argument("model", type=Path, help="a .h5, .keras, .onnx or .tflite file")
    line.add_argument("--board", default="ke16z", help="one of firmware_projects, with a Cortex-M0 or M0+ (ke16z)")
    line.add_argument("--form", choices=targets.EVERY, help="one form of code alone, as -mcpu-form")
    line.add_argument("--images", nargs="+", metavar="WHAT", help="what the profile is measured over (random numbers)")
    return line


@errors.command
def main(argv=None) -> None:
    """Print a row for each form."""
    chosen = parser().parse_args(argv)
    board = boards.load(chosen.board)
    if board.core not in timing.TIMINGS:
        what = f"{board.title} has no exact worst case: our cycles of the {board.core} are an estimate"
        raise Unsupported(what, remedy="choose a board with a Cortex-M0 or M0+")
    forms = (fit.form_for(board, chosen.form),) if chosen.form else targets.of(board.core)
    graph, _ = quantised(chosen.model, chosen.images)
    rows = [row for form in forms if (row := of_graph(graph, board, form))]
    print(table(board, rows))


def of_graph(graph: Graph, board: Board, form: str) -> Worst | None:
    """Return the worst case of an integer graph in one form; None if the form has no code for it."""
    target = driver.Target(board.core, form=form, mul_cycles=board.mul_cycles)
    if driver.form_of(graph, target) != form:
        return None
    with tempfile.TemporaryDirectory() as scratch:
        driver.emit_bundle(graph, scratch, integers.NAME, target)
        return of_bundle(Path(scratch), board, form)


def of_bundle(folder: Path, board: Board, form: str) -> Worst:
    """Return the worst case of a bundle. An input that is read in place is taken to lie in flash."""
    bundle = EmulatedBundle(folder, board.mul_cycles, board.core, board.fetch_bits)
    seen = observed.run(bundle, observed.inputs(bundle), input_in_flash=True)
    nodes = flow.reachable(bundle, seen.computed)
    found = bound.bound(bundle, seen, board.wait_states)
    delay = latency.of(bundle, nodes, board.wait_states)
    return Worst(form, min(seen.cycles), max(seen.cycles), found, delay)


def table(board: Board, rows: list[Worst]) -> str:
    """Return a row for each form, and what the columns mean."""
    cells = [HEAD, *(_cells(row) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["  ".join(_aligned(row, widths)).rstrip() for row in cells]
    waits = f"{board.wait_states} wait state{'' if board.wait_states == 1 else 's'}"
    tried = f"least, most: cycles of {observed.RANDOM + 4} inputs; bound: of any input, without waits and with {waits}"
    return "\n".join([board.title, *lines, "", tried, "latency: cycles until a handler begins, at most, with waits"])


def _cells(row: Worst) -> tuple[str, ...]:
    masked = row.latency.longest is None
    latency_cell = f"masked by {row.latency.masks[0]}" if masked else f"{row.latency.longest:,}"
    numbers = (row.least, row.most, row.bound.most, row.bound.most_with_waits)
    longest = f"{row.latency.instruction}: {row.latency.cycles}"
    return (row.form, *(f"{number:,}" for number in numbers), longest, latency_cell)


def _aligned(row: tuple[str, ...], widths: list[int]) -> list[str]:
    return [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
