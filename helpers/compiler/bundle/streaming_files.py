"""The files of a bundle in the form least-ram: as the plain ones, with a mutable region that holds the input's address."""

from pathlib import Path

from helpers.common import artifacts
from helpers.common.errors import BadParameter
from helpers.compiler.backends import memory_plan
from helpers.compiler.backends.streaming import program as emit
from helpers.compiler.bundle import header_text, plain_files
from helpers.compiler.ir.graph import Graph
from helpers.hardware import toolchain


def write(
    graph: Graph, folder: Path, name: str, entry: str, target: dict, style: plain_files.Style = plain_files.STATIC
) -> memory_plan.Layout:
    """Write a bundle's files into a folder, all or none. The constant region holds weights in the order they are read, not
    Glow's. Raises Unsupported where the network cannot be streamed, BadParameter for the dynamic API, whose table has no
    word for an address."""
    if style.api == "dynamic":
        raise BadParameter("-mcpu-form=least-ram needs -bundle-api=static: a table of offsets cannot say `in place`")
    program = emit.program(graph, name, entry)
    target = {**target, "flags": (*target["flags"], "-Os")}  # who lacks RAM lacks flash too
    with artifacts.replacing_folder(folder) as fresh:
        (fresh / f"{name}.h").write_text(header_text.header(graph, program.layout, name, entry, form="least-ram"))
        source = fresh / f"{name}.c"
        source.write_text(program.source)
        toolchain.compile_object(source, fresh / f"{name}.o", **target)
        if style.save_asm:
            assembly = {**target, "flags": (*target["flags"], "-S", "-Wno-unused-command-line-argument")}
            toolchain.compile_object(source, fresh / f"{name}.s", **assembly)
        (fresh / f"{name}.weights.bin").write_bytes(program.constants)
        (fresh / f"{name}.weights.txt").write_text(plain_files.weights_text(program.constants))
    return program.layout
