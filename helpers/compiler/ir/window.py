"""The sliding window of convolutions and pools: sizes, and views of a padded NHWC array."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from helpers.common.errors import Unsupported
from helpers.compiler.ir.graph import Graph, Value

LARGEST = 4096  # elements along an axis


@dataclass(frozen=True)
class Window:
    """Kernel, strides and dilations as (height, width); pads as (top, left, bottom, right); all in elements."""

    kernel: tuple[int, int]
    strides: tuple[int, int] = (1, 1)
    pads: tuple[int, int, int, int] = (0, 0, 0, 0)
    dilations: tuple[int, int] = (1, 1)

    def __post_init__(self) -> None:
        """Reject sizes that make no sense, before loops run over them."""
        numbers = (*self.kernel, *self.strides, *self.dilations)
        if len(numbers) != 6 or len(self.pads) != 4 or min(numbers) < 1 or max(numbers) > LARGEST:
            raise Unsupported(f"a window {self.kernel} with strides {self.strides} and dilations {self.dilations}")
        if min(self.pads) < 0 or max(self.pads) > LARGEST:
            raise Unsupported(f"pads of {list(self.pads)}", remedy="use pads from 0 on")

    def output_size(self, height: int, width: int) -> tuple[int, int]:
        """Height and width of the result; raises Unsupported where the window does not fit into the padded input."""
        sizes = []
        for axis, size in enumerate((height, width)):
            padded = size + self.pads[axis] + self.pads[axis + 2]
            reach = self.dilations[axis] * (self.kernel[axis] - 1) + 1
            if padded < reach:
                raise Unsupported(f"a window of {reach} does not fit into {padded} padded elements")
            sizes.append((padded - reach) // self.strides[axis] + 1)
        return sizes[0], sizes[1]

    def inside(self, axis: int, size: int, count: int) -> list[tuple[int, ...]]:
        """For each of `count` results along an axis, the kernel's positions that see the input (of `size`), not the border."""
        step = self.dilations[axis]
        starts = [result * self.strides[axis] - self.pads[axis] for result in range(count)]
        return [tuple(k for k in range(self.kernel[axis]) if 0 <= at + k * step < size) for at in starts]

    def taps(self) -> list[tuple[int, int]]:
        """The kernel's positions (ky, kx), row by row."""
        return [(ky, kx) for ky in range(self.kernel[0]) for kx in range(self.kernel[1])]

    def c_values(self) -> dict[str, int]:
        """The numbers that C loops over a window need."""
        return {
            "ky": self.kernel[0], "kx": self.kernel[1], "top": self.pads[0], "left": self.pads[1],
            "sy": self.strides[0], "sx": self.strides[1], "dy": self.dilations[0], "dx": self.dilations[1],
        }  # fmt: skip

    def padded(self, x: np.ndarray, fill: float | np.floating) -> np.ndarray:
        """An NHWC array with its border filled."""
        top, left, bottom, right = self.pads
        return np.pad(x, ((0, 0), (top, bottom), (left, right), (0, 0)), constant_values=fill)

    def view(self, padded: np.ndarray, tap: tuple[int, int], size: Sequence[int]) -> np.ndarray:
        """What one tap sees at every output position: (n, height, width, channels)."""
        rows, columns = ((tap[axis] * self.dilations[axis], size[axis], self.strides[axis]) for axis in (0, 1))
        return padded[
            :,
            rows[0] : rows[0] + rows[1] * rows[2] : rows[2],
            columns[0] : columns[0] + columns[1] * columns[2] : columns[2],
        ][:, : size[0], : size[1]]


POINT = Window((1, 1))  # a dense layer over channels, or a 1x1 convolution
SMALL_POOL = Window((2, 2), (2, 2))


def pair(numbers: Sequence[int]) -> tuple[int, int]:
    """Two numbers, for height and width; raises Unsupported where there are more or fewer."""
    if len(numbers) != 2:
        raise Unsupported(f"{len(numbers)} numbers {list(numbers)} where two are needed, for height and width")
    return numbers[0], numbers[1]


def with_height(
    graph: Graph, name: str, x: Value, weights: Value | None, attributes: dict, kernel: Sequence[int]
) -> tuple[Value, Value | None, dict, tuple[int, ...]]:
    """A one-dimensional operator as a two-dimensional one over a height of 1: x, weights (or None), attributes, kernel."""
    wide = dict(attributes)
    for key in ("strides", "dilations"):
        if key in wide:
            wide[key] = (1, *wide[key])
    if "pads" in wide:
        wide["pads"] = (0, wide["pads"][0], 0, wide["pads"][1])
    if "output_padding" in wide:
        wide["output_padding"] = (0, *wide["output_padding"])
    x = graph.add(
        "Reshape", f"{name}_expanddims", [x], [x.type.with_shape((*x.type.shape[:2], 1, x.type.shape[2]))]
    ).output
    if weights is not None:
        shape = (*weights.type.shape[:2], 1, weights.type.shape[2])
        weights = graph.add("Reshape", f"{name}_expanddims", [weights], [weights.type.with_shape(shape)]).output
    return x, weights, wide, (1, *kernel)


def without_height(graph: Graph, name: str, result: Value) -> Value:
    """Its result, NHWC with a height of 1, as [batch, channels, width]."""
    batch, _, width, channels = result.type.shape
    flat = graph.add("Reshape", f"{name}_reshape", [result], [result.type.with_shape((batch, width, channels))]).output
    turned = result.type.with_shape((batch, channels, width))
    return graph.add("Transpose", name, [flat], [turned], order=(0, 2, 1)).output


def from_onnx_attributes(attributes: dict, kernel: Sequence[int], size: tuple[int, ...], what: str) -> Window:
    """The window of an ONNX Conv or pool; auto_pad and ceil_mode are resolved for an input of `size` (height, width)."""
    strides = tuple(attributes.get("strides", (1, 1)))
    dilations = tuple(attributes.get("dilations", (1, 1)))
    mode = attributes.get("auto_pad", "NOTSET")
    if len(kernel) != 2:
        raise Unsupported(f"{what} over {len(kernel)} dimensions; only one and two are supported")
    if mode in ("NOTSET", "VALID"):
        pads = tuple(attributes.get("pads", (0, 0, 0, 0))) if mode == "NOTSET" else (0, 0, 0, 0)
        window = Window(pair(kernel), strides, pads, dilations)
        counted = bool(attributes.get("count_include_pad", 0))
        return _ceiled(window, pair(size), what, counted) if attributes.get("ceil_mode", 0) else window
    begin, end = [], []
    for axis in (0, 1):
        reach = dilations[axis] * (kernel[axis] - 1) + 1
        total = max(0, (-(-size[axis] // strides[axis]) - 1) * strides[axis] + reach - size[axis])
        less, more = total // 2, total - total // 2
        begin.append(less if mode == "SAME_UPPER" else more)
        end.append(more if mode == "SAME_UPPER" else less)
    return Window(pair(kernel), strides, (*begin, *end), dilations)


def _ceiled(window: Window, size: tuple[int, int], what: str, counted: bool) -> Window:
    """Sizes rounded up: more padding at the end, where a last window then still starts inside."""
    top, left, *ends = window.pads
    for axis in (0, 1):
        stride, reach = window.strides[axis], window.dilations[axis] * (window.kernel[axis] - 1) + 1
        rest = (size[axis] + window.pads[axis] + ends[axis] - reach) % stride
        starts = size[axis] + window.pads[axis] + ends[axis] - reach - rest + stride
        if rest and starts < size[axis] + window.pads[axis]:
            ends[axis] += stride - rest
    pads = (top, left, ends[0], ends[1])
    if counted and pads != window.pads:
        raise Unsupported(f"{what} with ceil_mode=1 where it matters", remedy="use ceil_mode=0, as Keras does")
    return Window(window.kernel, window.strides, pads, window.dilations)
