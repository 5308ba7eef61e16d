"""Kernel by kernel: what each computes, where its values lie, its code and its constants."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from helpers.compiler.backends import memory_plan
from helpers.compiler.backends.plain_c import shared_functions
from helpers.compiler.backends.program import ListedConstant
from helpers.compiler.backends.thumb import calls, kernels, layers, plan
from helpers.compiler.backends.thumb.arithmetic.output_stage import Output
from helpers.compiler.backends.thumb.assembler.assembly import Assembly
from helpers.compiler.backends.thumb.buffers import edges, storage
from helpers.compiler.backends.thumb.buffers.storage import Layout
from helpers.compiler.backends.thumb.calls import Buffer, Call
from helpers.compiler.backends.thumb.channel_lanes import data as channel_data
from helpers.compiler.backends.thumb.channel_lanes import layer as channel_lanes
from helpers.compiler.backends.thumb.channel_lanes import packing
from helpers.compiler.backends.thumb.channel_lanes import plan as channel_plan
from helpers.compiler.backends.thumb.channel_lanes.unpacked import kernel as unpacked_kernel
from helpers.compiler.backends.thumb.channel_lanes.unpacked import layer as unpacked
from helpers.compiler.backends.thumb.kernels import Kernel
from helpers.compiler.backends.thumb.pixel_lanes import pairs, plane_list, plane_loop, plane_plan, planes, quad, strips
from helpers.compiler.backends.thumb.pixel_lanes.layer import PixelLayer
from helpers.compiler.backends.thumb.pools import addition, blank_windows, pixel_pool
from helpers.compiler.backends.thumb.pools.layer import PoolLayer
from helpers.compiler.backends.values import image_shape, root
from helpers.compiler.ir.graph import Constant, Graph, Node, TensorType, Value
from helpers.compiler.ir.window import POINT, Window
from helpers.compiler.operators.base import registry
from helpers.compiler.targets import Form


class Builder:
    """Kernel by kernel: what each computes, where its values lie, its code and its constants."""

    def __init__(self, graph: Graph, form: Form, name: str):
        self.graph, self.form, self.whole, self.name = graph, form, form, name
        self.alignment = edges.WORD if form.packed or form.rows else memory_plan.ALIGNMENT  # of every buffer, in bytes
        self.kernels = plan.kernels(graph, form)
        self.c_functions: dict[str, str] = {}
        self.calls: list[Call] = []
        self.constants = bytearray()
        self.room = memory_plan.plan(graph).constant_bytes  # no larger than in the plain form
        self.constant_places: dict[Value, int] = {}
        self.listed: list[ListedConstant] = []
        self.largest: dict[Value, list[int]] = {}
        self.outputs = {root(value) for _, value in graph.outputs}
        self.buffers: dict[Value, Buffer] = {}
        self.marks: dict[Value, list[Buffer]] = {}
        self.shared: dict[unpacked.Variant, str] = {}
        self.merged: dict[Node, unpacked.Variant] = {}
        self.background = blank_windows.background(graph) if form.skips else {}

    def build(self) -> None:
        """Make every kernel."""
        for node in (*self.graph.placeholders, *self.graph.states):
            self._settle(node.output, None)
        for kernel in self.kernels:
            self._make(kernel)

    def _make(self, kernel: Kernel) -> None:
        self.form = self.whole.of_layer(kernel.name)
        how = {"loop": self._loop, "listed": self._loop, "channel": self._channel, "bytes": self._bytes, "pool": self._pool,
               "sum": self._sum, "c": self._c}  # fmt: skip
        how.get(kernel.kind, self._pixel)(kernel)

    def _size(self, kernel: Kernel) -> tuple[int, int]:
        """Rows and columns of the result that a call of a kernel makes."""
        return image_shape(kernel.result)[:2]

    def _window(self, kernel: Kernel) -> Window:
        """The window over the input as the kernel sees it."""
        return kernel.nodes[0].attributes.window

    # -- values and where they lie

    def _readers(self, value: Value) -> list[Kernel]:
        return [s for s in self.kernels if any(root(v) is value for v in s.nodes[0].inputs)]

    def _settle(self, value: Value, kernel: Kernel | None) -> Buffer:
        """Choose where a value goes: as its only reader wants it, unless it is one that others must understand."""
        readers = self._readers(value)
        fixed = value in self.outputs or kernel is None or kernel.kind in ("c", "bytes") or len(readers) != 1
        reader = None if fixed else readers[0]
        if reader and kernel and kernel.kind == "sum" and reader.reads != kernels.STORED:
            reader = None
        bordered = reader is not None and reader.reads in (kernels.HALVES, kernels.PADDED)
        if reader and bordered and value.type.shape != reader.nodes[0].inputs[0].type.shape:
            reader = None
        self.buffers[value] = Buffer(value, kernels.layout_of(value, reader))
        return self.buffers[value]

    def _source(self, kernel: Kernel) -> tuple[Buffer, Layout]:
        """The kernel's input and how the kernel sees it; put in front is a copy where it lies otherwise than the kernel wants."""
        value = kernel.nodes[0].inputs[0]
        had = self.buffers[kernel.source]
        bordered = had.layout.border is not None
        seen = had.layout if bordered else storage.in_bytes(image_shape(value), had.layout.storage_offset)
        wanted = kernels.layout_of(value, kernel)
        if kernel.kind in ("pool", *kernels.IN_PIECES) or wanted == seen:
            return had, seen
        copy = Buffer(value, wanted, copy=True)
        layer = PoolLayer(f"{kernel.name}_input", POINT, seen, wanted, *seen.shape[:2], self._anywhere(had))
        self._assemble(
            f"{kernel.name}_input", "copy", [had, copy],
            lambda asm: pixel_pool.emit(asm, layer),
            calls.Over(had, copy, 0) if storage.same_channels(seen, wanted) else self._below(had, seen, copy, POINT),
        )  # fmt: skip
        return copy, wanted

    def _anywhere(self, buffer: Buffer) -> bool:
        """Whether a buffer may lie at an address that is no multiple of a word's bytes."""
        return False

    @staticmethod
    def _below(source: Buffer, seen: Layout, target: Buffer, window: Window) -> calls.Over | None:
        """How the result of a kernel that makes pixel after pixel may lie over its input."""
        return calls.over(source, target, storage.distance(seen, target.layout, window))

    def _largest(self, value: Value) -> list[int]:
        """The largest stored element of each channel of a value, or one for all."""
        return self.largest.get(root(value), [layers.largest_stored(value)])

    def _pixel(self, kernel: Kernel) -> None:
        conv, largest = kernel.nodes[0], self._channels(kernel.nodes[0])
        sums = layers.sums_of(conv, largest)
        (source, seen), target = self._source(kernel), self._settle(kernel.result, kernel)
        rows, columns = self._size(kernel)
        marks = [] if source.copy else self.marks.get(kernel.source, [])
        layer = PixelLayer(
            kernel.name, sums.weights, sums.bias, sums.output, layers.stored_zero(conv.inputs[0]), largest, seen, target.layout,
            self._window(kernel).strides[0], kernel.pooled, rows, columns, self.alignment,
            self._often_zero(kernel.source), bool(marks),
        )  # fmt: skip
        self._note_largest(kernel, sums.output)
        if kernel.kind != "pixel":
            self._pieces(kernel, layer, source, target)
            return
        self._assemble(
            kernel.name, "pixel lanes", [source, target, *marks],
            lambda asm: quad.emit(asm, layer, self.form.unroll),
        )  # fmt: skip

    def _pieces(self, kernel: Kernel, layer: PixelLayer, source: Buffer, target: Buffer) -> None:
        """A layer with pixel lanes that copies a few rows, or a few channels, of its input at a time."""
        scratch = Buffer(source.value, kernels.scratch_of(kernel), copy=True)
        if kernel.kind == "pairs":
            two = kernels.pairs_of(kernel, layer)
            scratch, over = Buffer(source.value, two.scratch, copy=True), calls.over(source, target, two.distance)
            how, body = "pairs of rows", lambda asm: pairs.emit(asm, two, self.form.unroll)
        elif kernel.kind == "planes":
            parts = planes.Planes(layer, scratch.layout, kernels.planes_read(kernel))
            over = calls.Over(source, target) if parts.in_place else None
            how, body = "plane by plane", lambda asm: planes.emit(asm, parts, self.form.unroll)
        else:
            top = kernel.nodes[0].attributes.window.pads[0]
            made = strips.Strips(layer, scratch.layout, kernels.strip_rows(kernel), top)
            over = calls.over(source, target, made.distance)
            how, body = "strip by strip", lambda asm: strips.emit(asm, made, self.form.unroll)
        self._assemble(kernel.name, f"pixel lanes, {how}", [scratch, target, source], body, over)

    def _loop(self, kernel: Kernel) -> None:
        """A depthwise layer channel by channel, in a loop or with code for each."""
        node, largest = kernel.nodes[0], self._channels(kernel.nodes[0])
        sums, every = layers.sums_of(node, largest), range(len(largest))
        (source, seen), target = self._source(kernel), self._settle(kernel.result, kernel)
        made = plane_plan.PlanePlan(plane_plan.PlaneLayer(
            kernel.name, sums.weights[every, :, :, every], sums.bias, sums.output, layers.stored_zero(node.inputs[0]), largest,
            layers.storage_offset(node.inputs[0]), seen, target.layout, node.attributes.window, *kernel.result.type.shape[1:3],
        ))  # fmt: skip
        self._note_largest(kernel, sums.output)
        scratch = Buffer(source.value, made.scratch, copy=True)
        over = calls.Over(source, target) if storage.same_channels(seen, target.layout) else None
        emit, at = partial(plane_list.emit, plan=made), []
        if kernel.kind == "loop":
            behind = len(self.constants) + made.table.nbytes > self.room
            at = [] if behind else [self._add_constants(f"{kernel.name}_table", made.table)]
            emit = partial(plane_loop.emit, plan=made, behind=behind)
        how = f"planes in a {kernel.kind.removesuffix('ed')}"
        self._assemble(kernel.name, how, [scratch, target, source, *at], emit, over)

    def _often_zero(self, value: Value) -> frozenset[int]:
        """The channels of a value that a blank image leaves at zero, where zeros are to be skipped."""
        if not self.form.skips or len(value.type.shape) != 4:  # a flat input that is read as an image
            return frozenset()
        middle = self.background[value][0, value.type.shape[1] // 2, value.type.shape[2] // 2]
        return frozenset(int(channel) for channel in np.flatnonzero(middle == -layers.storage_offset(value)))

    def _channels(self, node: Node) -> list[int]:
        """The largest element of each input channel; a border holds zeros."""
        zero, channels = layers.stored_zero(node.inputs[0]), image_shape(node.inputs[0])[2]
        return [max(int(n), zero) for n in np.resize(self._largest(node.inputs[0]), channels)]

    def _channel(self, kernel: Kernel) -> None:
        node, largest = kernel.nodes[0], self._channels(kernel.nodes[0])
        sums = layers.sums_of(node, largest, *kernel.nodes[1:])
        (source, seen), target = self._source(kernel), self._settle(kernel.result, kernel)
        rows, columns = self._size(kernel)
        layer = packing.ChannelLayer(
            kernel.name, sums.weights, sums.bias, sums.output, sums.relu, layers.stored_zero(node.inputs[0]), largest, seen,
            target.layout, self._window(kernel), rows, columns,
        )  # fmt: skip
        packed = self.form.packed and self.form.mul_cycles == 1  # packed weights take more multiplications
        planned = channel_plan.ChannelPlan(layer, self.form, packed)
        data = channel_data.data(planned)
        self._note_largest(kernel, sums.relu or sums.output)
        behind = len(self.constants) + 4 * len(data.words) > self.room
        at = [] if behind else [self._add_constants(f"{kernel.name}_packed", data.words.astype("<u4"))]
        self._assemble(
            kernel.name, "channel lanes", [source, target, *at],
            lambda asm: channel_lanes.emit(asm, planned, data, behind),
            self._below(source, seen, target, layer.window),
        )  # fmt: skip

    def _bytes(self, kernel: Kernel) -> None:
        """A layer whose weights are bytes; layers of one variant share a function."""
        node, source, target = kernel.nodes[0], self.buffers[kernel.source], self._settle(kernel.result, kernel)
        layer = unpacked.planned(node, kernel.bits, self.merged.get(node))
        at = self._add_constants(f"{kernel.name}_bytes", layer.words.astype("<u4"))
        over = self._below(source, storage.in_bytes(image_shape(node.inputs[0]), 0), target, self._window(kernel))
        if layer.variant in self.shared:
            self.calls.append(Call(self.shared[layer.variant], "bytes", [source, target, at], None, over))
            return
        body = partial(unpacked_kernel.emit, variant=layer.variant)
        self._assemble(f"bytes_{len(self.shared)}", "bytes", [source, target, at], body, over)
        self.shared[layer.variant] = self.calls[-1].name

    def _note_largest(self, kernel: Kernel, output: Output) -> None:
        self.largest[kernel.result] = [output.largest(channel) for channel in range(len(output.sums))]

    def _pool(self, kernel: Kernel) -> None:
        (source, seen), target = self._source(kernel), self._settle(kernel.result, kernel)
        rows, columns = self._size(kernel)
        layer = PoolLayer(kernel.name, self._window(kernel), seen, target.layout, rows, columns, self._anywhere(source))
        self.largest[kernel.result] = self._largest(kernel.source)
        layout, sight = blank_windows.layout(target.layout), self._sight(kernel, layer)
        if layout and sight:
            layer = replace(layer, sight=sight)
            self.marks[kernel.result] = [Buffer(kernel.result, layout, copy=True)]
        arguments = [source, target, *self.marks.get(kernel.result, [])]
        self._assemble(
            kernel.name, "pool", arguments,
            lambda asm: pixel_pool.emit(asm, layer, self.form.looped_pool), self._below(source, seen, target, layer.window),
        )  # fmt: skip

    def _sight(self, kernel: Kernel, layer: PoolLayer) -> blank_windows.Sight | None:
        """What windows behind a pool see, where it can leave marks and its reader uses them."""
        if not self.form.skips or not pixel_pool.four_at_a_time(layer) or not blank_windows.layout(layer.target):
            return None
        (reader,) = self._readers(kernel.result)
        window = reader.nodes[0].attributes.window
        if reader.kind != "pixel" or not reader.pooled or window.strides != (1, 1):
            return None
        return blank_windows.sight(reader.result.type.shape[2], window.kernel[1])

    def _sum(self, kernel: Kernel) -> None:
        made, target = addition.planned(*kernel.nodes), self._settle(kernel.result, kernel)
        read = [self.buffers[root(value)] for value in kernel.nodes[0].inputs]
        over = [calls.Over(each, target) for each in read if self._readers(each.value)[-1] is kernel]
        emit = partial(addition.emit, addition=made, target=target.layout)
        self._assemble(kernel.name, "sum", [*read, target], emit, over[0] if over else None)

    def _c(self, kernel: Kernel) -> None:
        """A layer left to C, on plain buffers."""
        node, name = kernel.nodes[0], f"{self.name}_{kernel.name}"
        self.c_functions[name] = registry.of(node).emit(node, shared_functions.ANY_NAME)
        arguments: list[Buffer | int] = []
        for value in node.inputs:
            if isinstance(value.node, Constant):
                arguments.append(self._constant(value.node))
            else:
                arguments.append(self.buffers[root(value)])
        self.calls.append(Call(name, "C", [*arguments, *(self._settle(value, kernel) for value in node.outputs)], None))

    # -- code and constants

    def _constant(self, node: Constant) -> int:
        """The offset of a constant of the graph in the constant region."""
        if node.output not in self.constant_places:
            numbers = node.data.astype(node.data.dtype.newbyteorder("<"))
            self.constant_places[node.output] = self._add_constants(node.name, numbers, node.output.type)
        return self.constant_places[node.output]

    def _add_constants(self, name: str, numbers: np.ndarray, kind: TensorType | None = None) -> int:
        """Add little-endian numbers to the constant region; returns their offset in bytes."""
        offset, data = len(self.constants), numbers.tobytes()
        self.constants += data + bytes(-len(data) % 4)
        self.listed.append(ListedConstant(name, kind or TensorType(numbers.shape, "int32"), offset))
        return offset

    def _assemble(
        self, name: str, kind: str, arguments: list, body: Callable[[Assembly], None], over: calls.Over | None = None
    ) -> None:
        asm = Assembly(f"{len(self.calls)}", self.form.mul_cycles)
        body(asm)
        self.calls.append(Call(f"{self.name}_{name}", kind, arguments, asm.text, over))
