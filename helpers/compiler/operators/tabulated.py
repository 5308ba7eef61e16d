"""Functions of one variable that integer networks look up in a table of every input value, as on Glow's CPU backend."""

import numpy as np

from helpers.compiler.ir.graph import Node, TensorType
from helpers.compiler.numerics import affine
from helpers.compiler.operators import conversions, lookup
from helpers.compiler.operators.base import elementwise
from helpers.compiler.operators.base.protocols import QuantisationPlan


class Tabulated(elementwise.Unary[elementwise.UnaryAttributes]):
    """A subclass says over which ranges the table runs; outside, the function counts as constant."""

    integers = ("int8", "int16")
    input_range: tuple[float, float]
    output_range: tuple[float, float]

    def value(self, x: np.ndarray) -> np.ndarray:
        """The function in float32, for the table."""
        raise NotImplementedError(self.kind)

    def quantise(self, node: Node, plan: QuantisationPlan) -> None:
        """Input rescaled to the table's range, a table as second input, its result rescaled to the profile's range."""
        element, schema = plan.configuration.precision, plan.configuration.schema
        x, target = node.inputs[0], plan.type_of(node.output)
        types = [
            _type(x.type, element, *affine.choose(*each, element, schema))
            for each in (self.input_range, self.output_range)
        ]
        node.inputs[0] = plan.graph.add("Rescale", node.name, [x], [types[0]]).output
        node.output.type = types[1]
        data = affine.quantise(self.value(_every_input(types[0])), types[1])
        node.inputs.append(plan.add_table(data, types[1].with_shape(data.shape)))
        conversions.rescale_behind(plan.graph, node.output, target)

    def settle(self, node: Node) -> None:
        """Nothing is left to compute."""

    def compute_integer(self, node: Node, inputs: list[np.ndarray]) -> list[np.ndarray]:
        return lookup.looked_up(node, inputs)

    def emit(self, node: Node, name: str) -> str:
        if not node.output.type.quantised:
            return super().emit(node, name)
        return lookup.c_function(node, name)


def _every_input(source: TensorType) -> np.ndarray:
    """The real number behind every integer. Glow adds the scale again and again in float32, and so drifts (createMapping)."""
    smallest, largest = affine.LIMITS[source.element]
    steps = np.full(largest - smallest + 1, source.scale, np.float32)
    steps[0] = np.float32(source.scale) * np.float32(smallest - source.offset)
    return np.cumsum(steps, dtype=np.float32)


def _type(like: TensorType, element: str, scale: float, offset: int) -> TensorType:
    return TensorType(like.shape, element, scale, offset)
