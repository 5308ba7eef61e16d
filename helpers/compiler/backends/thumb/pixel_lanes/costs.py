"""Estimated cycles of kernels with pixel lanes, for a Cortex-M0+ without wait states: they rank ways to compute a layer.

tests/compiler/backends/thumb/test_cost_models.py holds them against the emulator. Each constant is what one thing takes, counted
in the code that is emitted.
"""

from dataclasses import dataclass

import numpy as np

from helpers.compiler.backends.thumb.arithmetic import lane_groups
from helpers.compiler.backends.thumb.arithmetic.factors import Digits
from helpers.compiler.backends.thumb.arithmetic.output_stage import Output
from helpers.compiler.backends.thumb.pixel_lanes import pairs
from helpers.compiler.ir.window import Window

# A product for two pixels is muls and adds, and a move that equal weights share; without a fast muls, shifts and additions.
PRODUCT, CHAINED_PRODUCT = 2.75, 6.5
WORD = 2  # load it
BETWEEN = 3  # put the two pixels between two words together
APART = 6  # load two pixels that are no neighbours and put them together
FLUSH = 6.5  # put a group aside, take it in again, and its offset
ONE, MERGE = 3, 6  # take the lanes of one group, or of several, apart; and the last offset
# Requantise by one product; two digits take twice that; a further digit.
MULTIPLIED, DIGIT = 5.5, 5
CLIP = 3.3
STORE = 4
ODD = 7  # ask whether there is a right pixel
PASS = 12  # step to the next window
LARGER = 5  # of a pool: keep the larger sum
ROW, QUAD = 20, 35  # a row of windows; four channels
COPIED = 9  # an element to a half-word, with a test of the row's end
# Words of two rows: both elements of a channel, apart from digits; a pass; an element of a row that is copied, and of a pixel.
TOGETHER, TOGETHER_DIGIT, TWO_ROWS, LANE, PIXEL = 13, 5, 15, 8.5, 4.6
STRIP = 60
# Planes: a window of two pixels, an element that is copied, a row of windows, a channel, and the group of a window.
PLANE_WINDOW, PLANE_COPIED, PLANE_ROW, PLANE, PLANE_GROUP = 9, 5, 16, 70, 4.5


@dataclass(frozen=True)
class Layer:
    """A convolution as the estimates see it.

    weights: [outputs, rows, columns, channels of a group]; shares: the same times the largest stored input. size: rows and
    columns of the result; source: height, width, channels; outside: whether the input lies as Glow has it, so that it is copied.
    """

    weights: np.ndarray
    shares: np.ndarray
    output: Output
    window: Window
    size: tuple[int, int]
    source: tuple[int, int, int]
    outside: bool
    mul_cycles: int

    @property
    def groups(self) -> np.ndarray:
        """About how many groups the taps of each output fall into."""
        loads = np.abs(self.shares).reshape(len(self.shares), -1).sum(1)
        return 1 + 1.15 * loads / lane_groups.LANE

    @property
    def element(self) -> float:
        """Requantise one sum."""
        factor = self.output.factors[0]
        return MULTIPLIED if not isinstance(factor, Digits) else 2 * MULTIPLIED + DIGIT * (self.digits - 2)

    @property
    def digits(self) -> int:
        """About how many digits a short factor has: as many as make 16 bits."""
        largest = max(abs(end) for ends in self.output.sums for end in ends)
        return 2 if 31 - max(largest, 1).bit_length() >= 10 else 3

    def quads(self) -> list[slice]:
        return [slice(first, first + 4) for first in range(0, len(self.weights), 4)]


def _sums(layer: Layer, quad: slice, load: float) -> float:
    """A pass of four channels: products, loads (cycles of all taps of one output) and groups."""
    weights = layer.weights[quad]
    product = PRODUCT if layer.mul_cycles == 1 else CHAINED_PRODUCT
    groups = layer.groups[quad]
    flushes = (groups - 1).sum() * FLUSH + np.where(groups > 1.6, MERGE, ONE).sum()
    return np.count_nonzero(weights) * product + load + flushes


def _loads(layer: Layer) -> float:
    """Loads of all taps where words hold neighbours."""
    rows, columns, channels = layer.weights.shape[1:]
    if layer.window.strides[1] > 1:
        return rows * channels * columns * APART
    return rows * channels * ((columns // 2 + 1) * WORD + columns // 2 * BETWEEN)


def pixel(layer: Layer, pooled: bool) -> float:
    """Half-words: four channels at a time. pooled: with a 2x2 pool."""
    rows, columns = layer.size
    windows, total = rows * -(-columns // 2), 0.0
    alone = layer.source[2] > layer.weights.shape[3]  # then each output reads taps of its own
    for quad in layer.quads():
        count = len(layer.weights[quad])
        each = _sums(layer, quad, _loads(layer) * (count if alone else 1)) + PASS
        each += count * (LARGER * 2 if pooled else 2 * (layer.element + CLIP + STORE) + (ODD if columns % 2 else 0))
        total += windows * each + rows * ROW + QUAD
        if pooled:
            total += rows // 2 * (columns // 2) * count * (layer.element + CLIP + STORE + MERGE)
    copied = COPIED * np.prod(layer.source) if layer.outside or alone else 0
    return total + copied


def pair(layer: Layer, strip: int) -> float:
    """Words of two rows, so many rows of the result in a strip."""
    flat = pairs.flat(layer.window)
    rows, columns = (layer.size[0] * layer.size[1], 1) if flat else layer.size
    strips = [min(strip, rows - first) for first in range(0, rows, strip)]
    windows = sum(map(pairs.high, strips))
    digits = TOGETHER_DIGIT * layer.digits if isinstance(layer.output.factors[0], Digits) else 3
    total = 0.0
    for quad in layer.quads():
        each = _sums(layer, quad, int(np.count_nonzero(layer.weights[quad].any(0))) * WORD) + TWO_ROWS
        each += len(layer.weights[quad]) * (TOGETHER + digits + 2 * CLIP)
        total += windows * columns * each + (windows * ROW if columns > 1 else 0) + len(strips) * QUAD
    return total + _lanes(layer, strip, rows, flat) + len(strips) * STRIP


def _lanes(layer: Layer, strip: int, rows: int, flat: bool) -> float:
    """Copy all strips."""
    _, width, channels = layer.source
    more = 2 if layer.outside else 0
    if flat:
        return (
            2 * sum(pairs.high(min(strip, rows - n)) for n in range(0, rows, strip)) * (channels * (PIXEL + more) + 5)
        )
    lines = pairs.copied(rows, strip, layer.window)
    return lines * (width * (channels * (4 + more) + -(-channels // 4) * 5) + -(-channels // 4) * 12)


def listed(layer: Layer) -> float:
    """Depthwise, with code of its own for every channel."""
    (high, columns), window = (pairs.high(layer.size[0]), layer.size[1]), layer.window
    down, across = window.kernel
    loads = down * (across + 2 if 1 < across <= 3 else across * WORD + 1)
    digits = 7.5 * layer.digits if isinstance(layer.output.factors[0], Digits) else 9
    lines = (high - 1) * window.strides[0] + down
    copied = 2 * (lines * (min(layer.source[1], (columns - 1) * window.strides[1] + across) * PLANE_COPIED + 6) + 15)
    total = 0.0
    for weights, groups in zip(layer.weights, layer.groups, strict=True):
        each = 3 * np.count_nonzero(weights) + loads + groups * PLANE_GROUP + digits + 2 * CLIP + PLANE_WINDOW
        total += high * (columns * each + PLANE_ROW) + PLANE + copied
    return total
