"""The files of a bundle in one of the fast forms: as the plain ones, and the assembly that the object is made of."""

from pathlib import Path

from helpers.common import artifacts
from helpers.compiler.backends import memory_plan
from helpers.compiler.backends.plain_c import program as emit_c
from helpers.compiler.backends.thumb import program as emit
from helpers.compiler.bundle import header_text, plain_files
from helpers.compiler.ir.graph import Graph
from helpers.compiler.operators.base import c_code
from helpers.compiler.targets import Form
from helpers.hardware import toolchain


def write(
    graph: Graph,
    folder: Path,
    name: str,
    entry: str,
    form: Form,
    target: dict,
    style: plain_files.Style = plain_files.STATIC,
) -> memory_plan.Layout:
    """Write a bundle's files into a folder, all or none. The constant region holds weights packed for the assembly, not
    Glow's; the .c stays the plain form, to read and to compare with. Raises Unsupported where nothing can be done."""
    program = emit.program(graph, form, name, entry)
    layout, dynamic = program.layout, style.api == "dynamic"
    with artifacts.replacing_folder(folder) as fresh:
        header = header_text.header(graph, layout, name, entry, dynamic, form=form.name)
        (fresh / f"{name}.h").write_text(header)
        plain = emit_c.bundle_source(graph, memory_plan.plan(graph), name, entry)
        (fresh / f"{name}.c").write_text(_note(name, program) + plain)
        (fresh / f"{name}_kernels.S").write_text(_memory_note(program, form) + program.assembly)
        table = header_text.configuration(graph, layout, name) if dynamic else ""
        _object(fresh, name, program, table, target)
        (fresh / f"{name}.weights.bin").write_bytes(program.constants)
        if not dynamic:
            (fresh / f"{name}.weights.txt").write_text(plain_files.weights_text(program.constants))
    return layout


def _object(folder: Path, name: str, program: emit.Program, table: str, target: dict) -> None:
    """Assemble, compile the layers that stay C, and join the two."""
    kernels, output = folder / f"{name}_kernels.S", folder / f"{name}.o"
    if not program.c_functions and not table:
        toolchain.compile_object(kernels, output, **target)
        return
    source = folder / f"{name}_layers.c"
    source.write_text(_layers(program) + table)
    objects = [folder / "kernels.o", folder / "layers.o"]
    for part, made in zip((kernels, source), objects, strict=True):
        toolchain.compile_object(part, made, **target)
    toolchain.join_objects(objects, output)
    for each in objects:
        each.unlink()


def _layers(program: emit.Program) -> str:
    """C of the layers that no kernel does."""
    text = "\n".join(program.c_functions.values())
    helpers = c_code.called(c_code.HELPERS, text)
    return "\n".join(["#include <stdint.h>\n", *helpers, text])


def _note(name: str, program: emit.Program) -> str:
    rows = "".join(f"     {kind:<14} {each}\n" for each, kind in program.kernels)
    return (
        f"/* The plain form, to read: it computes the same. The object is made of {name}_kernels.S"
        f"{f' and {name}_layers.c' if program.c_functions else ''}:\n{rows}*/\n"
    )


def _memory_note(program: emit.Program, form: Form) -> str:
    layout = program.layout
    return (
        f"@ Form {form.name}. Constant region {layout.constant_bytes} bytes, activations {layout.activations_bytes} bytes.\n"
        "@ Weights of pixel lanes are in the code. Packed weights of channel lanes lie in the constant region as far as it does\n"
        "@ not grow larger than Glow's, else behind the code.\n"
    )
