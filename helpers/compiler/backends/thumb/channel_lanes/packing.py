"""Channel lanes, planned: the layer, its taps in units and groups, and their weights packed into words."""

from dataclasses import dataclass

import numpy as np

from helpers.compiler.backends.thumb.arithmetic import lane_groups
from helpers.compiler.backends.thumb.arithmetic.output_stage import Output
from helpers.compiler.backends.thumb.buffers.storage import Layout
from helpers.compiler.ir.window import Window

LANE_BITS = 16  # of a weight that is not packed
LONGEST_CHUNK = 32  # taps of a loop's body: the offsets 0 to 31 that ldrb reaches
SHORTEST_CHUNK = 12  # of packed weights, if as many fit: what ends a group costs cycles
PACKED_TAP_BYTES, PACKED_BYTES = 10, 40  # of code on top, where weights are packed: of a tap and of a layer


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


def in_fields(taps: np.ndarray, bits: int) -> np.ndarray:
    """[quads, channels, n] of so many bits as [quads, words]: tap after tap, the even channels in the lower half of a word.

    A tap of the channels 0 and 2 takes the lowest bits, 1 and 3 the same 16 bits above.
    """
    each = 8 // bits
    quads, channels, count = taps.shape
    padded = np.zeros((quads, 4, -(-count // each), each), np.int64)
    padded.reshape(quads, 4, -1)[:, :channels, :count] = taps
    places = [16 * (channel % 2) + bits * (channel // 2) for channel in range(4)]
    shifted = padded << np.array(places)[:, None, None] << 2 * bits * np.arange(each)
    return shifted.sum((1, 3))


def fit(shares: np.ndarray, size: int) -> bool:
    """Whether groups of `size` taps fit into a lane. shares: [channels, taps]."""
    padded = np.pad(np.abs(shares), ((0, 0), (0, -shares.shape[1] % size)))
    return bool((padded.reshape(len(shares), -1, size).sum(2) <= lane_groups.LANE).all())


def bits(weights: np.ndarray, shares: np.ndarray) -> int:
    """Bits of a weight, if all are made positive by one number: 2, 4 or 8; LANE_BITS where bytes do not suffice."""
    narrow = (2, 4) if fit(shares, SHORTEST_CHUNK) else ()
    return next((bits for bits in (*narrow, 8) if np.ptp(weights) < 2**bits), LANE_BITS)


def chunk(shares: np.ndarray, width: int) -> int:
    """Taps of a loop's body for weights of `width` bits: as many as fit; where they are packed, those that leave least code."""
    sizes = [size for size in range(1, LONGEST_CHUNK + 1) if fit(shares, size)]
    if width > 8:
        return max(sizes)
    whole = [size for size in sizes if size % (8 // width) == 0 and size >= min(SHORTEST_CHUNK, sizes[-1])]
    return min(whole, key=lambda size: (size + shares.shape[1] % size, -size))


def saves(shares: np.ndarray, width: int) -> bool:
    """Whether packed weights of `width` bits save more than the code that unpacks them takes. shares: [channels, taps]."""
    (outputs, taps), size = shares.shape, chunk(shares, width)
    saved = -(-outputs // 4) * taps * 4 * (LANE_BITS - width) // 8
    return saved > PACKED_TAP_BYTES * (size + taps % size) + PACKED_BYTES
