"""Channel lanes, planned: the stream of packed weights, the constants of the sums, and which taps the border cuts off.

A word holds the weights of two output channels in its lanes; multiplied by one input it gives a product for each. Four
channels (a quad) are summed at a time. The stream holds, quad by quad, for each unit of taps and each group in it, the words
the sums start from and the words of each tap.
"""

import itertools
from dataclasses import replace
from functools import cached_property

import numpy as np

from helpers.compiler.backends.thumb.arithmetic import lane_groups, shortened
from helpers.compiler.backends.thumb.arithmetic.factors import Digits, Shifted
from helpers.compiler.backends.thumb.assembler.assembly import IMMEDIATE
from helpers.compiler.backends.thumb.channel_lanes import packing
from helpers.compiler.backends.thumb.channel_lanes.packing import LANE_BITS, LONGEST_CHUNK, ChannelLayer, Shape, Unit
from helpers.compiler.targets import Form

GROUP_CYCLES = 8  # to put both words of a group aside, and to start the next
MOST_UNITS = 31  # bits of a mask, less one for its end


class ChannelPlan:
    """Everything about a layer that the code and its data must agree on.

    straight, longest, packed: see targets.Form. Packed weights are for a single unit: a word holds the four weights of a tap
    (two taps if weights take 4 bits, four if 2), which are `storage_offset` too large; packing.in_fields says where.
    """

    TAP_BYTES, GROUP_BYTES = 12, 14  # most code of a tap; of a group's start and end on top
    MOST_IN_LINE = 8192  # bytes of code of all taps

    def __init__(self, layer: ChannelLayer, form: Form, packed: bool):
        straight, longest, spread = form.straight, form.longest, form.spread
        self.layer = layer
        self.bordered = any(layer.window.pads) and layer.source.border is None
        self.units = self._units()
        length = self.units[0].weights.shape[1]
        in_line = self._in_line(len(self.units) * length * self.TAP_BYTES, straight, spread)
        self.chunked = length > longest and not in_line
        self.bits = (
            self._bits() if packed and self.chunked and len(self.units) == 1 and not self.bordered else LANE_BITS
        )
        self.packed = self.bits < LANE_BITS
        self.looped = len(self.units) > 1 and not in_line
        if in_line and not self.bordered and layer.window.kernel[0] > 1 and self._span() <= IMMEDIATE:
            self.units = min(self.units, [self._merged()], key=self._cycles)
        if not self.chunked and not self.looped:
            self.units = [self._reordered(unit) for unit in self.units]
        self.shapes = [self._shape([unit]) for unit in self.units]
        if self.looped:
            self.shapes = [self._shape(self.units)] * len(self.units)

    def _in_line(self, code: int, straight: int, spread: int) -> bool:
        """Whether every tap gets code of its own, so that groups are cut where the taps' weights ask for it."""
        return code <= straight or (self.quads >= spread > 0 and code <= self.MOST_IN_LINE)

    def _bits(self) -> int:
        """Bits of a packed weight; LANE_BITS: they are not packed. Bytes are for one position, where they cost least cycles."""
        shares = self._shares(self.units[0])
        bits = packing.bits(self.layer.weights, shares)
        if self.layer.rows == self.layer.columns == 1:
            return bits
        return bits if bits < 8 and packing.saves(shares, bits) else LANE_BITS

    @property
    def tabled(self) -> bool:
        """Whether the factors of the outputs lie in a table: they differ, and the code of a quad serves several."""
        return self.quads > 1 and not self.layer.output.alike

    @property
    def always_flush(self) -> bool:
        """Whether groups cannot add the constants of a sum themselves.

        Either no group is known at compile time to be the first or last of a sum, or no register is free.
        """
        return self.bordered or self.looped or self.chunked or (self.tabled and self.short is None)

    @cached_property
    def short(self) -> list[Digits] | None:
        """Shorter factors that the stream holds behind each quad's weights, if there are any.

        Their addends take in the constants of the sums, unless these depend on the position.
        """
        if not self.tabled or self.layer.relu:
            return None
        constants = self._totals(self._groups) if not self.bordered else np.zeros(self.outputs, np.int64)
        return shortened.shortened(self.layer.output, constants)

    @property
    def without_constants(self) -> bool:
        """Whether factors take in the constants of all sums."""
        return self.short is not None and not self.bordered

    @property
    def streams_constants(self) -> bool:
        """Whether the constants of a quad's sums lie in the stream: before its weights if sums start from them, else behind."""
        return not self.bordered and not self.without_constants

    @property
    def outputs(self) -> int:
        return len(self.layer.bias)

    def quad(self, index: int) -> tuple[int, int]:
        """Number of outputs and of words of sums of a quad."""
        count = min(4, self.outputs - 4 * index)
        return count, 2 if self.packed else (count + 1) // 2

    @property
    def storage_offset(self) -> int:
        """What makes no weight negative, where weights are packed."""
        return -int(self.layer.weights.min())

    @property
    def quads(self) -> int:
        return -(-self.outputs // 4)

    def _units(self) -> list[Unit]:
        layer, window = self.layer, self.layer.window
        channels = layer.source.shape[2]
        rows, columns = window.kernel
        by_row = not self.bordered and window.dilations[1] == 1
        units = []
        for row in range(rows):
            offset = row * window.dilations[0] * layer.source.row_step
            if by_row:
                weights = layer.weights[:, row].reshape(self.outputs, -1)
                units.append(Unit(offset, weights, row, 0, tuple(range(weights.shape[1]))))
                continue
            for column in range(columns):
                at = offset + column * window.dilations[1] * channels
                units.append(Unit(at, layer.weights[:, row, column], row, column, tuple(range(channels))))
        return units

    def _span(self) -> int:
        """Bytes from a window's first tap to its last."""
        return max(unit.offset + max(unit.order) for unit in self.units)

    def _merged(self) -> Unit:
        """All units as one, whose groups need not end where a row of the kernel does."""
        weights = np.concatenate([unit.weights for unit in self.units], 1)
        return Unit(0, weights, 0, 0, tuple(unit.offset + tap for unit in self.units for tap in unit.order))

    def _cycles(self, several: list[Unit]) -> int:
        """Estimate what groups and moves of the input pointer take, if every tap has code of its own."""
        taken = 0
        for unit in map(self._reordered, several):
            taken += 1 + GROUP_CYCLES * len(lane_groups.common_cuts(self._shares(unit)))
            position = 0
            for tap in unit.order:
                if not position <= tap < position + LONGEST_CHUNK:
                    position, taken = tap, taken + 1
        return taken

    def _reordered(self, unit: Unit) -> Unit:
        """The unit with its taps in an order that needs fewer groups, if there is one."""
        order = lane_groups.packed(self._shares(unit))
        return replace(unit, weights=unit.weights[:, order], order=tuple(unit.order[tap] for tap in order))

    def _shares(self, unit: Unit) -> np.ndarray:
        channels = self.layer.source.shape[2]
        return unit.weights * np.resize(self.layer.largest, channels)[np.array(unit.order) % channels]

    def _shape(self, units: list[Unit]) -> Shape:
        shares = np.concatenate([self._shares(unit) for unit in units])
        if not self.chunked:
            return Shape(0, 0, tuple(lane_groups.common_cuts(shares)))
        taps, chunk = shares.shape[1], packing.chunk(shares, self.bits)
        chunks = taps // chunk
        return Shape(chunk, chunks, (chunks * chunk,) if taps % chunk else ())

    def starts(self, index: int) -> list[int]:
        """Where the groups of a unit start, those of the loop included."""
        shape = self.shapes[index]
        return [chunk * shape.chunk for chunk in range(shape.chunks)] + list(shape.starts)

    @cached_property
    def _groups(self) -> list[list[tuple]]:
        """For each unit, return (start, end, offsets [outputs]) of each of its groups.

        If one place adds the constants of all sums, the offsets make these constants multiples of what the
        requantisation shifts out, as far as the lanes have room.
        """
        made = []
        for index, unit in enumerate(self.units):
            ends = itertools.pairwise([*self.starts(index), unit.weights.shape[1]])
            below = np.maximum(-self._shares(unit), 0)
            made.append([(start, end, below[:, start:end].sum(1)) for start, end in ends])
        self._align(made)
        return made

    @property
    def _factor(self) -> Shifted | None:
        """The factor of all outputs, if there is one that can take in the constants of their sums."""
        output = self.layer.output
        factor = output.factors[0]
        return factor if output.alike and isinstance(factor, Shifted) and not self.always_flush else None

    def _align(self, made: list[list[tuple]]) -> None:
        short = self._totals(made) % (self._factor.modulus if self._factor else 1)
        for unit, unit_groups in zip(self.units, made, strict=True):
            taken = np.abs(self._shares(unit))
            for start, end, offsets in unit_groups:
                more = np.minimum(short, lane_groups.LANE - taken[:, start:end].sum(1))
                offsets += more
                short -= more

    def _totals(self, made: list[list[tuple]]) -> np.ndarray:
        """What is to be added to the sums of each output, for windows that see no border."""
        total = np.array(self.layer.bias, np.int64)
        for unit, unit_groups in zip(self.units, made, strict=True):
            total -= self.layer.zero * unit.weights.sum(1)
            total -= sum(offsets for _, _, offsets in unit_groups)
        return total

    @cached_property
    def aligned(self) -> bool:
        """Whether the constants of the sums can be added behind the multiplication, rounding included."""
        return self._factor is not None and not (self._totals(self._groups) % self._factor.modulus).any()

    @cached_property
    def stream(self) -> np.ndarray:
        """The packed weights as int64 words."""
        full = self.outputs // 4
        parts = [range(full), range(full, self.quads)]
        return np.concatenate([self._words(quads).ravel() for quads in parts if quads])

    def _words(self, quads: range) -> np.ndarray:
        """The words of quads of as many outputs, a row each."""
        count, words = self.quad(quads[0])
        channels = slice(4 * quads[0], 4 * quads[0] + count * len(quads))
        parts: list[np.ndarray] = []
        behind: list[np.ndarray] = []
        if self.streams_constants:
            constants = np.array(self.constants((), ())).reshape(-1, 4)[quads.start : quads.stop, : 2 * words]
            (parts if self.always_flush else behind).append(constants)
        for index, unit in enumerate(self.units):
            if self.looped:
                parts.append(np.full((len(quads), 1), unit.offset))
            weights = unit.weights[channels].reshape(len(quads), count, -1)
            for start, end, offsets in self._groups[index]:
                parts.append(packing.lanes(offsets[channels].reshape(len(quads), count, 1), words))
                taps = weights[:, :, start:end]
                parts.append(
                    packing.in_fields(taps + self.storage_offset, self.bits)
                    if self.packed
                    else packing.lanes(taps, words)
                )
        if self.short:
            factors = [(*factor.digits, factor.addend) for factor in self.short[channels]]
            parts.append(np.array(factors).reshape(len(quads), -1))
        return np.concatenate(parts + behind, 1)

    def quads_bytes(self, many: int) -> int:
        """Bytes of the first quads in the stream, all of them of four outputs."""
        return 4 * self._words(range(many)).size

    def unit_bytes(self, index: int, words: int) -> int:
        """Bytes of a unit in the stream of a quad of so many words."""
        return 4 * (words * (self.units[index].weights.shape[1] + len(self.starts(index))) + self.looped)

    def code_bytes(self, index: int) -> int:
        """Most bytes of code of a unit's taps and groups, what leads there and loops apart."""
        shape, taps = self.shapes[index], self.units[index].weights.shape[1]
        taps -= shape.chunk * (shape.chunks - 1) if shape.chunks else 0
        groups = len(shape.starts) + bool(shape.chunks)
        return taps * (self.TAP_BYTES + 1) + groups * self.GROUP_BYTES  # and a move of the pointer now and then

    def kinds(self) -> tuple[list[tuple], list[tuple]]:
        """For each row and each column of the result, the kernel's rows (columns) that see the input, not the border."""
        layer = self.layer
        counts = enumerate((layer.rows, layer.columns))
        rows, columns = (layer.window.inside(axis, layer.source.shape[axis], count) for axis, count in counts)
        return rows, columns

    def constants(self, rows: tuple, columns: tuple) -> list[int]:
        """Return what is added to the sums of each output at a position that sees these rows and columns of the kernel.

        If sums are aligned, it is added to the products. If sums start from it: for each word, the start of its sum of
        high halves and of its sum of words.
        """
        total, factor = np.array(self.layer.bias, np.int64), self._factor
        for index, unit in enumerate(self.units):
            if not self.bordered or (unit.row in rows and unit.column in columns):
                total = total - self.layer.zero * unit.weights.sum(1)
                total = total - sum(offsets for _, _, offsets in self._groups[index])
        if factor is not None and self.aligned:
            total = (total >> factor.pre) * factor.multiplier + factor.addend
        padded = np.pad(total, (0, -len(total) % 4))
        if self.always_flush:  # as the sums of high halves and of words
            padded[0::2], padded[1::2] = padded[1::2].copy(), padded[0::2] + (padded[1::2] << 16)
        return [int(n) for n in padded]

    def mask(self, rows: tuple, columns: tuple) -> int:
        """A bit for every unit that counts, and the end mark."""
        bits = (1 << i for i, unit in enumerate(self.units) if unit.row in rows and unit.column in columns)
        return sum(bits) + (1 << len(self.units))
