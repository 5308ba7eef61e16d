"""The boards: facts about each, read from firmware_projects/<board>/board.toml and checked."""

import dataclasses
import itertools
import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpers.common import artifacts
from helpers.common.errors import BadInput, BadParameter

CORES = ("cortex-m0", "cortex-m0plus", "cortex-m7")
WEIGHTS = ("flash", "ram")
SIZE_LIMIT = 64 * 1024
ADDRESS_SPACE = 1 << 32
MEMORY_FACTS = ("flash", "wait_states", "ram")
FACTS_WITH_A_SOURCE = (
    "core", "clock_hz", "mul_cycles", *MEMORY_FACTS, "uart", "timer", "peripherals", "debug_target", "table2",
)  # fmt: skip


@dataclass(frozen=True)
class Region:
    """A piece of the memory map: `size` bytes from `origin`."""

    name: str
    origin: int
    size: int

    @property
    def end(self) -> int:
        """The first address behind the region."""
        return self.origin + self.size

    def holds(self, address: int, size: int = 1) -> bool:
        """Whether all of `size` bytes from `address` lie inside."""
        return self.origin <= address and address + size <= self.end


@dataclass(frozen=True)
class Peripheral:
    """A block of registers.

    kind: the model of helpers/hardware/emulator/devices/peripherals.py that answers there. registers: (offset, reset value)
    where they differ from the model's. gate: address and mask of the bits that turn the block's clock on, or None. irq: the
    number of the console UART's interrupt, or None.
    """

    kind: str
    base: int
    size: int
    registers: tuple[tuple[int, int], ...] = ()
    gate: tuple[int, int] | None = None
    irq: int | None = None


@dataclass(frozen=True)
class NoteFigures:
    """A row of the note's Table 2: bytes and milliseconds; None where the note has no figure."""

    flash_bytes: int | None
    ram_bytes: int | None
    time_ms: float | None


@dataclass(frozen=True)
class Board:
    """One board. Clock in Hz, sizes in bytes; `sources` says for each fact where it is written.

    code_start is the address of the vector table; ram[0] is where data and stack lie unless a linker script says
    otherwise; wait_states is what a read of the flash costs on top, under `assumption`; fetch_bits is how much of the code such
    a read brings, 32 or 16; hidden_by names what may hide waits on the part, "" for nothing; line_ns is how long a cache waits
    for a line of 32 bytes, 0 without one; debug_target is pyOCD's name; form is the -mcpu-form that its memory asks for, "" for
    any. in_the_note: whether the note names the board; uf2_family: the
    family that UF2 files for it have, 0 where it is not programmed by them. external: memory outside the part that programs may
    use, SDRAM. rom: the boot ROM's routines that firmware calls, each as the two bytes where it starts; they do nothing but
    return.
    """

    name: str
    title: str
    part: str
    core: str
    clock_hz: int
    mul_cycles: int
    code_start: int
    timer: str
    debug_target: str
    form: str
    flash: Region
    wait_states: int
    fetch_bits: int
    assumption: str
    hidden_by: str
    line_ns: int
    ram: tuple[Region, ...]
    external: tuple[Region, ...]
    rom: tuple[Region, ...]
    uart: Peripheral
    peripherals: tuple[Peripheral, ...]
    table2: dict[str, NoteFigures]
    sources: dict[str, str]
    in_the_note: bool = True
    uf2_family: int = 0


def all_boards() -> list[str]:
    """The names of the boards that have a board.toml, sorted."""
    return sorted(path.parent.name for path in artifacts.PROJECTS.glob("*/board.toml"))


def note_boards() -> list[str]:
    """The names of the boards that the note works with, sorted: the rows that Table 2 has unless others are asked for."""
    return [name for name in all_boards() if load(name).in_the_note]


def named(names: str | list[str]) -> list[str]:
    """Return board names as a list; a text, as of `papermill -p boards ke16z,ke04z`, has commas. Raises what `load` raises."""
    chosen = names.split(",") if isinstance(names, str) else names
    return [load(name.strip()).name for name in chosen]


def load(name: str) -> Board:
    """The board of that name; raises BadParameter for an unknown name, BadInput for a board.toml that is wrong."""
    if name not in all_boards():
        raise BadParameter(f"there is no board {name!r}", remedy=f"choose one of {', '.join(all_boards())}")
    return read(artifacts.PROJECTS / name / "board.toml")


def read(path: Path) -> Board:
    """Read and check a board.toml; raises BadInput naming the entry that is wrong."""
    try:
        text = path.read_bytes()[: SIZE_LIMIT + 1]
        table = tomllib.loads(text.decode())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput(f"is not a readable TOML file ({error})", where=artifacts.shown(path)) from None
    if len(text) > SIZE_LIMIT:
        raise BadInput("is larger than 64 KB", where=artifacts.shown(path))
    board = _board(_Table(table, path))
    if board.name != path.parent.name:
        raise BadInput(f"says name = {board.name!r}, its folder says {path.parent.name!r}", where=artifacts.shown(path))
    return board


class _Table:
    """A TOML table from which entries are taken with their type and range; what is not taken is an error."""

    def __init__(self, entries: dict, path: Path, label: str = ""):
        self.entries, self.path, self.label = dict(entries), path, label

    def wrong(self, key: str, what: str) -> BadInput:
        return BadInput(f"entry {self.label}{key} {what}", where=artifacts.shown(self.path))

    def take(self, key: str, kind: type, default: Any = None) -> Any:
        value = self.entries.pop(key, default)
        if value is None:
            raise self.wrong(key, "is missing")
        if not isinstance(value, kind) or isinstance(value, bool) != (kind is bool):
            raise self.wrong(key, f"must be {kind.__name__}, not {value!r}")
        return value

    def number(self, key: str, low: int, high: int, default: int | None = None) -> int:
        value = self.take(key, int, default)
        if not low <= value <= high:
            raise self.wrong(key, f"must lie in {low:#x} to {high:#x}, not {value:#x}")
        return value

    def choice(self, key: str, allowed: Collection[str]) -> str:
        value = self.take(key, str)
        if value not in allowed:
            raise self.wrong(key, f"must be one of {', '.join(allowed)}, not {value!r}")
        return value

    def table(self, key: str, default: dict | None = None) -> "_Table":
        return _Table(self.take(key, dict, default), self.path, f"{self.label}{key}.")

    def tables(self, key: str, default: list | None = None) -> "list[_Table]":
        rows = self.take(key, list, default)
        if (not rows and default is None) or not all(isinstance(row, dict) for row in rows):
            raise self.wrong(key, "must be a list of tables")
        return [_Table(row, self.path, f"{self.label}{key}[{index}].") for index, row in enumerate(rows)]

    def done(self) -> None:
        for key in sorted(self.entries):
            raise self.wrong(key, "is unknown")


def _board(top: _Table) -> Board:
    flash = top.table("flash")
    board = Board(
        name=top.take("name", str),
        title=top.take("title", str),
        part=top.take("part", str),
        core=top.choice("core", CORES),
        clock_hz=top.number("clock_hz", 1_000_000, 2_000_000_000),
        mul_cycles=top.number("mul_cycles", 1, 32),
        code_start=top.number("code_start", 0, ADDRESS_SPACE - 1),
        timer=top.choice("timer", ("systick",)),
        debug_target=top.take("debug_target", str),
        form=top.take("form", str, ""),
        wait_states=flash.number("wait_states", 0, 15),
        fetch_bits=_fetch_bits(flash),
        assumption=flash.take("assumption", str),
        hidden_by=flash.take("hidden_by", str, ""),
        line_ns=flash.number("line_ns", 0, 100_000, 0),
        flash=_region(flash, "flash"),
        ram=tuple(_region(row, row.take("name", str)) for row in top.tables("ram")),
        external=tuple(_region(row, row.take("name", str)) for row in top.tables("external", [])),
        rom=tuple(_routine(row) for row in top.tables("rom", [])),
        uart=_uart(top.table("uart")),
        peripherals=tuple(_peripheral(row) for row in top.tables("peripheral")),
        table2=_table2(top.table("table2")),
        sources=_sources(top.table("sources")),
        in_the_note=top.take("in_the_note", bool, True),
        uf2_family=top.number("uf2_family", 0, ADDRESS_SPACE - 1, 0),
    )
    top.done()
    _check_memory(board, top)
    return board


def _fetch_bits(flash: _Table) -> int:
    bits = flash.number("fetch_bits", 16, 32, 32)
    if bits not in (16, 32):
        raise flash.wrong("fetch_bits", f"must be 16 or 32, not {bits}")
    return bits


def _region(table: _Table, name: str) -> Region:
    origin = table.number("origin", 0, ADDRESS_SPACE - 1)
    region = Region(name, origin, table.number("size", 1, ADDRESS_SPACE - origin))
    table.done()
    return region


def _routine(table: _Table) -> Region:
    region = Region(table.take("name", str), table.number("address", 0, ADDRESS_SPACE - 2), 2)
    table.done()
    return region


def _peripheral(table: _Table) -> Peripheral:
    kind, base = table.take("kind", str), table.number("base", 0, ADDRESS_SPACE - 1)
    size = table.number("size", 4, 1 << 20, 0x1000)
    registers = table.table("registers", {})
    values = {_offset(registers, key): registers.number(key, 0, ADDRESS_SPACE - 1) for key in sorted(registers.entries)}
    gate = _gate(table)
    table.done()
    return Peripheral(kind, base, size, tuple(sorted(values.items())), gate)


def _uart(table: _Table) -> Peripheral:
    irq = table.number("irq", 0, 239)
    return dataclasses.replace(_peripheral(table), irq=irq)


def _gate(table: _Table) -> tuple[int, int] | None:
    gate = table.take("gate", list, [])
    if gate and (len(gate) != 2 or not all(isinstance(word, int) and 0 <= word < ADDRESS_SPACE for word in gate)):
        raise table.wrong("gate", f"must be [address, mask], not {gate!r}")
    return tuple(gate) or None


def _offset(table: _Table, key: str) -> int:
    try:
        return int(key, 0)
    except ValueError:
        raise table.wrong(key, "must be a register's offset, such as 0x14") from None


def _table2(table: _Table) -> dict[str, NoteFigures]:
    rows = {}
    for weights in WEIGHTS:
        row = table.table(weights, {})
        figures = {key: row.entries.pop(key, None) for key in ("flash_bytes", "ram_bytes", "time_ms")}
        for key, value in figures.items():
            if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or not value > 0):
                raise row.wrong(key, f"must be a positive number, not {value!r}")
        row.done()
        rows[weights] = NoteFigures(**figures)
    table.done()
    return rows


def _sources(table: _Table) -> dict[str, str]:
    sources = {fact: table.take(fact, str) for fact in FACTS_WITH_A_SOURCE}
    table.done()
    return sources


def _check_memory(board: Board, top: _Table) -> None:
    if not board.flash.holds(board.code_start, 8):
        raise top.wrong("code_start", "lies outside the flash")
    regions = sorted((board.flash, *board.ram, *board.external, *board.rom), key=lambda region: region.origin)
    for below, above in itertools.pairwise(regions):
        if below.end > above.origin:
            raise top.wrong("ram", f"makes {below.name} and {above.name} overlap")
