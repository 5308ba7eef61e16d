"""Detect integers that have drifted away from the float form: by how many steps, and from which layer on."""

from dataclasses import dataclass

import numpy as np

from helpers.common import named_arrays
from helpers.common.named_arrays import Arrays
from helpers.compiler import interpreter
from helpers.compiler.ir.graph import Graph, Value
from helpers.compiler.numerics import affine
from helpers.compiler.passes import pipeline
from helpers.evaluation.verify import integers

LARGEST_SHARE = 0.5  # of the float form's variation by which integers may differ from it (root mean squares)
FEWEST_STEPS = 4.0  # steps of the result below which a difference is no alarm, however little the values vary


@dataclass(frozen=True)
class Drift:
    """Compare the values of an integer graph with those of its float graph.

    inputs: float32, the float graph's inputs; fed: the same values in the types of the integer graph's placeholders.
    """

    floats: Graph
    graph: Graph
    inputs: Arrays
    fed: Arrays

    @property
    def step(self) -> float:
        """The largest step of an integer output; 0 if all are float32."""
        steps = [_step(value) for _, value in self.graph.outputs]
        return max(steps, default=0.0)

    def lost(self, floats: np.ndarray, ours: np.ndarray) -> bool:
        """Whether integers differ from the float form, both [samples, values], by more than the bounds above."""
        wanted = floats.astype(np.float64)
        off = _rms(ours - wanted)
        varies = max(float(wanted.std()), _rms(wanted) / 4)
        return off > LARGEST_SHARE * varies and off > FEWEST_STEPS * self.step

    def described(self, number: int, largest: float) -> str:
        """Say by how many steps a sample is off, and which layer's values are lost first."""
        steps = f"{largest / self.step:.0f} steps" if self.step else f"{largest:.3g}"
        return f"integers are off by {steps}{self._first_layer(number)}"

    def _first_layer(self, number: int) -> str:
        floats = self.floats.copied()
        pipeline.expand(floats)
        theirs = {value.name: array for value, array in _values(floats, self.inputs, number).items()}
        for value, array in _values(self.graph, self.fed, number).items():
            wanted = theirs.get(value.name)
            if not value.type.quantised or wanted is None or wanted.size != array.size or wanted.dtype != np.float32:
                continue
            off = np.abs(affine.dequantise(array, value.type).ravel() - wanted.ravel())
            varies = max(float(wanted.std()), _rms(wanted) / 4)
            if _rms(off) > LARGEST_SHARE * varies and _rms(off) > FEWEST_STEPS * value.type.scale:
                steps = float(off.max()) / value.type.scale
                return f"; the first layer is {value.node.name} ({value.node.kind}), by {steps:.0f} steps"
        return ""


def of(floats: Graph, graph: Graph, inputs: Arrays) -> Drift:
    """Make a Drift for float32 inputs."""
    return Drift(floats, graph, inputs, integers.fed(graph, inputs))


def _step(value: Value) -> float:
    source = value.node.inputs[0] if value.node.kind == "Dequantize" else value
    return source.type.scale if source.type.quantised else 0.0


def _values(graph: Graph, inputs: Arrays, number: int) -> dict[Value, np.ndarray]:
    """Compute every value of a graph for one sample."""
    sample = named_arrays.each(inputs, lambda array: array[number : number + 1])
    return interpreter.all_values(graph, next(interpreter.chunks(graph, sample)))


def _rms(array: np.ndarray) -> float:
    return float(np.sqrt(np.square(array.astype(np.float64)).mean()))
