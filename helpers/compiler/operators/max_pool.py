"""Max pooling over NHWC; ONNX MaxPool and GlobalMaxPool come wrapped in transposes, as Glow imports them."""

from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np

from helpers.common.errors import Unsupported
from helpers.compiler.ir import window as windows
from helpers.compiler.ir.graph import Graph, Node, Value
from helpers.compiler.numerics import affine
from helpers.compiler.operators import reshape, transpose
from helpers.compiler.operators.base import c_code
from helpers.compiler.operators.base.protocols import OnnxImporter, OnnxNode
from helpers.compiler.operators.base.registry import Operator, from_onnx, operator, same_type


@from_onnx("MaxPool")
def import_max_pool(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """MaxPool; only the first result."""
    return [import_pool(importer, node, "MaxPool")]


@from_onnx("GlobalMaxPool")
def import_global_max_pool(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """The largest element of each channel."""
    return [import_pool(importer, node, "MaxPool", whole=True)]


def import_pool(importer: OnnxImporter, node: OnnxNode, kind: str, whole: bool = False, **attributes: Any) -> Value:
    """A pool of NCHW (or NCW) between two transposes; `whole`: over all of each channel."""
    graph, x, given = importer.graph, node.inputs[0], node.attributes
    kernel = x.type.shape[2:] if whole else given["kernel_shape"]
    given = {} if whole else given
    if len(x.type.shape) == 5:
        return _deep(importer, node, kind, given, kernel, attributes)
    flat = len(x.type.shape) == 3
    if flat:
        x, _, given, kernel = windows.with_height(graph, node.name, x, None, given, kernel)
    if len(x.type.shape) != 4:
        raise Unsupported(
            f"{node.op_type} over {len(x.type.shape) - 2} dimensions", remedy="use one to three dimensions"
        )
    window = windows.from_onnx_attributes(given, kernel, x.type.shape[2:], node.op_type)
    result = add(
        graph, node.name, transpose.add(graph, node.name, x, transpose.NCHW_TO_NHWC), kind, window, **attributes
    )
    if flat:
        return windows.without_height(graph, node.name, result)
    return transpose.add(graph, node.name, result, transpose.NHWC_TO_NCHW)


def _deep(
    importer: OnnxImporter, node: OnnxNode, kind: str, given: dict, kernel: Sequence[int], attributes: dict
) -> Value:
    """A pool over depth, height and width: first over height and width of every plane, then over depth."""
    graph, (batch, channels, depth, height, width) = importer.graph, node.inputs[0].type.shape
    planes = reshape.add(graph, node.name, node.inputs[0], (batch, channels * depth, height, width))
    for axes, shape in (((1, 2), None), ((0,), (batch, channels, depth, -1))):
        part = dict(given, kernel_shape=tuple(kernel[axis] for axis in axes))
        for key in ("strides", "dilations", "pads"):
            if key in given:
                ends = (0, 3) if key == "pads" else (0,)
                part[key] = tuple(given[key][axis + end] for end in ends for axis in axes)
        if shape:
            size = planes.type.shape[2:]
            planes = reshape.add(graph, node.name, planes, (batch, channels, depth, int(np.prod(size))))
            part = {key: _beside(key, value) for key, value in part.items()}
        inner = SimpleNamespace(name=node.name, op_type=node.op_type, attributes=part, inputs=[planes])
        planes = import_pool(importer, inner, kind, **attributes)
    return reshape.add(graph, node.name, planes, (batch, channels, planes.type.shape[2], *size))


def _beside(key: str, value: Any) -> Any:
    """An attribute of a window over depth, for one that is 1 wide."""
    if key == "pads":
        return (value[0], 0, value[1], 0)
    return (*value, 1) if key in ("kernel_shape", "strides", "dilations") else value


def add(graph: Graph, name: str, x: Value, kind: str, window: windows.Window, **attributes: Any) -> Value:
    """Add a pool of an NHWC value."""
    batch, height, width, channels = x.type.shape
    result = x.type.with_shape((batch, *window.output_size(height, width), channels))
    return graph.add(kind, name, [x], [result], window=window, **attributes).output


@dataclass(slots=True, kw_only=True)
class MaxPoolAttributes:
    """The window; raw: offsets do not matter, as in TFLite."""

    window: windows.Window
    raw: bool = False


@operator
class MaxPool(Operator[MaxPoolAttributes]):
    """The largest element under a window; padding never wins."""

    kind = "MaxPool"
    attributes = MaxPoolAttributes
    keeps_type = True

    def compute(self, node: Node[MaxPoolAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
        window = node.attributes.window
        lowest = -np.inf if inputs[0].dtype == np.float32 else np.iinfo(inputs[0].dtype).min
        padded = window.padded(inputs[0], lowest)
        views = [window.view(padded, tap, node.output.type.shape[1:3]) for tap in window.taps()]
        return [np.maximum.reduce(views)]

    def emit(self, node: Node[MaxPoolAttributes], name: str) -> str:
        """Plain loops; the border test is left out where there is no padding."""
        x, element = node.inputs[0].type, same_type(node.output)
        lowest = "-__builtin_inff()" if element == "float" else str(affine.LIMITS[x.element][0])
        text = _C.replace("TYPE", element).replace("LOWEST", lowest) % (sizes(node) | node.attributes.window.c_values())
        steps = {"in": x.size // x.shape[0]}
        return c_code.function(name, f"const {element} *in, {element} *out", text, x.shape[0], steps)


def sizes(node: Node) -> dict:
    """The numbers that the C of a pool needs."""
    x, out = node.inputs[0].type, node.output.type
    skip = f"if (row < 0 || row >= {x.shape[1]} || column < 0 || column >= {x.shape[2]}) continue;"
    return {
        "width": x.shape[2], "rows": out.shape[1], "columns": out.shape[2], "channels": x.shape[3],
        "skip": f"\n            {skip}" if any(node.attributes.window.pads) else "",
    }  # fmt: skip


_C = """\
  for (int y = 0; y < %(rows)d; y++) {
    for (int x = 0; x < %(columns)d; x++) {
      for (int c = 0; c < %(channels)d; c++) {
        TYPE largest = LOWEST;
        for (int ky = 0; ky < %(ky)d; ky++) {
          for (int kx = 0; kx < %(kx)d; kx++) {
            int row = y * %(sy)d + ky * %(dy)d - %(top)d, column = x * %(sx)d + kx * %(dx)d - %(left)d;%(skip)s
            TYPE value = in[(row * %(width)d + column) * %(channels)d + c];
            if (value > largest) largest = value;
          }
        }
        *out++ = largest;
      }
    }
  }
"""
