"""The door: an integer graph to assembly whose kernels hand over rows where that takes less RAM."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from helpers.compiler.backends.program import Program
from helpers.compiler.backends.rows import memory, rings
from helpers.compiler.backends.rows.bands import Band, Cutter
from helpers.compiler.backends.rows.driver import Called, Driver
from helpers.compiler.backends.rows.rings import WORD
from helpers.compiler.backends.rows.schedule import Step
from helpers.compiler.backends.thumb import calls
from helpers.compiler.backends.thumb import program as thumb
from helpers.compiler.backends.thumb.assembler.assembly import Assembly
from helpers.compiler.backends.thumb.buffers import storage
from helpers.compiler.backends.thumb.buffers.storage import Layout
from helpers.compiler.backends.thumb.builder import Builder
from helpers.compiler.backends.thumb.calls import Buffer, Call, Over
from helpers.compiler.backends.thumb.kernels import Kernel
from helpers.compiler.backends.thumb.pools import pixel_pool
from helpers.compiler.backends.thumb.pools.layer import PoolLayer
from helpers.compiler.backends.values import image_shape, root
from helpers.compiler.ir.graph import Graph, Value
from helpers.compiler.ir.window import POINT, Window
from helpers.compiler.targets import Form


def program(graph: Graph, form: Form, name: str, entry: str) -> Program:
    """Compile an integer graph as thumb/ does, but for the bands. Raises Unsupported where the whole of it cannot be done."""
    builder = _Builder(graph, form, name)
    builder.build()
    edges = memory.edges(graph, builder.in_place)
    return thumb.assembled(builder, calls.lay_out(edges, builder.calls, len(builder.constants)), entry)


def _in_place(graph: Graph) -> tuple[Value, ...]:
    """The inputs that are read where the caller has them: a single one of bytes that is no output as well."""
    inputs = [node.output for node in graph.placeholders]
    alone = len(inputs) == 1 and inputs[0].type.element == "int8"
    passed = any(root(value) in inputs for _, value in graph.outputs)
    return tuple(inputs) if alone and not passed else ()


@dataclass
class _Made:
    """A band as its functions are made. step: the one that is being made, and where its input and its result lie."""

    band: Band
    source: tuple[Buffer, Layout]
    target: Layout
    number: int = 0
    called: list[Called] = field(default_factory=list)
    parts: list[Call] = field(default_factory=list)


class _Builder(Builder):
    """Makes kernels that are in no band as its parent does."""

    alignment = WORD

    def __init__(self, graph: Graph, form: Form, name: str):
        super().__init__(graph, form, name)
        self.in_place = _in_place(graph)
        self.cutter = Cutter(graph, self.kernels)
        self.made: _Made | None = None
        self.labels = 0

    def build(self) -> None:
        """Make every band, and every kernel that is in none."""
        for node in (*self.graph.placeholders, *self.graph.states):
            self._settle(node.output, None)
        for each in self.cutter.bands():
            self._make(each) if isinstance(each, Kernel) else self._make_band(each)

    def _make_band(self, band: Band) -> None:
        first, last = band.kernels[0], band.kernels[-1]
        had = self.buffers[first.source]
        seen = had.layout
        if seen.border is None:
            seen = storage.in_bytes(image_shape(first.nodes[0].inputs[0]), seen.storage_offset)
        target = super()._settle(last.result, last)
        self.made = made = _Made(band, (had, seen), target.layout)
        if band.copies:
            layer = PoolLayer(
                f"{first.name}_input", POINT, seen, self._ring(1).written, 1, seen.shape[1], self._anywhere(had)
            )
            self._assemble(layer.name, "copy", [], lambda asm: pixel_pool.emit(asm, layer))
        for kernel in band.kernels:
            self._make(kernel)
        self.made = None
        offsets, size = band.places
        rows = Buffer(last.result, storage.in_bytes((1, 1, size), 0), copy=True)
        asm = self._assembly()
        Driver(asm, made.called, band.order, offsets, target.layout).emit()
        bordered = target.layout.border is not None  # then the border would overwrite the input before it is read
        over = None if bordered else Over(had, target, band.ahead(seen.row_step, target.layout))
        name = f"{self.name}_rows{len(self.calls)}"
        self.calls.append(Call(name, "rows", [had, target, rows, 0], asm.text, over, tuple(made.parts)))

    def _c(self, kernel: Kernel) -> None:
        super()._c(kernel)
        self._work_in_place(kernel)

    def _sum(self, kernel: Kernel) -> None:
        super()._sum(kernel)
        self._work_in_place(kernel)

    def _work_in_place(self, kernel: Kernel) -> None:
        """Let the result lie over an input that it is made from element by element, if nobody reads that later."""
        for value in self.cutter.overwritten(kernel):
            if self.kernels[self.cutter.last[value]] is kernel:
                self.calls[-1] = replace(self.calls[-1], over=Over(self.buffers[value], self.buffers[kernel.result]))

    def _ring(self, step: int) -> rings.Ring:
        assert self.made is not None, "rings are those of a band"
        ring = self.made.band.steps[step].ring
        assert ring is not None, "the first step of a band reads a whole value"
        return ring

    def _anywhere(self, buffer: Buffer) -> bool:
        return not buffer.copy and buffer.value in self.in_place

    # -- what the parent asks for, of a kernel in a band: one row

    def _size(self, kernel: Kernel) -> tuple[int, int]:
        rows, columns = super()._size(kernel)
        return (1, columns) if self.made else (rows, columns)

    def _window(self, kernel: Kernel) -> Window:
        window = super()._window(kernel)
        return rings.inside(window) if self.made else window

    def _source(self, kernel: Kernel) -> tuple[Buffer, Layout]:
        if not self.made:
            return super()._source(kernel)
        (buffer, seen), number = self.made.source, self.made.number
        if number:
            return buffer, replace(self._ring(number).seen, border=None)
        return buffer, replace(seen, base=seen.base % seen.row_step, border=None)

    def _settle(self, value: Value, kernel: Kernel | None) -> Buffer:
        if not self.made:
            return super()._settle(value, kernel)
        number = self.made.number + 1
        last = number == len(self.made.band.steps)
        layout = self.made.target if last else self._ring(number).written
        return Buffer(value, replace(layout, border=None))

    def _assemble(
        self, name: str, kind: str, arguments: list, body: Callable[[Assembly], None], over: Over | None = None
    ) -> None:
        if not self.made:
            super()._assemble(name, kind, arguments, body, over)
            return
        asm, made = self._assembly(), self.made
        body(asm)
        step: Step = made.band.steps[made.number]
        offsets = [each for each in arguments if isinstance(each, int)]
        part = Call(f"{self.name}_{name}", kind, (), asm.text)
        made.called.append(Called(step, part.name, made.source[1].row_step, offsets[0] if offsets else None))
        made.parts.append(part)
        made.number += 1

    def _assembly(self) -> Assembly:
        self.labels += 1
        return Assembly(f"rows{self.labels}", self.form.mul_cycles)
