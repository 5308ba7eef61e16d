"""Convolutions and dense layers, a row at a time: four sums share the load of an input element.

u is a stored input element, w a stored weight (both 0..255). The sum of (u - zero) * (w - offset) is the sum of u * w,
less offset times the sum of u, less what does not depend on u; the latter is in the biases. Where a weight is used more
than once, two of them share a word: u * (w0 + w1 * 65536) is two products, which cannot touch each other. The whole is
added to one register, its upper half to another.
"""

from dataclasses import dataclass

import numpy as np

from helpers.compiler.backends import weighted_layer
from helpers.compiler.backends.streaming.chain import StreamedLayer
from helpers.compiler.backends.streaming.plan import WORD, RowBuffer
from helpers.compiler.backends.values import STORAGE_OFFSET
from helpers.compiler.ir.graph import constant_of
from helpers.compiler.operators.conv import slices

AT_ONCE = 4  # sums: as many as the core's low registers can hold
LONGEST = 16  # taps in straight code where weights are used again and again
LONGEST_ONCE = 12  # taps in straight code where each weight is used once
BYTE_REACH, WORD_REACH = 31, 124  # offsets of ldrb and ldr


@dataclass(frozen=True)
class Taps:
    """How code walks over a window: `rows` times `columns` times `times` runs over `offsets` (bytes from a run's start).

    *_step: bytes from one row, column, or run to the next.
    """

    rows: int
    columns: int
    times: int
    row_step: int
    column_step: int
    step: int
    offsets: tuple[int, ...]

    @property
    def count(self) -> int:
        """Taps of the whole window."""
        return self.rows * self.columns * self.times * len(self.offsets)


@dataclass(frozen=True)
class OutputBlock:
    """`size` outputs summed at once, `count` times one after the other; paired: two weights a word."""

    size: int
    count: int
    paired: bool

    @property
    def tap_bytes(self) -> int:
        """Bytes of constants a tap takes."""
        return 2 * self.size if self.paired else self.size


def weights_of(layer: StreamedLayer) -> np.ndarray:
    """int8 weights as [outputs, rows, columns, channels of a group]; a dense layer's as those of a window over everything."""
    node = layer.weighted
    data = constant_of(node.inputs[1]).data
    return data.T.reshape(data.shape[1], *layer.source) if node.kind == "FullyConnected" else data


def reused(layer: StreamedLayer) -> bool:
    """Whether a weight is used for more than one element of the result."""
    return layer.result[0] * layer.result[1] > 1


def blocks(layer: StreamedLayer) -> list[OutputBlock]:
    """The outputs of one group: four at a time, then the rest."""
    group = layer.weighted.attributes.group
    whole, rest = divmod(layer.result[2] // group, AT_ONCE)
    return [
        OutputBlock(size, count, reused(layer) and size % 2 == 0)
        for size, count in ((AT_ONCE, whole), (rest, 1)) if size and count
    ]  # fmt: skip


def taps(layer: StreamedLayer, rows: RowBuffer, per_group: int) -> Taps:
    """The walk over one window: straight code where it is short, else loops over runs of neighbouring bytes."""
    (ky, kx), (dy, dx), channels = layer.window.kernel, layer.window.dilations, layer.source[2]
    row_step, column_step = dy * rows.row_bytes, dx * channels
    if reused(layer) and ky * kx * per_group <= LONGEST:
        offsets = [y * row_step + x * column_step + c for y in range(ky) for x in range(kx) for c in range(per_group)]
        return Taps(1, 1, 1, 0, 0, 0, tuple(offsets))
    run = per_group
    if per_group == channels and dx == 1:
        kx, run = 1, kx * channels
        if run == row_step:
            ky, run = 1, ky * run
    longest = LONGEST if reused(layer) else LONGEST_ONCE
    straight = max(n for n in range(1, longest + 1) if run % n == 0)
    return Taps(ky, kx, run // straight, row_step, column_step, straight, tuple(range(straight)))


def assembly(block: OutputBlock, walk: Taps, from_int8: bool) -> str:
    """The straight code of a run, one macro a tap; it ends with the weights' pointer behind the run.

    from_int8: elements are read as int8 and get the offset first.
    """
    kind = f"{'PAIRED' if block.paired else 'TAP'}{block.size}"
    reach = WORD_REACH if block.paired else BYTE_REACH
    lines, p, w = [], 0, 0
    for number, offset in enumerate(walk.offsets):
        at = number * block.tap_bytes
        lines += _advance("p", offset - p) if offset - p > BYTE_REACH else []
        p = offset if offset - p > BYTE_REACH else p
        lines += _advance("w", at - w) if at + block.tap_bytes - 1 - w > reach else []
        w = at if at + block.tap_bytes - 1 - w > reach else w
        places = [at - w + n for n in range(0, block.tap_bytes, WORD if block.paired else 1)]
        lines.append(f"ELEMENT({offset - p}) {'LIFTED ' if from_int8 else ''}{kind}({', '.join(map(str, places))})")
    lines += _advance("w", len(walk.offsets) * block.tap_bytes - w)
    lines += _advance("p", walk.step - p) if walk.step else []
    return "\n".join(f"              {line}" for line in lines)


def _advance(pointer: str, by: int) -> list[str]:
    return [f"ADVANCE({pointer}, {min(255, by - done)})" for done in range(0, by, 255)]


def constants(layer: StreamedLayer) -> bytes:
    """For each block a start for each of its registers, in which the input's zero is counted; then the weights tap by tap."""
    node, group = layer.weighted, layer.weighted.attributes.group
    weights = weights_of(layer)
    flat, bias = weights.reshape(len(weights), -1).astype(np.int64), _bias(layer, weights)
    made = bytearray()
    for outputs, _ in slices(len(weights), node.inputs[0].type.shape[-1], group):
        at = outputs.start
        for block in blocks(layer):
            for _ in range(block.count):
                made += _block(block, flat[at : at + block.size] + STORAGE_OFFSET, bias[at : at + block.size])
                at += block.size
    return bytes(made)


def _bias(layer: StreamedLayer, weights: np.ndarray) -> np.ndarray:
    node = layer.weighted
    zero = node.inputs[0].type.offset + STORAGE_OFFSET
    return np.array(weighted_layer.bias(node), np.int64) - zero * (
        weights.astype(np.int64) - node.inputs[1].type.offset
    ).sum((1, 2, 3))


def _block(block: OutputBlock, stored: np.ndarray, bias: np.ndarray) -> bytes:
    """One block's constants, in whole words; stored: weights [outputs, taps]."""
    starts = bias.copy()
    data = stored.T.astype("<u1").tobytes()
    if block.paired:
        starts[0::2] += bias[1::2] << 16
        data = stored.T.astype("<u2").tobytes()
    return (starts & 0xFFFFFFFF).astype("<u4").tobytes() + data + bytes(-len(data) % WORD)
