"""Convolution: NHWC input, filter [out][ky][kx][in per group], bias.

ONNX Conv comes wrapped in transposes, as Glow imports it.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from helpers.common.errors import Unsupported
from helpers.compiler.ir import window as windows
from helpers.compiler.ir.graph import Graph, Node, TensorType, Value
from helpers.compiler.numerics.affine import clip
from helpers.compiler.operators import transpose
from helpers.compiler.operators.base import c_code
from helpers.compiler.operators.base.layer_attributes import ConvAttributes
from helpers.compiler.operators.base.protocols import Lowering, OnnxImporter, OnnxNode
from helpers.compiler.operators.base.registry import from_onnx, operator, same_type
from helpers.compiler.operators.base.weighted import Weighted


@from_onnx("Conv")
def import_conv(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """Conv with a filter [out][in per group][ky][kx]; a missing bias is zeros. One-dimensional ones get a height of 1."""
    graph, (x, weights) = importer.graph, node.inputs[:2]
    attributes, kernel = dict(node.attributes), node.attributes.get("kernel_shape", weights.type.shape[2:])
    flat = len(x.type.shape) == 3
    if flat:
        x, weights, attributes, kernel = windows.with_height(graph, node.name, x, weights, attributes, kernel)
    if len(x.type.shape) != 4:
        raise Unsupported(
            f"Conv over {len(x.type.shape) - 2} dimensions", remedy="use one- or two-dimensional convolutions"
        )
    bias = node.optional_input(2)
    _check_shapes(x.type.shape, weights.type.shape, bias, node.attributes.get("group", 1), kernel)
    if bias is None:
        bias = graph.add_constant("conv.bias", np.zeros(weights.type.shape[0], np.float32))
    window = windows.from_onnx_attributes(attributes, kernel, x.type.shape[2:], "Conv")
    filter_nhwc = transpose.add(graph, node.name, weights, transpose.NCHW_TO_NHWC)
    x_nhwc = transpose.add(graph, node.name, x, transpose.NCHW_TO_NHWC)
    conv = add(graph, node.name, [x_nhwc, filter_nhwc, bias], window, node.attributes.get("group", 1))
    if flat:
        return [windows.without_height(graph, node.name, conv)]
    return [transpose.add(graph, node.name, conv, transpose.NHWC_TO_NCHW)]


def _check_shapes(x: tuple, weights: tuple, bias: Value | None, group: int, kernel: Sequence[int]) -> None:
    if (
        len(weights) != 4
        or tuple(kernel) != weights[2:]
        or group < 1
        or x[1] != weights[1] * group
        or weights[0] % group
    ):
        raise Unsupported(f"{x[1]} channels in {group} groups do not fit a filter {list(weights)}")
    if bias is not None and bias.type.shape != weights[:1]:
        raise Unsupported(f"a bias {list(bias.type.shape)} does not fit {weights[0]} outputs")


def add(graph: Graph, name: str, inputs: list, window: windows.Window, group: int) -> Value:
    """Add a convolution of an NHWC value; returns its result."""
    batch, height, width, _ = inputs[0].type.shape
    shape = (batch, *window.output_size(height, width), inputs[1].type.shape[0])
    return graph.add("Convolution", name, inputs, [TensorType(shape)], window=window, group=group).output


@operator
class Convolution(Weighted[ConvAttributes]):
    """Sums of products under a sliding window; padding counts as real 0."""

    kind = "Convolution"
    attributes = ConvAttributes

    def compute(self, node: Node[ConvAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
        """float32: the bias first, then tap by tap a fused sum over the channels (Glow, libjit_conv2d_f)."""
        x, weights, bias = inputs
        window, group = node.attributes.window, node.attributes.group
        padded = window.padded(x, 0)
        total = np.empty((len(x), *node.output.type.shape[1:]), np.float32)
        for sums, channels in slices(weights.shape[0], x.shape[3], group):
            part = np.broadcast_to(bias[sums], (*total.shape[:3], len(bias[sums]))).astype(np.float32)
            for ky, kx in window.taps():
                seen = window.view(padded, (ky, kx), total.shape[1:3])[..., channels].astype(np.float64)
                tap = np.zeros_like(part)
                for channel in range(seen.shape[3]):
                    # the product of two float32 is exact in float64, so this is a fused multiply-add
                    product = seen[..., channel : channel + 1] * weights[sums, ky, kx, channel].astype(np.float64)
                    tap = (product + tap).astype(np.float32)
                part = part + tap
            total[..., sums] = part
        return [total]

    def compute_integer(self, node: Node[ConvAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
        """Integers: int32 sums of (x - offset) * (w - offset), requantised, the activation, clipped."""
        sums = integer_sums(node, inputs, node.inputs[1].type.offset)
        bias = inputs[2].astype(np.int64) - node.inputs[2].type.offset
        accumulated = (sums + node.attributes.bias_requantisation.apply(bias)).astype(np.int32)
        result = c_code.activated(node, node.attributes.requantisation.apply(accumulated))
        return [clip(result, node.output.type.element)]

    def lower(self, node: Node[ConvAttributes], lowering: Lowering) -> Value | None:
        """Groups become convolutions of their own, and one that sees a pixel at a time a dense layer."""
        if node.attributes.group > 1:
            return _lower_groups(node, lowering)
        return _lower_to_dense(node, lowering) if node.attributes.window == windows.POINT else None

    def emit(self, node: Node[ConvAttributes], name: str) -> str:
        """Plain loops with every size and offset a constant."""
        if not node.output.type.quantised:
            return c_function(node, name, "float", "float", _FLOAT % sizes(node))
        types = [value.type for value in node.inputs]
        bias = f"bias[o] - ({types[2].offset})" if types[2].offset else "bias[o]"
        values = sizes(node) | {
            "x_offset": types[0].offset, "w_offset": types[1].offset,
            "bias": node.attributes.bias_requantisation.c(bias),
            "result": c_code.c_activated(node, node.attributes.requantisation.c("sum")),
        }  # fmt: skip
        return c_function(node, name, "int8_t", same_type(node.inputs[2]), INTEGER % values)


def slices(outputs: int, channels: int, group: int) -> Iterator[tuple[slice, slice]]:
    """Slices of (results, input channels) for each group."""
    for each in range(group):
        results = slice(each * outputs // group, (each + 1) * outputs // group)
        yield results, slice(each * channels // group, (each + 1) * channels // group)


def integer_sums(node: Node, inputs: list[np.ndarray], filter_offset: Sequence[int] | int) -> np.ndarray:
    """int64 sums of (x - offset) * (w - offset) under the window; filter_offset: one number, or one an output."""
    x = inputs[0].astype(np.int64) - node.inputs[0].type.offset
    window, group = node.attributes.window, node.attributes.group
    padded = window.padded(x, 0).astype(np.float64)
    offsets = np.broadcast_to(filter_offset, len(inputs[1]))[:, None, None, None]
    weights = (inputs[1].astype(np.int64) - offsets).astype(np.float64)  # exact: sums stay far below 2**53
    total = np.zeros((len(x), *node.output.type.shape[1:]), np.float64)
    for sums, channels in slices(weights.shape[0], x.shape[3], group):
        for ky, kx in window.taps():
            seen = window.view(padded, (ky, kx), total.shape[1:3])[..., channels]
            total[..., sums] += seen @ weights[sums, ky, kx].T
    return total.astype(np.int64)


def _lower_groups(node: Node, lowering: Lowering) -> Value:
    x, weights, bias = node.inputs
    group, parts = node.attributes.group, []
    outputs, channels = weights.type.shape[0] // group, weights.type.shape[3]
    for each in range(group):
        own = range(each * outputs, (each + 1) * outputs)
        part = [
            _part(lowering, node.name, x, 3, range(each * channels, (each + 1) * channels)),
            _part(lowering, node.name, weights, 0, own), _part(lowering, node.name, bias, 0, own),
        ]  # fmt: skip
        parts.append(add(lowering.graph, node.name, part, node.attributes.window, 1))
    return lowering.add("Concat", node.name, parts, node.output.type.shape, axis=3)


def _part(lowering: Lowering, name: str, value: Value, axis: int, places: range) -> Value:
    ranges = tuple(places if index == axis else range(n) for index, n in enumerate(value.type.shape))
    return lowering.add("Slice", name, [value], [len(each) for each in ranges], ranges=ranges)


def _lower_to_dense(node: Node, lowering: Lowering) -> Value:
    x, weights, bias = node.inputs
    rows, outputs, channels = x.type.size // x.type.shape[3], weights.type.shape[0], x.type.shape[3]
    flat = lowering.add("Reshape", f"{node.name}_ReshapeInput", [x], (rows, channels))
    matrix = lowering.add("Reshape", f"{node.name}_ReshapeWeights", [weights], (outputs, channels))
    turned = lowering.add("Transpose", f"{node.name}_TransposeWeights", [matrix], (channels, outputs), order=(1, 0))
    dense = lowering.add("FullyConnected", node.name, [flat, turned, bias], (rows, outputs))
    return lowering.add("Reshape", f"{node.name}_ReshapeOutput", [dense], node.output.type.shape)


def sizes(node: Node) -> dict:
    """The numbers that the C of a convolution needs."""
    x, weights, out, group = node.inputs[0].type, node.inputs[1].type, node.output.type, node.attributes.group
    channel = "o" if out.shape[3] == group else f"o / {out.shape[3] // group}"
    return node.attributes.window.c_values() | {
        "height": x.shape[1], "width": x.shape[2], "channels": x.shape[3],
        "rows": out.shape[1], "columns": out.shape[2], "outputs": out.shape[3],
        "per_group": weights.shape[3], "first": f" + {channel} * {weights.shape[3]}" if group > 1 else "",
    }  # fmt: skip


def c_function(node: Node, name: str, element: str, bias: str, text: str) -> str:
    """The function around the loops."""
    arguments = f"const {element} *in, const {element} *filter, const {bias} *bias, {element} *out"
    x = node.inputs[0].type
    return c_code.function(name, arguments, text, x.shape[0], {"in": x.size // x.shape[0]})


LOOPS = """\
  for (int y = 0; y < %(rows)d; y++) {
    for (int x = 0; x < %(columns)d; x++) {
      for (int o = 0; o < %(outputs)d; o++) {
        const TYPE *w = filter + o * %(ky)d * %(kx)d * %(per_group)d;
        FIRST;
        for (int ky = 0; ky < %(ky)d; ky++) {
          int row = y * %(sy)d + ky * %(dy)d - %(top)d;
          if (row < 0 || row >= %(height)d) continue;
          for (int kx = 0; kx < %(kx)d; kx++) {
            int column = x * %(sx)d + kx * %(dx)d - %(left)d;
            if (column < 0 || column >= %(width)d) continue;
            const TYPE *p = in + (row * %(width)d + column) * %(channels)d%(first)s;
            const TYPE *q = w + (ky * %(kx)d + kx) * %(per_group)d;
            TAP
          }
        }
        *out++ = RESULT;
      }
    }
  }
"""
_FLOAT_TAP = """\
float tap = 0;
            for (int c = 0; c < %(per_group)d; c++) tap += p[c] * q[c];
            sum += tap;"""


def body(element: str, first: str, tap: str, result: str) -> str:
    """The loops of a convolution, to be filled with `sizes`."""
    return LOOPS.replace("TYPE", element).replace("FIRST", first).replace("TAP", tap).replace("RESULT", result)


INTEGER = body(
    "int8_t",
    "int32_t sum = %(bias)s",
    "for (int c = 0; c < %(per_group)d; c++) sum += (p[c] - (%(x_offset)d)) * (q[c] - (%(w_offset)s));",
    "clip8(%(result)s)",
)
_FLOAT = body("float", "float sum = bias[o]", _FLOAT_TAP, "sum")
