"""What Thumb-1 instructions can hold: the range of every immediate, offset, register and branch (Arm v6-M, DDI 0419E, A6.7)."""

import re
from functools import cache

from helpers.common.errors import Unsupported

LOW = r"r[0-7]"
ANY = r"(?:r1[0-2]|r[0-9]|lr|sp|pc)"
N = r"#(-?\d+)"

# A pattern of the operands, with one group for the immediate, and the numbers that it may be.
_EIGHT_BITS = range(256)
_IMMEDIATES = {
    "movs": [(rf"{LOW}, {N}", _EIGHT_BITS)],
    "cmp": [(rf"{LOW}, {N}", _EIGHT_BITS)],
    "adds": [(rf"{LOW}, {N}", _EIGHT_BITS), (rf"{LOW}, {LOW}, {N}", range(8))],
    "subs": [(rf"{LOW}, {N}", _EIGHT_BITS), (rf"{LOW}, {LOW}, {N}", range(8))],
    "lsls": [(rf"{LOW}, {LOW}, {N}", range(32))],
    "lsrs": [(rf"{LOW}, {LOW}, {N}", range(1, 33))],
    "asrs": [(rf"{LOW}, {LOW}, {N}", range(1, 33))],
    "rsbs": [(rf"{LOW}, {LOW}, {N}", range(1))],
    "ldrb": [(rf"{LOW}, \[{LOW}, {N}\]", range(32))],
    "strb": [(rf"{LOW}, \[{LOW}, {N}\]", range(32))],
    "ldrh": [(rf"{LOW}, \[{LOW}, {N}\]", range(0, 63, 2))],
    "strh": [(rf"{LOW}, \[{LOW}, {N}\]", range(0, 63, 2))],
    "ldr": [(rf"{LOW}, \[{LOW}, {N}\]", range(0, 125, 4)), (rf"{LOW}, \[sp, {N}\]", range(0, 1021, 4))],
    "str": [(rf"{LOW}, \[{LOW}, {N}\]", range(0, 125, 4)), (rf"{LOW}, \[sp, {N}\]", range(0, 1021, 4))],
    "add": [(rf"sp, {N}", range(0, 509, 4)), (rf"{LOW}, sp, {N}", range(0, 1021, 4))],
    "sub": [(rf"sp, {N}", range(0, 509, 4))],
}
_TWO, _THREE, _TWO_OF_ANY = rf"{LOW}, {LOW}", rf"{LOW}, {LOW}, {LOW}", rf"{ANY}, {ANY}"
_REGISTERS = {
    "movs": _TWO, "cmp": _TWO_OF_ANY, "adds": _THREE, "subs": _THREE, "add": _TWO_OF_ANY, "mov": _TWO_OF_ANY,
    **dict.fromkeys(("adcs", "ands", "orrs", "eors", "bics", "mvns", "lsls", "lsrs", "asrs"), _TWO),
    **dict.fromkeys(("uxth", "uxtb", "sxth", "sxtb"), _TWO),
    "muls": rf"({LOW}), {LOW}, \1", "ldr": rf"{LOW}, (?:\[{LOW}, {LOW}\]|=.+)", "push": r"\{(.+)\}", "pop": r"\{(.+)\}",
    **dict.fromkeys(("ldrb", "ldrh", "ldrsb", "ldrsh", "str", "strb", "strh"), rf"{LOW}, \[{LOW}, {LOW}\]"),
    **dict.fromkeys(("ldmia", "stmia"), rf"{LOW}!, \{{(.+)\}}"),
}  # fmt: skip
_LISTED = {"ldmia": "", "stmia": "", "push": "lr", "pop": "pc"}  # a list of low registers, and what may end it
_BRANCH = re.compile(r"(b|bl|bx|b(?:eq|ne|cs|cc|mi|pl|vs|vc|hi|ls|ge|lt|gt|le)) (\S+)")

REACH = {
    "b": range(-2048, 2047),
    "bl": range(-(2**24), 2**24),
}  # bytes from the branch, plus 4; any other is conditional
CONDITIONAL = range(-256, 255)
LITERAL = range(0, 1021, 4)  # bytes from the next word to a literal


@cache
def check(instruction: str) -> None:
    """Raise Unsupported, with the instruction, for one that Thumb-1 cannot encode; branches are checked once they are placed."""
    name, _, operands = instruction.partition(" ")
    if _BRANCH.fullmatch(instruction):
        return
    for pattern, numbers in _IMMEDIATES.get(name, ()):
        match = re.fullmatch(pattern, operands)
        if match:
            if int(match[1]) not in numbers:
                raise _refused(instruction)
            return
    match = re.fullmatch(_REGISTERS.get(name, r"\Z."), operands)
    if not match or (name in _LISTED and not _is_list(match[1], _LISTED[name])):
        raise _refused(instruction)


def _is_list(text: str, last: str) -> bool:
    """Whether registers are low and rise, but for one that may come last."""
    registers = text.split(", ")
    if last and registers[-1] == last:
        registers.pop()
    return all(re.fullmatch(LOW, each) for each in registers) and registers == sorted(set(registers))


def branch(instruction: str) -> tuple[str, str] | None:
    """Condition, or b or bl, and label of a branch; None for any other instruction."""
    match = _BRANCH.fullmatch(instruction)
    return (match[1], match[2]) if match else None


def check_branch(instruction: str, start: int, target: int) -> None:
    """Raise Unsupported for a branch at byte `start` that does not reach `target`."""
    name = instruction.partition(" ")[0]
    if target - start - 4 not in REACH.get(name, CONDITIONAL):
        raise _refused(instruction, f" over {target - start} bytes")


def check_literal(instruction: str, start: int, target: int) -> None:
    """Raise Unsupported for a load at byte `start` of a literal at `target` that is out of its reach."""
    if target - (start + 4 & ~3) not in LITERAL:
        raise _refused(instruction, f" over {target - start} bytes")


def _refused(instruction: str, distance: str = "") -> Unsupported:
    what = f"the code for this form needs `{instruction}`{distance}, which the core cannot encode"
    return Unsupported(what, remedy="choose -mcpu-form=plain")
