"""Compile each candidate for a board, and measure what it costs there."""

import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from helpers.common import artifacts, named_arrays
from helpers.compiler import driver, targets
from helpers.compiler.ir.graph import Graph
from helpers.compiler.profiling import profile
from helpers.evaluation.verify import integers
from helpers.hardware.boards import Board
from helpers.inference.emulated_bundle import EmulatedBundle
from helpers.own_network.need.candidates import Candidate

TIMED = 20  # test samples: a walk down a tree takes as long as it is deep
OPSETS = {"": 15, "ai.onnx.ml": 3}


@dataclass(frozen=True)
class Row:
    """A candidate on a board: accuracy between 0 and 1 of the compiled code; bytes; mean cycles with the flash's waits."""

    name: str
    accuracy: float
    flash_bytes: int
    ram_bytes: int
    cycles: int
    time_ms: float


def measure(candidate: Candidate, board: Board) -> Row:
    """Export a model with skl2onnx, compile it, and measure it; the file and the bundle are temporary."""
    with tempfile.TemporaryDirectory() as scratch:
        graph = compiled(candidate, Path(scratch, "model.onnx"))
        inputs = integers.fed(graph, candidate.test)
        outputs = integers.real(graph, integers.reference(graph, inputs))
        classes = candidate.decide(named_arrays.in_order(outputs)[0].reshape(len(inputs), -1))
        target = driver.Target(board.core, form=targets.FAST, mul_cycles=board.mul_cycles)
        driver.emit_bundle(graph, Path(scratch, "bundle"), "model", target)
        bundle = EmulatedBundle(Path(scratch, "bundle"), board.mul_cycles, board.core, board.fetch_bits)
        counts = [bundle.measure(each[None]).with_waits(board.wait_states) for each in inputs[:TIMED]]
    cycles = int(np.mean(counts))
    ram = bundle.header.mutable + bundle.header.activations
    accuracy = float((classes == candidate.expected).mean())
    return Row(candidate.name, accuracy, bundle.flash_bytes, ram, cycles, 1000 * cycles / board.clock_hz)


def compiled(candidate: Candidate, path: Path) -> Graph:
    """Write the model's ONNX file and return the graph that is compiled."""
    from skl2onnx import to_onnx

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the label is left out: the class follows from the scores
        exported = to_onnx(candidate.model, candidate.test[:1], target_opset=OPSETS)
        artifacts.write_bytes(path, exported.SerializeToString(deterministic=True))
        inputs = {} if candidate.pixels is None else {"X": candidate.pixels}
        ranges = profile.measure(driver.float_graph(path, {}), candidate.train) if candidate.int8 else None
        return driver.compiled_graph(
            path, driver.Request({}, ranges, convert_placeholders=candidate.int8, inputs=inputs)
        )
