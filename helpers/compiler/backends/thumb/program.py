"""The door: an integer graph to assembly, constants and a memory layout."""

from helpers.compiler.backends import memory_plan
from helpers.compiler.backends.plain_c import program as plain_c
from helpers.compiler.backends.plain_c import shared_functions
from helpers.compiler.backends.program import Program
from helpers.compiler.backends.thumb import calls
from helpers.compiler.backends.thumb.buffers import edges
from helpers.compiler.backends.thumb.builder import Builder
from helpers.compiler.backends.thumb.channel_lanes.unpacked import variants
from helpers.compiler.backends.values import root
from helpers.compiler.ir.graph import Graph
from helpers.compiler.ir.kinds import PRODUCTS, SUMS
from helpers.compiler.operators.base import c_code
from helpers.compiler.targets import SMALL_FLASH, Form

KERNELS, LAYERS = "_kernels.S", "_layers.c"  # the assembly, and C of the layers that no kernel does


def program(graph: Graph, form: Form, name: str, entry: str) -> Program:
    """Compile an integer graph; layers that no kernel does stay C. Raises Unsupported where the whole of it cannot be done.

    The constant region holds weights packed for the assembly, not Glow's; the .c stays the plain form, to read and to
    compare with.
    """
    builder = Builder(graph, form, name)
    builder.merged = variants.merged(builder.kernels)
    builder.build()
    plain = edges.in_words(graph, ()) if form.packed else memory_plan.plan(graph)
    return assembled(builder, laid_out(builder, plain), entry)


def laid_out(builder: Builder, plain: memory_plan.Layout) -> memory_plan.Layout:
    """Return where everything lies; plain: where placeholders lie if they are apart from the activations."""
    among = _edges(builder, plain) if builder.whole.reuses_inputs else None
    return calls.lay_out(plain, builder.calls, len(builder.constants), among)


def assembled(builder: Builder, layout: memory_plan.Layout, entry: str) -> Program:
    """Return what a builder has made as a program, its buffers lying as the layout says."""
    graph, form, name = builder.graph, builder.whole, builder.name
    text = calls.assembly(entry, builder.calls, layout)
    constants = bytes(builder.constants).ljust(layout.constant_bytes, b"\0")
    sources = {
        ".c": plain_c.bundle_source(graph, memory_plan.plan(graph), name, entry),
        KERNELS: _memory_note(layout, form) + text,
        **({LAYERS: _c_layers(builder.c_functions, not form.packed)} if builder.c_functions else {}),
    }
    kernels = tuple((each.name, each.kind) for call in builder.calls for each in (call, *call.parts))
    parts, listed = tuple(ending for ending in (KERNELS, LAYERS) if ending in sources), tuple(builder.listed)
    return Program(
        form.name,
        sources,
        parts,
        constants,
        listed,
        layout,
        table_in=LAYERS,
        flags=("-Os",) if form.c_rows or _is_small(builder) else (),
        kernels=kernels,
    )


def _is_small(builder: Builder) -> bool:
    """Whether C is to be compiled for size: where no layer in C sums products, which then take a fifth more cycles."""
    in_c = {kernel.nodes[0].kind for kernel in builder.kernels if kernel.kind == "c"}
    return builder.whole.name == SMALL_FLASH and not in_c & {*SUMS, *PRODUCTS}


def _edges(builder: Builder, plain: memory_plan.Layout) -> calls.Edges:
    """The inputs and outputs of a network that are to lie among the activations: all but those that are states."""
    apart = {value for value, at in plain.mutable.items() if plain.states and at >= plain.state_offset}
    buffers = {value: builder.buffers[root(value)] for value in plain.mutable if value not in apart}
    inputs = tuple(node.output for node in builder.graph.placeholders)
    outputs = tuple(value for _, value in builder.graph.outputs if value not in apart)
    return calls.Edges(buffers, inputs, outputs)


def _c_layers(functions: dict[str, str], fast: bool) -> str:
    text = shared_functions.public(functions, fast)
    return "\n".join(["#include <stdint.h>\n", *c_code.called(c_code.HELPERS, text), text])


def _memory_note(layout: memory_plan.Layout, form: Form) -> str:
    return (
        f"@ Form {form.name}. Constant region {layout.constant_bytes} bytes, activations {layout.activations_bytes} bytes.\n"
        "@ Weights of pixel lanes are in the code. Packed weights of channel lanes lie in the constant region as far as it does\n"
        "@ not grow larger than Glow's, else behind the code.\n"
    )
