"""The entry point: which function runs on which buffers, where the buffers lie, and the code that calls one after another."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

from helpers.common.errors import Unsupported
from helpers.compiler.backends import memory_plan, packing
from helpers.compiler.backends.thumb.assembler.assembly import Assembly
from helpers.compiler.backends.thumb.buffers.storage import Layout
from helpers.compiler.ir.graph import Value

# Bytes to the regions' addresses in the entry point's frame, behind what calls hand over on the stack.
CONSTANTS, MUTABLE, ACTIVATIONS = 0, 4, 8
IN_REGISTERS = 4  # arguments; the others lie on the stack (AAPCS32, section 6.4.2)
MOST_ARGUMENTS = 200  # what fits into the reach of a load from the stack


@dataclass(frozen=True)
class Buffer:
    """A value in one kind of storage; a copy is never the placeholder itself."""

    value: Value
    layout: Layout
    copy: bool = False

    def fixed(self, layout: memory_plan.Layout) -> bool:
        """Whether it is an input or output of the network, which have places of their own."""
        return not self.copy and self.value in layout.mutable


@dataclass(frozen=True)
class Over:
    """A result that may lie over an input: distance bytes below it or more; None: both begin at the same place."""

    source: Buffer
    target: Buffer
    distance: int | None = None


def over(source: Buffer, target: Buffer, distance: int | None) -> Over | None:
    """A result that may lie over its input, the bytes between them known; None where it must not."""
    return None if distance is None else Over(source, target, distance)


@dataclass(frozen=True)
class Call:
    """One function of the bundle, and how it is called.

    Its name, its kind, its arguments (buffers, or byte offsets into the constant region), and its body; None if it is C.
    over: which of its buffers may share bytes if nobody reads the input later.
    parts: functions that it calls itself.
    """

    name: str
    kind: str
    arguments: Sequence[Buffer | int]
    body: str | None
    over: Over | None = None
    parts: tuple["Call", ...] = ()


@dataclass(frozen=True)
class Edges:
    """Inputs and outputs that lie among the activations: each value of the mutable region with the buffer that holds it."""

    buffers: dict[Value, Buffer]
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]

    def times(self, calls: int) -> dict[Buffer, list[int]]:
        """Return when each is needed but for the calls: inputs before the first of them, outputs behind the last."""
        found: dict[Buffer, list[int]] = {}
        for values, time in ((self.inputs, -1), (self.outputs, calls)):
            for value in values:
                found.setdefault(self.buffers[value], []).append(time)
        return found


def lay_out(
    plain: memory_plan.Layout, calls: list[Call], constant_bytes: int, edges: Edges | None = None
) -> memory_plan.Layout:
    """Where every buffer lies. Placeholders lie as in `plain`, or as `edges`; the keys of `activations` are the buffers."""
    times = edges.times(len(calls)) if edges else {}
    among = set(times)
    for index, call in enumerate(calls):
        for each in call.arguments:
            if isinstance(each, Buffer) and (each in among or not each.fixed(plain)):
                times.setdefault(each, []).append(index)
    times = {each: sorted(indices) for each, indices in times.items()}
    buffers = [
        packing.Buffer((each,), _up(each.layout.bytes, plain.alignment), indices[0], indices[-1])
        for each, indices in times.items()
    ]
    overlaps = _overlaps(calls, times, plain.alignment)
    offsets, size = packing.packed(buffers, overlaps)
    activations: dict[Hashable, int] = {each.values[0]: offset for each, offset in zip(buffers, offsets, strict=True)}
    made = replace(
        plain, constant={}, activations=activations, constant_bytes=_up(constant_bytes, plain.alignment),
        activations_bytes=size, peak_bytes=packing.peak_bytes(buffers, overlaps), buffers=tuple(buffers),
    )  # fmt: skip
    if not edges:
        return made
    made = replace(made, mutable=made.mutable | {value: activations[each] for value, each in edges.buffers.items()})
    return memory_plan.one_region(made, size, edges.buffers, edges.inputs)


def _up(size: int, alignment: int) -> int:
    return -(-size // alignment) * alignment


def _overlaps(calls: list[Call], times: dict[Buffer, list[int]], alignment: int) -> list[packing.Overlap]:
    """The results that may lie over their inputs, with the numbers of the buffers."""
    numbers = {each: number for number, each in enumerate(times)}
    made = []
    for index, call in enumerate(calls):
        over = call.over
        if over is None or over.source not in times or over.target not in times:
            continue
        if times[over.source][-1] == times[over.target][0] == index:
            distance = None if over.distance is None else _up(over.distance, alignment)
            made.append(packing.Overlap(numbers[over.source], numbers[over.target], distance))
    return made


def assembly(entry: str, calls: list[Call], layout: memory_plan.Layout) -> str:
    """The whole file: the entry point and every function of its own."""
    asm = Assembly("entry")
    asm.emit("push {r4, r5, r6, r7, lr}", *(f"mov r{low}, r{low + 4}" for low in (4, 5, 6, 7)), "push {r4, r5, r6, r7}")
    asm.emit("push {r0, r1, r2}")
    most = max((len(call.arguments) for call in calls), default=0)
    if most > MOST_ARGUMENTS:
        raise Unsupported(f"a layer with {most} buffers", remedy="choose -mcpu-form=plain")
    handed = 4 * max(most - IN_REGISTERS + most % 2, 0)  # bytes; the stack stays a multiple of 8
    asm.move_stack("sub", handed)
    for call in calls:
        for index, argument in reversed(list(enumerate(call.arguments))):
            register, (region, offset) = f"r{index}" if index < IN_REGISTERS else "r0", _place(argument, layout)
            asm.emit(f"ldr {register}, [sp, #{handed + region}]")
            asm.advance(register, offset, "r7")
            if isinstance(argument, Buffer) and not argument.copy and argument.value in layout.in_place:
                asm.emit(f"ldr {register}, [{register}, #0]")
            if index >= IN_REGISTERS:
                asm.emit(f"str r0, [sp, #{4 * (index - IN_REGISTERS)}]")
        asm.emit(f"bl {call.name}")
    asm.emit("movs r0, #0")
    asm.move_stack("add", handed + 12)
    asm.emit("pop {r4, r5, r6, r7}", *(f"mov r{n + 4}, r{n}" for n in (4, 5, 6, 7)))
    asm.emit("pop {r4, r5, r6, r7, pc}")
    asm.pool()
    parts = [_HEADER, _function(entry, "the entry point: one call a layer", asm.text, True)]
    every = [each for call in calls for each in (call, *call.parts)]
    parts += [_function(each.name, each.kind, each.body, False) for each in every if each.body]
    return "\n".join(parts)


def _place(argument: Buffer | int, layout: memory_plan.Layout) -> tuple[int, int]:
    """Region and offset of an argument."""
    if not isinstance(argument, Buffer):
        return CONSTANTS, argument
    if argument in layout.activations:
        return MUTABLE if layout.overwritten else ACTIVATIONS, layout.activations[argument]
    return MUTABLE, layout.mutable[argument.value]


def _function(name: str, what: str, body: str, public: bool) -> str:
    shown = f"    .global {name}\n" if public else ""
    return _FUNCTION.format(name=name, what=what, body=body, shown=shown)


_FUNCTION = """\
@ {name}: {what}
    .section .text.{name}, "ax", %progbits
    .balign 4
{shown}    .type {name}, %function
    .thumb_func
{name}:
{body}    .size {name}, . - {name}
"""

_HEADER = """\
@ Written by the compiler: edits are lost. Two sums share a register: see helpers/compiler/backends/thumb.
    .syntax unified
    .thumb
"""
