"""Which kernels hand rows to each other: of all ways to cut a run of kernels into bands, the one with the least RAM."""

from dataclasses import dataclass
from functools import cached_property

from helpers.compiler.backends.rows import rings, schedule
from helpers.compiler.backends.rows.schedule import Event, Step
from helpers.compiler.backends.thumb import plan
from helpers.compiler.backends.thumb.plan import Kernel
from helpers.compiler.backends.thumb.storage import Layout
from helpers.compiler.backends.values import image_shape, root
from helpers.compiler.ir.graph import Graph, Placeholder, Value
from helpers.compiler.ir.kinds import CONVOLUTIONS

MOST_STEPS = 30  # of a band: a byte of its table holds four times their number, with that of their borders
MOST_ROWS = 255  # of a result: a byte of the table


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
        """Where the rings lie, and the bytes of all."""
        return schedule.places(self.steps, self.order)


def _step(kernel: Kernel, in_ring: bool) -> Step:
    source, result = image_shape(kernel.nodes[0].inputs[0])[0], image_shape(kernel.result)[0]
    return Step(source, result, rings.needs(kernel), rings.ring(kernel) if in_ring else None)


class Cutter:
    """Cuts the kernels of a graph into bands.

    in_place: inputs that take no RAM.
    """

    def __init__(self, graph: Graph, kernels: list[Kernel], in_place: tuple[Value, ...]):
        self.graph, self.kernels, self.in_place = graph, kernels, in_place
        self.outputs = {root(value) for _, value in graph.outputs}

    def bands(self) -> list[Band | Kernel]:
        """The kernels in order, those that hand rows to each other as bands."""
        made: list[Band | Kernel] = []
        at = 0
        while at < len(self.kernels):
            end = at + 1
            while end < len(self.kernels) and end - at < MOST_STEPS - 1 and self._follows(end):
                end += 1
            made += self._cut(self.kernels[at:end])
            at = end
        return made

    def _follows(self, at: int) -> bool:
        """Whether a kernel and the one before it can hand over rows."""
        before, kernel = self.kernels[at - 1 : at + 1]
        value = before.result
        alone = kernel.nodes[0].inputs[0] is value and self._readers(value) == [kernel] and value not in self.outputs
        return alone and _takes_rows(before) and _takes_rows(kernel)

    def _readers(self, value: Value) -> list[Kernel]:
        return [each for each in self.kernels for other in each.nodes[0].inputs if other and root(other) is root(value)]

    def _cut(self, run: list[Kernel]) -> list[Band | Kernel]:
        """Of all cuts, the one that needs the least RAM; among equals, the one with the fewest kernels in bands."""
        sizes = {
            (first, end): self._bytes(run[first:end]) for first in range(len(run)) for end in range(first + 1, len(run) + 1)
        }
        least = _best(len(run), {part: (size, 0) for part, size in sizes.items()})[0][0]
        streamed = {(first, end): (0, end - first if end - first > 1 else 0) for first, end in sizes}
        _, ends = _best(len(run), {part: streamed[part] for part, size in sizes.items() if size <= least})
        made: list[Band | Kernel] = []
        for first, end in ends:
            made.append(self._band(run[first:end]) if end - first > 1 else run[first])
        return made

    def _band(self, run: list[Kernel]) -> Band:
        return Band(tuple(run), self.copied(run[0], in_band=True))

    def copied(self, kernel: Kernel, in_band: bool) -> bool:
        """Whether a kernel's input must be copied, as it does not lie as the kernel wants it."""
        if kernel.kind == "pool":
            return False
        seen, value = self._layout(kernel.source), kernel.nodes[0].inputs[0]
        if in_band and kernel.reads == plan.STORED and rings.bordered(kernel):
            return True
        wanted = plan.layout_of(value, kernel)
        return wanted != (seen if seen.element == 2 else plan.in_bytes(image_shape(value), seen.storage_offset))

    def _layout(self, value: Value) -> Layout:
        """How a value lies that is not within a band."""
        readers = self._readers(value)
        one = len(readers) == 1 and value not in self.outputs and not isinstance(value.node, Placeholder)
        reader = readers[0] if one else None
        if reader and reader.reads == plan.HALVES and value.type.shape != reader.nodes[0].inputs[0].type.shape:
            reader = None
        return plan.layout_of(value, reader)

    def _held(self, value: Value) -> int:
        """Bytes of the activations that a value takes as a whole."""
        edge = isinstance(value.node, Placeholder) or value in self.outputs
        return 0 if edge else self._layout(value).bytes

    def _bytes(self, run: list[Kernel]) -> int:
        """Bytes of the activations while a band, or a kernel alone, runs."""
        held = self._held(run[0].source) + self._held(run[-1].result)
        if len(run) > 1:
            return held + self._band(run).places[1]
        copied = run[0].kind != "c" and self.copied(run[0], in_band=False)
        return held + (plan.layout_of(run[0].nodes[0].inputs[0], run[0]).bytes if copied else 0)


def _takes_rows(kernel: Kernel) -> bool:
    node = kernel.nodes[0]
    if kernel.kind not in ("pixel", "channel", "pool") or node.kind not in (*CONVOLUTIONS, "MaxPool"):
        return False
    return image_shape(kernel.result)[0] <= MOST_ROWS


def _best(count: int, parts: dict[tuple[int, int], tuple[int, int]]) -> tuple[tuple[int, int], list[tuple[int, int]]]:
    """Return the cut of 0..count into `parts` with the least (largest first number, sum of second numbers), and its parts."""
    best: dict[int, tuple[tuple[int, int], list[tuple[int, int]]]] = {0: ((0, 0), [])}
    for end in range(1, count + 1):
        ways = [
            ((max(best[first][0][0], parts[first, end][0]), best[first][0][1] + parts[first, end][1]), [*best[first][1], (first, end)])
            for first in range(end)
            if (first, end) in parts and first in best
        ]
        if ways:
            best[end] = min(ways, key=lambda way: way[0])
    return best[count]
