"""The door: an integer graph to assembly whose kernels hand over rows where that takes less RAM."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from helpers.compiler.backends import memory_plan
from helpers.compiler.backends.plain_c import shared_functions
from helpers.compiler.backends.program import Program
from helpers.compiler.backends.rows import dense_sums, means, rings, row_nodes, shortcuts
from helpers.compiler.backends.rows.bands import Band, Cutter
from helpers.compiler.backends.rows.driver import Beside, Called, Driver
from helpers.compiler.backends.rows.schedule import Step
from helpers.compiler.backends.thumb import program as thumb
from helpers.compiler.backends.thumb.assembler.assembly import Assembly
from helpers.compiler.backends.thumb.buffers import edges, storage
from helpers.compiler.backends.thumb.buffers.storage import Layout
from helpers.compiler.backends.thumb.builder import Builder
from helpers.compiler.backends.thumb.calls import Buffer, Call, Over
from helpers.compiler.backends.thumb.channel_lanes.unpacked import kernel as unpacked_kernel
from helpers.compiler.backends.thumb.channel_lanes.unpacked import layer as unpacked
from helpers.compiler.backends.thumb.kernels import PLAIN, Kernel
from helpers.compiler.backends.thumb.pools import addition, pixel_pool
from helpers.compiler.backends.thumb.pools.layer import PoolLayer
from helpers.compiler.backends.values import image_shape, root
from helpers.compiler.ir.graph import Graph, Value
from helpers.compiler.ir.window import POINT, Window
from helpers.compiler.operators.base import registry
from helpers.compiler.targets import LEAST, Form


def program(graph: Graph, form: Form, name: str, entry: str) -> Program:
    """Compile an integer graph as thumb/ does, but for the bands. Raises Unsupported where the whole of it cannot be done."""
    builders = [_Builder(graph, form, name)]
    if form.c_rows:
        blocks = _Builder(graph, form, name, shortcuts.joined(builders[0].kernels, builders[0].outputs))
        builders += [blocks] if len(blocks.kernels) < len(builders[0].kernels) and blocks.cutter.joins() else []
    layouts = [each.built() for each in builders]
    layout, builder = min(zip(layouts, builders, strict=True), key=lambda made: made[0].activations_bytes)
    return thumb.assembled(builder, layout, entry)


def least(graph: Graph, name: str, entry: str) -> tuple[Graph, Program]:
    """Compile an integer graph in the form least-ram; also returns the graph that the layout belongs to.

    Means and, where that saves RAM, dense layers become sums to which rows are added. Raises Unsupported as `program` does.
    """
    graphs = [means.split(graph)]
    added = dense_sums.split(graphs[0])
    graphs += [added] if any(node.kind == dense_sums.DenseSums.kind for node in added.nodes) else []
    made = [(each, program(each, LEAST, name, entry)) for each in graphs]
    return min(made, key=lambda each: each[1].layout.activations_bytes)


def in_place(graph: Graph) -> tuple[Value, ...]:
    """Return the inputs that are read where the caller has them: a single one of bytes that is no output as well."""
    inputs = [node.output for node in graph.placeholders]
    alone = len(inputs) == 1 and inputs[0].type.element == "int8"
    passed = any(root(value) in inputs for _, value in graph.outputs)
    return tuple(inputs) if alone and not passed else ()


def _let_c_take_rows(kernels: list[Kernel]) -> None:
    for kernel in kernels:
        node, shape = kernel.nodes[0], kernel.result.type.shape
        image = len(shape) == 4 and shape[0] == 1
        if (kernel.kind == "c" and row_nodes.takes(node)) or (kernel.kind == "sum" and image):
            kernel.by_rows = Kernel(kernel.kind, kernel.nodes)
        if kernel.kind == "pool":  # as C stores its elements
            kernel.reads = PLAIN


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

    def __init__(self, graph: Graph, form: Form, name: str, blocks: list[Kernel] | None = None):
        super().__init__(graph, form, name)
        self.in_place = () if form.reuses_inputs else in_place(graph)
        self.kernels = blocks or self.kernels
        if form.c_rows and not blocks:
            _let_c_take_rows(self.kernels)
        self.cutter = Cutter(graph, self.kernels, form.reuses_inputs, form.most)
        self.made: _Made | None = None
        self.labels = 0

    def built(self) -> memory_plan.Layout:
        """Make everything; returns where it lies."""
        self.build()
        return thumb.laid_out(self, edges.in_words(self.graph, self.in_place))

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
        asm, added = self._assembly(), row_nodes.adds(last.nodes[0])
        layout = replace(target.layout, row_step=0) if added else target.layout
        Driver(asm, made.called, band.order, offsets, layout).emit()
        # A border, or sums, would overwrite the input before it is read.
        over = (
            None if added or layout.border is not None else Over(had, target, band.ahead(seen.row_step, target.layout))
        )
        name = f"{self.name}_rows{len(self.calls)}"
        again = [had] if band.lag else []
        self.calls.append(Call(name, "rows", [had, target, rows, 0, *again], asm.text, over, tuple(made.parts)))

    def _c(self, kernel: Kernel) -> None:
        if not self.made:
            super()._c(kernel)
            self._work_in_place(kernel)
            return
        base = self._settle(kernel.result, kernel).layout.base
        self._call(*self._c_row(kernel, self._columns(kernel)), base)

    def _bytes(self, kernel: Kernel) -> None:
        if not self.made:
            super()._bytes(kernel)
            return
        base = self._settle(kernel.result, kernel).layout.base
        self._call(*self._byte_row(kernel, self._columns(kernel)), base)

    def _sum(self, kernel: Kernel) -> None:
        if not self.made:
            super()._sum(kernel)
            self._work_in_place(kernel)
            return
        target, asm, made = self._settle(kernel.result, kernel).layout, self._assembly(), self.made
        row = storage.in_bytes((1, *target.shape[1:]), target.storage_offset)
        addition.emit(asm, addition.planned(*kernel.nodes), row)
        made.parts.append(Call(f"{self.name}_{kernel.name}", "sum", (), asm.text))
        left = kernel.nodes[0].inputs[1] is made.band.kernels[-2].result
        beside, layer = Beside(left, (made.band.lag or 0) * made.source[1].row_step), kernel.shortcut
        if layer:
            row_of = self._byte_row if layer.kind == "bytes" else self._c_row
            function, constants, behind = row_of(layer, image_shape(layer.nodes[0].inputs[0])[1])
            place = made.band.places[0][-1]
            beside = replace(beside, function=function, place=place, constants=constants, behind=behind)
        self._call(f"{self.name}_{kernel.name}", None, beside=beside)

    def _columns(self, kernel: Kernel) -> int:
        """The columns of a step's input, border included."""
        return self._source(kernel)[1].row_step // image_shape(kernel.nodes[0].inputs[0])[2]

    def _c_row(self, kernel: Kernel, columns: int) -> tuple[str, int | None, int | None]:
        """A function in C for a row: its name, its constants, and the bytes from weights to biases."""
        name, node = f"{self.name}_{kernel.name}", row_nodes.row_node(kernel.nodes[0], columns)
        self.c_functions[name] = registry.of(node).emit(node, shared_functions.ANY_NAME)
        places = [self._constant(value.node) for value in node.inputs[1:]]
        return name, places[0] if places else None, places[1] - places[0] if places else None

    def _byte_row(self, kernel: Kernel, columns: int) -> tuple[str, int | None, int | None]:
        """The same of a function whose weights are bytes."""
        assert self.made is not None, "rows are those of a band"
        layer = unpacked.planned(row_nodes.row_node(kernel.nodes[0], columns), kernel.bits)
        at = self._add_constants(f"{kernel.name}_bytes", layer.words.astype("<u4"))
        if layer.variant not in self.shared:
            self.shared[layer.variant] = f"{self.name}_bytes_{len(self.shared)}"
            asm = self._assembly()
            unpacked_kernel.emit(asm, layer.variant)
            self.made.parts.append(Call(self.shared[layer.variant], "bytes", (), asm.text))
        return self.shared[layer.variant], at, None

    def _work_in_place(self, kernel: Kernel) -> None:
        """Let the result lie over an input that it is made from element by element, if nobody reads that later."""
        for value in self.cutter.overwritten(kernel):
            if self.kernels[self.cutter.lives.last[value]] is kernel:
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
        asm = self._assembly()
        body(asm)
        offsets = [each for each in arguments if isinstance(each, int)]
        part = Call(f"{self.name}_{name}", kind, (), asm.text)
        self.made.parts.append(part)
        self._call(part.name, offsets[0] if offsets else None)

    def _call(
        self,
        function: str,
        constants: int | None,
        behind: int | None = None,
        base: int = 0,
        beside: Beside | None = None,
    ) -> None:
        """Let a function be the next step of the band."""
        made = self.made
        assert made is not None, "steps are those of a band"
        step: Step = made.band.steps[made.number]
        made.called.append(Called(step, function, made.source[1].row_step, constants, base, behind, beside))
        made.number += 1

    def _assembly(self) -> Assembly:
        self.labels += 1
        return Assembly(f"rows{self.labels}", self.form.mul_cycles)
