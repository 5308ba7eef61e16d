"""Choose each weight's integer by the error of the layer's sums and the cost of its product.

Rounding to the nearest integer is the best for each weight alone, not for a sum of many (AdaRound: Nagel et al., "Up or Down?
Adaptive Rounding for Post-Training Quantization", 2020). Here a weight may take any of the integers around its real value. The
squared error of the layer's sums on sample inputs is e' G e, where e is the error of the weights, and G the averaged
products of the inputs with each other. The price of the products' cycles is added to it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from helpers.common.errors import BadInput
from helpers.compiler import interpreter
from helpers.compiler.ir.graph import Graph, Node, constant_of
from helpers.compiler.numerics import affine

REACH = 1  # a weight moves by at most so many integers beyond the two around its real value
SWEEPS = 3  # over all weights of a layer; later ones change next to nothing
KINDS = ("Convolution", "FullyConnected")

Cost = Callable[[tuple[int, ...]], int]  # cycles of the products of one input by these weights, one an output


@dataclass(frozen=True)
class Search:
    """The criteria by which weights are chosen.

    samples: inputs of the network, float32 [n, ...]; where: the file they are from. price: of all cycles of the layers'
    products, in units of a layer's error with its weights rounded to the nearest; 0 only rounds well.
    """

    samples: np.ndarray
    where: str
    price: float = 10.0


def choose(graph: Graph, real: dict[str, np.ndarray], search: Search, cost: Cost, bits: int | None = None) -> None:
    """Change the weights of an integer graph in place, layer by layer, each on the results of the changed ones before.

    real: the float32 weights by constant's name. bits: that every weight must fit in. Weights with a scale for each channel or
    row stay as they are. Raises BadInput for samples that are no inputs of the network.
    """
    inputs, price = _inputs(graph, search), search.price
    layers = [node for node in graph.in_order() if node.kind in KINDS and constant_of(node.inputs[1]).name in real]
    whole = sum(_positions(node) * _cycles(_matrix(node), cost) for node in layers)
    for node in layers:
        seen = _inputs_of(graph, node, inputs)
        constant = constant_of(node.inputs[1])
        target = _by_output(node, real[constant.name].astype(np.float64) / constant.output.type.scale)
        matrix = _Layer(_matrix(node), target, _gram(node, seen), cost, price * _positions(node) / max(whole, 1))
        offset = constant.output.type.offset
        least, most = (limit - offset for limit in affine.limits("int8", bits))
        constant.data = _from_output(node, matrix.chosen(least, most) + offset).astype(np.int8)


def _inputs(graph: Graph, search: Search) -> dict[str, np.ndarray]:
    """The samples by placeholder's name, in its type."""
    kinds = {node.name: node.output.type for node in graph.placeholders}
    (name, kind), *others = kinds.items()
    if others or search.samples.shape[1:] != kind.shape[1:] or kind.shape[:1] != (1,):
        wanted = "; ".join(f"{each} {list(kinds[each].shape)}" for each in kinds)
        what = f"x is {list(search.samples.shape)}, and the network's input is {wanted}"
        raise BadInput(what, where=search.where, remedy="give samples of one input, in its shape, batch first")
    return {name: affine.quantise(search.samples, kind) if kind.quantised else search.samples}


def _positions(node: Node) -> int:
    """How often each weight is used."""
    return node.output.type.size // node.output.type.shape[-1]


def _by_output(node: Node, weights: np.ndarray) -> np.ndarray:
    """Weights as [outputs, taps]."""
    return weights.T if node.kind == "FullyConnected" else weights.reshape(len(weights), -1)


def _from_output(node: Node, matrix: np.ndarray) -> np.ndarray:
    """The inverse of _by_output."""
    return matrix.T if node.kind == "FullyConnected" else matrix.reshape(node.inputs[1].type.shape)


def _matrix(node: Node) -> np.ndarray:
    """The integer weights less their offset, [outputs, taps]."""
    constant = constant_of(node.inputs[1])
    return _by_output(node, constant.data.astype(np.int64) - constant.output.type.offset)


def _cycles(matrix: np.ndarray, cost: Cost) -> int:
    return sum(cost(quad) for _, quad in _quads(matrix))


def _quads(matrix: np.ndarray) -> Iterator[tuple[int, tuple[int, ...]]]:
    """The weights that one input is multiplied by at a time: (tap, those of four outputs)."""
    for first in range(0, len(matrix), 4):
        for tap in range(matrix.shape[1]):
            yield tap, tuple(int(weight) for weight in matrix[first : first + 4, tap])


def _inputs_of(graph: Graph, layer: Node, inputs: dict[str, np.ndarray]) -> np.ndarray:
    seen = []
    interpreter.run(graph, inputs, lambda node, arrays, _: seen.append(arrays[0]) if node is layer else None)
    return seen[0]


def _gram(node: Node, x: np.ndarray) -> np.ndarray:
    """The mean products of a layer's inputs with each other, less their offset: [taps, taps]."""
    x = x.astype(np.float64) - node.inputs[0].type.offset
    if node.kind == "FullyConnected":
        return x.T @ x / len(x)
    window = node.attributes.window
    padded, size = window.padded(x, 0), node.output.type.shape[1:3]
    taps = [window.view(padded, tap, size) for tap in window.taps()]
    columns = np.stack(taps, axis=-2).reshape(-1, len(taps) * x.shape[-1])
    return columns.T @ columns / len(x)


class _Layer:
    """One layer's search. weights, target: [outputs, taps], less the offset; target is not rounded."""

    def __init__(self, weights: np.ndarray, target: np.ndarray, gram: np.ndarray, cost: Cost, price: float):
        self.weights, self.target, self.gram, self.cost = weights.copy(), target, gram, cost
        error = weights - target
        self.price = price * max(float(np.einsum("ij,jk,ik->", error, gram, error)), 1e-9)

    def chosen(self, least: int, most: int) -> np.ndarray:
        """The weights after some sweeps, from `least` to `most`."""
        pull = (self.weights - self.target) @ self.gram  # half of how the error grows with each weight
        for _ in range(SWEEPS):
            for output, tap in np.ndindex(*self.weights.shape):
                step = self._best(output, tap, pull[output, tap], least, most) - self.weights[output, tap]
                self.weights[output, tap] += step
                pull[output] += step * self.gram[tap]
        return self.weights

    def _best(self, output: int, tap: int, pull: float, least: int, most: int) -> int:
        first, now = output - output % 4, int(self.weights[output, tap])
        quad = [int(weight) for weight in self.weights[first : first + 4, tap]]
        low = int(np.floor(self.target[output, tap]))
        scored = []
        for candidate in range(max(low - REACH, least), min(low + 1 + REACH, most) + 1):
            step, quad[output - first] = candidate - now, candidate
            change = 2 * step * pull + step * step * self.gram[tap, tap]
            scored.append((change + self.price * self.cost(tuple(quad)), abs(step), candidate))
        return min(scored)[2]
