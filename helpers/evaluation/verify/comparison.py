"""Run the forms of one network on the same samples, and compare each with the nearest form above that passed."""

import itertools
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from helpers.common import named_arrays
from helpers.common.errors import BoardFault, ToolFailed, Unsupported
from helpers.common.named_arrays import Arrays
from helpers.compiler import driver, interpreter
from helpers.compiler.ir.graph import Graph
from helpers.evaluation.verify import drift, floats, integers, layers, samples
from helpers.evaluation.verify.integers import Quantisation

TOLERANCE = 1e-3  # largest difference of two float forms, relative to the largest output if that is over 1
SHOWN = 3  # mismatches of a form that are looked into
BITS, CLOSE, FREE = "bits", "close", "free"  # required of a form: equal bits, equality within the tolerance, nothing


@dataclass(frozen=True)
class Mismatch:
    """A sample whose result differs, its class (highest output) in the form above and here, and the first differing layer."""

    sample: str
    before: int
    after: int
    layer: str = ""


@dataclass(frozen=True)
class Row:
    """One form, compared with the one above it; the first is not compared.

    A sample's class is the highest value of the first output; all other fields concern every value of every output.
    accuracy: share of correct classes, None without labels. same_class: samples of the same class. largest_difference: of any
    output, in real units. bit_equal, agrees: None if nothing is required. refused: why there is no result. compared: False if
    another program's results could not be compared. detour: the form is made for the comparison alone, and may be left out.
    """

    form: str
    accuracy: float | None = None
    same_class: int | None = None
    largest_difference: float | None = None
    bit_equal: bool | None = None
    agrees: bool | None = None
    refused: str = ""
    mismatches: tuple[Mismatch, ...] = ()
    compared: bool = True
    detour: bool = False


@dataclass(frozen=True)
class Verification:
    """The rows in order, the number of samples, and the tolerance of the float forms."""

    rows: tuple[Row, ...]
    count: int
    tolerance: float

    @property
    def passed(self) -> bool:
        """Whether every form is as close to the one above as required, and all but detours could be compared."""
        return all(row.agrees is not False and (row.compared or row.detour) for row in self.rows)


@dataclass(frozen=True)
class _Result:
    """The outputs of one form for `count` samples, raw and as real numbers.

    where(n): the first layer at which sample n goes wrong. beside: tells whether integers have drifted from the float form above.
    """

    form: str
    count: int
    outputs: Arrays
    reals: Arrays
    asked: str
    where: Callable[[int], str] = lambda n: ""
    beside: drift.Drift | None = None

    @property
    def raw(self) -> np.ndarray:
        """The bytes of every output: uint8 [count, bytes]."""
        return np.concatenate([each.view(np.uint8) for each in self._by_sample(self.outputs)], axis=1)

    @property
    def real(self) -> np.ndarray:
        """The real numbers of every output: [count, values]."""
        return np.concatenate(self._by_sample(self.reals), axis=1)

    @property
    def classes(self) -> np.ndarray:
        """The class of each sample: int [count]."""
        return self._by_sample(self.reals)[0].argmax(1)

    def _by_sample(self, arrays: Arrays) -> list[np.ndarray]:
        return [np.ascontiguousarray(each.reshape(self.count, -1)) for each in named_arrays.in_order(arrays)]


def verify(
    model, words: list[str], targets: dict[str, driver.Target], quantisation: Quantisation = integers.DEFAULT,
    loading: samples.Loading = samples.DEFAULT, tolerance: float = TOLERANCE,
) -> Verification:  # fmt: skip
    """Run every form of a model (.h5, .keras, .onnx, .tflite) on the samples that `words` name.

    The integer forms must be equal bit for bit, two float forms within `tolerance`. From float to integers the difference must
    stay below half of the float values' variation (root mean squares; drift.py); only numbers that overflow exceed
    that. targets: as of integers.targets.
    Raises WorkbookError if model, samples or profile are invalid.
    """
    with tempfile.TemporaryDirectory() as name:
        source = floats.source(model, Path(name))
        graph = driver.float_graph(source.file, source.symbols)
        given = samples.load(words, {node.name: node.output.type.shape for node in graph.placeholders}, loading)
        values = sum(value.type.size for _, value in graph.outputs)
        theirs = _by_others(source, given, FREE if integers.quantised(graph) else CLOSE, values)
        beside = graph
        graph = integers.graph(source.file, source.symbols, given.arrays, quantisation)
        ours = _by_us(graph, drift.of(beside, graph, given.arrays), targets, Path(name))
        rows = tuple(_rows(itertools.chain(theirs, ours), given, tolerance))
    return Verification(rows, len(given.names), tolerance)


def _by_others(source: floats.Source, given: samples.Samples, asked: str, values: int) -> Iterator[_Result | Row]:
    """Run other programs; one that refuses the network, or gives another number of values, becomes a row with the reason."""
    count = len(given.names)
    for form, run in source.forms:
        try:
            outputs = run(given.arrays)
        except Unsupported as error:
            yield Row(form, refused=str(error), compared=False, detour=form in source.detours)
            continue
        sizes = sum(array.size for array in named_arrays.in_order(outputs))
        if sizes == values * count:
            yield _Result(form, count, outputs, outputs, asked)
        else:
            reason = f"it gives {sizes / count:g} numbers a sample, the compiled network {values}"
            yield Row(form, refused=reason, compared=False)


def _by_us(
    graph: Graph, beside: drift.Drift, targets: dict[str, driver.Target], folder: Path
) -> Iterator[_Result | Row]:
    """Run the reference in numpy, then every compiled form; one without outputs becomes a row with the reason.

    If layers stay float32, numpy sums in another order than the compiled forms, which are equal among themselves.
    """
    inputs = beside.fed
    outputs, count = integers.reference(graph, inputs), interpreter.inferences(graph, inputs)
    yield _Result("integers (numpy)", count, outputs, integers.real(graph, outputs), FREE, beside=beside)
    asked = CLOSE if integers.has_float_layers(graph) else BITS
    for form, target in targets.items():

        def where(n: int, target=target) -> str:
            sample = named_arrays.each(inputs, lambda array: array[n : n + 1])
            found = layers.first_difference(graph, target, sample, folder / "part")
            return (
                str(found)
                if found
                else "each layer agrees when it is the last; look at what they share, such as memory"
            )

        try:
            outputs = integers.compiled(graph, inputs, target, folder / "whole")
            yield _Result(form, count, outputs, integers.real(graph, outputs), asked, where)
            asked = BITS
        except Unsupported as error:
            yield Row(form, refused=str(error))
        except (BoardFault, ToolFailed) as error:
            yield Row(form, agrees=False, refused=str(error))


def _rows(results: Iterable[_Result | Row], given: samples.Samples, tolerance: float) -> Iterator[Row]:
    """Compare each form with the previous one, or, if that failed, with the last one that passed."""
    above = None
    for each in results:
        if isinstance(each, Row):
            yield each
            continue
        accuracy = None if given.labels is None else float((each.classes == given.labels).mean())
        row = _compared(above, each, given, tolerance, accuracy) if above else Row(each.form, accuracy)
        yield row
        above = above if row.agrees is False and each.asked != FREE else each


def _compared(above: _Result, this: _Result, given: samples.Samples, tolerance: float, accuracy: float | None) -> Row:
    before, after, real = above.classes, this.classes, above.real
    largest = np.abs(this.real.astype(np.float64) - real).max(1)
    if this.asked == BITS:
        wrong = (this.raw != above.raw).any(1)
    elif this.asked == CLOSE:
        wrong = ~(largest <= tolerance * max(1.0, float(np.abs(real).max())))
    else:
        wrong = before != after
    mismatches = [
        Mismatch(given.names[n], int(before[n]), int(after[n]), this.where(n)) for n in np.flatnonzero(wrong)[:SHOWN]
    ]
    agrees = None if this.asked == FREE else not wrong.any()
    if this.beside and this.beside.lost(real, this.real):
        worst = int(largest.argmax())
        what, agrees = this.beside.described(worst, float(largest[worst])), False
        mismatches = [Mismatch(given.names[worst], int(before[worst]), int(after[worst]), what)]
    bit_equal = agrees if this.asked == BITS else None
    same = int((before == after).sum())
    return Row(this.form, accuracy, same, float(largest.max()), bit_equal, agrees, mismatches=tuple(mismatches))
