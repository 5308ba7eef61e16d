"""BatchNormalization at inference: into the convolution before it where that is constant, else a product and a sum."""

import numpy as np

from helpers.aot.graph import Node, Value
from helpers.aot.operators.registry import from_onnx


@from_onnx("BatchNormalization")
def import_batch_normalization(importer, node):
    """(x - mean) / sqrt(variance + epsilon) * scale + bias, the constants known."""
    graph, x = importer.graph, node.inputs[0]
    scale, bias, mean, variance = (importer.constant(value).astype(np.float32) for value in node.inputs[1:5])
    factor = scale / np.sqrt(variance + np.float32(node.attributes.get("epsilon", 1e-5)))
    shift = bias - mean * factor
    convolution = _convolution_before(graph, x)
    if convolution is not None:
        _fold(graph, convolution, factor, shift)
        return [x]
    shape = (-1, *(1,) * (len(x.type.shape) - 2))
    product = importer.binary("Mul", node.name, x, graph.add_constant(f"{node.name}_scale", factor.reshape(shape)))
    return [importer.binary("Add", node.name, product, graph.add_constant(f"{node.name}_bias", shift.reshape(shape)))]


def _convolution_before(graph, x: Value) -> Node | None:
    """The convolution with constant filter and bias that only this value's transpose reads."""
    conv = x.node.inputs[0].node if x.node.kind == "Transpose" else None
    if conv is None or conv.kind != "Convolution" or graph.users(x) or len(graph.users(conv.output)) != 1:
        return None
    weights = conv.inputs[1].node
    source = weights.inputs[0].node if weights.kind == "Transpose" else weights
    return conv if source.kind == "Constant" and conv.inputs[2].node.kind == "Constant" else None


def _fold(graph, conv: Node, factor: np.ndarray, shift: np.ndarray) -> None:
    """New constants, so that another reader of the old ones is not touched."""
    weights, bias = conv.inputs[1], conv.inputs[2].node
    source = weights.node.inputs[0].node if weights.node.kind == "Transpose" else weights.node
    scaled = graph.add_constant(source.name, source.data * factor.reshape(-1, 1, 1, 1))
    if weights.node.kind == "Transpose":
        weights.node.inputs[0] = scaled
    else:
        conv.inputs[1] = scaled
    conv.inputs[2] = graph.add_constant(bias.name, bias.data * factor + shift)
