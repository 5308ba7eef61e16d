"""Kinds that only the graph for a profile has: what Glow lowers other operators to (lowering.py)."""

from dataclasses import dataclass

import numpy as np

from helpers.compiler.ir.attributes import NoAttributes
from helpers.compiler.ir.graph import Node
from helpers.compiler.operators.base.registry import Operator, operator


@operator
class BatchedAdd(Operator[NoAttributes]):
    """x + y, a row for each."""

    kind = "BatchedAdd"
    internal = True

    def compute(self, node: Node, inputs: list[np.ndarray]) -> list[np.ndarray]:
        return [inputs[0] + inputs[1]]


@operator
class Select(Operator[NoAttributes]):
    """The second value where it is at least the first, else the third."""

    kind = "Select"
    internal = True

    def compute(self, node: Node, inputs: list[np.ndarray]) -> list[np.ndarray]:
        return [np.where(inputs[0] <= inputs[1], inputs[1], inputs[2])]


@dataclass(slots=True, kw_only=True)
class RepeatedAttributes:
    """The axis along which the value repeats."""

    axis: int


@operator
class Repeated(Operator[RepeatedAttributes]):
    """The value again and again along `axis`, where it has one element, up to the result's shape: Glow's Tile."""

    kind = "Repeated"
    attributes = RepeatedAttributes
    internal = True

    def compute(self, node: Node[RepeatedAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
        axis = node.attributes.axis
        return [np.repeat(inputs[0], node.output.type.shape[axis], axis=axis)]


@operator
class Touch(Operator[NoAttributes]):
    """Room for what `Repeated` writes. Glow profiles it before it is written, with whatever memory holds; here it is zeros."""

    kind = "Touch"
    internal = True

    def compute(self, node: Node, inputs: list[np.ndarray]) -> list[np.ndarray]:
        return [np.zeros(node.output.type.shape, np.float32)]


@operator
class Pow(Operator[NoAttributes]):
    """The first value to the power of the second."""

    kind = "Pow"
    internal = True

    def compute(self, node: Node, inputs: list[np.ndarray]) -> list[np.ndarray]:
        return [inputs[0] ** inputs[1]]
