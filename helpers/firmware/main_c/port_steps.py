"""Port main.c to another board, and move weights between flash and RAM."""

import re

from helpers.firmware.main_c import source
from helpers.firmware.main_c.m7_steps import CAST, Lost, need
from helpers.firmware.main_c.target import Target

# Calls that initialise a board: its own functions, and on some boards the SDK's for the console's clock or reset line.
_INIT_CALL = r"\b(?:BOARD|CLOCK|RESET)_\w+\s*\([^;{}]*\)\s*;"
_OUR_HEADERS = {"timer.h", "long_timer.h", "glow_bundle_utils.h", "stdio.h", "string.h", "stdint.h", "own_network.h"} | {
    "on_board.h", "frames.h", "serial.h",
}  # fmt: skip


def _init_calls(text: str, name: str) -> list[re.Match]:
    """Find the board's initialisation: such calls in main(), the file's last function, before anything is printed."""
    mains = source.find(text, r"\bmain\s*\([^)]*\)\s*\{")
    start = mains[0].end() if mains else len(text)
    ends = [match.start() for match in source.find(text, r"\bPRINTF\s*\(") if match.start() > start]
    calls = [call for call in source.find(text, _INIT_CALL) if start <= call.start() < min(ends, default=len(text))]
    if not any(call.group().startswith("BOARD_") for call in calls):
        raise Lost(f"a BOARD_…() call in main() of {name}")
    return calls


def adapt_initialisation(text: str, target: Target) -> str:
    """M0+ step 6: start main() as the board's own hello_world.c does; keep init_timer()."""
    wanted = [" ".join(call.group().split()) for call in _init_calls(target.hello_world, "hello_world.c")]
    present = _init_calls(text, "main.c")
    if [re.sub(r"\s", "", call.group()) for call in present] == [re.sub(r"\s", "", call) for call in wanted]:
        return text
    start, end = present[0].start(), present[-1].end()
    indent = source.newline(text) + source.indentation(text, start)
    return text[:start] + indent.join(wanted) + text[end:]


def adapt_includes(text: str, target: Target) -> str:
    """M0+ step 7: replace the headers with those of the board's hello_world.c."""
    wanted = source.includes(target.hello_world)
    if not wanted:
        raise Lost("any #include in hello_world.c")
    kept = _OUR_HEADERS | {f"{target.header.name}.h"}
    for name, line in reversed(source.includes(text).items()):
        if name not in wanted and name not in kept:
            text = text[: line.start()] + text[line.end() :]
    present = source.includes(text)
    shared = [line for name, line in present.items() if name in wanted]
    if not shared:
        raise Lost("any board header that main.c and hello_world.c share")
    new = "".join(f'#include "{name}"{source.newline(text)}' for name in wanted if name not in present)
    end = shared[-1].end()
    return text[:end] + new + text[end:]


def place_weights(text: str, target: Target) -> str:
    """Section 6: put the constant weights into flash with `const`; without it they are copied to RAM at start-up."""
    in_flash = target.weights == "flash"
    definition = r"(?P<this>(?:\bconst\s+)?)\buint8_t\s+constantWeight\s*\["
    argument = rf"\b{target.header.name}\s*\(\s*(?P<this>{CAST}?constantWeight)\b"
    text = need(source.replace(text, definition, "const " if in_flash else ""), "the array constantWeight")
    call = "(uint8_t *)constantWeight" if in_flash else "constantWeight"
    return need(source.replace(text, argument, call), f"{target.header.name}(constantWeight, …)")
