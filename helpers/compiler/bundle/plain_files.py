"""The files of a bundle: .h .c .o .weights.bin .weights.txt, in Glow's layout."""

from dataclasses import dataclass
from pathlib import Path

from helpers.common import artifacts
from helpers.compiler.backends.memory_plan import Layout
from helpers.compiler.backends.plain_c import program
from helpers.compiler.bundle import header_text
from helpers.compiler.ir.graph import Graph
from helpers.hardware import toolchain


@dataclass(frozen=True)
class Style:
    """api: "static" (sizes and addresses as macros) or "dynamic" (a table in the bundle); verbose: list the constants too."""

    api: str = "static"
    verbose: bool = False
    save_asm: bool = False


STATIC = Style()


def weights(graph: Graph, layout: Layout) -> bytes:
    """The constant region: little-endian, gaps zero."""
    region = bytearray(layout.constant_bytes)
    for node in graph.constants:
        data = node.data.astype(node.data.dtype.newbyteorder("<")).tobytes()
        at = layout.constant[node.output]
        region[at : at + len(data)] = data
    return bytes(region)


def weights_text(region: bytes) -> str:
    """The constant region for a C array initialiser: twenty bytes a line."""
    rows = [region[at : at + 20] for at in range(0, len(region), 20)]
    return "\n".join("".join(f" 0X{byte:02X}," for byte in row) for row in rows) + "\n"


def write(
    graph: Graph,
    layout: Layout,
    folder: Path,
    name: str,
    entry: str,
    target: dict,
    style: Style = STATIC,
    form: str = "plain",
) -> None:
    """Write a bundle's files into a folder, all or none; `target` goes to toolchain.compile_object, `form` into the header."""
    dynamic = style.api == "dynamic"
    with artifacts.replacing_folder(folder) as fresh:
        source = fresh / f"{name}.c"
        header = header_text.header(graph, layout, name, entry, dynamic, style.verbose, form)
        (fresh / f"{name}.h").write_text(header)
        text = program.bundle_source(graph, layout, name, entry)
        source.write_text(text + (header_text.configuration(graph, layout, name) if dynamic else ""))
        toolchain.compile_object(source, fresh / f"{name}.o", **target)
        if style.save_asm:
            assembly = {**target, "flags": (*target["flags"], "-S", "-Wno-unused-command-line-argument")}
            toolchain.compile_object(source, fresh / f"{name}.s", **assembly)
        region = weights(graph, layout)
        (fresh / f"{name}.weights.bin").write_bytes(region)
        if not dynamic:
            (fresh / f"{name}.weights.txt").write_text(weights_text(region))
