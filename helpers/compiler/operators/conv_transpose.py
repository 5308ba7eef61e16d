"""Transposed convolution over NHWC, in float32 and in int8. Glow's CPU backend has only the first, and converts around it."""

from collections.abc import Sequence

import numpy as np

from helpers.common.errors import Unsupported
from helpers.compiler.ir import window as windows
from helpers.compiler.ir.graph import Node, TensorType, Value
from helpers.compiler.numerics.affine import clip
from helpers.compiler.operators import reshape, transpose
from helpers.compiler.operators.base import c_code
from helpers.compiler.operators.base.columns import Columns
from helpers.compiler.operators.base.layer_attributes import ConvAttributes
from helpers.compiler.operators.base.protocols import OnnxImporter, OnnxNode
from helpers.compiler.operators.base.registry import from_onnx, operator, same_type
from helpers.compiler.operators.base.weighted import Weighted


@from_onnx("ConvTranspose")
def import_conv_transpose(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """ConvTranspose with a filter [in][out per group][ky][kx]."""
    graph, (x, weights) = importer.graph, node.inputs[:2]
    attributes, kernel = dict(node.attributes), node.attributes.get("kernel_shape", weights.type.shape[2:])
    flat = len(x.type.shape) == 3
    if flat:
        x, weights, attributes, kernel = windows.with_height(graph, node.name, x, weights, attributes, kernel)
        if "output_shape" in attributes:
            attributes["output_shape"] = (1, *attributes["output_shape"])
    if len(x.type.shape) != 4:
        what = f"ConvTranspose over {len(x.type.shape) - 2} dimensions"
        raise Unsupported(what, remedy="use one- or two-dimensional convolutions")
    group = attributes.get("group", 1)
    shape, bias = weights.type.shape, node.optional_input(2)
    if len(shape) != 4 or tuple(kernel) != shape[2:] or (bias is not None and bias.type.shape != (shape[1] * group,)):
        raise Unsupported(f"a filter {list(shape)} does not fit the kernel or the bias")
    if x.type.shape[1] != weights.type.shape[0] or x.type.shape[1] % group:
        raise Unsupported(
            f"{x.type.shape[1]} channels in {group} groups do not fit a filter {list(weights.type.shape)}"
        )
    outputs = weights.type.shape[1] * group
    if bias is None:
        bias = graph.add_constant(f"{node.name}_bias", np.zeros(outputs, np.float32))
    window, size = _window(attributes, kernel, x.type.shape[2:])
    taps = transpose.add(graph, node.name, weights, (0, 2, 3, 1))
    x_nhwc = transpose.add(graph, node.name, x, transpose.NCHW_TO_NHWC)
    importer.check_size((*size, outputs))
    made = graph.add("ConvTranspose", node.name, [x_nhwc, taps, bias], [TensorType((x.type.shape[0], *size, outputs))],
                     window=window, group=group)  # fmt: skip
    result = transpose.add(graph, node.name, made.output, transpose.NHWC_TO_NCHW)
    if flat:
        result = reshape.add(graph, f"{node.name}_reshape", result, result.type.shape[:2] + result.type.shape[3:])
    return [result]


def _window(attributes: dict, kernel: Sequence[int], size: tuple[int, ...]) -> tuple[windows.Window, tuple[int, int]]:
    """The window and the result's height and width, by the ONNX rules for pads and output_shape."""
    strides, dilations = tuple(attributes.get("strides", (1, 1))), tuple(attributes.get("dilations", (1, 1)))
    extra, wanted = attributes.get("output_padding", (0, 0)), attributes.get("output_shape")
    mode, pads = attributes.get("auto_pad", "NOTSET"), list(attributes.get("pads", (0, 0, 0, 0)))
    if wanted is None and mode.startswith("SAME"):
        wanted = [n * stride for n, stride in zip(size, strides, strict=True)]
    result = []
    for axis in (0, 1):
        full = strides[axis] * (size[axis] - 1) + extra[axis] + (kernel[axis] - 1) * dilations[axis] + 1
        if wanted is not None:
            total = max(0, full - wanted[axis])
            less, more = total // 2, total - total // 2
            pads[axis], pads[axis + 2] = (less, more) if mode == "SAME_UPPER" else (more, less)
            if mode == "NOTSET":
                pads[axis], pads[axis + 2] = more, less
            result.append(int(wanted[axis]))
        else:
            result.append(full - pads[axis] - pads[axis + 2])
    if min(result) < 1:
        raise Unsupported(f"the result would have the size {result}")
    return windows.Window(windows.pair(kernel), strides, tuple(pads), dilations), (result[0], result[1])


@operator
class ConvTranspose(Weighted[ConvAttributes]):
    """Each input element adds its filter, scaled by it, to the result."""

    kind = "ConvTranspose"
    attributes = ConvAttributes

    def compute(self, node: Node[ConvAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
        x, weights, bias = inputs
        out = np.broadcast_to(bias, (len(x), *node.output.type.shape[1:])).astype(np.float32)
        return [_added(node, x, weights, out)]

    def compute_integer(self, node: Node[ConvAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
        """Integers: int32 sums of (x - offset) * (w - offset), requantised, clipped."""
        x, weights, bias = (
            each.astype(np.int64) - value.type.offset for each, value in zip(inputs, node.inputs, strict=True)
        )
        if node.attributes.bias_requantisation is not None:
            bias = node.attributes.bias_requantisation.apply(bias)
        out = np.broadcast_to(bias, (len(x), *node.output.type.shape[1:])).astype(np.int64)
        sums = _added(node, x, weights, out).astype(np.int32)
        return [clip(c_code.activated(node, self._scaled(node, sums)), node.output.type.element)]

    def _scaled(self, node: Node[ConvAttributes], sums: np.ndarray) -> np.ndarray:
        """Sums at the result's scale, offset included: by one factor, or by one a channel."""
        if node.attributes.requantisations is None:
            return node.attributes.requantisation.apply(sums)
        channels = [each.apply(sums[..., index]) for index, each in enumerate(node.attributes.requantisations)]
        return np.stack(channels, axis=-1) + np.int32(node.output.type.offset)

    def settle(self, node: Node[ConvAttributes]) -> None:
        if node.attributes.requantisations is None:  # which a network's file gives, with a bias in steps of the sums
            super().settle(node)

    def emit(self, node: Node[ConvAttributes], name: str) -> str:
        x, weights, out = (node.inputs[0].type, node.inputs[1].type, node.output.type)
        group, bias = node.attributes.group, node.inputs[2].type
        values = node.attributes.window.c_values() | {
            "height": x.shape[1], "width": x.shape[2], "channels": x.shape[3], "rows": out.shape[1],
            "columns": out.shape[2], "outputs": out.shape[3], "per_group": weights.shape[3],
            "in_per_group": x.shape[3] // group,
        }  # fmt: skip
        element, number, first, product, result, table = "float", "float", "bias[o]", "p[c] * q[c * STEP]", "sum", ""
        if out.quantised:
            element, number = "int8_t", "int32_t"
            if node.attributes.bias_requantisation is not None:
                first = node.attributes.bias_requantisation.c(f"bias[o] - ({bias.offset})" if bias.offset else first)
            product = f"(p[c] - ({x.offset})) * (q[c * STEP] - ({weights.offset}))"
            table, scaled = _c_scaled(node, name)
            result = f"clip8({c_code.c_activated(node, scaled)})"
        text = _C.replace("FIRST", first).replace("PRODUCT", product).replace("RESULT", result)
        text = text.replace("STEP", "%(ky)d * %(kx)d * %(per_group)d").replace("ELEMENT", element)
        arguments = (
            f"const {element} *in, const {element} *filter, const {same_type(node.inputs[2])} *bias, {element} *out"
        )
        text = text.replace("NUMBER", number) % values
        return table + c_code.function(name, arguments, text, x.shape[0], {"in": x.size // x.shape[0]})


def _c_scaled(node: Node, name: str) -> tuple[str, str]:
    """The factors of each channel, where it has one of its own, and the C expression for a sum at the result's scale."""
    rules = node.attributes.requantisations
    if rules is None:
        return "", node.attributes.requantisation.c("sum")
    columns = Columns(name)
    total = columns.requantised("sum", rules, "sum")
    return columns.head, f"{total} + ({node.output.type.offset})"


def _added(node: Node, x: np.ndarray, weights: np.ndarray, out: np.ndarray) -> np.ndarray:
    """`out`, which holds the bias, with every product added, tap by tap."""
    window, shape = node.attributes.window, node.output.type.shape
    for ky, kx in window.taps():
        rows, columns = (
            _targets(window, axis, tap, x.shape[axis + 1], shape[axis + 1]) for axis, tap in ((0, ky), (1, kx))
        )
        if len(rows[0]) and len(columns[0]):
            seen = x[:, rows[0]][:, :, columns[0]]
            places = np.ix_(np.arange(len(x)), rows[1], columns[1], np.arange(shape[3]))
            out[places] += _grouped(seen, weights[:, ky, kx], node.attributes.group)
    return out


def _targets(window: windows.Window, axis: int, tap: int, size: int, limit: int) -> tuple[np.ndarray, np.ndarray]:
    """Input places along an axis, and where a tap puts them, as far as that lies inside the result."""
    at = np.arange(size) * window.strides[axis] + tap * window.dilations[axis] - window.pads[axis]
    inside = (at >= 0) & (at < limit)
    return np.flatnonzero(inside), at[inside]


def _grouped(seen: np.ndarray, taps: np.ndarray, group: int) -> np.ndarray:
    """Sums over the channels of each group, one channel after the other."""
    count = seen.shape[3] // group
    parts = []
    for each in range(group):
        total = taps.dtype.type(0)
        for channel in range(each * count, (each + 1) * count):
            total = total + seen[..., channel : channel + 1] * taps[channel]
        parts.append(total)
    return np.concatenate(parts, axis=3)


_C = """\
  for (int y = 0; y < %(rows)d; y++) {
    for (int x = 0; x < %(columns)d; x++) {
      for (int o = 0; o < %(outputs)d; o++) {
        NUMBER sum = FIRST;
        for (int ky = 0; ky < %(ky)d; ky++) {
          int row = y + %(top)d - ky * %(dy)d;
          if (row < 0 || row %% %(sy)d || row / %(sy)d >= %(height)d) continue;
          for (int kx = 0; kx < %(kx)d; kx++) {
            int column = x + %(left)d - kx * %(dx)d;
            if (column < 0 || column %% %(sx)d || column / %(sx)d >= %(width)d) continue;
            int first = o / %(per_group)d * %(in_per_group)d;
            const ELEMENT *p = in + (row / %(sy)d * %(width)d + column / %(sx)d) * %(channels)d + first;
            const ELEMENT *q = filter + ((first * %(ky)d + ky) * %(kx)d + kx) * %(per_group)d + o %% %(per_group)d;
            NUMBER tap = 0;
            for (int c = 0; c < %(in_per_group)d; c++) tap += PRODUCT;
            sum += tap;
          }
        }
        *out++ = RESULT;
      }
    }
  }
"""
