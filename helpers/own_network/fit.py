"""Does a network fit a board? Told before it is trained, from its architecture: python -m helpers fit MODEL --board BOARD.

Bytes and cycles of the integer code depend on the layers and hardly on what the weights are. So the network is compiled with
whatever weights its file has, over ranges that random inputs give, and one inference is counted on the emulated core.
"""

import argparse
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from helpers.common import artifacts, errors, named_arrays
from helpers.common.errors import BadParameter
from helpers.common.named_arrays import Arrays
from helpers.compiler import driver, targets
from helpers.compiler.backends import memory_plan
from helpers.compiler.ir.graph import Graph
from helpers.evaluation import sample_networks
from helpers.evaluation.verify import floats, integers
from helpers.hardware import boards
from helpers.hardware.boards import Board
from helpers.inference import bundle_arrays
from helpers.inference.emulated_bundle import EmulatedBundle

INPUTS = 8  # random ones that the stand-in for a profile is measured over
# What the program around the network takes besides its stack: vector table, start-up, main.c, console. Bytes of flash, the
# most of any board in Table 2 less its network and its image of 784 bytes, which is in RAM as well; and bytes of RAM.
AROUND_FLASH = {"cortex-m0": 1620, "cortex-m0plus": 1620, "cortex-m7": 10_230}
AROUND_RAM = 16


def around(board: Board) -> tuple[int, int]:
    """Bytes of flash and RAM that a program of this workbook takes on a board without a network: RAM with the stack."""
    script = (artifacts.PROJECTS / board.name / "linker.ld").read_text()
    stack = int(re.search(r"__stack_size = (\d+);", script)[1])
    return AROUND_FLASH[board.core], AROUND_RAM + stack


@dataclass(frozen=True)
class Estimate:
    """What a network takes on a board, weights in flash.

    flash_bytes, ram_bytes: the network's own (code and weights; placeholders and activations). multiplications:
    multiply-accumulates of one inference. cycles: with the flash's wait states. Where the weights or the buffers alone are
    larger than the board's memory nothing is compiled: code is not in flash_bytes, and cycles is None.
    """

    board: Board
    form: str
    flash_bytes: int
    ram_bytes: int
    multiplications: int
    cycles: int | None = None

    @property
    def time_ms(self) -> float | None:
        """Milliseconds of one inference."""
        return None if self.cycles is None else 1000 * self.cycles / self.board.clock_hz

    @property
    def missing(self) -> dict[str, int]:
        """Bytes that the board lacks, by memory; empty if the program around the network fits as well."""
        flash, ram = around(self.board)
        lacking = {
            "flash": self.flash_bytes + flash - self.board.flash.size,
            "RAM": self.ram_bytes + ram - sum(region.size for region in self.board.ram),
        }
        return {name: count for name, count in lacking.items() if count > 0}


def estimate(model, board: str, form: str | None = None) -> Estimate:
    """What a .h5, .onnx or .tflite, trained or not, will take on a board.

    form: of the code, as -mcpu-form; None takes the one that the board asks for, or the fast one. Raises BadParameter for an
    unknown board, form or ending of the file; what the importers raise for a file that is not sound.
    """
    target = boards.load(board)
    form = form_for(target, form)
    with tempfile.TemporaryDirectory() as scratch:
        source = _source(Path(model), Path(scratch))
        graph = integer_graph(source.file, source.symbols)
        return _counted(graph, target, form, Path(scratch, "bundle"))


def form_for(board: Board, form: str | None = None) -> str:
    """The form of code for a board: the one asked for, else the board's own, else the fast one. Raises BadParameter."""
    form = form or board.form or targets.FAST
    if form not in targets.of(board.core):
        raise BadParameter(
            f"{board.core} cannot have the form {form!r}", remedy=f"use {', '.join(targets.of(board.core))}"
        )
    return form


def _source(model: Path, folder: Path) -> floats.Source:
    if model.suffix != ".h5":
        return floats.source(model, folder)
    from helpers.network import cnn, onnx_export  # TensorFlow takes seconds to load

    proto = onnx_export.convert_untrained(cnn.load_h5(model))
    return floats.source(artifacts.write_bytes(folder / "network.onnx", proto.SerializeToString()), folder)


def integer_graph(file: Path, symbols: dict[str, int]) -> Graph:
    """The network in integers, its ranges from random inputs between 0 and 1."""
    return integers.graph(file, symbols, random_inputs(file, symbols, INPUTS), integers.DEFAULT)


def random_inputs(file: Path, symbols: dict[str, int], count: int) -> Arrays:
    """Inputs between 0 and 1 for `count` inferences of a network, the same ones every time: float32 [count * batch, ...].

    By name where the network has several inputs.
    """
    random, found = np.random.default_rng(1), {}
    for node in driver.float_graph(file, symbols).placeholders:
        batch, *rest = node.output.type.shape or (1,)
        found[node.name] = random.random((count * batch, *rest), np.float32)
    return named_arrays.alone(found)


def write_random_inputs(model, path: Path, count: int = 20) -> Path:
    """Write inputs between 0 and 1 of a network's shape as an .npz that `python -m helpers verify` reads; returns the path."""
    with tempfile.TemporaryDirectory() as scratch, artifacts.replacing(path) as temporary:
        source = _source(Path(model), Path(scratch))
        inputs = random_inputs(source.file, source.symbols, count)
        np.savez(temporary, **(inputs if isinstance(inputs, dict) else {"x": inputs}))
    return path


def _counted(graph: Graph, board: Board, form: str, folder: Path) -> Estimate:
    work = sum(sample_networks.multiplications(graph).values())
    constants = sum(node.output.type.bytes for node in graph.constants)
    bare = Estimate(board, form, constants, _least_ram(graph, form), work)
    if bare.missing:
        return bare
    driver.emit_bundle(
        graph, folder, "network", driver.Target(board.core, form=form, multiplier=board.multiplier_cycles)
    )
    return measured(folder, board, form, work)


def _least_ram(graph: Graph, form: str) -> int:
    """Bytes of buffers that there must be in any case: all of them, or the output's where layers hand each other rows."""
    if form == targets.LEAST_RAM:
        return sum(value.type.bytes for _, value in graph.outputs)
    layout = memory_plan.plan(graph)
    return sum(value.type.bytes for value in layout.mutable) + layout.peak_bytes


def measured(folder: Path, board: Board, form: str, multiplications: int) -> Estimate:
    """The same figures of a bundle that is there: one inference of random inputs, which have no blanks to skip, counted."""
    bundle = EmulatedBundle(folder, board.multiplier_cycles, board.core)
    header = bundle.header
    cycles = bundle.measure(bundle_arrays.at_random(header)).with_waits(board.wait_states)
    return Estimate(board, form, bundle.flash_bytes, header.mutable + header.activations, multiplications, cycles)


def report(found: Estimate) -> str:
    """The estimate in lines for people."""
    board, (flash, ram) = found.board, around(found.board)
    sizes = (
        ("flash", found.flash_bytes, flash, board.flash.size),
        ("RAM", found.ram_bytes, ram, sum(r.size for r in board.ram)),
    )
    lines = [f"{board.title}, form {found.form}: {found.multiplications:,} multiplications an inference"]
    lines += [
        f"  {name:5} {net:>9,} B network + {rest:>6,} B around it, of {size:,} B" for name, net, rest, size in sizes
    ]
    if found.cycles is not None:
        lines.append(f"  time  {found.cycles:>9,} cycles, {found.time_ms:.2f} ms at {board.clock_hz / 1e6:g} MHz")
    else:
        lines.append("  nothing was compiled: this alone is too much (flash without code, RAM at its least)")
    lacking = " and ".join(f"{count:,} bytes of {name}" for name, count in found.missing.items())
    return "\n".join([*lines, f"does not fit: lacks {lacking}" if lacking else "fits"])


@errors.command
def main(argv=None) -> int:
    """Print the estimate; status 0 if the network fits, 1 if not."""
    line = argparse.ArgumentParser(
        prog="python -m helpers fit", description=__doc__.splitlines()[0], allow_abbrev=False
    )
    line.add_argument("model", help="a .h5, .onnx or .tflite file, trained or not")
    line.add_argument("--board", default="ke16z", help="one of firmware_projects (ke16z)")
    line.add_argument("--form", choices=targets.EVERY, help="form of the code, as -mcpu-form (the board's, or fast)")
    chosen = line.parse_args(argv)
    found = estimate(chosen.model, chosen.board, chosen.form)
    print(report(found))
    return 1 if found.missing else 0
