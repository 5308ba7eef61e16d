"""The sliding window of convolutions and pools: sizes, and views of a padded NHWC array."""

from dataclasses import dataclass

import numpy as np

from helpers.errors import Unsupported


@dataclass(frozen=True)
class Window:
    """Kernel, strides and dilations as (height, width); pads as (top, left, bottom, right); all in elements."""

    kernel: tuple[int, int]
    strides: tuple[int, int] = (1, 1)
    pads: tuple[int, int, int, int] = (0, 0, 0, 0)
    dilations: tuple[int, int] = (1, 1)

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

    def taps(self):
        """The kernel's positions (ky, kx), row by row."""
        return [(ky, kx) for ky in range(self.kernel[0]) for kx in range(self.kernel[1])]

    def padded(self, x: np.ndarray, fill) -> np.ndarray:
        """An NHWC array with its border filled."""
        top, left, bottom, right = self.pads
        return np.pad(x, ((0, 0), (top, bottom), (left, right), (0, 0)), constant_values=fill)

    def view(self, padded: np.ndarray, tap: tuple[int, int], size: tuple[int, int]) -> np.ndarray:
        """What one tap sees at every output position: (n, height, width, channels)."""
        rows, columns = ((tap[axis] * self.dilations[axis], size[axis], self.strides[axis]) for axis in (0, 1))
        return padded[
            :,
            rows[0] : rows[0] + rows[1] * rows[2] : rows[2],
            columns[0] : columns[0] + columns[1] * columns[2] : columns[2],
        ][:, : size[0], : size[1]]


def from_onnx_attributes(attributes: dict, kernel, size: tuple[int, int], what: str) -> Window:
    """The window of an ONNX Conv or pool; auto_pad is resolved for an input of `size` (height, width)."""
    strides = tuple(attributes.get("strides", (1, 1)))
    dilations = tuple(attributes.get("dilations", (1, 1)))
    mode = attributes.get("auto_pad", "NOTSET")
    if len(kernel) != 2:
        raise Unsupported(f"{what} over {len(kernel)} dimensions; only two-dimensional ones are supported")
    if mode in ("NOTSET", "VALID"):
        pads = tuple(attributes.get("pads", (0, 0, 0, 0))) if mode == "NOTSET" else (0, 0, 0, 0)
        return Window(tuple(kernel), strides, pads, dilations)
    begin, end = [], []
    for axis in (0, 1):
        reach = dilations[axis] * (kernel[axis] - 1) + 1
        total = max(0, (-(-size[axis] // strides[axis]) - 1) * strides[axis] + reach - size[axis])
        less, more = total // 2, total - total // 2
        begin.append(less if mode == "SAME_UPPER" else more)
        end.append(more if mode == "SAME_UPPER" else less)
    return Window(tuple(kernel), strides, (*begin, *end), dilations)
