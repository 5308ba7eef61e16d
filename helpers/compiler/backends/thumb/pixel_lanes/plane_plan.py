"""Depthwise layers in a loop over the channels, planned: the scratch buffer of a plane, the groups of taps, and the table.

A word of the scratch buffer holds two pixels of one column: one of the upper half of the result's rows needs the lower lane, the
one of the lower half that is `apart` rows further down the upper lane. So every tap is one load, whatever the window.
"""

import itertools
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from helpers.compiler.backends.thumb.arithmetic import lane_groups, shortened
from helpers.compiler.backends.thumb.arithmetic.factors import Digits
from helpers.compiler.backends.thumb.arithmetic.output_stage import Output
from helpers.compiler.backends.thumb.buffers.storage import Layout
from helpers.compiler.ir.window import Window

MOST_TAPS = 121  # all weights of a channel lie on the stack, within the reach of a store
# Estimated cycles: of a tap for two pixels, of two elements, of a row of windows, of a plane, and of copying an element.
TAP, PAIR, ROW, PLANE, COPIED = 5.2, 58, 16, 60, 6.5
TAP_OF_PLANE = 5  # unpacks a weight


@dataclass(frozen=True)
class PlaneLayer:
    """A depthwise convolution with one result for each channel, its Relu in the clipping.

    weights: [channels, rows, columns], less their offset; bias: [channels]; zero: the stored input that stands for real 0;
    largest: the largest stored input of each channel; storage_offset: of the stored inputs. source: bytes. rows, columns: of the
    result.
    """

    name: str
    weights: np.ndarray
    bias: list[int]
    output: Output
    zero: int
    largest: list[int]
    storage_offset: int
    source: Layout
    target: Layout
    window: Window
    rows: int
    columns: int


@dataclass(frozen=True)
class Copy:
    """What one lane takes from the input: rows, from `row` on, and columns, to a place in the scratch buffer."""

    row: int
    rows: int
    columns: int
    place: int


class PlanePlan:
    """What the code of a layer and its table are made from. high: rows of windows; apart: rows between the lanes' pixels."""

    def __init__(self, layer: PlaneLayer):
        self.layer, window = layer, layer.window
        self.channels = len(layer.bias)
        self.high, self.apart = -(-layer.rows // 2), layer.rows // 2
        self.scratch = scratch(window, (layer.rows, layer.columns))
        self.height, self.width = self.scratch.shape[:2]
        starts = [*lane_groups.common_cuts(self._shares), self._shares.shape[1]]
        self.groups = [range(start, end) for start, end in itertools.pairwise(starts)]

    @cached_property
    def places(self) -> list[int]:
        """Bytes from the first word of a window to that of each tap."""
        window = self.layer.window
        (down, across), (rows, columns) = window.dilations, window.kernel
        return [4 * (y * down * self.width + x * across) for y in range(rows) for x in range(columns)]

    @cached_property
    def _weights(self) -> np.ndarray:
        return self.layer.weights.reshape(self.channels, -1)

    @cached_property
    def _shares(self) -> np.ndarray:
        return self._weights * np.asarray(self.layer.largest)[:, None]

    def copies(self) -> list[Copy]:
        """What each of the two lanes takes from the input; the rest of the scratch buffer is border."""
        layer, (top, left) = self.layer, self.layer.window.pads[:2]
        height, width, _ = layer.source.shape
        made = []
        for lane, first in enumerate((-top, self.apart * layer.window.strides[0] - top)):
            row, end = max(first, 0), min(first + self.height, height)
            place = 4 * ((row - first) * self.width + left) + 2 * lane
            made.append(Copy(row, max(end - row, 0), min(width, self.width - left), place))
        return made

    @cached_property
    def offsets(self) -> np.ndarray:
        """What each group starts from in both lanes, so that neither becomes negative: [channels, groups]."""
        below = np.maximum(-self._shares, 0)
        return np.stack([below[:, group.start : group.stop].sum(1) for group in self.groups], 1)

    @cached_property
    def starts(self) -> np.ndarray:
        """What each sum starts from: [channels]."""
        layer = self.layer
        return np.array(layer.bias) - layer.zero * self._weights.sum(1) - self.offsets.sum(1)

    @cached_property
    def short(self) -> list[Digits] | None:
        """Factors that take in what the sums start from, all with one shift; None where the layer's own are needed."""
        digits = isinstance(self.layer.output.factors[0], Digits)
        return shortened.shortened(self.layer.output, self.starts) if digits else None

    @cached_property
    def ends(self) -> np.ndarray:
        """What turns a channel's sums into elements: what they start from, and the words of the factor: [channels, words]."""
        if self.short:
            return np.array([(*factor.digits, factor.addend) for factor in self.short], np.int64)
        factors = np.array([factor.words for factor in self.layer.output.factors], np.int64)
        return np.concatenate([self.starts[:, None], factors], 1)

    @property
    def words(self) -> int:
        """Words of a channel in the table, in front of its weights."""
        return len(self.groups) + self.ends.shape[1]

    @property
    def weight_bytes(self) -> int:
        """Bytes of a weight in the table."""
        return 1 if self._weights.min() >= -128 and self._weights.max() <= 127 else 2

    @cached_property
    def table(self) -> np.ndarray:
        """For each channel: the groups' offsets, what turns its sums into elements, and its weights, as uint32 words."""
        words = np.concatenate([self.offsets * 0x10001, self.ends], 1) & 0xFFFFFFFF
        weights = self._weights.astype({1: "<i1", 2: "<i2"}[self.weight_bytes]).view(np.uint8)
        padded = np.pad(weights, ((0, 0), (0, -weights.shape[1] % 4))).view("<u4")
        return np.concatenate([words.astype(np.uint32), padded], 1).ravel()


def scratch(window: Window, size: tuple[int, int]) -> Layout:
    """The words of a plane. size: rows and columns of the result."""
    height, width = reach(window, -(-size[0] // 2), size[1])
    return Layout((height, width, 1), 4, 0, 0, 4 * width, 4, 4, 4 * height * width)


def reach(window: Window, rows: int, columns: int) -> tuple[int, int]:
    """Rows and columns of the input that so many rows and columns of windows see."""
    high, wide = (
        (count - 1) * stride + (size - 1) * dilation + 1
        for count, stride, size, dilation in zip(
            (rows, columns), window.strides, window.kernel, window.dilations, strict=True
        )
    )
    return high, wide


def cycles(window: Window, shape: tuple[int, int, int], inputs: int) -> float:
    """Estimate the cycles of a layer. shape: rows, columns and channels of the result; inputs: elements of the input."""
    rows, columns, channels = shape
    taps, high = window.kernel[0] * window.kernel[1], -(-rows // 2)
    plane = high * (columns * (taps * TAP + PAIR) + ROW) + PLANE + TAP_OF_PLANE * taps
    return channels * plane + COPIED * inputs
