"""A bundle's object linked on its own, without a program around it: its code with the library functions that it calls."""

import tempfile
from io import BytesIO
from pathlib import Path

from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from helpers.common import artifacts
from helpers.hardware import object_file, toolchain

_SCRIPT = (
    "SECTIONS {{ . = {origin:#x}; .text : {{ *(.text*) *(.rodata*) }} /DISCARD/ : {{ *(.ARM.*) *(.comment) }} }}\n"
)


def linked(obj: Path, entry: str, core: str, origin: int = 0) -> tuple[bytes, dict[str, int]]:
    """A bundle's object linked to lie at `origin`: its bytes, and the address of each function without the Thumb bit.

    entry: the function that is kept with all that it needs, of the compiler's library as well. Raises ToolFailed.
    """
    with tempfile.TemporaryDirectory() as folder:
        script, program = Path(folder, "flat.ld"), Path(folder, "flat.elf")
        script.write_text(_SCRIPT.format(origin=origin))
        toolchain.link_flat([obj, *_runtime(obj, Path(folder), core)], program, script, entry, core)
        content = program.read_bytes()
    elf = ELFFile(BytesIO(content))
    text, symbols = elf.get_section_by_name(".text"), elf.get_section_by_name(".symtab")
    assert text is not None and isinstance(symbols, SymbolTableSection), "the linker writes both"
    found = (each for each in symbols.iter_symbols() if each["st_info"]["type"] == "STT_FUNC")
    return text.data(), {each.name: each["st_value"] & ~1 for each in found}


def _runtime(obj: Path, folder: Path, core: str) -> list[Path]:
    """Define GNU's names for functions of the compiler's library, which objects of real Glow call."""
    if all(name.startswith("__aeabi_") for name in object_file.undefined(obj)):
        return []
    source = artifacts.PROJECTS / "common" / "gnu_runtime.c"
    return [toolchain.compile_object(source, folder / "gnu_runtime.o", core, flags=("-Os", "-ffunction-sections"))]
