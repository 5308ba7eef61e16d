"""A linked program: what goes into flash, what it takes of RAM, which function and source line an address is in."""

import bisect
from dataclasses import dataclass, field, replace
from functools import cached_property
from io import BytesIO
from pathlib import Path

from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from helpers.common import artifacts
from helpers.common.errors import BadInput, BadParameter, DoesNotFit, MissingInput, WorkbookError
from helpers.hardware.boards import Board

FILE_LIMIT = 32 << 20
SEGMENT_LIMIT = 64
WRITABLE, ALLOCATED = 0x1, 0x2
RESERVED_SECTIONS = (".stack", ".heap")


@dataclass(frozen=True)
class Symbol:
    """A named address; size in bytes, 0 where the file gives none."""

    name: str
    address: int
    size: int


@dataclass(frozen=True)
class Segment:
    """A loadable piece: `data` goes to `physical`, the program sees it at `virtual`, where it takes `size` bytes."""

    physical: int
    virtual: int
    size: int
    data: bytes


@dataclass(frozen=True)
class Sizes:
    """Bytes of a program.

    flash: code, constants and initial data; ram: data and zeroed data; reserved: the stack and heap sections that the
    linker script sets aside.
    """

    flash: int
    ram: int
    reserved: int


@dataclass(frozen=True)
class Program:
    """A checked ELF file for one board."""

    path: Path
    segments: tuple[Segment, ...]
    symbols: dict[str, Symbol]
    functions: tuple[Symbol, ...]
    sections: tuple[tuple[str, int, int, bool], ...]  # name, address, size, whether it is in RAM
    content: bytes = field(repr=False)

    @cached_property
    def _starts(self) -> list[int]:
        return [function.address for function in self.functions]

    def function_at(self, address: int) -> Symbol | None:
        """The function that holds the address, or None."""
        index = bisect.bisect_right(self._starts, address) - 1
        if index < 0:
            return None
        function = self.functions[index]
        return function if address < function.address + function.size else None

    def place(self, address: int) -> str:
        """The address as a reader wants it: function, source file and line where the file has them."""
        function, line = self.function_at(address), self.line_at(address)
        name = function.name if function else f"{address:#010x}"
        return f"{name} ({line})" if line else name

    def line_at(self, address: int) -> str | None:
        """`file:line` of an instruction, from the DWARF line table; None without debug information."""
        try:
            return _line(ELFFile(BytesIO(self.content)), address)
        except Exception:  # a damaged line table must not hide the fault that is being reported
            return None

    def with_data(self, name: str, data: bytes) -> "Program":
        """The program with the bytes of a variable or constant replaced, as if it had been compiled with them.

        Raises BadParameter where there is no such symbol, where it has another size, or no initial value.
        """
        symbol, where = self.symbols.get(name), artifacts.shown(self.path)
        if symbol is None or symbol.size != len(data):
            found = "it is not there" if symbol is None else f"it has {symbol.size} bytes"
            raise BadParameter(f"cannot put {len(data)} bytes in the place of {name!r}: {found}", where=where)
        for index, segment in enumerate(self.segments):
            start = symbol.address - segment.virtual
            if start >= 0 and start + len(data) <= len(segment.data):
                content = segment.data[:start] + data + segment.data[start + len(data) :]
                changed = replace(segment, data=content)
                return replace(self, segments=(*self.segments[:index], changed, *self.segments[index + 1 :]))
        raise BadParameter(f"{name!r} has no initial value that could be replaced", where=where)

    @property
    def sizes(self) -> Sizes:
        """Flash and RAM of the whole program (see Sizes)."""
        in_ram = [(name, size) for name, _, size, ram in self.sections if ram]
        reserved = sum(size for name, size in in_ram if name.startswith(RESERVED_SECTIONS))
        flash = sum(len(segment.data) for segment in self.segments)
        return Sizes(flash, sum(size for _, size in in_ram) - reserved, reserved)

    def static_end(self, low: int, high: int) -> int:
        """The first address in low..high behind all static data there; `low` where there is none."""
        ends = (
            address + size
            for name, address, size, ram in self.sections
            if ram and low <= address < high and not name.startswith(RESERVED_SECTIONS)
        )
        return max(ends, default=low)


def read(path, board: Board) -> Program:
    """Read an ELF file and check that it is a program for this board.

    Raises MissingInput, BadInput (not such a file, damaged, another machine's) or DoesNotFit (larger than the board).
    """
    path = Path(path)
    if not path.is_file():
        raise MissingInput("does not exist", where=artifacts.shown(path), remedy="build the project first")
    if path.stat().st_size > FILE_LIMIT:
        raise BadInput("is larger than 32 MB, no microcontroller's program", where=artifacts.shown(path))
    content = path.read_bytes()
    if content[:4] != b"\x7fELF":
        raise BadInput("is not an ELF file", where=artifacts.shown(path), remedy="pass what the linker wrote")
    try:
        program = _program(path, content, ELFFile(BytesIO(content)))
    except WorkbookError:
        raise
    except Exception as error:  # pyelftools raises whatever its parsers meet in a damaged file
        cause = f"is a damaged ELF file ({type(error).__name__})"
        raise BadInput(cause, where=artifacts.shown(path), remedy="build the project again") from None
    _check_placement(program, board)
    return program


def _program(path: Path, content: bytes, elf: ELFFile) -> Program:
    kind = elf.elfclass, elf.little_endian, elf["e_machine"], elf["e_type"]
    if kind != (32, True, "EM_ARM", "ET_EXEC"):
        raise BadInput(
            f"is not a linked 32-bit little-endian Arm program but {elf['e_type']} for {elf['e_machine']}",
            where=artifacts.shown(path),
            remedy="pass the firmware's ELF file",
        )
    symbols, sections = _symbols(elf), tuple(_sections(elf))
    return Program(
        path=path,
        segments=_segments(path, content, elf),
        symbols={symbol.name: symbol for symbol, _ in symbols},
        functions=_functions(symbols, sections),
        sections=sections,
        content=content,
    )


def _functions(symbols: list[tuple[Symbol, bool]], sections) -> tuple[Symbol, ...]:
    """The functions by address, the first name of each; one without a size reaches to the next or its section's end."""
    names: dict[int, Symbol] = {}
    for symbol, is_function in symbols:
        if is_function:
            names.setdefault(symbol.address & ~1, symbol)
    found, above = [], 1 << 32
    for address in sorted(names, reverse=True):
        ends = (start + size for _, start, size, _ in sections if start <= address < start + size)
        size = names[address].size or min(above, *ends, above) - address
        found.append(Symbol(names[address].name, address, size))
        above = address
    return tuple(reversed(found))


def _segments(path: Path, content: bytes, elf: ELFFile) -> tuple[Segment, ...]:
    if elf.num_segments() > SEGMENT_LIMIT:
        raise BadInput(f"has {elf.num_segments()} segments, more than any firmware", where=artifacts.shown(path))
    found = []
    for header in (segment.header for segment in elf.iter_segments()):
        if header.p_type != "PT_LOAD" or not header.p_memsz:
            continue
        data = content[header.p_offset : header.p_offset + header.p_filesz]
        if len(data) != header.p_filesz or header.p_filesz > header.p_memsz:
            raise BadInput("is cut off: a segment is longer than the file", where=artifacts.shown(path))
        found.append(Segment(header.p_paddr, header.p_vaddr, header.p_memsz, data))
    return tuple(sorted(found, key=lambda segment: segment.physical))


def _symbols(elf: ELFFile) -> list[tuple[Symbol, bool]]:
    """Named symbols and whether each is a function, global ones first so that an alias shows its public name."""
    table = elf.get_section_by_name(".symtab")
    found = []
    if table is not None and not isinstance(table, SymbolTableSection):
        raise TypeError("no symbols in .symtab")  # `read` reports a damaged file
    for entry in table.iter_symbols() if table else ():
        if entry.name and not entry.name.startswith("$") and entry["st_shndx"] != "SHN_UNDEF":
            is_function = entry["st_info"]["type"] == "STT_FUNC"
            is_local = entry["st_info"]["bind"] == "STB_LOCAL"
            found.append((is_local, entry.name, Symbol(entry.name, entry["st_value"], entry["st_size"]), is_function))
    return [(symbol, is_function) for _, _, symbol, is_function in sorted(found, key=lambda row: row[:2])]


def _sections(elf: ELFFile):
    for section in elf.iter_sections():
        if section["sh_flags"] & ALLOCATED and section["sh_size"]:
            ram = bool(section["sh_flags"] & WRITABLE) or section["sh_type"] == "SHT_NOBITS"
            yield section.name, section["sh_addr"], section["sh_size"], ram


def _check_placement(program: Program, board: Board) -> None:
    where, end = artifacts.shown(program.path), 0
    if not any(segment.data for segment in program.segments):
        raise BadInput("holds nothing to load into flash", where=where)
    for segment in program.segments:
        virtual_end = segment.virtual + segment.size
        if not any(
            region.holds(segment.virtual, segment.size) for region in (board.flash, *board.ram, *board.external)
        ):
            span = f"{segment.virtual:#010x} to {virtual_end:#010x}"
            raise DoesNotFit(f"uses {span}, which {board.title} does not have", where=where, remedy=_memory(board))
        if not segment.data:
            continue
        if not board.flash.holds(segment.physical, len(segment.data)):
            cause = f"loads {len(segment.data)} bytes to {segment.physical:#010x}, outside the flash of {board.title}"
            raise DoesNotFit(cause, where=where, remedy="check the linker script's load addresses")
        if segment.physical < end:
            raise BadInput(f"has two segments that overlap at {segment.physical:#010x}", where=where)
        end = segment.physical + len(segment.data)


def _memory(board: Board) -> str:
    """What to do with a program for other memory than a board's."""
    regions = [("flash", board.flash), *((region.name, region) for region in (*board.ram, *board.external))]
    spans = (f"{name} from {region.origin:#010x} to {region.end:#010x}" for name, region in regions)
    return f"choose its own board, or link it for {', '.join(spans)}"


def _line(elf: ELFFile, address: int) -> str | None:
    if not elf.has_dwarf_info():
        return None
    dwarf = elf.get_dwarf_info()
    for unit in dwarf.iter_CUs():
        program = dwarf.line_program_for_CU(unit)
        if program is None:
            continue
        before = None
        for state in (entry.state for entry in program.get_entries() if entry.state):
            if before and before.address <= address < state.address:
                files = program["file_entry"]
                name = files[before.file - (1 if program["version"] < 5 else 0)].name
                return f"{name.decode(errors='replace')}:{before.line}"
            before = None if state.end_sequence else state
    return None
