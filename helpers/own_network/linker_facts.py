"""Read a board's linker script: the size of the stack, and the RAM for a program's data."""

import re
from dataclasses import dataclass

from helpers.common import artifacts
from helpers.common.errors import BadInput
from helpers.hardware.boards import Board, Region

_UNITS = {"": 1, "K": 2**10, "M": 2**20}
_NUMBER = r"(0[xX][0-9a-fA-F]+|[0-9]+)([KM]?)"
_STACK = re.compile(rf"^\s*__stack_size\s*=\s*{_NUMBER}\s*;", re.MULTILINE | re.IGNORECASE)
_REGION = re.compile(
    rf"^\s*(\w+)\s*\(([rwxail!]+)\)\s*:\s*ORIGIN\s*=\s*{_NUMBER}\s*,\s*LENGTH\s*=\s*{_NUMBER}",
    re.MULTILINE | re.IGNORECASE,
)


@dataclass(frozen=True)
class LinkerFacts:
    """Bytes reserved for the stack, and the RAM regions for a program's data, by the linker script's names."""

    stack: int
    ram: tuple[Region, ...]

    @property
    def ram_bytes(self) -> int:
        """All RAM for a program's data, its stack included, in bytes."""
        return sum(region.size for region in self.ram)

    def apart(self, everything: int) -> bool:
        """Whether `everything` bytes are too many for the first region, so that the activations go to a second one."""
        return len(self.ram) > 1 and everything > self.ram[0].size

    def lacking(self, everything: int, activations: int) -> dict[str, int]:
        """Return the bytes that each region lacks, negative if it has room.

        everything: all data of the program, its stack included. activations: the part of it that may go to the second region.
        """
        if not self.apart(everything):
            return {"RAM": everything - self.ram[0].size}
        first, second = self.ram[:2]
        return {"RAM": everything - activations - first.size, second.name: activations - second.size}


def read(board: Board) -> LinkerFacts:
    """Read the facts of firmware_projects/<board>/linker.ld; raises BadInput if they are not plain numbers."""
    path = artifacts.PROJECTS / board.name / "linker.ld"
    return parsed(path.read_text(encoding="utf-8"), artifacts.shown(path))


def parsed(script: str, where=None) -> LinkerFacts:
    """Parse the facts of a linker script's text.

    Numbers are decimal or hexadecimal, with suffix K (2^10) or M (2^20), as in GNU ld. Raises BadInput if the stack's size or a
    writable region is missing.
    """
    text = re.sub(r"/\*.*?\*/", " ", script, flags=re.DOTALL)
    stack = _STACK.search(text)
    if not stack:
        remedy = "add a line such as __stack_size = 2K;"
        raise BadInput("does not set __stack_size to a number", where=where, remedy=remedy)
    regions = [
        Region(name, _number(origin, unit), _number(length, length_unit))
        for name, attributes, origin, unit, length, length_unit in _REGION.findall(text)
        if "w" in attributes.lower()
    ]
    if not regions:
        remedy = "add a line such as RAM (rwx) : ORIGIN = 0x20000000, LENGTH = 8K"
        raise BadInput("has no writable region in MEMORY", where=where, remedy=remedy)
    return LinkerFacts(_number(stack[1], stack[2]), tuple(regions))


def _number(digits: str, unit: str) -> int:
    return int(digits, 0 if digits.lower().startswith("0x") else 10) * _UNITS[unit.upper()]
