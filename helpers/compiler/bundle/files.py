"""Write the files of a bundle in Glow's layout: .h .c .o .weights.bin .weights.txt, and assembly if there is any."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from helpers.common import artifacts
from helpers.common.errors import BadParameter
from helpers.compiler.backends.program import Program
from helpers.compiler.bundle import header_text, own_files
from helpers.compiler.ir.graph import Graph
from helpers.hardware import toolchain

INCLUDES = "#include <stdint.h>\n\n"  # what a source of the table alone begins with


@dataclass(frozen=True)
class Style:
    """Options for writing a bundle.

    api: "static" (sizes and addresses as macros) or "dynamic" (a table in the bundle). verbose: list the constants in the
    header too. save_asm: write the object's assembly as a .s file.
    """

    api: str = "static"
    verbose: bool = False
    save_asm: bool = False

    @property
    def dynamic(self) -> bool:
        """Whether the bundle has a table in place of macros."""
        return self.api == "dynamic"


STATIC = Style()


@dataclass(frozen=True)
class Names:
    """Names of a bundle: of its files, and of its entry point."""

    files: str
    entry: str


def write(program: Program, graph: Graph, folder: Path, names: Names, target: dict, style: Style = STATIC) -> None:
    """Write a bundle's files into a folder, all or none; other files of the folder are not changed.

    target: passed to toolchain.compile_object. Raises BadParameter for the
    dynamic API if an input is read in place, which its table cannot express, and if the folder holds files of that name
    that are not a bundle's.
    """
    if style.dynamic and program.layout.in_place:
        what = f"-mcpu-form={program.form} needs -bundle-api=static: a table of offsets cannot say `in place`"
        raise BadParameter(what)
    own_files.check(folder, names.files)
    with tempfile.TemporaryDirectory() as scratch:
        made = _made(program, graph, Path(scratch), names, target, style)
        own_files.replace(folder, names.files, made)


def _made(program: Program, graph: Graph, scratch: Path, names: Names, target: dict, style: Style) -> dict:
    """Make the bundle's files in a temporary folder; return their contents by ending."""
    name = names.files
    texts, parts = _texts(program, graph, name, style)
    texts[".h"] = header_text.header(graph, program, name, names.entry, style.dynamic, style.verbose)
    for ending, text in texts.items():
        artifacts.write_text(scratch / f"{name}{ending}", text)
    target = {**target, "flags": (*target["flags"], *program.flags)}
    sources = [scratch / f"{name}{ending}" for ending in parts]
    files = {ending: text.encode() for ending, text in texts.items()}
    files[".o"] = _object(sources, scratch / f"{name}.o", target)
    files[".weights.bin"] = program.constants
    if not style.dynamic:
        files[".weights.txt"] = weights_text(program.constants).encode()
    if style.save_asm:
        files[".s"] = "".join(_assembly(source, target) for source in sources).encode()
    return files


def _texts(program: Program, graph: Graph, name: str, style: Style) -> tuple[dict[str, str], list[str]]:
    """Return the sources with the dynamic API's table and the note on the kernels, and the names of those to compile."""
    texts, parts = dict(program.sources), list(program.object_of)
    if style.dynamic:
        table = program.table_in
        texts[table] = texts.get(table, INCLUDES) + header_text.configuration(graph, program.layout, name)
        parts += [table] if table not in parts else []
    if program.kernels:
        rows = "".join(f"     {kind:<14} {kernel}\n" for kernel, kind in program.kernels)
        made_of = " and ".join(f"{name}{ending}" for ending in parts)
        texts[".c"] = (
            f"/* The plain form, to read: it computes the same. The object is made of {made_of}:\n{rows}*/\n"
            + (texts[".c"])
        )
    return texts, parts


def _object(sources: list[Path], output: Path, target: dict) -> bytes:
    """Compile or assemble each source, and join the objects if there are several."""
    if len(sources) == 1:
        return toolchain.compile_object(sources[0], output, **target).read_bytes()
    objects = [
        toolchain.compile_object(source, output.with_name(f"part{number}.o"), **target)
        for number, source in enumerate(sources)
    ]
    return toolchain.join_objects(objects, output).read_bytes()


def _assembly(source: Path, target: dict) -> str:
    """Return a source as assembly: C is compiled, assembly is returned unchanged."""
    if source.suffix == ".S":
        return source.read_text()
    flags = (*target["flags"], "-S", "-Wno-unused-command-line-argument")
    return toolchain.compile_object(source, source.with_suffix(".s"), **{**target, "flags": flags}).read_text()


def weights_text(region: bytes) -> str:
    """Format the constant region for a C array initialiser: twenty bytes per line."""
    rows = [region[start : start + 20] for start in range(0, len(region), 20)]
    return "\n".join("".join(f" 0X{byte:02X}," for byte in row) for row in rows) + "\n"
