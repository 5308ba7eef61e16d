"""BatchNormalization at inference. One that alone reads a convolution goes into its filter and bias (lower.py); what is left is
lowered as in Glow to a difference, a product and a sum, each with a number a channel.
"""

import numpy as np

from helpers.aot.graph import Node, Value
from helpers.aot.operators.registry import Operator, from_onnx, operator
from helpers.errors import Unsupported


@from_onnx("BatchNormalization")
def import_batch_normalization(importer, node):
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
    factor = scale * (np.float32(1) / np.sqrt(variance + np.float32(node.attributes["epsilon"])))
    return weights * factor[:, None, None, None], bias * factor + (shift - mean * factor)


@operator
class BatchNormalization(Operator):
    """(x - mean) / sqrt(variance + epsilon) * scale + bias; inputs x, scale, bias, mean, variance; channels along `axis`."""

    kind = "BatchNormalization"
    lowered_always = True

    def compute(self, node: Node, inputs):
        x, scale, bias, mean, variance = inputs
        mean, factor, bias = (_along(node, each) for each in (mean, _factor(node, scale, variance), bias))
        return [(x - mean) * factor + bias]

    def lower(self, node: Node, low) -> Value:
        """A difference, a product and a sum. The product's constant is computed while compiling."""
        x, scale, bias, mean, variance = node.inputs
        factor = _factor(node, scale.node.data, variance.node.data)
        terms = (
            ("Sub", "in_minus_mean", "muBroadcasted", mean.node.data), ("Mul", "mul_coef", "coefBroadcasted", factor),
            ("Add", "result", "betaBroadcasted", bias.node.data),
        )  # fmt: skip
        for kind, suffix, name, data in terms:
            number = low.graph.add_constant(f"{node.name}_{name}", _along(node, data))
            x = low.add(kind, f"{node.name}_{suffix}", [x, number], node.output.type.shape)
        return x


def _factor(node: Node, scale: np.ndarray, variance: np.ndarray) -> np.ndarray:
    return scale / np.sqrt(variance + np.float32(node.attributes["epsilon"]))


def _along(node: Node, numbers: np.ndarray) -> np.ndarray:
    """A number a channel, in a shape that is broadcast over the value."""
    shape = [1] * len(node.output.type.shape)
    shape[node.attributes["axis"]] = -1
    return numbers.reshape(shape)
