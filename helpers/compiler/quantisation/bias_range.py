"""Check that a layer's bias and sums fit in 32 bits without wrapping, and find the scale of the weights at which they do."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from helpers.common.errors import Unsupported
from helpers.compiler.ir.graph import Constant, Graph, Node, TensorType
from helpers.compiler.ir.kinds import SUMS
from helpers.compiler.numerics import affine
from helpers.compiler.numerics.requantisation import requantisation
from helpers.compiler.operators.base.protocols import QuantisationPlan

MOST_DOUBLINGS = 64
INT32 = (-(2**31), 2**31 - 1)
KINDS = (*SUMS, "ConvTranspose")


@dataclass(frozen=True)
class Sums:
    """Sums of products and a bias, as real numbers.

    bias: float32 numbers; bias_type: gives their type for a scale of the sums; low, high: the range that was profiled in front
    of an activation; x_scale: of the input; out: the type of the result.
    """

    bias: np.ndarray
    bias_type: Callable[[np.float32], TensorType]
    low: float
    high: float
    x_scale: float
    out: TensorType

    def wrap(self, weights: TensorType) -> bool:
        """Whether a known value wraps: the bias when it is added to the sums, or a sum when it is converted to the result."""
        with np.errstate(over="ignore"):  # a damaged file's scales; what follows refuses infinity
            product = np.float32(self.x_scale) * np.float32(weights.scale)
        own = self.bias_type(product)
        numbers = affine.quantise(self.bias, own).astype(np.int64) - own.offset
        ends = [round(end / float(product)) for end in (self.low, self.high)]
        try:
            with np.errstate(all="ignore"):
                to_sums = requantisation(np.float32(own.scale) / product)
                to_result = requantisation(product / np.float32(self.out.scale))
        except Unsupported:
            return True
        whole = all(to_sums.in_range(int(number)) for number in (numbers.min(), numbers.max()))
        return not (whole and all(to_result.in_range(end) for end in ends))

    def widened(self, weights: TensorType) -> TensorType:
        """Return the type of the weights, with its scale doubled until nothing wraps.

        A bias that wraps is at least 2^22 steps of the sums, so a few bits of the weights do not matter. If no doubling helps,
        the weights are not changed, and scales that are too far apart are rejected when the factors are settled.
        """
        wider = weights
        for _ in range(MOST_DOUBLINGS):
            if not self.wrap(wider):
                return wider
            wider = replace(wider, scale=wider.scale * 2)
        return weights


def into_steps_of_sums(graph: Graph, plan: QuantisationPlan) -> None:
    """Store a bias in steps of the sums if it would wrap at its type after rescaling; `plan` is a quantiser.Plan."""
    for node in graph.in_order():
        if node.kind in KINDS and node.output.type.quantised and isinstance(node.inputs[2].node, Constant):
            numbers, types, products = _bias(node)
            if any(_wraps(n, each, p) for n, each, p in zip(numbers, types, products, strict=True)):
                _store(node, plan, numbers, types, products)


def _bias(node: Node) -> tuple[list[int], list[TensorType], list[np.float32]]:
    """Return a bias's integers less their offsets, their types, and the scales of the sums, one per output."""
    x, weights, bias = node.inputs
    data = bias.node.data.astype(np.int64).ravel()
    types = node.attributes.biases or [bias.type] * len(data)
    filters = node.attributes.filters or [weights.type] * len(data)
    numbers = [int(n) - each.offset for n, each in zip(data, types, strict=True)]
    return numbers, types, [np.float32(x.type.scale) * np.float32(each.scale) for each in filters]


def _wraps(number: int, bias_type: TensorType, product: np.float32) -> bool:
    try:
        return not requantisation(np.float32(bias_type.scale) / product).in_range(number)
    except Unsupported:
        return number != 0


def _store(
    node: Node, plan: QuantisationPlan, numbers: list[int], types: list[TensorType], products: list[np.float32]
) -> None:
    """Replace a bias with one in steps of the sums; raises Unsupported if it does not fit in 32 bits."""
    scaled = [n * float(each.scale) / float(p) for n, each, p in zip(numbers, types, products, strict=True)]
    if not all(INT32[0] <= round(number) <= INT32[1] for number in scaled):
        what = "the bias is more than 2^31 steps of what inputs and weights can add up to"
        raise Unsupported(what, where=node.name, remedy="scale the inputs, or the weights, up")
    data = np.array([round(number) for number in scaled], np.int32)
    plan.replace_constant(node, 2, data, TensorType(data.shape, "int32", float(products[0])))
    if node.attributes.biases is not None:
        node.attributes.biases = [TensorType((), "int32", float(product)) for product in products]
    node.attributes.bias_in_sums = True
