"""Estimate before training whether a network fits a board: python -m helpers fit MODEL --board BOARD.

Bytes and cycles of the integer code depend on the layers first, and a little on the weights. So the network is compiled with the
weights in its file and with ranges from random inputs, and one inference is measured on the emulated core.
"""

import dataclasses
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
# Memory of the program around the network, without its stack: vector table, start-up, main.c, console. Flash: the most of any
# board in Table 2, less its network and its image of 784 bytes, which is in RAM as well. RAM: in bytes. By core, or by
# board if it needs more.
AROUND_FLASH = {"cortex-m0": 1620, "cortex-m0plus": 1620, "cortex-m7": 10_230, "pico": 3240, "pico_flash": 3320}
AROUND_RAM = {"pico": 2120, "pico_flash": 2120}  # includes the memory for USB; 16 on other boards


def around(board: Board) -> tuple[int, int]:
    """Return the bytes of flash and RAM of a board's program without a network; RAM includes the stack."""
    stack = linker_facts.read(board).stack
    return AROUND_FLASH.get(board.name, AROUND_FLASH[board.core]), AROUND_RAM.get(board.name, 16) + stack


@dataclass(frozen=True)
class Estimate:
    """The cost of a network on a board.

    flash_bytes, ram_bytes: the network's own (code and weights; placeholders and activations, and the weights where `weights`
    is "ram"). multiplications: multiply-accumulates of one inference. cycles: with the flash's wait states; core_cycles:
    without. If the weights or the buffers alone are larger than the board's memory, nothing is compiled: bytes are then lower
    bounds, code is not in flash_bytes, and cycles is None. reason: why there is no code of this form, "" if there is.
    constant_bytes: the part of flash_bytes that can be moved to RAM (weights). activations_bytes: the part of ram_bytes that a
    board's second RAM region can take. mix: the forms of the layers in form auto.
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
    activations_bytes: int = 0
    mix: targets.Mix | None = None

    @property
    def time_ms(self) -> float | None:
        """Milliseconds of one inference."""
        return None if self.cycles is None else 1000 * self.cycles / self.board.clock_hz

    @property
    def missing(self) -> dict[str, int]:
        """Bytes that the board lacks, by memory; empty if the program around the network fits as well."""
        flash, ram = around(self.board)
        in_ram = linker_facts.read(self.board).lacking(self.ram_bytes + ram, self.activations_bytes)
        lacking = {"flash": self.flash_bytes + flash - self.board.flash.size, **in_ram}
        return {name: count for name, count in lacking.items() if count > 0}

    @property
    def fits(self) -> bool:
        """Whether there is code of this form and the board has enough memory for it."""
        return not self.reason and not self.missing

    @property
    def lacking(self) -> str:
        """The missing memory in words, such as "212 bytes of RAM"."""
        return " and ".join(f"{count:,} bytes of {name}" for name, count in self.missing.items())


def estimate(model, board: str, form: str | None = None) -> Estimate:
    """Estimate the cost of a .h5, .keras, .onnx or .tflite, trained or not, on a board in one form.

    form: of the code, as -mcpu-form; None takes the board's own form, or the fast one (`choice.compare` measures all). Raises
    BadParameter for an unknown board, form or file ending; what the importers raise for an invalid file; Unsupported if the
    form has no code for the network.
    """
    target = boards.load(board)
    form = form_for(target, form)
    with tempfile.TemporaryDirectory() as scratch:
        source = read(Path(model), Path(scratch))
        return counted(integer_graph(source.file, source.symbols), target, form, Path(scratch, "bundle"))


def form_for(board: Board, form: str | None = None) -> str:
    """Return the form of code for a board: the requested one, else the board's own, else the fast one. Raises BadParameter."""
    form = form or board.form or targets.FAST
    if form not in targets.of(board.core):
        raise BadParameter(
            f"{board.core} cannot have the form {form!r}", remedy=f"use {', '.join(targets.of(board.core))}"
        )
    return form


def read(model: Path, folder: Path, trained: bool = False) -> floats.Source:
    """Read a model file as a float graph; only a Keras file loads TensorFlow. Raises what floats.source raises.

    trained: a Keras file is converted unchanged; if False, its all-zero biases are kept, as training will change them.
    """
    if model.suffix not in floats.KERAS or trained:
        return floats.source(model, folder)
    from helpers.network import cnn, onnx_export  # TensorFlow takes seconds to load

    proto = onnx_export.convert_untrained(cnn.load_h5(model))
    return floats.source(artifacts.write_bytes(folder / "network.onnx", proto.SerializeToString()), folder)


def integer_graph(file: Path, symbols: dict[str, int], graph: Graph | None = None) -> Graph:
    """Quantise a network over random inputs between 0 and 1; graph: the float graph, if it is known."""
    graph = graph or driver.float_graph(file, symbols)
    return integers.graph(file, symbols, at_random(graph, INPUTS), integers.DEFAULT, graph)


def random_inputs(file: Path, symbols: dict[str, int], count: int) -> Arrays:
    """Return seeded random inputs between 0 and 1 for `count` inferences of a network: float32 [count * batch, ...].

    By name where the network has several inputs.
    """
    return at_random(driver.float_graph(file, symbols), count)


def at_random(graph: Graph, count: int) -> Arrays:
    """Like random_inputs, for a graph that is already read."""
    random, arrays = np.random.default_rng(1), {}
    for node in graph.placeholders:
        batch, *rest = node.output.type.shape or (1,)
        arrays[node.name] = random.random((count * batch, *rest), np.float32)
    return named_arrays.alone(arrays)


def write_random_inputs(model, path: Path, count: int = 20) -> Path:
    """Write random inputs between 0 and 1 for a network as an .npz for `python -m helpers verify`; returns the path."""
    with tempfile.TemporaryDirectory() as scratch, artifacts.replacing(path) as temporary:
        source = read(Path(model), Path(scratch))
        inputs = random_inputs(source.file, source.symbols, count)
        np.savez(temporary, **(inputs if isinstance(inputs, dict) else {"x": inputs}))
    return path


def budget(board: Board, kept: int = 0) -> targets.Budget:
    """Return what a board leaves for a network, with the waits of its flash; kept: bytes of flash for something else."""
    flash, ram = around(board)
    flash += kept
    return targets.Budget(board.flash.size - flash, linker_facts.read(board).ram_bytes - ram, board.wait_states)


def target(board: Board, form: str, reuse_inputs: bool = False, mix: targets.Mix | None = None) -> driver.Target:
    """Return what a board's program is compiled for.

    reuse_inputs: whether a call may overwrite its inputs; mix: what form auto has chosen, if that is known.
    """
    hard_float = board.core in targets.DSP_CPUS
    return driver.Target(
        board.core, hard_float, form=form, mul_cycles=board.mul_cycles, reuse_inputs=reuse_inputs, mix=mix
    )


def mixed(
    graph: Graph, board: Board, folder: Path, reuse_inputs: bool = False, with_input: bool = False
) -> Estimate | None:
    """Compile an integer graph in form auto into `folder`, the fastest mix of forms that fits, and measure it.

    reuse_inputs: whether a call may overwrite its inputs; with_input: whether flash is kept for a test input. None if only a
    form of one piece fits; raises DoesNotFit if none does.
    """
    kept = sum(node.output.type.bytes for node in graph.placeholders) if with_input else 0
    wanted = dataclasses.replace(target(board, targets.AUTO, reuse_inputs), budget=budget(board, kept))
    found = driver.resolved(graph, wanted)
    if not found.mix:
        return None
    driver.emit_bundle(graph, folder, "network", found)
    work = sum(sample_networks.multiplications(graph).values())
    return dataclasses.replace(measured(folder, board, targets.AUTO, work), mix=found.mix)


def counted(
    graph: Graph, board: Board, form: str, folder: Path, weights: str = "flash", reuse_inputs: bool = False
) -> Estimate:
    """Compile an integer graph in one form into `folder` and measure it, unless its lower bound is already too much.

    weights: "flash" or "ram", where the constant weights are stored. reuse_inputs: whether a call may overwrite its inputs.
    Raises Unsupported if the form has no code, BadParameter if it cannot overwrite inputs.
    """
    work = sum(sample_networks.multiplications(graph).values())
    bound = bounds.of_form(graph, form, board.core, reuse_inputs)
    ram = bound.ram + (bound.flash if weights == "ram" and form == targets.PLAIN else 0)
    least = Estimate(board, form, bound.flash, ram, work, weights=weights, activations_bytes=ram)
    if least.missing:
        return least
    soft = dataclasses.replace(target(board, form, reuse_inputs), hard_float=False)  # as the emulated core has it
    driver.emit_bundle(graph, folder, "network", soft)
    return measured(folder, board, form, work, weights)


def measured(folder: Path, board: Board, form: str, multiplications: int, weights: str = "flash") -> Estimate:
    """Measure an existing bundle over one inference of random inputs, which have no blanks to skip."""
    bundle = EmulatedBundle(folder, board.mul_cycles, board.core, board.fetch_bits)
    header, in_ram = bundle.header, weights == "ram"
    constants = len(bundle.constants)
    ram = header.mutable + header.activations + (constants if in_ram else 0)
    one = bundle.measure(bundle_arrays.at_random(header))
    in_place = any(each.in_place for each in header.inputs.values())  # and a program's test input is in flash
    cycles = one.with_waits(board.wait_states, in_ram, input_in_flash=in_place)
    flash = bundle.flash_bytes
    sizes = (flash, ram, multiplications)
    activations = header.mutable if header.shared else header.activations
    return Estimate(board, form, *sizes, cycles, one.cycles, "", weights, constants, activations)


def report(found: Estimate) -> str:
    """Format the estimate of one form as lines of text."""
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
