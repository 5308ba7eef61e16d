"""Turn one float operator between integers into an integer one, by kind: 31-bit factors from the file's scales."""

from collections.abc import Callable
from typing import Any

import numpy as np

from helpers.compiler.ir.graph import Constant, Graph, Node, TensorType, Value
from helpers.compiler.numerics.requantisation import FixedPoint, Requantisation, fixed_point
from helpers.compiler.operators import channelwise_conv, dequantised_dense, rowwise_dense
from helpers.compiler.operators.base import elementwise

NOTHING = Requantisation(0, 0, 1)


def integers_behind(value: Value) -> Value | None:
    """Return the integers from which a float value was dequantised."""
    return value.node.inputs[0] if value.node.kind == "Dequantize" else None


def make_integer(graph: Graph, node: Node, target: TensorType, fused: dict) -> bool:
    """Turn a node into an integer one with a result of type `target`, in place; return False if it must stay float.

    fused: the following activation as attributes of a convolution (loops.activated).
    """
    rules: dict[str, Callable[..., Any]] = {
        "Convolution": _convolution, "FullyConnected": _dense, "ConvTranspose": _transposed, "MatMul": _product,
        "BatchMatMul": _product, "Add": _sum, "Sub": _sum, "Mul": _product, "Div": _as_it_is, "Max": _choice, "Min": _choice,
        "AvgPool": _average, "ReduceMean": _average, "SoftMax": _as_it_is, "Concat": _concat,
    }  # fmt: skip
    if node.kind == "MatMul" and isinstance(node.inputs[1].node, Constant):
        return _dense(graph, node, target, fused)
    if node.kind in ("Convolution", "FullyConnected", "ConvTranspose"):
        return rules[node.kind](graph, node, target, fused)
    saturates = not fused or (fused["fused"] == "Relu" and target.offset == -128)
    inputs = [_operand(graph, value) for value in node.inputs]
    if node.kind not in rules or not saturates or None in inputs:
        return False
    node.inputs = inputs
    rules[node.kind](graph, node, target)
    return True


def rescaled(graph: Graph, name: str, value: Value, target: TensorType) -> Value:
    """Rescale integers to another scale and offset."""
    factor = _even(float(value.type.scale) / float(target.scale), target.offset)
    return graph.add("Rescale", name, [value], [value.type.with_elements_of(target)], requantisation=factor).output


def _even(factor: float, offset: int = 0) -> FixedPoint:
    return fixed_point(factor, offset, helper="rounded_even")


def _operand(graph: Graph, value: Value) -> Value | None:
    """Return the int8 of a float value, either computed or a constant of one scale; None if there is none."""
    source, node = integers_behind(value), value.node
    if source is not None:
        return source if source.type.element == "int8" else None
    if not isinstance(node, Constant) or (rows := _rows(node, node.data.reshape(1, -1))) is None:
        return None
    data, (row,) = rows
    return graph.add_constant(node.name, data.reshape(node.data.shape), row.with_shape(node.data.shape))


def _rows(
    constant: Constant, like: np.ndarray, move: Callable[[np.ndarray], np.ndarray] | None = None
) -> tuple[np.ndarray, list[TensorType]] | None:
    """Return a constant's int8 in the shape of `like`, and the type of each row; None if a row has several scales.

    move: brings an array of the constant's shape into the order of `like`.
    """
    origin = constant.attributes
    if origin.steps is None or origin.zeros is None:
        return None
    arrays = (constant.data, origin.steps, origin.zeros)
    data, steps, zeros = ((move(each) if move else each).reshape(len(like), -1) for each in arrays)
    integers = np.rint(data.astype(np.float64) / steps) + zeros
    uniform = (steps == steps[:, :1]).all() and (zeros == zeros[:, :1]).all()
    if not uniform or integers.min() < -128 or integers.max() > 127:
        return None
    types = [
        TensorType(like.shape[1:], "int8", float(step), int(zero))
        for step, zero in zip(steps[:, 0], zeros[:, 0], strict=True)
    ]
    return np.ascontiguousarray(integers.reshape(like.shape)).astype(np.int8), types


def _sums(graph: Graph, node: Node, weights: np.ndarray, rows: list[TensorType]) -> list[float] | None:
    """Give a node integer inputs x, weights and bias; return the step of its sums per row, or None if impossible."""
    x, bias = integers_behind(node.inputs[0]), node.inputs[2].node if len(node.inputs) > 2 else None
    if x is None or x.type.element != "int8" or not isinstance(bias, (Constant, type(None))):
        return None
    steps = [float(np.float32(x.type.scale)) * row.scale for row in rows]
    real = np.zeros(len(steps)) if bias is None else bias.data.astype(np.float64)
    integers = np.clip(np.rint(real / steps), -(2**31), 2**31 - 1).astype(np.int32)
    name = node.inputs[1].node.name
    node.inputs = [
        x,
        graph.add_constant(name, weights, TensorType(weights.shape, "int8", 1.0)),
        graph.add_constant(f"{node.name}_bias", integers, TensorType(integers.shape, "int32", 1.0)),
    ]
    return steps


def _convolution(graph: Graph, node: Node, target: TensorType, fused: dict) -> bool:
    weights = node.inputs[1].node
    rows = _rows(weights, weights.data) if isinstance(weights, Constant) else None
    steps = _sums(graph, node, *rows) if rows else None
    if not rows or not steps:
        return False
    factors = [_even(step / target.scale) for step in steps]
    node.become("ChannelwiseQuantizedConvolution", **channelwise_conv.given(rows[1], factors), **fused)
    return True


def _dense(graph: Graph, node: Node, target: TensorType, fused: dict) -> bool:
    weights = node.inputs[1].node
    rows = _rows(weights, weights.data.T, np.transpose) if isinstance(weights, Constant) else None
    steps = _sums(graph, node, *rows) if rows else None
    if not rows or not steps:
        return False
    factors = [_even(step / target.scale, target.offset) for step in steps]
    node.become("RowwiseQuantizedFullyConnected", **rowwise_dense.given(rows[1], factors), **fused)
    return True


def sum_integers(graph: Graph, node: Node) -> None:
    """Let a dense layer with a float32 result sum integers, as in the last layer of PyTorch's quantiser."""
    x, weights, bias = integers_behind(node.inputs[0]), node.inputs[1].node, node.inputs[2].node
    rows = _rows(weights, weights.data.T, np.transpose) if isinstance(weights, Constant) else None
    if x is None or x.type.element != "int8" or rows is None or not isinstance(bias, Constant):
        return
    data, types = rows
    if node.output.type.element == "float" and not any(row.offset for row in types):
        graph.replace(node.output, dequantised_dense.add(graph, node, x, data, types))


def _transposed(graph: Graph, node: Node, target: TensorType, fused: dict) -> bool:
    """Convert a transposed convolution, whose filter has one scale."""
    weights = node.inputs[1].node
    rows = _rows(weights, weights.data[None]) if isinstance(weights, Constant) else None
    if rows is None:
        return False
    data, (row,) = rows
    steps = _sums(graph, node, data[0], [row] * node.output.type.shape[3])
    if steps is None:
        return False
    node.inputs[1].node.output.type = row
    factor = _even(steps[0] / target.scale, target.offset)
    node.set(bias_requantisation=NOTHING, requantisation=factor, **fused)
    return True


def _factor(node: Node, target: TensorType, divisor: float = 1.0) -> float:
    """Return the product of the inputs' scales divided by the result's scale and the divisor."""
    return float(np.prod([float(value.type.scale) for value in node.inputs])) / (float(target.scale) * divisor)


def _product(_graph: Graph, node: Node, target: TensorType) -> None:
    node.attributes.requantisation = _even(_factor(node, target), target.offset)


def _sum(_graph: Graph, node: Node, target: TensorType) -> None:
    x, y = (value.type for value in node.inputs)
    node.set(**elementwise.sum_factors(x, y, target, "rounded_even"))


def _choice(_graph: Graph, node: Node, target: TensorType) -> None:
    left, right = (_even(float(value.type.scale) / float(target.scale)) for value in node.inputs)
    node.set(left=left, right=right)


def _average(_graph: Graph, node: Node, target: TensorType) -> None:
    """Convert a mean. Without a border the factor includes the divisor; with one, the kernel divides by the elements covered."""
    if node.kind == "ReduceMean":
        count, offset = node.inputs[0].type.size // node.output.type.size, target.offset
    else:
        window = node.attributes.window
        node.attributes.count_padding |= not any(window.pads)
        counted = node.attributes.count_padding
        count, offset = (len(window.taps()), target.offset) if counted else (1, 0)
    node.attributes.requantisation = _even(_factor(node, target, count), offset)


def _concat(graph: Graph, node: Node, target: TensorType) -> None:
    same = [value.type.with_elements_of(target) == value.type for value in node.inputs]
    node.inputs = [
        value if equal else rescaled(graph, f"{value.node.name}_rescale", value, target)
        for value, equal in zip(node.inputs, same, strict=True)
    ]


def _as_it_is(_graph: Graph, _node: Node, _target: TensorType) -> None:
    """Keep a node whose kernel derives its factors from the types."""
