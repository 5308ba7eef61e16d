"""Summarise a failed build in one line: the bytes that are missing on the board, or the compiler's first error."""

import re

from helpers.common.errors import DoesNotFit, ToolFailed, WorkbookError
from helpers.hardware import toolchain
from helpers.hardware.boards import Board

# lld reports each section that overflows, with the running total: the largest number is the whole. GNU ld reports once.
_OVERFLOWS = (
    re.compile(r"will not fit in region '(?P<region>\w+)': overflowed by (?P<bytes>\d+) bytes"),
    re.compile(r"region [`'](?P<region>\w+)' overflowed by (?P<bytes>\d+) bytes"),
)
_NAMES = {"m_text": "FLASH", "m_data": "RAM"}  # as the linker scripts of NXP's SDK call them
SRAM = 0x2000_0000  # of every Cortex-M; a board whose program is there has no flash to overflow
_ERRORS = (
    re.compile(r"(undefined reference to .+|undefined symbol: .+|multiple definition of .+)"),
    re.compile(r"CMake Error.*\n((?:  .+\n)+)"),  # CMake folds a long message into lines
    re.compile(r"\berror: (.+)"),
)


def explain(output: str, board: Board, where: str, in_ram: tuple[str, ...] = ("the weights",)) -> WorkbookError:
    """Return the error to raise for a build's output; in_ram: the parts in RAM that could be moved to flash."""
    names = _NAMES | ({"FLASH": "SRAM for the program"} if board.flash.origin == SRAM else {})
    missing = {}
    for pattern in _OVERFLOWS:
        for match in pattern.finditer(output):
            region, size = names.get(match["region"], match["region"]), int(match["bytes"])
            missing[region] = max(size, missing.get(region, 0))
    if missing:
        words = " and ".join(f"{size} bytes of {region}" for region, size in sorted(missing.items()))
        remedy = "choose a larger board"
        if "RAM" in missing and in_ram:
            remedy += f", or place {' or '.join(in_ram)} in flash"
        return DoesNotFit(f"lacks {words} on {board.title}", where=where, remedy=remedy)
    if refused := toolchain.system_cause(output):
        return ToolFailed(f"the build stopped: {refused[0]}", where=where, remedy=refused[1])
    found = next(filter(None, (pattern.search(output) for pattern in _ERRORS)), None)
    lines = [line for line in output.splitlines() if line.strip() and not line.startswith("ninja:")]
    cause = found[1] if found else (lines or ["it printed nothing"])[-1]
    return ToolFailed(f"the build stopped: {' '.join(cause.split())}", where=where)
