"""Max pooling over NHWC; ONNX MaxPool comes wrapped in transposes, as Glow imports it."""

import numpy as np

from helpers.aot import window as windows
from helpers.aot.graph import Node
from helpers.aot.operators import transpose
from helpers.aot.operators.registry import Operator, from_onnx, operator
from helpers.errors import Unsupported


@from_onnx("MaxPool")
def import_max_pool(importer, node):
    """MaxPool; only the first result, sizes rounded down."""
    graph, x = importer.graph, node.inputs[0]
    if node.attributes.get("ceil_mode", 0):
        raise Unsupported("MaxPool with ceil_mode=1", remedy="use ceil_mode=0, as Keras does")
    window = windows.from_onnx_attributes(node.attributes, node.attributes["kernel_shape"], x.type.shape[2:], "MaxPool")
    x_nhwc = transpose.add(graph, node.name, x, transpose.NCHW_TO_NHWC)
    batch, height, width, channels = x_nhwc.type.shape
    result = x_nhwc.type.with_shape((batch, *window.output_size(height, width), channels))
    pool = graph.add("MaxPool", node.name, [x_nhwc], [result], window=window)
    return [transpose.add(graph, node.name, pool.output, transpose.NHWC_TO_NCHW)]


@operator
class MaxPool(Operator):
    """The largest element under a window; padding never wins."""

    kind = "MaxPool"
    keeps_type = True

    def compute(self, node: Node, inputs):
        window = node.attributes["window"]
        lowest = -np.inf if inputs[0].dtype == np.float32 else np.iinfo(inputs[0].dtype).min
        padded = window.padded(inputs[0], lowest)
        views = [window.view(padded, tap, node.output.type.shape[1:3]) for tap in window.taps()]
        return [np.maximum.reduce(views)]

    def emit(self, node: Node, name: str) -> str:
        """Plain loops; the border test is left out where there is no padding."""
        x, out, window = node.inputs[0].type, node.output.type, node.attributes["window"]
        skip = f"if (row < 0 || row >= {x.shape[1]} || column < 0 || column >= {x.shape[2]}) continue;"
        values = {
            "name": name, "width": x.shape[2], "rows": out.shape[1], "columns": out.shape[2], "channels": x.shape[3],
            "ky": window.kernel[0], "kx": window.kernel[1], "top": window.pads[0], "left": window.pads[1],
            "sy": window.strides[0], "sx": window.strides[1], "dy": window.dilations[0], "dx": window.dilations[1],
            "skip": f"\n            {skip}" if any(window.pads) else "",
        }  # fmt: skip
        return _C % values


_C = """\
static void %(name)s(const int8_t *in, int8_t *out) {
  for (int y = 0; y < %(rows)d; y++) {
    for (int x = 0; x < %(columns)d; x++) {
      for (int c = 0; c < %(channels)d; c++) {
        int8_t largest = -128;
        for (int ky = 0; ky < %(ky)d; ky++) {
          for (int kx = 0; kx < %(kx)d; kx++) {
            int row = y * %(sy)d + ky * %(dy)d - %(top)d, column = x * %(sx)d + kx * %(dx)d - %(left)d;%(skip)s
            int8_t value = in[(row * %(width)d + column) * %(channels)d + c];
            if (value > largest) largest = value;
          }
        }
        *out++ = largest;
      }
    }
  }
}
"""
