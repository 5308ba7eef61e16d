"""LayerNormalization, InstanceNormalization and GroupNormalization: means, differences, a root, made of operators that exist."""

import numpy as np

from helpers.common.errors import Unsupported
from helpers.compiler.ir.graph import Value
from helpers.compiler.operators import reshape
from helpers.compiler.operators.base.protocols import OnnxImporter, OnnxNode
from helpers.compiler.operators.base.registry import from_onnx


@from_onnx("LayerNormalization")
def import_layer_normalization(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """(x - mean) / sqrt(variance + epsilon) * scale + bias over the axes from `axis` on; also the mean and 1 / sqrt(...)."""
    x, rank = node.inputs[0], len(node.inputs[0].type.shape)
    axis = range(rank)[node.attributes.get("axis", -1)]
    result, *numbers = _normalised(importer, node, x, tuple(range(axis, rank)))
    return [_scaled(importer, node, result, node.inputs[1], node.optional_input(2)), *numbers]


@from_onnx("InstanceNormalization")
def import_instance_normalization(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """The same over each channel of each image."""
    x = node.inputs[0]
    result, *_ = _normalised(importer, node, x, tuple(range(2, len(x.type.shape))))
    return [_scaled(importer, node, result, *(_by_channel(importer, each, x.type.shape) for each in node.inputs[1:3]))]


@from_onnx("GroupNormalization")
def import_group_normalization(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """The same over groups of channels; from opset 21 on a scale and bias a channel, before it one a group."""
    x, groups = node.inputs[0], node.attributes["num_groups"]
    shape = x.type.shape
    flat = reshape.add(importer.graph, node.name, x, (shape[0], groups, x.type.size // (shape[0] * groups)))
    result = reshape.add(importer.graph, node.name, _normalised(importer, node, flat, (2,))[0], shape)
    numbers = []
    for value in node.inputs[1:3]:
        data = importer.constant(value)
        if data.size == groups != shape[1]:
            value = importer.graph.add_constant(value.node.name, np.repeat(data, shape[1] // groups))
        numbers.append(_by_channel(importer, value, shape))
    return [_scaled(importer, node, result, *numbers)]


def _by_channel(importer: OnnxImporter, value: Value, shape: tuple[int, ...]) -> Value:
    """A number a channel in a shape that is broadcast along the channels."""
    data = importer.constant(value)
    if data.shape != shape[1:2]:
        raise Unsupported(f"numbers of shape {list(data.shape)} do not fit {shape[1]} channels")
    return importer.graph.add_constant(value.node.name, data.reshape(-1, *(1,) * (len(shape) - 2)))


def _normalised(importer: OnnxImporter, node: OnnxNode, x: Value, axes: tuple[int, ...]) -> tuple[Value, Value, Value]:
    """(x - mean) / sqrt(variance + epsilon), the mean, and 1 / sqrt(variance + epsilon)."""
    graph, name = importer.graph, node.name
    kept = x.type.with_shape(1 if axis in axes else n for axis, n in enumerate(x.type.shape))
    mean = graph.add("ReduceMean", f"{name}_mean", [x], [kept], axes=axes).output
    centred = importer.binary("Sub", f"{name}_centred", x, mean)
    square = importer.binary("Mul", f"{name}_square", centred, centred)
    variance = graph.add("ReduceMean", f"{name}_variance", [square], [kept], axes=axes).output
    epsilon = graph.add_splat(f"{name}_epsilon", (1,) * len(kept.shape), node.attributes.get("epsilon", 1e-5))
    above = importer.binary("Add", f"{name}_above_zero", variance, epsilon)
    inverse = graph.add("Power", f"{name}_inverse", [above], [kept], exponent=-0.5).output
    return importer.binary("Mul", f"{name}_normalised", centred, inverse), mean, inverse


def _scaled(importer: OnnxImporter, node: OnnxNode, x: Value, scale: Value, bias: Value | None) -> Value:
    x = importer.binary("Mul", f"{node.name}_scaled" if bias is not None else node.name, x, scale)
    return x if bias is None else importer.binary("Add", node.name, x, bias)
