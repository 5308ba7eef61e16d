"""LSTM and GRU, unrolled over time into dense layers, sums, products and activations: no kernels of their own.

Nodes, names and order are Glow's (createOnnxLSTM and createOnnxGRU in lib/Graph/Graph.cpp), so that profiles agree. Taken:
forward, reverse and both; constant weights; either form of the GRU; initial states; peepholes of the LSTM. Refused: other
activations than Sigmoid, Tanh and Relu, clipping, sequences of different lengths, and coupled gates, which ONNX leaves open.
"""

from helpers.common.errors import Unsupported
from helpers.compiler.ir.graph import Graph, TensorType, Value
from helpers.compiler.operators import clip, concat, matmul, reshape, slicing, transpose
from helpers.compiler.operators.base.protocols import OnnxImporter, OnnxNode
from helpers.compiler.operators.base.registry import from_onnx

LONGEST = 256  # steps; each has nodes of its own
ACTIVATIONS = {"LSTM": ("Sigmoid", "Tanh", "Tanh"), "GRU": ("Sigmoid", "Tanh")}
GATES = {"LSTM": "iofc", "GRU": "zrh"}  # in the order of their weights
STATES = {"LSTM": {"h": 5, "c": 6}, "GRU": {"h": 5}}  # which input a state begins with
DIRECTIONS = {"forward": (False,), "reverse": (True,), "bidirectional": (False, True)}
KNOWN = ("Sigmoid", "Tanh", "Relu")


@from_onnx("LSTM", "GRU")
def import_recurrent(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """All states, the last state, and of an LSTM the last cell; layouts 0 (time first) and 1 (batch first)."""
    graph, x, layout = importer.graph, node.inputs[0], node.attributes.get("layout", 0)
    if layout:
        x = transpose.add(graph, node.name, x, (1, 0, 2))
    directions = _checked(importer, node, x)
    units = importer.constant(node.inputs[2]).shape[-1]
    length, batch, size = x.type.shape
    initial = {
        state: _initial(importer, node, state, (len(directions), batch, units)) for state in STATES[node.op_type]
    }
    steps = []
    for step in range(length):
        part = slicing.add(graph, f"{node.name}.X{step}.slice", x, [range(step, step + 1), range(batch), range(size)])
        steps.append(reshape.add(graph, f"{node.name}.X{step}.reshape", part, (batch, size)))
    made = [_run(importer, node, steps, initial, index, backwards) for index, backwards in enumerate(directions)]
    every = [value for each in zip(*(values for values, _ in made), strict=True) for value in each]
    results = [_joined(graph, f"{node.name}.Y", every, (length, len(directions), batch, units))]
    for state in initial:
        last = [states[state] for _, states in made]
        results.append(_joined(graph, f"{node.name}.Y_{state}", last, (len(directions), batch, units)))
    if layout:
        orders = [(2, 0, 1, 3), *[(1, 0, 2)] * (len(results) - 1)]
        results = [transpose.add(graph, node.name, each, order) for each, order in zip(results, orders, strict=True)]
    return results


def _checked(importer: OnnxImporter, node: OnnxNode, x: Value) -> tuple[bool, ...]:
    """Whether each direction runs backwards; raises Unsupported for what is not taken."""
    given, kind = node.attributes, node.op_type
    if len(x.type.shape) != 3 or x.type.shape[0] > LONGEST:
        raise Unsupported(f"{kind} over an input {list(x.type.shape)}", remedy=f"use at most {LONGEST} steps")
    lengths = node.optional_input(4)
    if lengths is not None and (importer.constant(lengths) != x.type.shape[0]).any():
        raise Unsupported(f"{kind} over sequences of different lengths", remedy="leave sequence_lens out")
    if "clip" in given or given.get("input_forget", 0):
        raise Unsupported(f"{kind} with clipping or coupled gates", remedy="train without them")
    directions = DIRECTIONS[given.get("direction", "forward")]
    if len(_activations(node)) != len(directions) * len(ACTIVATIONS[kind]):
        raise Unsupported(f"{kind} with {len(_activations(node))} activations in {len(directions)} directions")
    return directions


def _activations(node: OnnxNode) -> list[str]:
    """The activation functions of all directions; raises Unsupported for one that is not known."""
    directions = len(DIRECTIONS[node.attributes.get("direction", "forward")])
    given = node.attributes.get("activations") or ACTIVATIONS[node.op_type] * directions
    names = [each.decode() if isinstance(each, bytes) else each for each in given]
    if (
        any(each not in KNOWN for each in names)
        or "activation_alpha" in node.attributes
        or "activation_beta" in node.attributes
    ):
        raise Unsupported(f"{node.op_type} with activations {names}", remedy=f"use {', '.join(KNOWN)}")
    return names


def _initial(importer: OnnxImporter, node: OnnxNode, state: str, shape: tuple[int, int, int]) -> Value:
    """A state [directions, batch, units] to begin with: zeros where none is given."""
    given = node.optional_input(STATES[node.op_type][state])
    if given is None:
        return importer.graph.add_splat(f"{node.name}.initial_{state}", shape, 0)
    if node.attributes.get("layout", 0):
        given = transpose.add(importer.graph, node.name, given, (1, 0, 2))
    if given.type.shape != shape:
        raise Unsupported(f"a state {list(given.type.shape)} to begin with, where {list(shape)} fits")
    return given


def _joined(graph: Graph, name: str, values: list[Value], shape: tuple[int, ...]) -> Value:
    return reshape.add(graph, f"{name}.reshape", concat.add(graph, f"{name}.concat", values, 0), shape)


def _run(
    importer: OnnxImporter, node: OnnxNode, steps: list[Value], initial: dict[str, Value], index: int, backwards: bool
) -> tuple[list[Value], dict[str, Value]]:
    """One direction: the state after every step in order of time, and the last states by name, each [batch, units]."""
    prefix = node.name
    if len(DIRECTIONS[node.attributes.get("direction", "forward")]) > 1:
        prefix += ".bw" if backwards else ".fw"
    cell = (_Lstm if node.op_type == "LSTM" else _Gru)(importer, node, prefix, index, steps[0].type.shape)
    states = {}
    for state, value in initial.items():
        name = f"{prefix}.{state.upper()}"
        part = slicing.add(
            importer.graph, f"{name}.slice", value, [range(index, index + 1), *map(range, value.type.shape[1:])]
        )
        states[state] = reshape.add(importer.graph, f"{name}.reshape", part, value.type.shape[1:])
    every = []
    for x in reversed(steps) if backwards else steps:
        states = cell.step(x, states)
        every.append(states["h"])
    return (every[::-1] if backwards else every), states


class _Cell:
    """What both kinds share: the weights of each gate, for the input (W) and for the state (R), and their biases."""

    def __init__(self, importer: OnnxImporter, node: OnnxNode, prefix: str, index: int, shape: tuple[int, ...]) -> None:
        self.graph, self.prefix, gates = importer.graph, prefix, GATES[node.op_type]
        weights, recurrent = (importer.constant(node.inputs[place]) for place in (1, 2))
        units = recurrent.shape[-1]
        self.shape, rows = (shape[0], units), len(gates) * units
        fits = weights.shape[1:] == (rows, shape[1]) and recurrent.shape[1:] == (rows, units)
        if not fits or index >= min(len(weights), len(recurrent)):
            raise Unsupported(f"weights {list(weights.shape)} and {list(recurrent.shape)} do not fit")
        size = len(ACTIVATIONS[node.op_type])
        self.activations = _activations(node)[index * size : (index + 1) * size]
        self.weights: dict[str, Value] = {}
        self.biases: dict[str, Value] = {}
        for letter, value in zip("WR", node.inputs[1:3], strict=True):
            self._cut(self.weights, letter, gates, value, index, units)
        bias = node.optional_input(3)
        if bias is not None:
            if importer.constant(bias).shape[1:] != (2 * rows,):
                raise Unsupported(f"biases {list(bias.type.shape)} do not fit")
            names = [f"{letter}{gate}" for letter in "WR" for gate in gates]
            cuts = [self._slice(f"b{name}.", bias, index, place, units) for place, name in enumerate(names)]
            for name, cut in zip(names, cuts, strict=True):
                self.biases[name] = reshape.add(self.graph, f"{prefix}.b{name}.reshape", cut, (units,))

    def _cut(self, found: dict[str, Value], letter: str, gates: str, value: Value, index: int, units: int) -> None:
        """The matrix of each gate, turned for a dense layer; Glow makes all slices first, then all reshapes and transposes."""
        names = [f"{letter}{gate}" for gate in gates]
        cuts = [self._slice(f"{name}.", value, index, place, units) for place, name in enumerate(names)]
        flat = [
            reshape.add(self.graph, f"{self.prefix}.{name}.reshape", cut, cut.type.shape[1:])
            for name, cut in zip(names, cuts, strict=True)
        ]
        for name, each in zip(names, flat, strict=True):
            found[name] = transpose.add(self.graph, f"{self.prefix}.{name}.transp", each, (1, 0))

    def _slice(self, name: str, value: Value, index: int, place: int, units: int) -> Value:
        """The rows of one gate and one direction."""
        ranges = [range(index, index + 1), range(place * units, (place + 1) * units), *map(range, value.type.shape[2:])]
        return slicing.add(self.graph, f"{self.prefix}.{name}", value, ranges)

    def dense(self, name: str, x: Value, gate: str) -> Value:
        """x times a gate's weights ("Wi"), and its bias where there are any."""
        if gate not in self.biases:
            return matmul.add(self.graph, f"{self.prefix}.{name}", x, self.weights[gate])
        inputs = [x, self.weights[gate], self.biases[gate]]
        return self.graph.add("FullyConnected", f"{self.prefix}.{name}", inputs, [TensorType(self.shape)]).output

    def binary(self, kind: str, name: str, x: Value, y: Value) -> Value:
        """A sum, difference or product, element by element."""
        return self.graph.add(kind, f"{self.prefix}.{name}", [x, y], [TensorType(self.shape)]).output

    def activated(self, place: int, name: str, x: Value) -> Value:
        """An activation function of the cell's."""
        return self.graph.add(self.activations[place], f"{self.prefix}.{name}", [x], [x.type]).output

    def gate(self, letter: str, x: Value, state: Value) -> Value:
        """What goes into a gate's activation: of the input and of the state."""
        entering = self.dense(f"{letter}.fc1", x, f"W{letter.lower()}")
        kept = self.dense(f"{letter}.fc2", state, f"R{letter.lower()}")
        return self.binary("Add", f"{letter}.add1", entering, kept)


class _Lstm(_Cell):
    """Gates: input, output, forget, cell. Through peepholes (input 7) three see the cell; TFLite's `cell_clip` bounds it."""

    def __init__(self, importer: OnnxImporter, node: OnnxNode, prefix: str, index: int, shape: tuple[int, ...]) -> None:
        super().__init__(importer, node, prefix, index, shape)
        self.peepholes: dict[str, Value] = {}
        self.bound = node.attributes.get("cell_clip", 0.0)
        given = node.optional_input(7)
        if given is None:
            return
        importer.constant(given)
        for place, gate in enumerate("iof"):
            row = self._slice(f"P{gate}.", given, index, place, self.shape[1])
            if self.shape[0] > 1:
                row = concat.add(self.graph, f"{prefix}.P{gate}.repeat", [row] * self.shape[0], 0)
            self.peepholes[gate] = row

    def step(self, x: Value, states: dict[str, Value]) -> dict[str, Value]:
        """The states after an input [batch, size]."""
        state, cell = states["h"], states["c"]
        forget = self._gate("F", x, state, cell)
        entering = self.dense("Ctild.fc1", x, "Wc")
        candidate = self.binary("Add", "Ctild.add", entering, self.dense("Ctild.fc2", state, "Rc"))
        candidate = self.activated(1, "Ctild.act", candidate)
        taken = self._gate("I", x, state, cell)
        kept = self.binary("Mul", "C.mult1", forget, cell)
        cell = self.binary("Add", "C.add", kept, self.binary("Mul", "C.mult2", taken, candidate))
        if self.bound:
            cell = clip.add(self.graph, f"{self.prefix}.C.clip", cell, -self.bound, self.bound)
        shown = self._gate("O", x, state, cell)
        return {"h": self.binary("Mul", "H.mult", shown, self.activated(2, "H.act", cell)), "c": cell}

    def _gate(self, letter: str, x: Value, state: Value, cell: Value) -> Value:
        entering = self.gate(letter, x, state)
        if self.peepholes:
            seen = self.binary("Mul", f"{letter}.mult", cell, self.peepholes[letter.lower()])
            entering = self.binary("Add", f"{letter}.add2", entering, seen)
        return self.activated(0, f"{letter}.act", entering)


class _Gru(_Cell):
    """Gates: update, reset, hidden. With linear_before_reset the reset gate works on the state's product, else on the state."""

    def __init__(self, importer: OnnxImporter, node: OnnxNode, prefix: str, index: int, shape: tuple[int, ...]) -> None:
        super().__init__(importer, node, prefix, index, shape)
        self.reset_after = bool(node.attributes.get("linear_before_reset", 0))

    def step(self, x: Value, states: dict[str, Value]) -> dict[str, Value]:
        """The state after an input [batch, size]."""
        state = states["h"]
        update, reset = (self.activated(0, f"{each}.act", self.gate(each, x, state)) for each in "ZR")
        entering = self.dense("Htild.fc1", x, "Wh")
        if self.reset_after:
            kept = self.binary("Mul", "Htild.reset", reset, self.dense("Htild.fc2", state, "Rh"))
        else:
            kept = self.dense("Htild.fc2", self.binary("Mul", "Htild.reset", reset, state), "Rh")
        hidden = self.activated(1, "Htild.act", self.binary("Add", "Htild.add", entering, kept))
        left = self.binary("Sub", "H.sub", hidden, self.binary("Mul", "H.mult1", update, hidden))
        return {"h": self.binary("Add", "H.add", left, self.binary("Mul", "H.mult2", update, state))}
