"""A first demonstration: compile the shipped network, build and run a board's program, without TensorFlow or the road."""

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from helpers.common import artifacts
from helpers.common.errors import Unsupported
from helpers.compiler import driver
from helpers.compiler.profiling import profile
from helpers.compiler.targets import Target
from helpers.data import images
from helpers.evaluation import results
from helpers.evaluation.results import Console
from helpers.firmware import projects
from helpers.hardware import boards
from helpers.hardware.boards import Board
from helpers.hardware.emulator.run import RunResult
from helpers.inference.bundle_header import BundleHeader

MODEL = artifacts.DATA / "MNIST_NXP.onnx"  # the shipped data/mnist.h5, exported by helpers.network.onnx_export
IMAGE = artifacts.DATA / "current_test_image.png"
NETWORK = "mnist_nxp"


@dataclass(frozen=True)
class Reading:
    """The result of one digit read by a board.

    pixels: uint8 (28, 28), 0 for paper and 255 for ink. run: the program from reset to its end; its console is what main.c
    printed. flash_bytes, ram_bytes: the program's memory use, with the space for its stack. seconds: compiling,
    building and running, on this machine.
    """

    board: Board
    pixels: np.ndarray
    run: RunResult
    header: BundleHeader
    seconds: float

    @property
    def flash_bytes(self) -> int:
        """The program's flash in bytes."""
        return self.run.sizes.flash

    @property
    def ram_bytes(self) -> int:
        """The program's RAM in bytes, with the stack that the linker script reserves."""
        return self.run.sizes.ram + self.run.sizes.reserved

    @property
    def console(self) -> Console:
        """The ten confidences, the class and the time, as main.c printed them."""
        return results.read_console(self.run.console)

    @property
    def cycles(self) -> int:
        """Cycles of one inference, with the board's flash wait states."""
        return self.run.function(self.header.name).inclusive_cycles_with_waits

    @property
    def milliseconds(self) -> float:
        """Milliseconds of one inference at the board's clock, with its flash wait states."""
        return 1000 * self.cycles / self.board.clock_hz


def read(board: str = "ke02z40m") -> Reading:
    """Let an emulated Cortex-M0+ board read the shipped test image; intermediate files are written to a temporary folder.

    Raises Unsupported for another core, and what the compiler, the build and the emulator raise.
    """
    start, facts = time.monotonic(), boards.load(board)
    if facts.core != "cortex-m0plus":
        raise Unsupported(f"{facts.title} has a {facts.core}", where="first digit", remedy="name a Cortex-M0+ board")
    pixels = images.read_png(IMAGE, (28, 28))
    with tempfile.TemporaryDirectory() as scratch:
        bundle = compiled(pixels, Path(scratch, "bundle"), facts.form)
        values = images.preprocess(pixels, "neg128to127", "NHWC", dtype=np.int8)
        project = _built(Path(scratch, "project"), facts, bundle, images.to_inc(values))
        run = projects.run(project)
    return Reading(facts, pixels[..., 0], run, project.header, time.monotonic() - start)


def compiled(pixels: np.ndarray, folder: Path, form: str = "") -> Path:
    """Compile the shipped network for a Cortex-M0+ into `folder`; returns it.

    pixels: uint8 (28, 28, 1), the one image that its ranges are profiled over, as the note does. form: as -mcpu-form, "" for
    the fast one. Raises what the compiler raises.
    """
    symbols = {"N": 1}
    real = images.preprocess(pixels, "0to1", "NHWC")
    ranges = profile.measure(driver.float_graph(MODEL, symbols), real)
    graph = driver.compiled_graph(MODEL, driver.Request(symbols, ranges, convert_placeholders=True))
    driver.emit_bundle(graph, folder, NETWORK, Target("cortex-m0plus", form=form or None))
    return folder


def _built(folder: Path, board: Board, bundle: Path, image: str) -> projects.Project:
    """Prepare, patch and build the board's project with the bundle and the image."""
    sources = {"main.c": projects.main_c.read(projects.START), "test_image.inc": image}
    project = projects.assemble(folder, board, "flash", bundle, sources)
    projects.patch(project)
    projects.build(project)
    return project


# At the end of an installation: it also lets zig build its own library, which takes 20 s once.
if __name__ == "__main__":
    answer = read()
    print(f"{answer.board.title} reads a {answer.console.top1} in {answer.milliseconds:.1f} ms")
