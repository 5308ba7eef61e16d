"""Functions of one value that Glow has no kernel for: in float32 a formula, in int8 a table of its 256 results."""

from typing import Any

import numpy as np

from helpers.compiler.ir.graph import Node
from helpers.compiler.numerics import affine
from helpers.compiler.operators import lookup
from helpers.compiler.operators.base import elementwise
from helpers.compiler.operators.base.elementwise import U
from helpers.compiler.operators.base.protocols import QuantisationPlan

FAR = np.float32(1e30)  # a pole's value: beyond every range, and finite at every scale


class OneValue(elementwise.Unary[U]):
    """A subclass says what it computes; attributes of the node are handed to it by name, those in `parameters`.

    In int8 each result is the float32 one of the real number behind the input, rounded to the result's scale.
    """

    parameters: tuple[str, ...] = ()

    def function(self, x: np.ndarray, *parameters: Any, **named: Any) -> np.ndarray:
        """The results in float32, in the steps of the C."""
        raise NotImplementedError(self.kind)

    def c_function(self, *parameters: Any, **named: Any) -> str:
        """The C statement that sets out[i] from the float x."""
        raise NotImplementedError(self.kind)

    def _given(self, node: Node[U]) -> dict:
        return {name: getattr(node.attributes, name) for name in self.parameters}

    def compute(self, node: Node[U], inputs: list[np.ndarray]) -> list[np.ndarray]:
        with np.errstate(all="ignore"):
            return [self.function(inputs[0], **self._given(node)).astype(np.float32)]

    def quantise(self, node: Node[U], plan: QuantisationPlan) -> None:
        """The table becomes a second input."""
        x, target = node.inputs[0].type, plan.type_of(node.output)
        every = self.compute(node, [affine.dequantise(np.arange(-128, 128), x)])[0]
        table = affine.quantise(np.clip(np.nan_to_num(every), -FAR, FAR), target)
        node.inputs.append(plan.add_table(table, target.with_shape(table.shape)))
        node.output.type = target

    def settle(self, node: Node[U]) -> None:
        """Nothing is left to compute."""

    def compute_integer(self, node: Node[U], inputs: list[np.ndarray]) -> list[np.ndarray]:
        return lookup.looked_up(node, inputs)

    def c_float(self, node: Node[U]) -> str:
        return self.c_function(**self._given(node))

    def emit(self, node: Node[U], name: str) -> str:
        return lookup.c_function(node, name) if node.output.type.quantised else super().emit(node, name)


def c_number(x: float | np.floating) -> str:
    """A float32 as a C constant, to the bit."""
    return f"{float(np.float32(x)).hex()}f"
