"""BatchNormalization at inference.

If it alone reads a convolution, it is merged into filter and bias (passes/layer_merging.py). Others are lowered as in Glow to a
difference, a product and a sum, each with one number per channel.
"""

from dataclasses import dataclass

import numpy as np

from helpers.common.errors import Unsupported
from helpers.compiler.ir.graph import Graph, Node, Value
from helpers.compiler.operators.base import elementwise
from helpers.compiler.operators.base.protocols import Lowering, OnnxImporter, OnnxNode
from helpers.compiler.operators.base.registry import Operator, from_onnx, operator


@from_onnx("BatchNormalization")
def import_batch_normalization(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """(x - mean) / sqrt(variance + epsilon) * scale + bias over axis 1, the constants known."""
    x, (scale, bias, mean, variance) = node.inputs[0], node.inputs[1:5]
    channels = x.type.shape[1:2]
    for value in (scale, bias, mean, variance):
        if importer.constant(value).shape != channels:
            raise Unsupported(f"numbers of shape {list(value.type.shape)} do not fit {list(channels)} channels")
    if node.attributes.get("training_mode", 0):
        raise Unsupported("BatchNormalization in training mode", remedy="export the model for inference")
    epsilon = float(np.float32(node.attributes.get("epsilon", 1e-5)))
    if not (variance.node.data + np.float32(epsilon) > 0).all():
        raise Unsupported("a variance that is not above 0", remedy="train the model again")
    inputs = [x, scale, bias, mean, variance]
    return [importer.graph.add("BatchNormalization", node.name, inputs, [x.type], axis=1, epsilon=epsilon).output]


def fold(node: Node, weights: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Filter and bias of the convolution before it, with what the node does in them (Glow, normalizeWeights)."""
    scale, shift, mean, variance = (value.node.data for value in node.inputs[1:])
    factor = scale * (np.float32(1) / np.sqrt(variance + np.float32(node.attributes.epsilon)))
    return weights * factor[:, None, None, None], bias * factor + (shift - mean * factor)


@dataclass(slots=True, kw_only=True)
class BatchNormAttributes:
    """axis: of the channels; epsilon: added to the variance."""

    axis: int
    epsilon: float


@operator
class BatchNormalization(Operator[BatchNormAttributes]):
    """(x - mean) / sqrt(variance + epsilon) * scale + bias; inputs x, scale, bias, mean, variance; channels along `axis`."""

    kind = "BatchNormalization"
    attributes = BatchNormAttributes

    def compute(self, node: Node[BatchNormAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
        x, scale, bias, mean, variance = inputs
        mean, factor, bias = (_along(node, each) for each in (mean, _factor(node, scale, variance), bias))
        return [(x - mean) * factor + bias]

    def lower(self, node: Node[BatchNormAttributes], lowering: Lowering) -> Value:
        """Lower as Glow does before it folds constants: the factor is computed, and everything repeated to the result's shape."""
        x, scale, bias, mean, variance = node.inputs
        name, channels, shape, axis = node.name, scale.type.shape, node.output.type.shape, node.attributes.axis
        epsilon = lowering.splat(f"{name}_epsilon", channels, node.attributes.epsilon)
        factor = lowering.add("Add", f"{name}_var_plus_eps", [variance, epsilon], channels)
        half = lowering.splat(f"{name}_sqrt_var_plus_eps", channels, 0.5)
        factor = lowering.add("Pow", f"{name}_sqrt_var_plus_eps", [factor, half], channels)
        factor = lowering.add("Div", f"{name}_inverse_sqrt_var_plus_eps", [scale, factor], channels)
        for (kind, suffix, repeated), number in zip(_TERMS, (mean, factor, bias), strict=True):
            number = elementwise.repeated(lowering, f"{name}_{repeated}", number, shape, axis)
            x = lowering.add(kind, f"{name}_{suffix}", [x, number], shape)
        return x

    def expand(self, node: Node[BatchNormAttributes], graph: Graph) -> Value:
        """Expand with the factor computed here. Glow quantises on the way to it, and so loses more than a step."""
        x, scale, bias, mean, variance = node.inputs
        factor = _factor(node, scale.node.data, variance.node.data)
        for (kind, suffix, repeated), data in zip(_TERMS, (mean.node.data, factor, bias.node.data), strict=True):
            number = graph.add_constant(f"{node.name}_{repeated}", _along(node, data))
            x = graph.add(kind, f"{node.name}_{suffix}", [x, number], [node.output.type]).output
        return x


# Kind and name of each node, and the name of what is repeated for it.
_TERMS = (
    ("Sub", "in_minus_mean", "muBroadcasted"), ("Mul", "mul_coef", "coefBroadcasted"), ("Add", "result", "betaBroadcasted"),
)  # fmt: skip


def _factor(node: Node, scale: np.ndarray, variance: np.ndarray) -> np.ndarray:
    return scale / np.sqrt(variance + np.float32(node.attributes.epsilon))


def _along(node: Node, numbers: np.ndarray) -> np.ndarray:
    """A number a channel, in a shape that is broadcast over the value."""
    shape = [1] * len(node.output.type.shape)
    shape[node.attributes.axis] = -1
    return numbers.reshape(shape)
