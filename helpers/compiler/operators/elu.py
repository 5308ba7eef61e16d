"""Elu: an exponential for what is negative."""

import numpy as np

from helpers.compiler.ir.graph import Node
from helpers.compiler.operators.base import c_code, elementwise
from helpers.compiler.operators.base.registry import operator


@operator
class Elu(elementwise.Unary):
    """x, or exp(x) - 1 where x < 0. It stays float32 where a profile makes integers."""

    kind = "Elu"
    integers = ()

    def value(self, x: np.ndarray) -> np.ndarray:
        """The function in float32, for a table."""
        return np.where(x < 0, np.exp(x.astype(np.float64)).astype(np.float32) - np.float32(1), x)

    def compute(self, node: Node, inputs):
        x = inputs[0]
        return [np.where(x < 0, c_code.exponential(x) - np.float32(1), x)]

    def c_float(self, node: Node) -> str:
        return "out[i] = x < 0 ? exponential(x) - 1.0f : x;"
