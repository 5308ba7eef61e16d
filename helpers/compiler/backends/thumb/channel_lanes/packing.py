"""Channel lanes, planned: the layer, its taps in units and groups, and their weights packed into words."""

from dataclasses import dataclass

import numpy as np

from helpers.compiler.backends.thumb.arithmetic import lane_groups
from helpers.compiler.backends.thumb.arithmetic.output_stage import Output
from helpers.compiler.backends.thumb.buffers.storage import Layout
from helpers.compiler.ir.window import Window


@dataclass(frozen=True)
class ChannelLayer:
    """A convolution or a dense layer (one position, a 1x1 kernel), and a Relu of its own behind it if `relu`.

    weights: [outputs, rows, columns, channels], less their offset; bias: [outputs]; zero: the stored input that stands for
    real 0; largest: the largest stored input of each channel. source: bytes, as stored. rows, columns: of the result.
    """

    name: str
    weights: np.ndarray
    bias: list[int]
    output: Output
    relu: Output | None
    zero: int
    largest: list[int]
    source: Layout
    target: Layout
    window: Window
    rows: int
    columns: int


@dataclass(frozen=True)
class Unit:
    """Taps that are in a row in memory, or in a few rows, and one bit of the mask.

    offset: bytes into the window; weights: [outputs, taps]; order: bytes from there to each tap, in the order of processing.
    """

    offset: int
    weights: np.ndarray
    row: int
    column: int
    order: tuple[int, ...]


@dataclass(frozen=True)
class Shape:
    """How the taps of a unit are grouped.

    chunk: length of the groups that a loop goes through, `chunks` of them, or 0; starts: offsets of the first taps of the groups
    that are in the code one by one.
    """

    chunk: int
    chunks: int
    starts: tuple[int, ...]


def lanes(taps: np.ndarray, words: int) -> np.ndarray:
    """[quads, channels, n] as [quads, n * words]: the even channel in the lower lane, the odd one 65536 times above it."""
    rows = np.zeros((len(taps), taps.shape[2], 2 * words), np.int64)
    rows[:, :, : taps.shape[1]] = taps.transpose(0, 2, 1)
    return (rows[:, :, 0::2] + (rows[:, :, 1::2] << 16)).reshape(len(taps), -1)


def in_bytes(taps: np.ndarray) -> np.ndarray:
    """[quads, channels, n] of bytes as [quads, n] words, channels 0, 2, 1, 3 from the lowest byte on."""
    bytes_of = dict(enumerate(taps.transpose(1, 0, 2)))
    return sum(bytes_of[channel] << 8 * place for place, channel in enumerate((0, 2, 1, 3)) if channel in bytes_of)


def fit(shares: np.ndarray, size: int) -> bool:
    """Whether groups of `size` taps fit into a lane. shares: [channels, taps]."""
    padded = np.pad(np.abs(shares), ((0, 0), (0, -shares.shape[1] % size)))
    return bool((padded.reshape(len(shares), -1, size).sum(2) <= lane_groups.LANE).all())
