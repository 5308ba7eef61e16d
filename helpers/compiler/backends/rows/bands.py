"""Which kernels hand rows to each other: of all ways to cut a run of kernels into bands, the one with the least RAM."""

from dataclasses import dataclass, replace
from functools import cached_property

from helpers.compiler.backends.rows import rings, row_nodes, schedule, shortcuts
from helpers.compiler.backends.rows.lives import Lives
from helpers.compiler.backends.rows.schedule import Event, Step
from helpers.compiler.backends.thumb import kernels
from helpers.compiler.backends.thumb.buffers import storage
from helpers.compiler.backends.thumb.buffers.storage import Layout
from helpers.compiler.backends.thumb.kernels import Kernel
from helpers.compiler.backends.values import image_shape, root
from helpers.compiler.ir.graph import Graph, Value
from helpers.compiler.ir.kinds import CONVOLUTIONS
from helpers.compiler.operators.base import registry

MOST_STEPS = 30  # of a band: a byte of its table holds four times their number, with that of their borders
MOST_ROWS = 255  # of a result: a byte of the table
EVENT_CYCLES = 70  # of the function of a band, to make one row: to find the kernel and its addresses
WORD_CYCLES = 2.5  # to move a word up, four at a time


@dataclass(frozen=True)
class Band:
    """Kernels that make rows in turn. copies: whether the first reads rows that are copied from where its input lies."""

    kernels: tuple[Kernel, ...]
    copies: bool

    @cached_property
    def steps(self) -> list[Step]:
        """The kernels as the schedule sees them; a copy in front is a step, too."""
        made = [_step(kernel, k > 0 or self.copies) for k, kernel in enumerate(self.kernels)]
        if self.copies:
            rows = image_shape(self.kernels[0].nodes[0].inputs[0])[0]
            made.insert(0, Step(rows, rows, rings.Rows(0, 1, 1), None))
        return made

    @cached_property
    def order(self) -> list[Event]:
        """In which order rows are made."""
        return schedule.events(self.steps)

    @cached_property
    def places(self) -> tuple[list[int], int]:
        """Where the rings lie, and the bytes of all; the last place is that of a row of the sum's own layer, if it has one."""
        shortcut = self.kernels[-1].shortcut
        beside = shortcut.result.type.bytes // image_shape(shortcut.result)[0] if shortcut else 0
        return schedule.places(self.steps, self.order, -(-beside // rings.WORD) * rings.WORD)

    @property
    def lag(self) -> int | None:
        """Rows of the band's input that its last kernel, a sum, goes on by with each row; None if it reads no row of it."""
        last = self.kernels[-1]
        if len(self.kernels) == 1 or not shortcuts.is_sum(last):
            return None
        return row_nodes.window_of(last.shortcut.nodes[0]).strides[0] if last.shortcut else 1

    @property
    def work(self) -> int:
        """About the cycles of calling the kernels row by row, and of moving up the rows of the rings."""
        moved = [step.ring.bytes - step.needs.step * step.ring.row_bytes if step.ring else 0 for step in self.steps]
        return sum(EVENT_CYCLES + int(WORD_CYCLES * moved[event.step] / rings.WORD) for event in self.order)

    def ahead(self, source_row: int, target: Layout) -> int:
        """Return how many bytes before its input the result must begin, so that no row overwrites one still to be read.

        source_row: bytes of a row of the input.
        """
        made, most, last = [0] * len(self.steps), 0, len(self.steps) - 1
        to_make = sum(event.step == 0 and not event.border for event in self.order)
        lag = self.lag
        for event in self.order:
            read = made[0] * self.steps[0].needs.step * source_row
            made[event.step] += not event.border
            if lag is not None:
                read = min(read, made[-1] * lag * source_row) if made[0] < to_make else made[-1] * lag * source_row
            if event.step == last and (made[0] < to_make or last == 0 or lag is not None):
                most = max(most, target.base + made[-1] * target.row_step - read)
        return -(-most // rings.WORD) * rings.WORD


def _step(kernel: Kernel, in_ring: bool) -> Step:
    source, result = image_shape(kernel.nodes[0].inputs[0])[0], image_shape(kernel.result)[0]
    if row_nodes.adds(kernel.nodes[0]):
        result = source  # each row of the input is added to the one of the result
    return Step(source, result, rings.needs(kernel), rings.ring(kernel) if in_ring else None)


@dataclass(frozen=True)
class _Part:
    """A part of a run: kernels first to end - 1, in a band or one that works on whole values.

    bytes: the RAM while it runs; work: what makes it slower, in cycles or kernels in bands.
    """

    first: int
    end: int
    banded: bool
    bytes: int
    work: int = 0


class Cutter:
    """Cuts kernels into bands. inputs: whether a network's inputs lie among the activations; most: bytes, None: the least."""

    def __init__(self, graph: Graph, kernels: list[Kernel], inputs: bool = False, most: int | None = None):
        self.graph, self.kernels, self.most = graph, kernels, most
        self.lives = Lives(kernels, (node.output for node in graph.placeholders if inputs))
        self.inputs, self.maker = self.lives.inputs, self.lives.maker
        self.outputs = {root(value) for _, value in graph.outputs}

    def bands(self) -> list[Band | Kernel]:
        """The kernels in order; those that hand rows to each other as bands.

        The network gets along with the bytes that are allowed, or with as few as possible; of all ways to do so, the one with the
        fewest kernels in bands, or with the least work between them where more bytes are allowed.
        """
        runs = [(run, self._parts(run)) for run in self._runs()]
        least = max(_peak(len(run), parts) for run, parts in runs)
        return [each for run, parts in runs for each in self._cut(run, parts, max(least, self.most or 0))]

    def peak(self) -> int:
        """Return the bytes of activations with the bands that `bands` returns."""
        return max(_peak(len(run), self._parts(run)) for run in self._runs())

    def peak_of_wholes(self) -> int:
        """Return the bytes of activations where no kernel is in a band."""
        return max((self._others(at, at) + self._bytes_alone(each) for at, each in enumerate(self.kernels)), default=0)

    def joins(self) -> bool:
        """Whether every sum with a layer of its own is the end of a run, so that a band can make it."""
        ends = [run[-1] for run in self._runs() if len(run) > 1]
        return all(kernel.shortcut is None or kernel in ends for kernel in self.kernels)

    def _runs(self) -> list[list[Kernel]]:
        """The kernels in order, those together of which each could hand its rows to the next."""
        made: list[list[Kernel]] = []
        for at, kernel in enumerate(self.kernels):
            if made and len(made[-1]) < MOST_STEPS - 1 and self._follows(at, made[-1][0]):
                made[-1].append(kernel)
            else:
                made.append([kernel])
        return made

    def _follows(self, at: int, first: Kernel) -> bool:
        """Whether a kernel and the one before it, the last of those from `first` on, can hand over rows."""
        if at == 0:
            return False
        before, kernel = self.kernels[at - 1 : at + 1]
        value = before.result
        if shortcuts.is_sum(before):
            return False
        if shortcuts.is_sum(kernel):
            block = shortcuts.beside(kernel, value) is first.source and first.reads == kernels.PLAIN
            return block and self.lives.readers(value) == [kernel] and value not in self.outputs and _takes_rows(before)
        alone = (
            kernel.nodes[0].inputs[0] is value and self.lives.readers(value) == [kernel] and value not in self.outputs
        )
        plain = kernel.reads == kernels.PLAIN or before.kind not in ("c", "bytes")
        last = row_nodes.adds(before.nodes[0])
        return alone and plain and not last and _takes_rows(before) and _takes_rows(kernel)

    def _parts(self, run: list[Kernel]) -> list[_Part]:
        """Every part of a run that can be a band or a kernel alone."""
        start = self.lives.at(run[0])
        made = []
        for first in range(len(run)):
            for end in range(first + 1, len(run) + 1):
                part, others = run[first:end], self._others(start + first, start + end - 1)
                if end == first + 1 and part[0].shortcut is None:
                    made.append(_Part(first, end, False, others + self._bytes_alone(part[0])))
                block = not shortcuts.is_sum(part[-1]) or (first == 0 and end > 1)
                if block and (end > first + 1 or _takes_rows(part[0])):
                    work = end - first if self.most is None else self._band(part).work
                    made.append(_Part(first, end, True, others + self._bytes(part), work))
        return made

    def _others(self, first: int, last: int) -> int:
        """Bytes of the values that are made before some kernels and read behind them."""
        source = self.kernels[first].source
        return sum(self._held(value) for value in self.lives.across(first, last) if value is not source)

    def _cut(self, run: list[Kernel], parts: list[_Part], most: int) -> list[Band | Kernel]:
        """Of all cuts into parts of at most so many bytes, the one with the least work."""
        best: dict[int, tuple[int, list[_Part]]] = {0: (0, [])}
        for end in range(1, len(run) + 1):
            ways = [
                (best[part.first][0] + part.work, [*best[part.first][1], part])
                for part in parts
                if part.end == end and part.bytes <= most and part.first in best
            ]
            if ways:
                best[end] = min(ways, key=lambda way: way[0])
        chosen = best[len(run)][1]
        return [self._band(run[part.first : part.end]) if part.banded else run[part.first] for part in chosen]

    def _band(self, run: list[Kernel]) -> Band:
        return Band(tuple(map(_by_rows, run)), self.copied(run[0], True))

    def copied(self, kernel: Kernel, in_band: bool) -> bool:
        """Whether a kernel's input must be copied, as it does not lie as the kernel wants it."""
        kernel = (kernel.by_rows or kernel) if in_band else kernel
        if in_band and kernel.kind != "pixel" and rings.bordered(kernel):
            return True
        if kernel.kind not in ("pixel", "channel"):
            return False
        return kernels.layout_of(kernel.nodes[0].inputs[0], kernel) != self._seen(kernel)

    def _seen(self, kernel: Kernel) -> Layout:
        """How a kernel finds its input where that is no copy."""
        had = self._layout(kernel.source)
        bordered = had.border is not None
        return had if bordered else storage.in_bytes(image_shape(kernel.nodes[0].inputs[0]), had.storage_offset)

    def _layout(self, value: Value) -> Layout:
        """How a value lies that is not within a band."""
        readers = self.lives.readers(value)
        one = len(readers) == 1 and value not in self.outputs and value in self.maker
        reader = readers[0] if one and self.maker[value].kind not in ("c", "bytes") else None
        if reader and self.maker[value].kind == "sum" and reader.reads != kernels.STORED:
            reader = None
        bordered = reader is not None and reader.reads in (kernels.HALVES, kernels.PADDED)
        if reader and bordered and value.type.shape != reader.nodes[0].inputs[0].type.shape:
            reader = None
        return kernels.layout_of(value, reader)

    def _held(self, value: Value) -> int:
        """Bytes of the activations that a value takes as a whole."""
        edge = value not in self.maker or value in self.outputs
        return 0 if edge and value not in self.inputs else self._layout(value).bytes

    def _bytes(self, run: list[Kernel]) -> int:
        """Bytes of the activations while a band runs, but for values of others."""
        band, value = self._band(run), run[0].source
        source, target, between = self._held(value), self._held(run[-1].result), band.places[1]
        if row_nodes.adds(run[-1].nodes[0]):
            return source + target + between
        layout = self._layout(run[-1].result)
        if not source or not target or layout.border is not None or not self._ends(value, run[-1]):
            return source + target + between
        return min(source + target, max(source + band.ahead(self.row_bytes(run[0]), layout), target)) + between

    def row_bytes(self, kernel: Kernel) -> int:
        """Bytes of a row of a kernel's input, if it is first in a band."""
        return self._seen(kernel).row_step

    def _bytes_alone(self, kernel: Kernel) -> int:
        """Bytes of the activations while a kernel alone runs, but for values of others."""
        read = set(shortcuts.read(kernel)) & {*self.maker, *self.inputs}
        sources, target = sum(map(self._held, read)), sum(map(self._held, map(root, kernel.nodes[-1].outputs)))
        ends = all(self._ends(value, kernel) for value in read)
        if self.copied(kernel, False):
            copy = kernels.layout_of(kernel.nodes[0].inputs[0], kernel).bytes
            return max(sources + copy, max(copy, target) + (0 if ends else sources))
        scratch = kernels.scratch_of(kernel).bytes if kernel.kind in kernels.IN_PIECES else 0
        over = kernel.kind in ("channel", "bytes", "pool", *kernels.IN_PIECES) or bool(self.overwritten(kernel))
        if not over or not sources or not ends:
            return sources + target + scratch
        node, ahead = kernel.nodes[0], 0
        if kernel.kind == "bytes":
            ahead = storage.distance(self._seen(kernel), self._layout(kernel.result), node.attributes.window) or 0
        return min(sources + target, max(sources + -(-ahead // rings.WORD) * rings.WORD, target)) + scratch

    def _ends(self, value: Value, kernel: Kernel) -> bool:
        """Whether nothing reads a value behind a kernel."""
        return self.lives.last[value] <= self.lives.at(kernel)

    def overwritten(self, kernel: Kernel) -> list[Value]:
        """The inputs in whose place the result of a kernel that goes element by element may lie."""
        if kernel.kind not in ("c", "sum"):
            return []
        node, target = kernel.nodes[0], self._layout(kernel.result)
        inputs = [root(node.inputs[index]) for index in registry.of(node).overwrites(node)]
        return [value for value in inputs if value in self.maker and self._layout(value).bytes == target.bytes]


def _by_rows(kernel: Kernel) -> Kernel:
    return replace(kernel.by_rows, shortcut=kernel.shortcut) if kernel.by_rows else kernel


def _takes_rows(kernel: Kernel) -> bool:
    by_rows = kernel.by_rows or kernel
    node = kernel.nodes[0]
    if by_rows.kind in ("c", "sum"):
        return kernel.by_rows is not None and image_shape(node.inputs[0])[0] <= MOST_ROWS
    if by_rows.kind not in ("pixel", "channel", "bytes", "pool") or node.kind not in (*CONVOLUTIONS, "MaxPool"):
        return False
    return image_shape(kernel.result)[0] <= MOST_ROWS


def _peak(count: int, parts: list[_Part]) -> int:
    """Return the least that the largest part of a cut of `count` kernels can take."""
    best = {0: 0}
    for end in range(1, count + 1):
        best[end] = min(max(best[part.first], part.bytes) for part in parts if part.end == end)
    return best[count]
