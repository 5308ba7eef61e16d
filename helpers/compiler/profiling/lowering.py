"""Lower a network to Glow's nodes before profiling: a profile lists their names and values.

Each operator's `lower` does this for its nodes. Only the profile uses this graph; the compiled graph is not lowered.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np

from helpers.compiler.ir.graph import Constant, Graph, Node, TensorType, Value
from helpers.compiler.operators.base import registry
from helpers.compiler.operators.base.layer_attributes import DenseAttributes


class Lowering:
    """The graph being lowered, given to `Operator.lower`.

    names: further names of a value in a profile, by its id.
    """

    def __init__(self, graph: Graph):
        self.graph = graph
        self.names: dict[int, list[str]] = {}

    def add(
        self, kind: str, name: str, inputs: list[Value], shape: Iterable[int], like: Any = None, **values: Any
    ) -> Value:
        """Add a float node."""
        return self.graph.add(kind, name, inputs, [TensorType(tuple(shape))], like, **values).output

    def splat(self, name: str, shape: tuple[int, ...], number: float) -> Value:
        """Add a tensor of one number, which Glow computes and a profile lists."""
        return self.graph.add_splat(name, shape, number)

    def constant(self, value: Value, data: np.ndarray) -> Value:
        """A constant of the same name with its elements repeated, as Glow has it."""
        made = Constant(value.node.name, data, value.type.with_shape(data.shape))
        self.graph.constants.append(made)
        return made.output

    def also(self, value: Value, *names: str) -> None:
        """Let the profile list a value under more names."""
        self.names.setdefault(id(value), []).extend(names)

    def names_of(self, value: Value) -> list[str]:
        """Return all names under which a profile lists a value."""
        return [value.name, *self.names.get(id(value), [])]


def lowered(graph: Graph, whole: tuple[str, ...] = ()) -> Lowering:
    """Lower a copy of an optimised float graph; nodes of the kinds in `whole` are not lowered."""
    lowering = Lowering(graph.copied())
    lowering.graph.free_names()
    for node in lowering.graph.nodes:  # grows meanwhile: what a node is lowered to is lowered in turn
        if node.kind in whole:
            if isinstance(node.attributes, DenseAttributes):
                node.attributes.whole = True
        else:
            _lower(lowering, node)
    lowering.graph.remove_unused()
    return lowering


def _lower(lowering: Lowering, node: Node) -> None:
    result = registry.of(node).lower(node, lowering)
    if result is not None:
        lowering.also(result, *lowering.names_of(node.output))
        lowering.graph.replace(node.output, result)
