"""A few Thumb instructions, one after the other, on registers and a stack that are Python integers."""

import re

WORD = 0xFFFFFFFF


def signed(number: int) -> int:
    """A 32-bit word as a signed number."""
    return (number & WORD ^ 1 << 31) - (1 << 31)


def run(lines: list[str], registers: dict[str, int]) -> int:
    """Run instructions without branches, changing the registers (and words of the stack, by their offsets); return how many."""
    done = 0
    for line in (each.strip() for each in lines):
        if line.startswith(("@", ".")) or not line:
            continue
        name, operands = line.split(" ", 1)
        into, *sources = re.split(r", (?![^\[]*\])", operands)
        done += 1
        if name in ("ldr", "str") and sources[0].startswith("[sp"):
            to, source = (into, sources[0]) if name == "ldr" else (sources[0], into)
            registers[to] = registers[source]
            continue
        if sources[0].startswith("="):
            registers[into] = int(sources[0][1:], 0)
            continue
        values = [int(each[1:]) if each.startswith("#") else registers[each] for each in sources]
        first, last = values[0] if len(values) > 1 else registers.get(into, 0), values[-1]
        registers[into] = WORD & {
            "mov": last, "movs": last, "add": first + last, "adds": first + last, "subs": first - last, "rsbs": -values[0],
            "lsls": first << last, "lsrs": first >> last, "muls": values[0] * last, "uxth": last & 0xFFFF, "ands": first & last,
            "eors": first ^ last, "orrs": first | last, "bics": first & ~last,
        }[name]  # fmt: skip
    return done
