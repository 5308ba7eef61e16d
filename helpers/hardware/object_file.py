"""The object file of a bundle: the core that it is compiled for, and the functions that it defines."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from elftools.elf.elffile import ELFFile
from elftools.elf.sections import ARMAttributesSection, Symbol, SymbolTableSection

from helpers.common import artifacts
from helpers.common.errors import BadInput
from helpers.hardware.boards import Board

LARGEST_FILE = 64 << 20  # bytes

# Tag_CPU_arch of the Arm ABI (Addenda to the ABI, IHI 0045, "Target-related attributes") that each core runs.
_ARCHITECTURES = {11: "Armv6-M", 12: "Armv6S-M", 10: "Armv7", 13: "Armv7E-M"}
_RUNS = {"cortex-m0": {11, 12}, "cortex-m0plus": {11, 12}, "cortex-m7": {10, 11, 12, 13}}


def check_core(path: Path, board: Board) -> None:
    """Refuse an object file that the board's core cannot run; raises BadInput."""
    where, other = artifacts.shown(path), "pass a bundle compiled with this board's -mcpu"
    if path.stat().st_size > LARGEST_FILE:
        raise BadInput("is larger than 64 MB", where=where)
    with Path(path).open("rb") as stream:
        if stream.read(4) != b"\x7fELF":
            raise BadInput("is not an ELF object file", where=where, remedy=other)
        try:
            elf = ELFFile(stream)
            machine, kind, architecture = elf["e_machine"], elf["e_type"], _architecture(elf)
        except Exception as error:  # pyelftools raises whatever its parsers meet in a damaged file
            raise BadInput(f"is a damaged object file ({type(error).__name__})", where=where, remedy=other) from None
    if (machine, kind) != ("EM_ARM", "ET_REL"):
        raise BadInput(f"is {kind} for {machine}, not an object file for Arm", where=where, remedy=other)
    if architecture is not None and architecture not in _RUNS[board.core]:
        name = _ARCHITECTURES.get(architecture, f"architecture {architecture}")
        raise BadInput(
            f"is compiled for {name}, which {board.title} ({board.core}) cannot run", where=where, remedy=other
        )


@dataclass(frozen=True)
class CodeSection:
    """Bytes of a section with code, and the names of the functions in it."""

    size: int
    functions: frozenset[str]


def function_sizes(path: Path) -> dict[str, int]:
    """The bytes of each function of a checked object file, as its symbol table has them."""
    with Path(path).open("rb") as stream:
        found = (each for each in _symbols(ELFFile(stream), path) if each["st_info"]["type"] == "STT_FUNC")
        return {each.name: each["st_size"] for each in found}


def code_sections(path: Path) -> dict[str, CodeSection]:
    """The sections of a checked object file that hold functions, by name, in its order."""
    found: dict[str, set[str]] = {}
    with Path(path).open("rb") as stream:
        elf = ELFFile(stream)
        for symbol in _symbols(elf, path):
            if symbol["st_info"]["type"] == "STT_FUNC" and isinstance(symbol["st_shndx"], int):
                found.setdefault(elf.get_section(symbol["st_shndx"]).name, set()).add(symbol.name)
        sizes = {section.name: section["sh_size"] for section in elf.iter_sections()}
    return {name: CodeSection(size, frozenset(found[name])) for name, size in sizes.items() if name in found}


def functions(path: Path) -> set[str]:
    """The names of the functions that a checked object file defines."""
    return set().union(*(section.functions for section in code_sections(path).values()))


def undefined(path: Path) -> set[str]:
    """The names that an object file calls and does not define."""
    with Path(path).open("rb") as stream:
        symbols = _symbols(ELFFile(stream), path)
        return {symbol.name for symbol in symbols if symbol["st_shndx"] == "SHN_UNDEF" and symbol.name}


def _symbols(elf: ELFFile, path: Path) -> Iterator[Symbol]:
    table = elf.get_section_by_name(".symtab")
    if not isinstance(table, SymbolTableSection):
        raise BadInput(
            "has no symbol table", where=artifacts.shown(path), remedy="pass an object file that is not stripped"
        )
    return table.iter_symbols()


def _architecture(elf: ELFFile) -> int | None:
    """The value of Tag_CPU_arch, None where the file does not say."""
    section = elf.get_section_by_name(".ARM.attributes")
    if section is None:
        return None
    if not isinstance(section, ARMAttributesSection):
        raise TypeError("no attributes in .ARM.attributes")  # `check_core` reports a damaged file
    pieces = (piece for part in section.iter_subsections() for piece in part.iter_subsubsections())
    tags = (tag for piece in pieces for tag in piece.iter_attributes())
    return next((tag.value for tag in tags if tag.tag == "TAG_CPU_ARCH"), None)
