"""What operators on an input, weights and a bias share: sums of products."""

from typing import TypeVar

import numpy as np

from helpers.compiler.ir.graph import Node
from helpers.compiler.numerics.requantisation import requantisation
from helpers.compiler.operators.base.layer_attributes import WeightedAttributes
from helpers.compiler.operators.base.protocols import QuantisationPlan
from helpers.compiler.operators.base.registry import Operator

W = TypeVar("W", bound=WeightedAttributes)


class Weighted(Operator[W]):
    """Inputs: x, weights, bias. Integers where weights and bias are constants."""

    constant_inputs = (1, 2)

    def batches(self, node: Node[W]) -> bool:
        """Not where each inference has weights of its own."""
        return super().batches(node) and all(value.node.kind == "Constant" for value in node.inputs[1:])

    def converts(self, node: Node[W], precision: str, bias_precision: str) -> bool:
        constant = all(value.node.kind == "Constant" for value in node.inputs[1:])
        return constant and precision in self.integers and bias_precision in ("int8", "int32")

    def quantise(self, node: Node[W], plan: QuantisationPlan) -> None:
        """A result may take a following activation's type (fusion.py); the bias takes input scale times weight scale."""
        node.output.type = plan.type_of(node.output)
        plan.quantise_weights_and_bias(node)

    def settle(self, node: Node[W]) -> None:
        """Two factors: bias to sum, and sum to result."""
        if not node.output.type.quantised or node.attributes.requantisation is not None:
            return  # float32, or a network whose file gave the factors
        x, weights, bias = (value.type for value in node.inputs)
        product, out = np.float32(x.scale) * np.float32(weights.scale), node.output.type
        node.attributes.bias_requantisation = requantisation(np.float32(bias.scale) / product)
        node.attributes.requantisation = requantisation(product / np.float32(out.scale), out.offset)
