"""python -m helpers project: turn your own network into a board's program, build it, run it emulated, and check it.

A .h5, .keras, .onnx or .tflite is compiled for the board, its test input is the first sample, and the board's outputs are
compared with the reference in numpy. An existing bundle is used unchanged. The ELF, .bin and .hex also run on the real board.
"""

import argparse
import contextlib
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from helpers.common import artifacts, errors, named_arrays
from helpers.common.errors import BadParameter, DoesNotFit
from helpers.common.named_arrays import Arrays
from helpers.compiler import driver, interpreter, targets
from helpers.compiler.budget import search
from helpers.compiler.ir.graph import Graph
from helpers.evaluation.verify import integers, samples
from helpers.firmware import projects
from helpers.hardware import boards
from helpers.hardware.boards import WEIGHTS, Board
from helpers.hardware.emulator.run import RunResult
from helpers.inference import bundle_header
from helpers.own_network import choice, fit, program

# Of one inference, far above what any network that fits a board takes; emulated time, so a busy machine does not matter.
INSTRUCTION_LIMIT = 20_000_000_000
DIFFER = "the board's outputs are NOT those of the reference in numpy"


@dataclass(frozen=True)
class Prepared:
    """A bundle's folder, the test inputs in real numbers, and the reference's outputs for them (None: unknown).

    Inputs and outputs are by name if there are several.
    """

    bundle: Path
    sample: Arrays
    expected: Arrays | None


def parser() -> argparse.ArgumentParser:
    """The command line."""
    line = argparse.ArgumentParser(
        prog="python -m helpers project", description=__doc__.partition(": ")[2], allow_abbrev=False
    )
    line.add_argument(
        "model", type=Path, help="a .h5, .keras, .onnx or .tflite file, or a bundle: its folder, or its .h"
    )
    line.add_argument("--board", default="ke16z", help="one of firmware_projects (ke16z)")
    line.add_argument(
        "--images",
        nargs="+",
        metavar="WHAT",
        help="samples: PNG files, mnist, or an .npz with x, or an array an input; the first is taken (random ones)",
    )
    line.add_argument(
        "--form",
        choices=("auto", *targets.EVERY),
        default="auto",
        help="form of the code, as -mcpu-form; auto takes the fastest that fits, as `fit` tells (auto)",
    )
    line.add_argument(
        "--reuse-input-memory", action="store_true", help="as model-compiler's: the program copies its input in anyway"
    )
    line.add_argument("--weights", choices=WEIGHTS, default="flash", help="where the constant weights lie (flash)")
    line.add_argument(
        "--hot-loops", choices=WEIGHTS, default="flash", help="where the code's hot loops run from (flash)"
    )
    line.add_argument("--compiler", choices=sorted(projects.TOOLCHAINS), default="zig", help="of the program (zig)")
    return line


@errors.command
def main(argv=None) -> int:
    """Compile, build and run; return status 0 if the board gives the reference's outputs, 1 if not."""
    chosen = parser().parse_args(argv)
    board = boards.load(chosen.board)
    if chosen.form != "auto":
        fit.form_for(board, chosen.form)
    name = re.sub(r"\W+", "_", chosen.model.stem)
    place = projects.place(board.name, chosen.weights, chosen.hot_loops).name
    folder = artifacts.build("own_network", f"{name}-{place}")
    with tempfile.TemporaryDirectory() as scratch:
        prepared, why = _prepared(chosen, board, Path(scratch, "bundle"), folder)
        places = {"weights": chosen.weights, "hot_loops": chosen.hot_loops}
        with _larger_board(chosen):
            project = program.make(
                board.name, prepared.bundle, prepared.sample, folder, **places, compiler=chosen.compiler
            )
    run = projects.run(project, instruction_limit=INSTRUCTION_LIMIT)
    print(report(project, run), *why, sep="\n")
    same = prepared.expected is None or _same(program.answer(project, run.console).outputs, prepared.expected)
    if prepared.expected is not None:
        print("every output is that of the reference in numpy" if same else DIFFER)
    return 0 if same else 1


def _prepared(chosen: argparse.Namespace, board: Board, bundle: Path, folder: Path) -> tuple[Prepared, list[str]]:
    """Prepare the bundle that the command line names; also return lines that say which form was chosen and why."""
    if chosen.model.is_dir() or chosen.model.suffix == ".h":
        if chosen.form != "auto":
            remedy = "leave --form out, or name the model's file"
            raise BadParameter("a bundle that is compiled keeps its form", where="--form", remedy=remedy)
        return of_bundle(chosen.model, chosen.images), []
    graph, arrays = quantised(chosen.model, chosen.images)
    wanted = targets.of(board.core) if chosen.form == "auto" else (chosen.form,)
    compared = choice.of_graph(graph, board, wanted, chosen.weights, chosen.reuse_input_memory, True)
    if not compared.chosen:
        raise choice.refusal(compared, artifacts.shown(folder))
    form, mix = compared.chosen.form, compared.chosen.mix
    why = [f"form {form} was chosen: {choice.reason(compared)}"] if chosen.form == "auto" else [compared.note]
    why += search.explained(mix) if mix else []
    target = fit.target(board, form, chosen.reuse_input_memory, mix)
    return of_graph(graph, arrays, target, bundle), list(filter(None, why))


@contextlib.contextmanager
def _larger_board(chosen: argparse.Namespace):
    """If a program misses the fit by the few bytes that an estimate leaves out, say what else can be done."""
    try:
        yield
    except DoesNotFit as error:
        remedy = (
            error.remedy if chosen.form != "auto" else f"{error.remedy}, or choose a smaller --form, as `fit` shows"
        )
        raise DoesNotFit(error.what, where=error.where, remedy=remedy) from None


def _same(outputs: Arrays, expected: Arrays) -> bool:
    pairs = zip(named_arrays.in_order(outputs), named_arrays.in_order(expected), strict=True)
    return all((one == other.ravel()).all() for one, other in pairs)


def of_model(model: Path, board: Board, form: str, words: list[str] | None, bundle: Path) -> Prepared:
    """Compile a model file for a board; words: the source of samples, as for `samples.load` (None: random numbers).

    The profile is measured over up to 100 of the samples. Raises what the importers and `samples.load` raise.
    """
    return of_graph(*quantised(model, words), fit.target(board, form), bundle)


def quantised(model: Path, words: list[str] | None) -> tuple[Graph, Arrays]:
    """Return the integer graph of a model file, and the samples of its profile; raises what `of_model` raises."""
    with tempfile.TemporaryDirectory() as scratch:
        source = fit.read(model, Path(scratch), trained=True)
        floats = driver.float_graph(source.file, source.symbols)
        if words:
            shapes = {node.name: node.output.type.shape for node in floats.placeholders}
            arrays = samples.load(words, shapes).arrays
        else:
            arrays = fit.at_random(floats, fit.INPUTS)
        return integers.graph(source.file, source.symbols, arrays, integers.DEFAULT, floats), arrays


def of_graph(graph: Graph, arrays: Arrays, target: driver.Target, bundle: Path) -> Prepared:
    """Compile an integer graph for a board's target; the first of the samples is the test input."""
    driver.emit_bundle(graph, bundle, integers.NAME, target)
    sample = next(interpreter.chunks(graph, arrays))
    first = {name: array[0] if array.shape[:1] == (1,) else array for name, array in sample.items()}
    return Prepared(bundle, named_arrays.alone(first), integers.reference(graph, integers.fed(graph, sample)))


def of_bundle(bundle: Path, words: list[str] | None) -> Prepared:
    """Return an existing bundle with the first sample, or with random numbers between 0 and 1."""
    shapes = {name: each.shape for name, each in bundle_header.in_folder(bundle).inputs.items()}
    random = np.random.default_rng(1)
    if words:
        return Prepared(bundle, named_arrays.each(samples.load(words, shapes).arrays, lambda array: array[0]), None)
    return Prepared(bundle, {name: random.random(shape, np.float32) for name, shape in shapes.items()}, None)


def report(project: projects.Project, run: RunResult) -> str:
    """Report the program's memory use, its output and its path."""
    sizes, form = run.sizes, project.header.form or "unknown"
    ram = f"{sizes.ram + sizes.reserved:,} B of RAM, {run.stack_bytes:,} B of stack used"
    where = f"weights in {project.weights}, hot loops in {project.hot_loops}"
    beside = ".bin, .hex and .uf2" if project.board.uf2_family else ".bin and .hex"
    lines = (
        f"{project.board.title}, form {form}, {where}:",
        f"{sizes.flash:,} B of flash, {ram}",
        run.console.replace("\r", "").rstrip(),
        f"{artifacts.shown(project.elf)}, with {beside} beside it",
    )
    return "\n".join(lines)
