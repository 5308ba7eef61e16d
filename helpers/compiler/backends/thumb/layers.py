"""From nodes of the integer graph to layers that a kernel can do: weights as integers, bounds of sums, places in memory."""

from dataclasses import dataclass

import numpy as np

from helpers.common.errors import Unsupported
from helpers.compiler.backends import weighted_layer
from helpers.compiler.backends.thumb.arithmetic import output_stage
from helpers.compiler.backends.thumb.arithmetic.output_stage import Output
from helpers.compiler.backends.values import root
from helpers.compiler.ir.graph import Node, Value
from helpers.compiler.ir.kinds import DENSE
from helpers.compiler.operators.base import c_code
from helpers.compiler.operators.base.layer_attributes import fused_activation

INT8 = (-128, 127)


def bounds(value: Value) -> tuple[int, int]:
    """The least and the largest int8 that a value may hold, whatever the input."""
    node = root(value).node
    if node.kind == "MaxPool" and not any(node.attributes.window.pads):
        return bounds(node.inputs[0])
    found = _clip(node) if fused_activation(node) else None
    return found or ((value.type.offset, INT8[1]) if node.kind == "Relu" else INT8)


def keeps_zero(node: Node) -> bool:
    """Whether a node's activation, if any, is one that kernels have and that leaves real 0 as it is: an element as any other."""
    return fused_activation(node) in (None, "LeakyRelu") or _clip(node) is not None


def _clip(node: Node) -> tuple[int, int] | None:
    """The range of a node's int8 results behind its activation; None for one that is more, or less, than a clip."""
    activation, out = node.attributes.fused, node.output.type
    if activation == "Relu":
        return out.offset, INT8[1]
    if activation != "Clip":
        return None
    low, high = np.clip(c_code.clip_bounds(node.attributes.fused_arguments, out), *INT8)
    return (int(low), int(high)) if low <= out.offset <= high else None


def storage_offset(value: Value) -> int:
    """What is added to an int8 of a value to store it from 0 on ("stored")."""
    return -bounds(value)[0]


def largest_stored(value: Value) -> int:
    """The largest stored element."""
    low, high = bounds(value)
    return high - low


def stored_zero(value: Value) -> int:
    """The stored element that stands for real 0."""
    return value.type.offset + storage_offset(value)


def full_weights(node: Node) -> np.ndarray:
    """Weights less their offset as [outputs, rows, columns, channels]; channels of other groups get zeros."""
    weights = weighted_layer.weights(node)
    if node.kind in DENSE:
        return weights
    group, (outputs, rows, columns, per_group) = node.attributes.group, weights.shape
    full = np.zeros((outputs, rows, columns, group * per_group), np.int64)
    for output in range(outputs):
        first = output // (outputs // group) * per_group
        full[output, :, :, first : first + per_group] = weights[output]
    return full


@dataclass(frozen=True)
class Sums:
    """A layer as kernels compute it.

    weights: as full_weights gives them; bias: one per channel; output: from sums to elements; relu: from what `output`
    leaves to the elements of a Relu of its own that follows a dense layer.
    """

    weights: np.ndarray
    bias: list[int]
    output: Output
    relu: Output | None = None


def sums_of(node: Node, largest: list[int], relu: Node | None = None) -> Sums:
    """Return the layer with the bounds of its sums for any input; a border counts as 0.

    largest: the largest stored element of each input channel, or one for all. A channel that cannot vary gets weights of zero and
    the bias that gives its element.

    Raises Unsupported if 32 bits would overflow, or if an activation precedes the Relu.
    """
    weights, bias = full_weights(node), weighted_layer.bias(node)
    sums = _bounds_of_sums(node, weights, bias, largest)
    output, own = (_alone(node, sums), None) if relu is None else _with_relu(node, relu, sums)
    constant = output.constant
    weights[constant] = 0
    bias = [output.sums[channel][0] if channel in constant else number for channel, number in enumerate(bias)]
    return Sums(weights, bias, output, own)


def _bounds_of_sums(
    node: Node, weights: np.ndarray, bias: list[int], largest: list[int]
) -> tuple[tuple[int, int], ...]:
    zero, channels = stored_zero(node.inputs[0]), weights.shape[3]
    high_end = np.resize(np.asarray(largest), channels) - zero
    at_ends = np.stack([weights * -zero, weights * high_end, weights * 0])
    lows, highs = at_ends.min(0).sum((1, 2, 3)), at_ends.max(0).sum((1, 2, 3))
    return tuple((int(b + low), int(b + high)) for b, low, high in zip(bias, lows, highs, strict=True))


def _alone(node: Node, sums: tuple) -> Output:
    """A layer's output with its own activation."""
    leaks, (least, most) = (
        fused_activation(node) == "LeakyRelu",
        (storage_offset(node.output), largest_stored(node.output)),
    )
    rules = weighted_layer.requantisations(node)
    made = output_stage.output(rules, sums, least, most, node.name, settled=not leaks)
    return made.leaking(c_code.slope(node), node.output.type.offset + least, node.name) if leaks else made


def _with_relu(dense: Node, relu: Node, sums: tuple) -> tuple[Output, Output]:
    """A dense layer's output less the Relu's zero, and the Relu's own, for what the first leaves."""
    zero, (low, high) = relu.inputs[0].type.offset, bounds(dense.output)
    if low > zero or fused_activation(dense) == "LeakyRelu":
        raise Unsupported("an activation in front of a Relu", where=dense.name)
    first = output_stage.output(weighted_layer.requantisations(dense), sums, -zero, high - zero, dense.name)
    own = [relu.attributes.requantisation] * len(sums)
    ends = ((0, first.largest_stored),) * len(sums)
    return first, output_stage.output(
        own, ends, storage_offset(relu.output), largest_stored(relu.output), relu.name, settled=False
    )
