"""A few Thumb instructions, one after the other, on registers and stack words that are integers or arrays of int64."""

import operator
import re
from typing import Any

WORD = 0xFFFFFFFF
STEPS = {
    "add": operator.add, "adds": operator.add, "subs": operator.sub, "muls": operator.mul, "lsls": operator.lshift,
    "lsrs": operator.rshift, "ands": operator.and_, "orrs": operator.or_, "eors": operator.xor,
    "asrs": lambda one, places: signed(one) >> places, "sxth": lambda _, one: one & 0x7FFF | -(one & 0x8000),
    "bics": lambda one, other: one & ~other, "rsbs": lambda one, _: -one, "uxth": lambda _, one: one & 0xFFFF,
    "mov": lambda _, one: one, "movs": lambda _, one: one, "ldr": lambda _, one: one,
}  # fmt: skip


def signed(number: int) -> int:
    """A 32-bit word as a signed number."""
    return (number & WORD ^ 1 << 31) - (1 << 31)


def run(lines: list[str], registers: dict[str, Any]) -> int:
    """Run instructions without branches, changing the registers (and words of the stack, by their offsets); return how many.

    The carry is that of the last shift to the right, which `adcs` must follow.
    """
    done, carry = 0, None
    for line in (each.strip() for each in lines):
        if line.startswith(("@", ".")) or not line:
            continue
        name, operands = line.split(" ", 1)
        into, *sources = re.split(r", (?![^\[]*\])", operands)
        if name == "str":
            registers[sources[0]] = registers[into]
        else:
            values = [int(each[1:], 0) if each[0] in "#=" else registers[each] for each in sources]
            first = values[0] if len(values) > 1 else registers.get(into, 0)
            if name == "adcs":
                registers[into] = first + values[-1] + carry & WORD
            else:
                registers[into] = STEPS[name](first, values[-1]) & WORD
            carry = first >> values[-1] - 1 & 1 if name in ("asrs", "lsrs") else None
        done += 1
    return done
