"""python -m helpers run-elf: any firmware's ELF file on an emulated board: its console, its cycles, its faults by line."""

import argparse
import dataclasses
import sys
from pathlib import Path

from helpers.common import artifacts
from helpers.common.errors import BadInput, BadParameter, MissingInput, command
from helpers.hardware import boards
from helpers.hardware.boards import Board
from helpers.hardware.emulator.devices.pseudo_terminal import PseudoTerminal
from helpers.hardware.emulator.run import RunResult, run_elf

INPUT_LIMIT = 1 << 20  # bytes
SECONDS_LIMIT = 3600.0
INSTRUCTIONS_A_SECOND = 2_000_000_000  # more than any board executes: a time that is given is the only limit
ENDLESS = 1 << 62  # instructions
WAIT_STATES_LIMIT = 15
CLOCKS = 1_000_000, 2_000_000_000  # as board.toml may have
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
        "--pty",
        action="store_true",
        help="make the console a serial port that another program opens; Ctrl-D ends the run",
    )
    line.add_argument(
        "--real-time", action="store_true", help="with --pty: send nothing before its time on this machine's clock"
    )
    line.add_argument("--clock-hz", type=int, help="of the core, 1,000,000 to 2,000,000,000 (the board's)")
    line.add_argument("--wait-states", type=int, help="of the flash, 0 to 15 (the board's)")
    line.add_argument(
        "--fetch-bits", type=int, choices=(16, 32), help="of code that a read of the flash brings (the board's)"
    )
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
    if options.pty and options.input:
        raise BadParameter("--pty and --input exclude each other", remedy="send the file's bytes to the port")
    if options.real_time and not options.pty:
        raise BadParameter("--real-time is for --pty", remedy="leave it out: nobody listens while the program runs")
    board = _board(options)
    if options.pty:
        result = _served(options, board, limits)
    else:
        received = _content(Path(options.input)) if options.input else b""
        result = run_elf(options.elf, board, received=received, **limits)
    sys.stdout.write(_printable(result.console))
    print(report(result))
    result.checked()


def _board(options: argparse.Namespace) -> Board:
    """Return the board, with the clock and the flash that the options ask for."""
    board = boards.load(options.board)
    waits = board.wait_states if options.wait_states is None else options.wait_states
    if not 0 <= waits <= WAIT_STATES_LIMIT:
        raise BadParameter(f"--wait-states must lie between 0 and {WAIT_STATES_LIMIT}, not {waits}")
    clock_hz = board.clock_hz if options.clock_hz is None else options.clock_hz
    if not CLOCKS[0] <= clock_hz <= CLOCKS[1]:
        raise BadParameter(f"--clock-hz must lie between {CLOCKS[0]:,} and {CLOCKS[1]:,}, not {clock_hz:,}")
    bits = options.fetch_bits or board.fetch_bits
    return dataclasses.replace(board, wait_states=waits, fetch_bits=bits, clock_hz=clock_hz)


def _served(options: argparse.Namespace, board: Board, limits: dict) -> RunResult:
    """Run the program with its console on a pseudo-terminal whose name is printed first."""
    limits = limits or {"instruction_limit": ENDLESS}
    with PseudoTerminal(options.real_time) as terminal:
        print(f"the console is the serial port {terminal.name}", flush=True)
        return run_elf(options.elf, board, received=terminal, **limits)


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
