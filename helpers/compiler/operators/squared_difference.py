"""The square of a difference of two int8, as TFLite's reference kernel computes it; in float32 it is two operators."""

import numpy as np

from helpers.compiler.ir.graph import Node
from helpers.compiler.operators.base import elementwise
from helpers.compiler.operators.base.registry import operator


@operator
class SquaredDifference(elementwise.Binary[elementwise.SumAttributes]):
    """(x - y) squared: both at one scale, and the square requantised by `sum`."""

    kind = "SquaredDifference"
    attributes = elementwise.SumAttributes
    internal = True

    def converts(self, node: Node[elementwise.SumAttributes], precision: str, bias_precision: str) -> bool:
        return False

    def float_result(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return (x - y) * (x - y)

    def integer(self, node: Node[elementwise.SumAttributes], x: np.ndarray, y: np.ndarray) -> np.ndarray:
        difference = node.attributes.left.apply(x) - node.attributes.right.apply(y)
        assert node.attributes.sum is not None, "the importer gives the factors"
        return node.attributes.sum.apply(difference * difference)

    def c_integer(self, node: Node[elementwise.SumAttributes]) -> str:
        assert node.attributes.sum is not None, "the importer gives the factors"
        left, right = node.attributes.left.c("x"), node.attributes.right.c("y")
        return node.attributes.sum.c(f"squared(({left}) - ({right}))")
