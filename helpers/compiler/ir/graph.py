"""The graph: typed values, the nodes that make them, constants and placeholders, under Glow's naming rules."""

import copy
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar, overload

import numpy as np

from helpers.common.errors import Unsupported
from helpers.compiler.ir import attributes as node_attributes
from helpers.compiler.ir.attributes import ConstantAttributes, NoAttributes
from helpers.compiler.ir.kinds import BINARY
from helpers.compiler.ir.names import unique
from helpers.compiler.ir.readers import Inputs
from helpers.compiler.ir.tensor_type import NUMPY_TYPES, TensorType
from helpers.compiler.ir.traversal import depth_first


@dataclass(eq=False)
class Value:
    """One result of a node. Its profile name is `name`: the node's name, a colon and the result's index.

    readers: the nodes that ever read it, of any graph; `Graph.users` tells who does.
    """

    node: "Node[Any]"
    index: int
    type: TensorType
    readers: dict["Node[Any]", None] = field(default_factory=dict, repr=False)

    @property
    def name(self) -> str:
        return f"{self.node.name}:{self.index}"


A = TypeVar("A", covariant=True)  # so that what reads some attributes takes nodes that have more


class Node(Generic[A]):
    """One operation. `kind` is Glow's name for it; inputs are values (None where an optional one is left out).

    `attributes` is an instance of the class that the kind's operator declares; a plain `Node` is one of any kind.
    """

    attributes: A

    def __init__(self, kind: str, name: str, inputs: Iterable[Any], types: Sequence[TensorType], attributes: A):
        self.kind, self.name, self.attributes = kind, name, attributes
        self.inputs = inputs
        self.outputs = [Value(self, index, each) for index, each in enumerate(types)]

    @property
    def inputs(self) -> list[Any]:
        """The values that it reads, in a list that may be changed."""
        return self._inputs

    @inputs.setter
    def inputs(self, values: Iterable[Any]) -> None:
        self._inputs = Inputs(self, values)

    def set(self, **values: Any) -> None:
        """Set attributes; raises AttributeError for one that the kind does not have."""
        for name, value in values.items():
            setattr(self.attributes, name, value)

    def become(self, kind: str, **values: Any) -> None:
        """Change the kind in place. Attributes that both kinds have stay; `values` are set on top."""
        self.kind, shared = kind, node_attributes.shared(self.attributes, kind)
        self.attributes = node_attributes.build(kind, self.name, **(shared | values))

    @property
    def output(self) -> Value:
        """The first, usually the only, result."""
        return self.outputs[0]


class Placeholder(Node[NoAttributes]):
    """An input of the network."""

    def __init__(self, name: str, value_type: TensorType):
        super().__init__("Placeholder", name, [], [value_type], NoAttributes())


class State(Node[NoAttributes]):
    """A value that one inference leaves to the next; all bytes are zero where a sequence begins.

    One node reads it and gives its next contents (`Operator.keeps`).
    """

    def __init__(self, name: str, value_type: TensorType):
        super().__init__("State", name, [], [value_type], NoAttributes())


class Constant(Node[ConstantAttributes]):
    """A tensor known at compile time; `data` has the shape and the element type of its output.

    layout: as in layouts.py, of a constant that was moved.
    """

    layout = "*"

    def __init__(self, name: str, data: np.ndarray, value_type: TensorType):
        super().__init__("Constant", name, [], [value_type], ConstantAttributes())
        self.data = data


class Splat(Constant):
    """A constant filled with one number, for which Glow has a node; here it may be smaller than its readers need."""


@overload
def producer(value: Value | None, kind: Literal["Constant"]) -> Constant | None: ...
@overload
def producer(value: Value | None, kind: str) -> Node | None: ...
def producer(value: Value | None, kind: str) -> Node | None:
    """Return the node that computes a value if it is of this kind, else None."""
    return value.node if value is not None and value.node.kind == kind else None


def constant_of(value: Value) -> Constant:
    """Return the constant of a value; raises Unsupported if the value is computed."""
    if not isinstance(value.node, Constant):
        raise Unsupported("a constant is needed where this value is computed", where=value.node.name)
    return value.node


AnyNode = TypeVar("AnyNode", bound=Node)


def _copied(node: AnyNode, values: dict[Value, Value]) -> AnyNode:
    """Return a copy of a node with the same inputs; `values` records which new result replaces which."""
    copied = copy.copy(node)
    copied.attributes = copy.copy(node.attributes)
    copied.outputs = [Value(copied, value.index, value.type) for value in node.outputs]
    values.update(zip(node.outputs, copied.outputs, strict=True))
    return copied


class Graph:
    """A network. Lists are in order of creation, which is what Glow's names and memory layout depend on."""

    def __init__(self, name: str):
        self.name = name
        self.placeholders: list[Placeholder] = []
        self.constants: list[Constant] = []
        self.states: list[State] = []
        self.outputs: list[tuple[str, Value]] = []
        self.original_names: set[str] = set()  # of the file's nodes
        self._names: set[str] = set()
        self._next = 0
        self._place([])

    def unique_name(self, name: str) -> str:
        """Return a legal name that no node has had so far, as `names.unique` chooses it."""
        self._names.add(found := unique(name, self._names, self.original_names))
        return found

    def add_placeholder(self, name: str, value_type: TensorType) -> Value:
        """Add an input."""
        node = Placeholder(self.unique_name(name), value_type)
        self.placeholders.append(node)
        return node.output

    def add_state(self, name: str, value_type: TensorType) -> Value:
        """Add a state."""
        node = State(self.unique_name(name), value_type)
        self.states.append(node)
        return node.output

    def add_constant(self, name: str, data: np.ndarray, value_type: TensorType | None = None) -> Value:
        """Add a constant; its type is taken from the array where none is given."""
        if value_type is None:
            elements = {np.dtype(v): k for k, v in NUMPY_TYPES.items()}
            value_type = TensorType(data.shape, elements[data.dtype])
        node = Constant(self.unique_name(name), data, value_type)
        self.constants.append(node)
        return node.output

    def add_splat(self, name: str, shape: tuple[int, ...], number: float) -> Value:
        """Add a float32 constant of one number."""
        node = Splat(self.unique_name(name), np.full(shape, number, np.float32), TensorType(tuple(shape)))
        self.constants.append(node)
        return node.output

    def add_moved(self, constant: Constant, name: str, move: Callable[[np.ndarray], np.ndarray]) -> Value:
        """Add a constant with another's elements in a new shape or order; `move` rearranges an array."""
        data = move(constant.data)
        value = self.add_constant(name, data, constant.output.type.with_shape(data.shape))
        origin = node_attributes.values_of(constant.attributes)
        value.node.set(**{key: move(array) for key, array in origin.items()})
        return value

    def add(
        self, kind: str, name: str, inputs: Sequence[Any], types: list[TensorType], like: Any = None, **values: Any
    ) -> Node:
        """Add a node; raises TypeError for an unknown kind, a missing attribute, or one that the kind does not have.

        like: attributes of another node of this kind, which are copied; values: attributes by name, which replace those.
        If a node repeats the smaller of two inputs, `broadcast` is the name of the repetition, unless given.
        """
        given = (node_attributes.values_of(like) if like is not None else {}) | values
        if kind in BINARY and "broadcast" not in given:
            repeated = [value for value in inputs if value is not None and value.type.shape != types[0].shape]
            given |= {"broadcast": f"broadcast_{repeated[0].node.name}"} if repeated else {}
        node = Node(kind, self.unique_name(name), inputs, types, node_attributes.build(kind, name, **given))
        self._places[node] = self._next = self._next + 1
        self.nodes.append(node)
        return node

    def _place(self, nodes: list[Node]) -> None:
        """Let these be the nodes; a dict of their order tells at once which belong to the graph."""
        self.nodes, self._places, self._next = nodes, {node: at for at, node in enumerate(nodes)}, len(nodes)

    def remove(self, node: Node) -> None:
        """Drop a node that is no longer read."""
        self.nodes.remove(node)
        del self._places[node]

    def add_output(self, name: str, value: Value) -> None:
        """Make a value an output of the network under a name of its own."""
        self.outputs.append((self.unique_name(name), value))

    def replace(self, old: Value, new: Value) -> None:
        """Let everything that reads `old` read `new`."""
        for node in self.users(old):
            node.inputs = [new if value is old else value for value in node.inputs]
        self.outputs = [(name, new if value is old else value) for name, value in self.outputs]

    def users(self, value: Value) -> list[Node]:
        """Return the nodes that read a value, in order of creation."""
        found = [node for node in value.readers if node in self._places and value in node.inputs]
        return sorted(found, key=self._places.__getitem__)

    def is_output(self, value: Value) -> bool:
        """Whether a value leaves the network."""
        return any(each is value for _, each in self.outputs)

    def read_nodes(self, kind: str) -> Iterator[Node]:
        """Yield the nodes of a kind whose result is read, in order of creation; the graph may change meanwhile."""
        for node in list(self.nodes):
            if node.kind == kind and (self.users(node.output) or self.is_output(node.output)):
                yield node

    def sole_reader(self, value: Value, kind: str | None = None) -> Node | None:
        """The node, of this kind if one is given, that alone reads a value; None if others or an output read it, too."""
        readers = self.users(value)
        alone = len(readers) == 1 and not self.is_output(value) and kind in (None, readers[0].kind)
        return readers[0] if alone else None

    def read_once(self, value: Value) -> bool:
        """Whether a single node, and no output, reads a value."""
        return self.sole_reader(value) is not None

    def remove_unused(self) -> None:
        """Drop nodes and constants that no output depends on; the order of the rest stays."""
        order = self.in_order()
        live = {id(node) for node in order}
        reached = {id(value.node) for node in order for value in node.inputs if value is not None}
        reached |= {id(value.node) for _, value in self.outputs}
        self._place([node for node in self.nodes if id(node) in live])
        self.constants = [node for node in self.constants if id(node) in reached]
        self.states = [node for node in self.states if id(node) in reached]

    def free_names(self) -> None:
        """Let new nodes reuse the names of removed ones, as in Glow."""
        alive = (*self.placeholders, *self.constants, *self.states, *self.nodes)
        self._names = {node.name for node in alive} | {name for name, _ in self.outputs}

    def copied(self) -> "Graph":
        """A copy whose nodes can be changed; the constants' data is shared."""
        made = Graph(self.name)
        values: dict[Value, Value] = {}
        made._names, made.original_names = set(self._names), self.original_names
        made.placeholders = [_copied(node, values) for node in self.placeholders]
        made.constants = [_copied(node, values) for node in self.constants]
        made.states = [_copied(node, values) for node in self.states]
        made._place([_copied(node, values) for node in self.nodes])
        for node in made.nodes:
            node.inputs = [value and values[value] for value in node.inputs]
        made.outputs = [(name, values[value]) for name, value in self.outputs]
        return made

    def in_order(self) -> list[Node]:
        """The nodes the outputs depend on, each after those it reads."""
        order = depth_first([value.node for _, value in self.outputs])
        return [node for node in order if not isinstance(node, (Placeholder, Constant, State))]
