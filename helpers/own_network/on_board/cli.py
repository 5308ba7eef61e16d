"""The command `verify`: between the forms of a network, or, with --on-board, between the reference and a real board."""

import argparse
import json
import re
import tempfile
from pathlib import Path

from helpers.common import artifacts, errors
from helpers.common.errors import BadParameter
from helpers.compiler import driver, targets
from helpers.compiler.ir.graph import Graph
from helpers.evaluation import real_board
from helpers.evaluation.verify import cli as forms_cli
from helpers.evaluation.verify import floats, integers, samples
from helpers.hardware import boards, serial_port
from helpers.hardware.boards import Board
from helpers.own_network import choice, fit
from helpers.own_network.on_board import program, run
from helpers.own_network.on_board.program import OnBoard
from helpers.own_network.on_board.session import Session

SHOWN = 5  # mismatches that are printed


def parser() -> argparse.ArgumentParser:
    """The command line of verify, with the options of a board."""
    line = forms_cli.parser()
    group = line.add_argument_group("On a real board, in place of all forms")
    group.add_argument("--on-board", metavar="BOARD", help=f"one of {', '.join(boards.all_boards())}")
    group.add_argument(
        "--port", help="the board's serial port, or `emulator`; found by itself after --load with a probe"
    )
    group.add_argument("--load", action="store_true", help="write the program to the board first")
    group.add_argument("--seconds", type=float, help="how long an inference may take (10)")
    return line


@errors.command
def main(argv=None) -> int:
    """Compare all forms, or the board with the reference; return 0 if all is equal, else 1."""
    chosen = parser().parse_args(argv)
    if chosen.on_board is None:
        for name in ("port", "load", "seconds"):
            if getattr(chosen, name):
                raise BadParameter(
                    f"--{name} is for a board", remedy="name it with --on-board, or leave the option out"
                )
        return forms_cli.compare(chosen)
    board = boards.load(chosen.on_board)
    _check(chosen, board)
    return _on_board(chosen, board)


def _check(chosen: argparse.Namespace, board: Board) -> None:
    """Raise BadParameter for options that do not go together."""
    if chosen.board_core:
        raise BadParameter("--board-core is not for --on-board", remedy="leave it out: the board has its core")
    if chosen.form and len(chosen.form) > 1:
        raise BadParameter("a board runs one form at a time", where="--form", remedy="name one")
    if chosen.form:
        fit.form_for(board, chosen.form[0])
    if chosen.seconds is not None and not 0 < chosen.seconds <= 3600:
        raise BadParameter(f"is {chosen.seconds:g}", where="--seconds", remedy="use more than 0, and at most 3600")
    if chosen.load and chosen.port == serial_port.EMULATOR:
        raise BadParameter("--load is for a real board", remedy="leave it out, or name a real --port")


def _on_board(chosen: argparse.Namespace, board: Board) -> int:
    quantisation, loading = forms_cli.quantisation(chosen), forms_cli.loading(chosen)
    with tempfile.TemporaryDirectory() as scratch:
        source = floats.source(chosen.model, Path(scratch))
        shape = driver.float_graph(source.file, source.symbols)
        given = samples.load(chosen.images, {node.name: node.output.type.shape for node in shape.placeholders}, loading)
        graph = integers.graph(source.file, source.symbols, given.arrays, quantisation, shape)
        made = _built(chosen, board, graph, Path(scratch, "bundle"))
    port = real_board.port_with(chosen, board, made.project.elf)
    header = made.project.header
    facts = {"board": board.title, "form": header.form, "build": made.build.hex()}
    with serial_port.opened(port, made.project.elf, board) as line:
        session = Session(line, run.expected(header, made.build, _flash(made)), chosen.seconds or 10.0)
        session.greet()
        answers = run.through(session, header, integers.fed(graph, given.arrays))
    result = run.compared(graph, given, answers, chosen.tolerance, facts)
    print(json.dumps(run.as_json(result), indent=1) if chosen.json else report(result))
    return 0 if result.passed else 1


def _built(chosen: argparse.Namespace, board: Board, graph: Graph, bundle: Path) -> OnBoard:
    """Compile the network in the named form, or in the fastest that fits, and build its program."""
    name = re.sub(r"\W+", "_", Path(chosen.model).stem)
    folder = artifacts.build("on_board", f"{name}-{board.name}")
    form, mix = chosen.form[0] if chosen.form else None, None
    if form is None:
        found = choice.of_graph(graph, board, targets.of(board.core))
        if not found.chosen:
            raise choice.refusal(found, artifacts.shown(folder))
        form, mix = found.chosen.form, found.chosen.mix
    driver.emit_bundle(graph, bundle, integers.NAME, fit.target(board, form, mix=mix))
    return program.make(board.name, bundle, folder)


def _flash(made: OnBoard) -> str:
    return f"add --load, or write {artifacts.shown(made.project.elf)} to the board"


def report(result: run.Result) -> str:
    """Return what the reader should know: whether all outputs are equal, the accuracy, the times, the first mismatches."""
    least, mean, most = result.microseconds
    equal = "equals the reference in numpy" if result.bit_equal else "is within the tolerance of the reference"
    wrong = len(result.mismatches)
    said = f"every output {equal}" if result.passed else f"{wrong:,} are NOT what the reference in numpy gives"
    lines = [
        f"{result.board}, form {result.form}, build {result.build}",
        f"{result.count:,} inputs: {said}",
        f"time of an inference  {mean:,.1f} us ({least:,} to {most:,}), by the board's own timer",
    ]
    if result.accuracy is not None:
        lines.append(f"accuracy  {result.accuracy:.2%}")
    shown = result.mismatches[:SHOWN]
    lines += [f"{each.sample}: class {each.expected}, on the board {each.board}" for each in shown]
    return "\n".join(lines)
