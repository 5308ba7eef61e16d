"""What a network for digits gets right, and what it costs on a board: the network alone, and its whole program."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from helpers.compiler import driver
from helpers.compiler.ir.graph import Graph
from helpers.evaluation.verify import integers
from helpers.firmware import projects
from helpers.hardware import boards
from helpers.inference.host_bundle import HostBundle
from helpers.own_network import fit, program
from helpers.own_network.fit import Estimate

FORM = "fast"


@dataclass(frozen=True)
class Program:
    """A whole program on a board.

    flash_bytes: code, weights and the test image. ram_bytes: what the linker reserves, the room for the stack included.
    milliseconds: of one inference, as the program prints it. answer: the place of its largest output.
    """

    flash_bytes: int
    ram_bytes: int
    milliseconds: float
    answer: int


def as_input(images: np.ndarray) -> np.ndarray:
    """Turn uint8 images [n, 28, 28] into float32 [n, 28, 28, 1] in 0..1, as training does."""
    return images[..., None].astype(np.float32) * np.float32(1 / 255)


def outputs(graph: Graph, images: np.ndarray) -> np.ndarray:
    """Compute an integer graph's ten outputs for uint8 images, int8 [n, 10]; compiled for this machine, bit for bit as numpy."""
    with tempfile.TemporaryDirectory() as folder:
        driver.emit_bundle(graph, Path(folder), "digits", driver.Target())
        return HostBundle(Path(folder)).run(integers.fed(graph, as_input(images))).reshape(len(images), -1)


def right(graph: Graph, images: np.ndarray, labels: np.ndarray) -> int:
    """Count the images whose largest output is their label."""
    return int((outputs(graph, images).argmax(1) == labels).sum())


def cost(graph: Graph, board: str = "ke16z", form: str = FORM) -> Estimate:
    """Measure one inference of a network on the emulated board: bytes, cycles, cycles with the flash's waits."""
    with tempfile.TemporaryDirectory() as folder:
        return fit.counted(graph, boards.load(board), form, Path(folder))


def on_board(graph: Graph, image: np.ndarray, folder: Path, board: str = "ke16z", form: str = FORM) -> Program:
    """Build the network's program with one uint8 image [28, 28] in it, run it emulated, and read its console.

    folder: where the project is written. Its ELF, .bin and .hex are for the real board, too.
    """
    facts = boards.load(board)
    target = driver.Target(facts.core, form=form, mul_cycles=facts.mul_cycles)
    with tempfile.TemporaryDirectory() as bundle:
        driver.emit_bundle(graph, Path(bundle), "digits", target)
        project = program.make(board, Path(bundle), as_input(image[None])[0], folder)
    run = projects.run(project)
    answer = program.answer(project, run.console)
    largest = int(np.asarray(answer.outputs).argmax())
    return Program(run.sizes.flash, run.sizes.ram + run.sizes.reserved, answer.microseconds / 1000, largest)
