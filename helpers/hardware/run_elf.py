"""python -m helpers run-elf: any firmware's ELF file on an emulated board: its console, its cycles, its faults by line."""

import argparse
import sys
from pathlib import Path

from helpers.common import artifacts
from helpers.common.errors import BadInput, BadParameter, MissingInput, command
from helpers.hardware import boards
from helpers.hardware.emulator.run import RunResult, run_elf

INPUT_LIMIT = 1 << 20  # bytes
SECONDS_LIMIT = 3600.0
INSTRUCTIONS_A_SECOND = 2_000_000_000  # more than any board executes: a time that is given is the only limit
FUNCTIONS = 10  # of the profile


def parser() -> argparse.ArgumentParser:
    """The command line."""
    line = argparse.ArgumentParser(
        prog="python -m helpers run-elf", description=__doc__.partition(": ")[2], allow_abbrev=False
    )
    line.add_argument("elf", metavar="FILE", help="the firmware's ELF file, such as MCUXpresso's .axf")
    line.add_argument("--board", required=True, help=f"one of {', '.join(boards.all_boards())}")
    line.add_argument("--input", help="file whose bytes the console's UART receives")
    line.add_argument(
        "--seconds", type=float, help="emulated time after which the run ends; else it ends with the program"
    )
    return line


@command
def main(argv: list[str] | None = None) -> None:
    """Run it, show the console as it is, then what it took; a fault of the program is one line and status 2."""
    options = parser().parse_args(argv)
    if options.seconds is not None and not 0 < options.seconds <= SECONDS_LIMIT:
        raise BadParameter(f"--seconds must lie between 0 and {SECONDS_LIMIT:g}, not {options.seconds:g}")
    limits = {}
    if options.seconds is not None:
        limits = {"seconds": options.seconds, "instruction_limit": int(options.seconds * INSTRUCTIONS_A_SECOND) + 1}
    received = _content(Path(options.input)) if options.input else b""
    result = run_elf(options.elf, options.board, received=received, **limits)
    sys.stdout.write(_printable(result.console))
    print(report(result))
    result.checked()


def _content(path: Path) -> bytes:
    if not path.is_file():
        raise MissingInput("does not exist or is no file", where=artifacts.shown(path))
    try:
        with path.open("rb") as file:
            content = file.read(INPUT_LIMIT + 1)
    except OSError as error:
        raise BadInput(f"cannot be read ({error.strerror})", where=artifacts.shown(path)) from None
    if len(content) > INPUT_LIMIT:
        raise BadInput(f"is larger than {INPUT_LIMIT:,} bytes", where=artifacts.shown(path))
    return content


def _printable(console: str) -> str:
    """The console with a line end behind it, without the control characters that could change the reader's terminal."""
    text = "".join(c if c in "\t\n" or c.isprintable() else f"\\x{ord(c):02x}" for c in console.replace("\r\n", "\n"))
    return text if not text or text.endswith("\n") else text + "\n"


def report(result: RunResult) -> str:
    """How the run ended and what it took: cycles, time, memory, and the functions that took most."""
    low, high = (1e3 * seconds for seconds in result.time_range_s)
    time = f"{low:,.3f} ms" if low == high else f"{low:,.3f} to {high:,.3f} ms"
    waits = f"{result.cycles_with_waits:,} with {result.wait_states} wait state(s)"
    lines = [
        "",
        f"end           {result.exit}",
        f"instructions  {result.instructions:,}",
        f"cycles        {result.cycles:,} without waits, {waits}",
        f"time          {time}, and {result.idle_cycles:,} cycles asleep",
        f"exceptions    {result.exceptions:,}",
        f"flash         {result.sizes.flash:,} bytes",
        f"RAM           {result.sizes.ram:,} bytes, stack {result.stack_bytes:,} bytes",
    ]
    lines += [f"assumed       {result.assumption}"] if result.assumption else []
    lines += ["", f"{'function':<40}{'calls':>10}{'cycles':>14}"]
    lines += [f"{row.name[:39]:<40}{row.calls:>10,}{row.cycles:>14,}" for row in result.per_function[:FUNCTIONS]]
    return "\n".join(lines)
