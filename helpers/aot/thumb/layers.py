"""From nodes of the integer graph to layers that a kernel can do: weights as integers, bounds of sums, places in memory."""

from dataclasses import replace

import numpy as np

from helpers.aot.graph import Constant, Node, Value
from helpers.aot.thumb.requantise import LIFT, Output
from helpers.errors import Unsupported


def root(value: Value) -> Value:
    """The value whose bytes these are: reshapes move nothing."""
    while value.node.kind == "Reshape":
        value = value.node.inputs[0]
    return value


def image_shape(value: Value) -> tuple[int, int, int]:
    """Height, width, channels of a value; a flat one is a pixel of many channels."""
    shape = value.type.shape
    if shape[0] != 1 or len(shape) not in (2, 4):
        raise Unsupported(f"a batch of images or a shape {list(shape)}", where=value.node.name)
    return (1, 1, shape[1]) if len(shape) == 2 else tuple(shape[1:])


def lifted_zero(value: Value) -> int:
    """The lifted element that stands for real 0."""
    return value.type.offset + LIFT


def full_weights(node: Node) -> np.ndarray:
    """Weights less their offset as [outputs, rows, columns, channels]; channels of other groups get zeros."""
    constant = node.inputs[1].node
    if not isinstance(constant, Constant) or not isinstance(node.inputs[2].node, Constant):
        raise Unsupported("weights that are computed", where=node.name)
    weights = constant.data.astype(np.int64) - constant.output.type.offset
    if node.kind == "FullyConnected":
        return weights.T[:, None, None, :]
    group, (outputs, rows, columns, per_group) = node.attributes["group"], weights.shape
    full = np.zeros((outputs, rows, columns, group * per_group), np.int64)
    for output in range(outputs):
        first = output // (outputs // group) * per_group
        full[output, :, :, first : first + per_group] = weights[output]
    return full


def full_bias(node: Node) -> list[int]:
    """The bias in units of the sums."""
    bias = node.inputs[2]
    return [int(n) for n in node.attributes["bias_requantisation"].apply(bias.node.data.astype(np.int64) - bias.type.offset)]


def output_of(node: Node, weights: np.ndarray, bias: list[int], largest: list[int]) -> Output:
    """The requantisation with the bounds of the sums, whatever the input; a border counts as 0."""
    zero, channels = lifted_zero(node.inputs[0]), weights.shape[3]
    high_end = np.resize(np.asarray(largest), channels) - zero
    at_ends = np.stack([weights * -zero, weights * high_end, weights * 0])
    lows, highs = at_ends.min(0).sum((1, 2, 3)), at_ends.max(0).sum((1, 2, 3))
    sums = tuple((int(b + low), int(b + high)) for b, low, high in zip(bias, lows, highs, strict=True))
    output = Output(node.attributes["requantisation"], sums)
    output.check(node.name)
    return output


def with_relu(output: Output, dense: Node, relu: Node) -> tuple[Output, Output]:
    """A dense layer's output less the Relu's zero, and the Relu's own, for what the first leaves."""
    zero = relu.inputs[0].type.offset
    rule = replace(output.rule, offset=output.rule.offset - zero - LIFT)
    first = Output(rule, output.sums, 127 - zero)
    first.check(dense.name)
    second = Output(relu.attributes["requantisation"], ((0, first.top),))
    second.check(relu.name)
    return first, second
