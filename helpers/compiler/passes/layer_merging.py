"""Merge nodes into the adjacent layer: biases, scales, padding and batch normalisation into what they follow or precede."""

from dataclasses import replace

import numpy as np

from helpers.compiler.ir.graph import Constant, Graph, Node, Splat, Value, producer
from helpers.compiler.operators import batch_norm


def join_dense(graph: Graph, folded: bool) -> None:
    """Merge MatMul by constant weights and a following Add of a constant row into FullyConnected.

    folded: whether Glow has already repeated constants for their readers; only then does it merge several rows.
    """
    for node in graph.read_nodes("Add"):
        product, bias = producer(node.inputs[0], "MatMul"), producer(node.inputs[1], "Constant")
        if product is None or bias is None or not graph.read_once(product.output):
            continue
        rows, outputs = product.output.type.shape
        if product.inputs[1].node.kind != "Constant" or bias.data.size != outputs or (rows > 1 and not folded):
            continue
        name = f"{bias.name}_slice_reshape" if rows > 1 else bias.name
        row = graph.add_moved(bias, f"{name}_constfold", lambda data: data.reshape(-1))
        dense = graph.add("FullyConnected", product.name, [*product.inputs, row], [node.output.type])
        graph.replace(node.output, dense.output)
    graph.remove_unused()


def join_arithmetic(graph: Graph) -> None:
    """Turn per-channel sums and products that are a convolution's only readers into a BatchNormalization, to be folded."""
    for conv in graph.read_nodes("Convolution"):
        last, channels = conv.output, conv.output.type.shape[3]
        scale, bias = np.ones(channels, np.float32), np.zeros(channels, np.float32)
        while (step := _arithmetic(graph, last)) is not None:
            node, numbers = step
            scale, bias = _taken_in(node, last, numbers, scale, bias)
            last = node.output
        if last is not conv.output:
            _add_norm(graph, conv, last, scale, bias)
    graph.remove_unused()


def _arithmetic(graph: Graph, value: Value) -> tuple[Node, np.ndarray] | None:
    """Return a value's only reader and its constants, if it combines the value with one constant per channel."""
    if not graph.read_once(value):
        return None
    (node,) = graph.users(value)
    others = [each for each in node.inputs if each is not value]
    if node.kind not in ("Add", "Sub", "Mul", "Div") or len(others) != 1 or node.output.type.shape != value.type.shape:
        return None
    constant, channels = producer(others[0], "Constant"), value.type.shape[3]
    if constant is None or isinstance(constant, Splat) or constant.data.size not in (1, channels):
        return None
    if constant.data.size == channels > 1 and constant.data.shape[-1] != channels:
        return None
    return node, np.broadcast_to(constant.data.ravel(), channels)


def _taken_in(
    node: Node, value: Value, numbers: np.ndarray, scale: np.ndarray, bias: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Update scale and bias of value * scale + bias for a node's arithmetic; Div counts on either side of the value."""
    match node.kind:
        case "Add":
            return scale, bias + numbers
        case "Mul":
            return scale * numbers, bias * numbers
        case "Div":
            return scale / numbers, bias / numbers
    return (scale, bias - numbers) if node.inputs[0] is value else (-scale, numbers - bias)


def _add_norm(graph: Graph, conv: Node, last: Value, scale: np.ndarray, bias: np.ndarray) -> None:
    numbers = {"scale": scale, "bias": bias, "mean": np.zeros_like(scale), "var": np.ones_like(scale)}
    constants = [graph.add_constant(f"{conv.name}_BN_{name}", data) for name, data in numbers.items()]
    norm = graph.add("BatchNormalization", "BatchNorm", [conv.output, *constants], [last.type], axis=3, epsilon=0.0)
    graph.replace(last, norm.output)


def merge_pads(graph: Graph) -> None:
    """Merge zero padding into the convolution that is its only reader."""
    for conv in graph.read_nodes("Convolution"):
        pad = producer(conv.inputs[0], "Pad")
        if (
            pad is None
            or pad.attributes.mode != "constant"
            or pad.attributes.value != 0
            or not graph.read_once(pad.output)
        ):
            continue
        (batch, rows, columns, channels), window = pad.attributes.pads, conv.attributes.window
        if batch != (0, 0) or channels != (0, 0):
            continue
        around = (rows[0], columns[0], rows[1], columns[1])
        wider = replace(window, pads=tuple(a + b for a, b in zip(around, window.pads, strict=True)))
        inputs = [pad.inputs[0], *conv.inputs[1:]]
        merged = graph.add("Convolution", conv.name, inputs, [conv.output.type], conv.attributes, window=wider)
        graph.replace(conv.output, merged.output)
    graph.remove_unused()


def fold_norms(graph: Graph) -> None:
    """Fold a BatchNormalization that is a convolution's only reader into the convolution's constants."""
    for node in graph.read_nodes("BatchNormalization"):
        conv = producer(node.inputs[0], "Convolution")
        if conv is None or node.attributes.axis != 3 or not graph.read_once(conv.output):
            continue
        constants = [each for value in conv.inputs[1:] if (each := producer(value, "Constant")) is not None]
        if len(constants) == len(conv.inputs) - 1:
            folded = batch_norm.fold(node, *(each.data for each in constants))
            conv.inputs[1:] = [_with_data(graph, *each) for each in zip(constants, folded, strict=True)]
            graph.replace(node.output, conv.output)


def _with_data(graph: Graph, constant: Constant, data: np.ndarray) -> Value:
    """Return a constant with new numbers: the same one if nothing else reads it, else a copy."""
    if len(graph.users(constant.output)) > 1:
        return graph.add_constant(constant.name, data)
    constant.data = data
    return constant.output
