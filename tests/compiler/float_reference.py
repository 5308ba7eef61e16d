"""What an integer node should come near: the same in float32."""

import numpy as np

from helpers.compiler.numerics import affine
from helpers.compiler.operators.base import one_value, registry
from helpers.compiler.operators.base.layer_attributes import fused_activation


def in_float(node, inputs):
    """What a node would give in float32 for the real numbers behind its integer inputs, as integers."""
    real = [affine.dequantise(x, v.type) if v.type.quantised else x for x, v in zip(inputs, node.inputs, strict=True)]
    if node.kind == "Rescale":
        return affine.quantise(real[0], node.output.type)
    operator = registry.of(node)
    tabulated = node.kind in ("Sigmoid", "Tanh") or isinstance(operator, one_value.OneValue)
    result = operator.compute(node, real[:1] if tabulated else real)[0]
    activation = fused_activation(node)
    arguments = node.attributes.fused_arguments if activation else None
    match activation:
        case "Relu":
            result = np.maximum(result, 0)
        case "Clip":
            result = np.clip(result, arguments.low, arguments.high)
        case "LeakyRelu":
            result = np.where(result >= 0, result, result * arguments.alpha)
    return affine.quantise(result, node.output.type)
