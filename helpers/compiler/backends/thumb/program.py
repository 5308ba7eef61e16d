"""The door: an integer graph to assembly, constants and a memory layout."""

from dataclasses import dataclass, replace

import numpy as np

from helpers.compiler import interpreter
from helpers.compiler.backends import memory_plan
from helpers.compiler.backends.thumb import blank_windows, calls, layers, plan, pool
from helpers.compiler.backends.thumb.assembly import Assembly
from helpers.compiler.backends.thumb.calls import Buffer, Call
from helpers.compiler.backends.thumb.channel_lanes import data as channel_data
from helpers.compiler.backends.thumb.channel_lanes import layer as channel_lanes
from helpers.compiler.backends.thumb.channel_lanes import plan as channel_plan
from helpers.compiler.backends.thumb.pixel_lanes import quad
from helpers.compiler.backends.thumb.pixel_lanes.layer import PixelLayer
from helpers.compiler.backends.thumb.plan import POINT, Step
from helpers.compiler.backends.thumb.storage import Place
from helpers.compiler.ir.graph import Constant, Graph, Value
from helpers.compiler.operators.base import registry
from helpers.compiler.targets import Form


@dataclass(frozen=True)
class Program:
    """A network as assembly. c_functions: the layers left to C, by name; constants: the constant region; layout: as
    memory.plan gives it, for the placeholders and the sizes; kernels: what runs, in order, for listings."""

    assembly: str
    c_functions: dict[str, str]
    constants: bytes
    layout: memory_plan.Layout
    kernels: tuple[tuple[str, str], ...]


def program(graph: Graph, form: Form, name: str, entry: str) -> Program:
    """Compile an integer graph; layers that no kernel does stay C. Raises Unsupported where the whole of it cannot be done."""
    builder = _Builder(graph, form, name)
    builder.build()
    layout = calls.lay_out(graph, builder.calls, len(builder.constants))
    text = calls.assembly(entry, builder.calls, layout)
    constants = bytes(builder.constants).ljust(layout.constant_bytes, b"\0")
    kernels = tuple((call.name, call.kind) for call in builder.calls)
    return Program(text, builder.c_functions, constants, layout, kernels)


def _background(graph: Graph) -> dict[Value, np.ndarray]:
    """Every value of the network for a blank image: the lowest element everywhere."""
    found: dict[Value, np.ndarray] = {}
    blank = {}
    for node in graph.placeholders:
        element = node.output.type.element
        lowest = np.iinfo(element).min if element.startswith("int") else 0
        blank[node.name] = found[node.output] = np.full(node.output.type.shape, lowest, element)
    interpreter.run(graph, blank, lambda node, _, results: found.update(zip(node.outputs, results, strict=True)))
    return found


class _Builder:
    def __init__(self, graph: Graph, form: Form, name: str):
        self.graph, self.form, self.name = graph, form, name
        self.steps = plan.steps(graph, form)
        self.c_functions: dict[str, str] = {}
        self.calls: list[Call] = []
        self.constants, self.room = (
            bytearray(),
            memory_plan.plan(graph).constant_bytes,
        )  # no larger than in the plain form
        self.constant_places: dict[Value, int] = {}
        self.largest: dict[Value, list[int]] = {}
        self.outputs = {layers.root(value) for _, value in graph.outputs}
        self.buffers: dict[Value, Buffer] = {}
        self.marks: dict[Value, list[Buffer]] = {}
        self.background = _background(graph) if form.skips else {}

    def build(self) -> None:
        for node in self.graph.placeholders:
            self._settle(node.output, None)
        for step in self.steps:
            {"pixel": self._pixel, "channel": self._channel, "pool": self._pool, "c": self._c}[step.kind](step)

    # -- values and where they lie

    def _readers(self, value: Value) -> list[Step]:
        return [s for s in self.steps if any(layers.root(v) is value for v in s.nodes[0].inputs)]

    def _settle(self, value: Value, step: Step | None) -> Buffer:
        """Choose where a value goes: as its only reader wants it, unless it is one that others must understand."""
        readers = self._readers(value)
        fixed = value in self.outputs or step is None or step.kind == "c" or len(readers) != 1
        reader = None if fixed else readers[0]
        if reader and reader.reads == plan.HALVES and value.type.shape != reader.nodes[0].inputs[0].type.shape:
            reader = None
        self.buffers[value] = Buffer(value, plan.place_of(value, reader))
        return self.buffers[value]

    def _source(self, step: Step) -> tuple[Buffer, Place]:
        """The step's input and how the step sees it; put in front is a copy where it lies otherwise than the step wants."""
        value = step.nodes[0].inputs[0]
        had = self.buffers[step.source]
        seen = had.place if had.place.element == 2 else plan.in_bytes(layers.image_shape(value), had.place.lift)
        wanted = plan.place_of(value, step)
        if step.kind == "pool" or wanted == seen:
            return had, seen
        copy = Buffer(value, wanted, copy=True)
        layer = pool.PoolLayer(f"{step.name}_input", POINT, seen, wanted, *seen.shape[:2])
        self._assemble(f"{step.name}_input", "copy", [had, copy], lambda asm: pool.emit(asm, layer))
        return copy, wanted

    def _largest(self, value: Value) -> list[int]:
        """The largest lifted element of each channel of a value, or one for all."""
        return self.largest.get(layers.root(value), [layers.top(value)])

    # -- the kinds of steps

    def _pixel(self, step: Step) -> None:
        conv, weights = step.nodes[0], layers.full_weights(step.nodes[0])
        bias, largest = layers.full_bias(conv), self._channels(conv, weights)
        output = layers.output_of(conv, weights, bias, largest)
        (source, seen), target = self._source(step), self._settle(step.result, step)
        rows, columns = step.result.type.shape[1:3]
        marks = [] if source.copy else self.marks.get(step.source, [])
        layer = PixelLayer(
            step.name, weights, bias, output, layers.lifted_zero(conv.inputs[0]), largest, seen, target.place,
            conv.attributes["window"].strides[0], step.pooled, rows, columns, self._often_zero(step.source), bool(marks),
        )  # fmt: skip
        self._note_largest(step, output)
        self._assemble(
            step.name, "pixel lanes", [source, target, *marks],
            lambda asm: quad.emit(asm, layer, self.form.unroll),
        )  # fmt: skip

    def _often_zero(self, value: Value) -> frozenset[int]:
        """The channels of a value that a blank image leaves at zero, where zeros are to be skipped."""
        if not self.form.skips or len(value.type.shape) != 4:  # a flat input that is read as an image
            return frozenset()
        middle = self.background[value][0, value.type.shape[1] // 2, value.type.shape[2] // 2]
        return frozenset(int(channel) for channel in np.flatnonzero(middle == -layers.lift(value)))

    def _channels(self, node, weights: np.ndarray) -> list[int]:
        """The largest element of each input channel; a border holds zeros."""
        zero = layers.lifted_zero(node.inputs[0])
        return [max(int(n), zero) for n in np.resize(self._largest(node.inputs[0]), weights.shape[3])]

    def _channel(self, step: Step) -> None:
        node, weights = step.nodes[0], layers.full_weights(step.nodes[0])
        bias, largest = layers.full_bias(node), self._channels(node, weights)
        if len(step.nodes) == 2:
            output, relu = layers.with_relu(node, step.nodes[1], weights, bias, largest)
        else:
            output, relu = layers.output_of(node, weights, bias, largest), None
        (source, seen), target = self._source(step), self._settle(step.result, step)
        rows, columns, _ = layers.image_shape(node.output)
        layer = channel_plan.ChannelLayer(
            step.name, weights, bias, output, relu, layers.lifted_zero(node.inputs[0]), largest, seen,
            target.place, node.attributes.get("window", POINT), rows, columns,
        )  # fmt: skip
        packed = self.form.packed and self.form.multiplier == 1  # packed weights take more multiplications
        planned = channel_plan.ChannelPlan(layer, self.form.straight, self.form.longest, packed)
        data = channel_data.data(planned)
        self._note_largest(step, relu or output)
        behind = len(self.constants) + 4 * len(data.words) > self.room
        at = [] if behind else [self._add_constants(data.words.astype("<u4").tobytes())]
        self._assemble(
            step.name, "channel lanes", [source, target, *at],
            lambda asm: channel_lanes.emit(asm, planned, data, behind),
        )  # fmt: skip

    def _note_largest(self, step: Step, output) -> None:
        self.largest[step.result] = [output.largest(channel) for channel in range(len(output.sums))]

    def _pool(self, step: Step) -> None:
        (source, seen), target = self._source(step), self._settle(step.result, step)
        rows, columns, _ = layers.image_shape(step.result)
        layer = pool.PoolLayer(step.name, step.nodes[0].attributes["window"], seen, target.place, rows, columns)
        self.largest[step.result] = self._largest(step.source)
        if sight := self._sight(step, layer):
            layer = replace(layer, sight=sight)
            self.marks[step.result] = [Buffer(step.result, blank_windows.place(target.place), copy=True)]
        arguments = [source, target, *self.marks.get(step.result, [])]
        self._assemble(step.name, "pool", arguments, lambda asm: pool.emit(asm, layer, self.form.looped_pool))

    def _sight(self, step: Step, layer: pool.PoolLayer) -> blank_windows.Sight | None:
        """What windows behind a pool see, where it can leave marks and its reader uses them."""
        if not self.form.skips or not pool.four_at_a_time(layer) or not blank_windows.place(layer.target):
            return None
        (reader,) = self._readers(step.result)
        window = reader.nodes[0].attributes["window"]
        if not reader.pooled or window.strides != (1, 1):
            return None
        return blank_windows.sight(reader.result.type.shape[2], window.kernel[1])

    def _c(self, step: Step) -> None:
        """A layer left to C, on plain buffers."""
        node, name = step.nodes[0], f"{self.name}_{step.name}"
        self.c_functions[name] = registry.of(node).emit(node, name).replace(f"static void {name}(", f"void {name}(")
        arguments = []
        for value in node.inputs:
            if isinstance(value.node, Constant):
                if value not in self.constant_places:
                    data = value.node.data
                    self.constant_places[value] = self._add_constants(
                        data.astype(data.dtype.newbyteorder("<")).tobytes()
                    )
                arguments.append(self.constant_places[value])
            else:
                arguments.append(self.buffers[layers.root(value)])
        arguments += [self._settle(value, step) for value in node.outputs]
        self.calls.append(Call(name, "C", arguments, None))

    # -- code and constants

    def _add_constants(self, data: bytes) -> int:
        at = len(self.constants)
        self.constants += data + bytes(-len(data) % 4)
        return at

    def _assemble(self, name: str, kind: str, arguments: list, body) -> None:
        asm = Assembly(f"{len(self.calls)}", self.form.multiplier)
        body(asm)
        self.calls.append(Call(f"{self.name}_{name}", kind, arguments, asm.text))
