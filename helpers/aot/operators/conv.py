"""Convolution: NHWC input, filter [out][ky][kx][in per group], int32 bias.

ONNX Conv comes wrapped in transposes, as Glow imports it.
"""

import numpy as np

from helpers.aot import window as windows
from helpers.aot.graph import Node, TensorType
from helpers.aot.operators import transpose
from helpers.aot.operators.registry import Operator, from_onnx, operator
from helpers.aot.ranges import clip
from helpers.errors import Unsupported


@from_onnx("Conv")
def import_conv(importer, node):
    """Conv with a constant or computed filter [out][in per group][ky][kx]; a missing bias is zeros."""
    graph, (x, weights) = importer.graph, node.inputs[:2]
    if len(x.type.shape) != 4:
        raise Unsupported("Conv over an input that is not [N, C, H, W]", remedy="use two-dimensional convolutions")
    group = node.attributes.get("group", 1)
    bias = node.optional_input(2)
    if bias is None:
        bias = graph.add_constant("conv.bias", np.zeros(weights.type.shape[0], np.float32))
    kernel = node.attributes.get("kernel_shape", weights.type.shape[2:])
    window = windows.from_onnx_attributes(node.attributes, kernel, x.type.shape[2:], "Conv")
    filter_nhwc = transpose.add(graph, node.name, weights, transpose.NCHW_TO_NHWC)
    x_nhwc = transpose.add(graph, node.name, x, transpose.NCHW_TO_NHWC)
    batch, height, width, _ = x_nhwc.type.shape
    shape = (batch, *window.output_size(height, width), weights.type.shape[0])
    inputs = [x_nhwc, filter_nhwc, bias]
    conv = graph.add("Convolution", node.name, inputs, [TensorType(shape)], window=window, group=group)
    return [transpose.add(graph, node.name, conv.output, transpose.NHWC_TO_NCHW)]


@operator
class Convolution(Operator):
    """Sums of products under a sliding window; padding counts as real 0."""

    kind = "Convolution"

    def compute(self, node: Node, inputs):
        """float32: the bias first, then tap by tap a fused sum over the channels (Glow, libjit_conv2d_f)."""
        x, weights, bias = inputs
        window, group = node.attributes["window"], node.attributes["group"]
        padded = window.padded(x, 0)
        total = np.empty((len(x), *node.output.type.shape[1:]), np.float32)
        for sums, channels, chosen in _groups(weights.shape[0], x.shape[3], group):
            part = np.broadcast_to(bias[chosen], (*total.shape[:3], len(bias[chosen]))).astype(np.float32)
            for ky, kx in window.taps():
                seen = window.view(padded, (ky, kx), total.shape[1:3])[..., channels].astype(np.float64)
                tap = np.zeros_like(part)
                for channel in range(seen.shape[3]):
                    # the product of two float32 is exact in float64, so this is a fused multiply-add
                    product = seen[..., channel : channel + 1] * weights[chosen, ky, kx, channel].astype(np.float64)
                    tap = (product + tap).astype(np.float32)
                part = part + tap
            total[..., sums] = part
        return [total]

    def compute_integer(self, node: Node, inputs):
        """int8: int32 sums of (x - offset) * (w - offset), requantised, clipped."""
        x, weights, bias = (each.astype(np.int64) for each in inputs)
        types = [value.type for value in node.inputs]
        window, group = node.attributes["window"], node.attributes["group"]
        padded = window.padded(x - types[0].offset, 0).astype(np.float64)
        weights = (weights - types[1].offset).astype(np.float64)  # exact: sums stay far below 2**53
        total = np.zeros((len(x), *node.output.type.shape[1:]), np.float64)
        for sums, channels, chosen in _groups(weights.shape[0], x.shape[3], group):
            for ky, kx in window.taps():
                seen = window.view(padded, (ky, kx), total.shape[1:3])[..., channels]
                total[..., sums] += seen @ weights[chosen, ky, kx].T
        rescaled_bias = node.attributes["bias_requantisation"].apply(bias)
        accumulated = (total.astype(np.int64) + rescaled_bias).astype(np.int32)
        return [clip(node.attributes["requantisation"].apply(accumulated), node.output.type.element)]

    def quantise(self, node: Node, plan):
        """The result takes a following Relu's type (plan fuses it); the bias takes input scale times filter scale."""
        node.output.type = plan.type_of(node.output)
        plan.quantise_weights_and_bias(node)

    def emit(self, node: Node, name: str) -> str:
        """Plain loops with every size and offset a constant."""
        x, weights = (value.type for value in node.inputs[:2])
        out, window, group = node.output.type, node.attributes["window"], node.attributes["group"]
        values = {
            "name": name, "height": x.shape[1], "width": x.shape[2], "channels": x.shape[3],
            "rows": out.shape[1], "columns": out.shape[2], "outputs": out.shape[3],
            "per_group": weights.shape[3], "outputs_per_group": out.shape[3] // group,
            "ky": window.kernel[0], "kx": window.kernel[1], "top": window.pads[0], "left": window.pads[1],
            "sy": window.strides[0], "sx": window.strides[1], "dy": window.dilations[0], "dx": window.dilations[1],
            "x_offset": x.offset, "w_offset": weights.offset,
            "bias": node.attributes["bias_requantisation"].c("bias[o]"),
            "result": node.attributes["requantisation"].c("sum"),
        }  # fmt: skip
        return _C % values


def _groups(outputs: int, channels: int, group: int):
    """Slices of (results, input channels, filters) for each group."""
    for each in range(group):
        results = slice(each * outputs // group, (each + 1) * outputs // group)
        yield results, slice(each * channels // group, (each + 1) * channels // group), results


_C = """\
static void %(name)s(const int8_t *in, const int8_t *filter, const int32_t *bias, int8_t *out) {
  for (int y = 0; y < %(rows)d; y++) {
    for (int x = 0; x < %(columns)d; x++) {
      for (int o = 0; o < %(outputs)d; o++) {
        const int8_t *w = filter + o * %(ky)d * %(kx)d * %(per_group)d;
        int32_t sum = %(bias)s;
        for (int ky = 0; ky < %(ky)d; ky++) {
          int row = y * %(sy)d + ky * %(dy)d - %(top)d;
          if (row < 0 || row >= %(height)d) continue;
          for (int kx = 0; kx < %(kx)d; kx++) {
            int column = x * %(sx)d + kx * %(dx)d - %(left)d;
            if (column < 0 || column >= %(width)d) continue;
            const int8_t *p = in + (row * %(width)d + column) * %(channels)d + o / %(outputs_per_group)d * %(per_group)d;
            const int8_t *q = w + (ky * %(kx)d + kx) * %(per_group)d;
            for (int c = 0; c < %(per_group)d; c++) sum += (p[c] - (%(x_offset)d)) * (q[c] - (%(w_offset)d));
          }
        }
        *out++ = clip8(%(result)s);
      }
    }
  }
}
"""
