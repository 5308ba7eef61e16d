"""LSTM and GRU, unrolled over time into products, sums and tables: no kernels of their own.

Taken: forward, reverse and both; constant weights; either form of the GRU; initial states. Refused: other activations than the
default ones, clipping, peepholes, coupled gates, sequences of different lengths.
"""

import numpy as np

from helpers.aot.graph import Constant, Value
from helpers.aot.operators import clip, concat, matmul, reshape, transpose
from helpers.aot.operators import slice as slices
from helpers.aot.operators.registry import from_onnx
from helpers.errors import Unsupported

LONGEST = 256  # steps; each has operators of its own
ACTIVATIONS = {"LSTM": ("Sigmoid", "Tanh", "Tanh"), "GRU": ("Sigmoid", "Tanh")}
GATES = {"LSTM": 4, "GRU": 3}


@from_onnx("LSTM", "GRU")
def import_recurrent(importer, node):
    """All states, the last state, and of an LSTM the last cell; layouts 0 (time first) and 1 (batch first)."""
    graph, x, layout = importer.graph, node.inputs[0], node.attributes.get("layout", 0)
    if layout:
        x = transpose.add(graph, node.name, x, (1, 0, 2))
    directions = {"forward": [False], "reverse": [True], "bidirectional": [False, True]}[_checked(importer, node, x)]
    made = [_direction(importer, node, x, index, backwards) for index, backwards in enumerate(directions)]
    steps = [concat.add(graph, node.name, list(each), 1) for each in zip(*(every for every, _ in made), strict=True)]
    results = [concat.add(graph, node.name, steps, 0)]
    for each in zip(*(last for _, last in made), strict=True):
        joined = concat.add(graph, node.name, list(each), 1)
        results.append(reshape.add(graph, node.name, joined, joined.type.shape[1:]))
    if layout:
        orders = [(2, 0, 1, 3), *[(1, 0, 2)] * (len(results) - 1)]
        results = [transpose.add(graph, node.name, each, order) for each, order in zip(results, orders, strict=True)]
    return results


def _checked(importer, node, x: Value) -> str:
    """The node's direction; raises Unsupported for what is not taken."""
    given, kind = node.attributes, node.op_type
    direction = given.get("direction", "forward")
    activations = given.get("activations", ())
    usual = [each.decode() if isinstance(each, bytes) else each for each in activations]
    lengths = node.optional_input(4)
    if lengths is not None and (importer.constant(lengths) != x.type.shape[0]).any():
        raise Unsupported(f"{kind} over sequences of different lengths", remedy="leave sequence_lens out")
    if usual != list(ACTIVATIONS[kind]) * (len(usual) // len(ACTIVATIONS[kind])) or "clip" in given:
        raise Unsupported(f"{kind} with activations {usual} or clipping", remedy=f"use {', '.join(ACTIVATIONS[kind])}")
    if node.optional_input(7) is not None or given.get("input_forget", 0):
        raise Unsupported(f"{kind} with peepholes or coupled gates", remedy="train without them")
    if len(x.type.shape) != 3 or x.type.shape[0] > LONGEST:
        raise Unsupported(f"{kind} over an input {list(x.type.shape)}", remedy=f"use at most {LONGEST} steps")
    return direction


def _direction(importer, node, x: Value, index: int, backwards: bool) -> tuple[list[Value], list[Value]]:
    """One direction: every state [1, 1, batch, units] in order of time, and the last states in the same shape."""
    graph, (_, batch, size), count = importer.graph, x.type.shape, GATES[node.op_type]
    weights, recurrent = (importer.constant(node.inputs[place])[index].T for place in (1, 2))
    units = recurrent.shape[0]
    if weights.shape != (size, count * units) or recurrent.shape != (units, count * units):
        raise Unsupported(f"weights {list(weights.shape)} and {list(recurrent.shape)} do not fit")
    given = node.optional_input(3)
    biases = np.zeros((2, count * units), np.float32)
    if given is not None:
        biases = importer.constant(given)[index].reshape(2, count * units)
    places = (5, 6) if node.op_type == "LSTM" else (5,)
    states = [_initial(importer, node, node.optional_input(place), index) for place in places]
    cell = (Lstm if node.op_type == "LSTM" else _Gru)(importer, node, recurrent, biases, states)
    every = unrolled(cell, x, weights, backwards)
    shape = (1, 1, batch, units)
    return tuple([reshape.add(graph, node.name, each, shape) for each in values] for values in (every, cell.states))


def unrolled(cell, x: Value, weights: np.ndarray, backwards: bool = False) -> list[Value]:
    """Every state [batch, units] in order of time, of x [time, batch, size] and its weights [size, gates * units]."""
    graph, (length, batch, size) = cell.importer.graph, x.type.shape
    rows = reshape.to(graph, cell.name, x, (length * batch, size))
    product = matmul.add(graph, cell.name, rows, cell.constant(weights))
    entering = cell.binary("Add", product, cell.constant(cell.input_bias))
    every = [None] * length
    for step in reversed(range(length)) if backwards else range(length):
        part = [range(step * batch, (step + 1) * batch), range(weights.shape[1])]
        every[step] = cell.step(slices.add(graph, cell.name, entering, part))
    return every


def _initial(importer, node, given: Value | None, index: int) -> Value | None:
    """A state [batch, units] to begin with, or None for zeros."""
    if given is None or (isinstance(given.node, Constant) and not given.node.data.any()):
        return None
    if node.attributes.get("layout", 0):
        given = transpose.add(importer.graph, node.name, given, (1, 0, 2))
    ranges = [range(index, index + 1), *(range(n) for n in given.type.shape[1:])]
    return reshape.to(importer.graph, node.name, slices.add(importer.graph, node.name, given, ranges), given.type.shape[1:])


class _Cell:
    """What both kinds share. states: [batch, units] each, None for zeros."""

    def __init__(self, importer, node, recurrent: np.ndarray, biases: np.ndarray, states: list[Value | None]):
        self.importer, self.name, self.units, self.states = importer, node.name, len(recurrent), states
        self.input_bias, self.bound = biases.sum(0), node.attributes.get("cell_clip", 0.0)
        self.recurrent = [self.constant(recurrent)]

    def constant(self, array: np.ndarray) -> Value:
        return self.importer.graph.add_constant(self.name, np.ascontiguousarray(array, np.float32))

    def binary(self, kind: str, x: Value, y: Value) -> Value:
        return self.importer.binary(kind, self.name, x, y)

    def unary(self, kind: str, x: Value) -> Value:
        return self.importer.graph.add(kind, self.name, [x], [x.type]).output

    def gates(self, x: Value, first: int, count: int = 1) -> Value:
        """Columns of [batch, gates * units]."""
        columns = range(first * self.units, (first + count) * self.units)
        return slices.add(self.importer.graph, self.name, x, [range(x.type.shape[0]), columns])

    def product(self, state: Value, place: int = 0) -> Value:
        return matmul.add(self.importer.graph, self.name, state, self.recurrent[place])


class Lstm(_Cell):
    """Gates are input, output, forget, cell. An attribute `cell_clip` above 0 bounds the cell."""

    def step(self, x: Value) -> Value:
        state, cell = self.states
        every = x if state is None else self.binary("Add", self.product(state), x)
        gates = self.unary("Sigmoid", self.gates(every, 0, 3))
        new = self.binary("Mul", self.gates(gates, 0), self.unary("Tanh", self.gates(every, 3)))
        if cell is not None:
            new = self.binary("Add", self.binary("Mul", self.gates(gates, 2), cell), new)
        if self.bound:
            new = clip.add(self.importer.graph, self.name, new, -self.bound, self.bound)
        self.states = [self.binary("Mul", self.gates(gates, 1), self.unary("Tanh", new)), new]
        return self.states[0]


class _Gru(_Cell):
    """Gates are update, reset, hidden. With linear_before_reset the reset gate works on the state's product, else on it."""

    def __init__(self, importer, node, recurrent, biases, states):
        super().__init__(importer, node, recurrent, biases, states)
        self.reset_after, cut = bool(node.attributes.get("linear_before_reset", 0)), 2 * self.units
        if self.reset_after:
            self.input_bias = np.concatenate([self.input_bias[:cut], biases[0, cut:]])
            self.hidden_bias = self.constant(biases[1, cut:])
            self.bias = self.constant(np.concatenate([np.zeros(cut), biases[1, cut:]]))
        else:
            self.recurrent = [self.constant(recurrent[:, :cut]), self.constant(recurrent[:, cut:])]

    def step(self, x: Value) -> Value:
        (state,), entering = self.states, self.gates(x, 0, 2)
        if state is not None:
            past = self.product(state)
            past = self.binary("Add", past, self.bias) if self.reset_after else past
            entering = self.binary("Add", self.gates(past, 0, 2), entering)
        gates = self.unary("Sigmoid", entering)
        hidden = self.gates(x, 2)
        if self.reset_after:
            kept = self.hidden_bias if state is None else self.gates(past, 2)
            hidden = self.binary("Add", self.binary("Mul", self.gates(gates, 1), kept), hidden)
        elif state is not None:
            hidden = self.binary("Add", self.product(self.binary("Mul", self.gates(gates, 1), state), 1), hidden)
        new = self.unary("Tanh", hidden)
        change = self.binary("Mul", self.gates(gates, 0), new if state is None else self.binary("Sub", state, new))
        self.states = [self.binary("Sub" if state is None else "Add", new, change)]
        return self.states[0]
