"""Find the first layer at which a compiled network's values differ from the integer reference."""

import copy
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from helpers.common.errors import Unsupported
from helpers.common.named_arrays import Arrays
from helpers.compiler import interpreter
from helpers.compiler.driver import Target
from helpers.compiler.ir.graph import Graph, Value
from helpers.evaluation.verify import integers

COMPARED = ("float", "int8", "int16", "int32")  # element types of a bundle's placeholders


@dataclass(frozen=True)
class Difference:
    """The first differing layer for one sample: how many values differ, and the first of them (index, both numbers)."""

    layer: str
    kind: str
    differing: int
    values: int
    index: tuple[int, ...]
    expected: float
    found: float

    def __str__(self) -> str:
        place = ", ".join(str(n) for n in self.index)
        share = f"{self.differing} of its {self.values} values differ"
        return f"layer {self.layer} ({self.kind}): {share}, first [{place}]: {self.found:.9g}, not {self.expected:.9g}"


def first_difference(graph: Graph, target: Target, sample: Arrays, folder: Path) -> Difference | None:
    """Compile the network up to each layer in turn and compare that layer's values for one sample: inputs [1, ...].

    None if every layer agrees when it is the last: then the fault is in something the layers share, such as memory.
    """
    expected = interpreter.all_values(graph, next(interpreter.chunks(graph, sample)))
    for node in graph.in_order():
        value = node.output
        if node.kind == "Reshape" or value.type.element not in COMPARED:
            continue
        try:
            found = integers.compiled(up_to(graph, value), sample, target, folder)
        except Unsupported:
            continue  # this form cannot end here
        if found.tobytes() != expected[value].tobytes():
            return _described(value, expected[value], found.reshape(expected[value].shape))
    return None


def up_to(graph: Graph, value: Value) -> Graph:
    """Copy the network up to `value`. The copy keeps every constant, so that weights have the same addresses."""
    part = copy.copy(graph)
    part.outputs = [("layer_output", value)]
    part.remove_unused()
    part.constants = graph.constants
    return part


def _described(value: Value, expected: np.ndarray, found: np.ndarray) -> Difference:
    wrong = np.argwhere(~_same(expected, found))
    at = tuple(int(n) for n in wrong[0])
    node = value.node
    return Difference(node.name, node.kind, len(wrong), expected.size, at, float(expected[at]), float(found[at]))


def _same(expected: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Compare element by element; two NaNs are equal."""
    return (expected == found) | ((expected != expected) & (found != found))
