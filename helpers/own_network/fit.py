"""Does a network fit a board? Told before it is trained, from its architecture: python -m helpers fit MODEL --board BOARD.

Bytes and cycles of the integer code depend on the layers and hardly on what the weights are. So the network is compiled with
whatever weights its file has, over ranges that random inputs give, and one inference is counted on the emulated core.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from helpers.common import artifacts, named_arrays
from helpers.common.errors import BadParameter
from helpers.common.named_arrays import Arrays
from helpers.compiler import driver, targets
from helpers.compiler.ir.graph import Graph
from helpers.evaluation import sample_networks
from helpers.evaluation.verify import floats, integers
from helpers.hardware import boards
from helpers.hardware.boards import Board
from helpers.inference import bundle_arrays
from helpers.inference.emulated_bundle import EmulatedBundle
from helpers.own_network import bounds, linker_facts

INPUTS = 8  # random ones that the stand-in for a profile is measured over
# What the program around the network takes besides its stack: vector table, start-up, main.c, console. Bytes of flash, the
# most of any board in Table 2 less its network and its image of 784 bytes, which is in RAM as well; and bytes of RAM. By core,
# or by board where that takes more.
AROUND_FLASH = {"cortex-m0": 1620, "cortex-m0plus": 1620, "cortex-m7": 10_230, "pico": 3240, "pico_flash": 3320}
AROUND_RAM = {"pico": 2120, "pico_flash": 2120}  # with what is kept for USB; elsewhere 16


def around(board: Board) -> tuple[int, int]:
    """Bytes of flash and RAM that a program of this workbook takes on a board without a network: RAM with the stack."""
    stack = linker_facts.read(board).stack
    return AROUND_FLASH.get(board.name, AROUND_FLASH[board.core]), AROUND_RAM.get(board.name, 16) + stack


@dataclass(frozen=True)
class Estimate:
    """What a network takes on a board.

    flash_bytes, ram_bytes: the network's own (code and weights; placeholders and activations, and the weights where `weights`
    is "ram"). multiplications: multiply-accumulates of one inference. cycles: with the flash's wait states; core_cycles:
    without. Where the weights or the buffers alone are larger than the board's memory nothing is compiled: bytes are then the
    least that there can be, code is not in flash_bytes, and cycles is None. reason: why there is no code of this form, "" if
    there is. constant_bytes: of flash_bytes, the weights that can lie in RAM.
    """

    board: Board
    form: str
    flash_bytes: int
    ram_bytes: int
    multiplications: int
    cycles: int | None = None
    core_cycles: int | None = None
    reason: str = ""
    weights: str = "flash"
    constant_bytes: int = 0

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
            "RAM": self.ram_bytes + ram - linker_facts.read(self.board).ram_bytes,
        }
        return {name: count for name, count in lacking.items() if count > 0}

    @property
    def fits(self) -> bool:
        """Whether there is code of this form, and the board has the memory for it."""
        return not self.reason and not self.missing

    @property
    def lacking(self) -> str:
        """What is missing in words, such as "212 bytes of RAM"."""
        return " and ".join(f"{count:,} bytes of {name}" for name, count in self.missing.items())


def estimate(model, board: str, form: str | None = None) -> Estimate:
    """What a .h5, .keras, .onnx or .tflite, trained or not, will take on a board in one form.

    form: of the code, as -mcpu-form; None takes the one that the board asks for, or the fast one (`choice.compare` measures
    all). Raises BadParameter for an unknown board, form or ending of the file; what the importers raise for a file that is not
    sound; Unsupported if the form has no code for the network.
    """
    target = boards.load(board)
    form = form_for(target, form)
    with tempfile.TemporaryDirectory() as scratch:
        source = read(Path(model), Path(scratch))
        return counted(integer_graph(source.file, source.symbols), target, form, Path(scratch, "bundle"))


def form_for(board: Board, form: str | None = None) -> str:
    """The form of code for a board: the one asked for, else the board's own, else the fast one. Raises BadParameter."""
    form = form or board.form or targets.FAST
    if form not in targets.of(board.core):
        raise BadParameter(
            f"{board.core} cannot have the form {form!r}", remedy=f"use {', '.join(targets.of(board.core))}"
        )
    return form


def read(model: Path, folder: Path, trained: bool = False) -> floats.Source:
    """What the compiler reads of a model file; only a Keras file loads TensorFlow. Raises as floats.source.

    trained: a Keras file is taken as it is; else its biases that are all zero count as numbers that training will change.
    """
    if model.suffix not in floats.KERAS or trained:
        return floats.source(model, folder)
    from helpers.network import cnn, onnx_export  # TensorFlow takes seconds to load

    proto = onnx_export.convert_untrained(cnn.load_h5(model))
    return floats.source(artifacts.write_bytes(folder / "network.onnx", proto.SerializeToString()), folder)


def integer_graph(file: Path, symbols: dict[str, int], graph: Graph | None = None) -> Graph:
    """The network in integers, its ranges from random inputs between 0 and 1; graph: the float graph, if it is known."""
    graph = graph or driver.float_graph(file, symbols)
    return integers.graph(file, symbols, at_random(graph, INPUTS), integers.DEFAULT, graph)


def random_inputs(file: Path, symbols: dict[str, int], count: int) -> Arrays:
    """Inputs between 0 and 1 for `count` inferences of a network, the same ones every time: float32 [count * batch, ...].

    By name where the network has several inputs.
    """
    return at_random(driver.float_graph(file, symbols), count)


def at_random(graph: Graph, count: int) -> Arrays:
    """As random_inputs, of a graph that was read."""
    random, arrays = np.random.default_rng(1), {}
    for node in graph.placeholders:
        batch, *rest = node.output.type.shape or (1,)
        arrays[node.name] = random.random((count * batch, *rest), np.float32)
    return named_arrays.alone(arrays)


def write_random_inputs(model, path: Path, count: int = 20) -> Path:
    """Write inputs between 0 and 1 of a network's shape as an .npz that `python -m helpers verify` reads; returns the path."""
    with tempfile.TemporaryDirectory() as scratch, artifacts.replacing(path) as temporary:
        source = read(Path(model), Path(scratch))
        inputs = random_inputs(source.file, source.symbols, count)
        np.savez(temporary, **(inputs if isinstance(inputs, dict) else {"x": inputs}))
    return path


def counted(graph: Graph, board: Board, form: str, folder: Path, weights: str = "flash") -> Estimate:
    """What an integer graph takes in one form: compiled into `folder` and measured, unless its bound is too much already.

    weights: "flash" or "ram", where the constant weights are to lie. Raises Unsupported if the form has no code.
    """
    work = sum(sample_networks.multiplications(graph).values())
    bound = bounds.of_form(graph, form, board.core)
    ram = bound.ram + (bound.flash if weights == "ram" and form == targets.PLAIN else 0)
    least = Estimate(board, form, bound.flash, ram, work, weights=weights)
    if least.missing:
        return least
    driver.emit_bundle(
        graph, folder, "network", driver.Target(board.core, form=form, multiplier=board.multiplier_cycles)
    )
    return measured(folder, board, form, work, weights)


def measured(folder: Path, board: Board, form: str, multiplications: int, weights: str = "flash") -> Estimate:
    """Measure a bundle that exists: count one inference of random inputs, which have no blanks to skip."""
    bundle = EmulatedBundle(folder, board.multiplier_cycles, board.core, board.fetch_bits)
    header, in_ram = bundle.header, weights == "ram"
    constants = len(bundle.constants)
    ram = header.mutable + header.activations + (constants if in_ram else 0)
    one = bundle.measure(bundle_arrays.at_random(header))
    cycles = one.with_waits(board.wait_states, in_ram)
    flash = bundle.flash_bytes
    return Estimate(board, form, flash, ram, multiplications, cycles, one.cycles, "", weights, constants)


def report(found: Estimate) -> str:
    """The estimate of one form in lines for people."""
    board, (flash, ram) = found.board, around(found.board)
    sizes = (
        ("flash", found.flash_bytes, flash, board.flash.size),
        ("RAM", found.ram_bytes, ram, linker_facts.read(board).ram_bytes),
    )
    lines = [f"{board.title}, form {found.form}: {found.multiplications:,} multiplications an inference"]
    lines += [
        f"  {name:5} {net:>9,} B network + {rest:>6,} B around it, of {size:,} B" for name, net, rest, size in sizes
    ]
    if found.cycles is not None:
        lines.append(f"  time  {found.cycles:>9,} cycles, {found.time_ms:.2f} ms at {board.clock_hz / 1e6:g} MHz")
    else:
        lines.append("  nothing was compiled: this alone is too much (flash without code, RAM at its least)")
    return "\n".join([*lines, f"does not fit: lacks {found.lacking}" if found.missing else "fits"])
