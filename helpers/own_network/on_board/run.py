"""Every sample through a board: its outputs beside the reference's, and its times."""

import dataclasses
from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

from helpers.common import named_arrays
from helpers.common.named_arrays import Arrays
from helpers.compiler import interpreter
from helpers.compiler.ir.graph import Graph
from helpers.evaluation.verify import integers
from helpers.evaluation.verify.samples import Samples
from helpers.inference import bundle_arrays
from helpers.inference.bundle_header import BundleHeader
from helpers.own_network.on_board.session import Expected, Session


@dataclass(frozen=True)
class Mismatch:
    """A sample for which the board's outputs differ, and its class by the reference and by the board."""

    sample: str
    expected: int
    board: int


@dataclass(frozen=True)
class Result:
    """What a board computed.

    count: inferences; bit_equal: whether equal bits were asked, else closeness; mismatches: all of
    them; accuracy: share of right classes, None without labels; microseconds: least, mean and most of an inference."""

    board: str
    form: str
    build: str
    count: int
    bit_equal: bool
    mismatches: tuple[Mismatch, ...]
    accuracy: float | None
    microseconds: tuple[int, float, int]

    @property
    def passed(self) -> bool:
        """Whether every output of every sample is the reference's."""
        return not self.mismatches


def expected(header: BundleHeader, build: bytes, flash: str) -> Expected:
    """Return what a board must say of itself if it runs this build; flash: the remedy if it does not."""
    sizes = [sum(each.bytes for each in side.values()) for side in (header.inputs, header.outputs)]
    return Expected(build, *sizes, flash)


def through(session: Session, header: BundleHeader, inputs: Arrays) -> tuple[Arrays, list[int]]:
    """Hand over every sample in turn. inputs: [n * batch, ...] in the placeholders' types, by name if there are several.

    Returns the outputs in the same way, and the microseconds of each inference. Raises what `Session.ask` raises.
    """
    fed = bundle_arrays.fed(header, inputs)
    rows, times = [], []
    for number, arrays in enumerate(
        tqdm(zip(*fed.values(), strict=True), total=_count(fed), disable=None, leave=False)
    ):
        answer = session.ask(number, b"".join(array.tobytes() for array in arrays))
        rows.append(np.frombuffer(answer.outputs, np.uint8))
        times.append(answer.microseconds)
    ends = np.cumsum([each.bytes for each in header.outputs.values()])[:-1]
    return bundle_arrays.taken(header, np.split(np.stack(rows), ends, axis=1)), times


def _count(fed: dict[str, np.ndarray]) -> int:
    return len(next(iter(fed.values())))


def compared(
    graph: Graph, given: Samples, answers: tuple[Arrays, list[int]], tolerance: float, facts: dict[str, str]
) -> Result:
    """Compare a board's outputs with the reference in numpy: equal bits, or closeness if a layer computes in float32.

    tolerance: the largest difference then, in units of the largest output if that is over 1. facts: board, form and build.
    """
    inputs = integers.fed(graph, given.arrays)
    outputs, times = answers
    count = interpreter.inferences(graph, inputs)
    ours, theirs = (_rows(each, count) for each in (integers.reference(graph, inputs), outputs))
    reals = [_rows(integers.real(graph, each), count) for each in (integers.reference(graph, inputs), outputs)]
    exact = not integers.has_float_layers(graph)
    if exact:
        wrong = np.logical_or.reduce([(one != other).any(1) for one, other in zip(ours, theirs, strict=True)])
    else:
        one, other = (np.concatenate(each, axis=1).astype(np.float64) for each in reals)
        wrong = ~(np.abs(one - other).max(1) <= tolerance * max(1.0, float(np.abs(one).max())))
    right, found = (each[0].argmax(1) for each in reals)
    mismatches = tuple(Mismatch(given.names[n], int(right[n]), int(found[n])) for n in np.flatnonzero(wrong))
    accuracy = None if given.labels is None else float((found == given.labels).mean())
    return Result(
        **facts, count=count, bit_equal=exact, mismatches=mismatches, accuracy=accuracy,
        microseconds=(min(times), sum(times) / len(times), max(times)),
    )  # fmt: skip


def _rows(arrays: Arrays, count: int) -> list[np.ndarray]:
    return [array.reshape(count, -1) for array in named_arrays.in_order(arrays)]


def as_json(result: Result) -> dict:
    """Return the result as plain values for JSON."""
    return {**dataclasses.asdict(result), "passed": result.passed}
