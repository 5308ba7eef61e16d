"""python -m helpers calibrate: a real board's flash waits, fetch width, multiplier and clock, as it measures them itself.

Small programs of known cost run on the board, timed by SysTick; the fit is compared with board.toml. The exit status is 0 if they
agree, else 1.
"""

import argparse

from helpers.common import artifacts, errors
from helpers.common.errors import BadParameter
from helpers.evaluation import real_board
from helpers.evaluation.calibration import conversation, program
from helpers.evaluation.calibration import fit as fitting
from helpers.evaluation.calibration.fit import Fit, Measured
from helpers.evaluation.calibration.program import PROGRAMS
from helpers.hardware import boards, serial_port
from helpers.hardware.boards import Board

CLOCK_TOLERANCE = 0.02  # of the crystal or oscillator, and of the moments at which ticks arrive here


def parser() -> argparse.ArgumentParser:
    """The command line."""
    line = argparse.ArgumentParser(
        prog="python -m helpers calibrate", description=__doc__.partition(": ")[2], allow_abbrev=False
    )
    line.add_argument("board", help=f"one of {', '.join(boards.all_boards())}")
    line.add_argument(
        "--port", help="the board's serial port, or `emulator`; found by itself after --load with a probe"
    )
    line.add_argument("--load", action="store_true", help="write the program to the board first")
    line.add_argument("--seconds", type=float, default=10.0, help="how long the board may be silent (10)")
    return line


@errors.command
def main(argv=None) -> int:
    """Build the program, let the board measure, and return 0 if the fit is what board.toml states, else 1."""
    options = parser().parse_args(argv)
    if not 0 < options.seconds <= 3600:
        raise BadParameter(f"is {options.seconds:g}", where="--seconds", remedy="use more than 0, and at most 3600")
    if options.load and options.port == serial_port.EMULATOR:
        raise BadParameter("--load is for a real board", remedy="leave it out, or name a real --port")
    board = boards.load(options.board)
    made = program.make(board.name, artifacts.build("calibrate", board.name))
    port = real_board.port_with(options, board, made.project.elf)
    flash = f"add --load, or write {artifacts.shown(made.project.elf)} to the board"
    with serial_port.opened(port, made.project.elf, board, "--real-time") as line:
        measured = conversation.ask(line, made.build, flash, options.seconds)
    found = fitting.fit(program.costs(made.project.elf, board), measured)
    emulated = port == serial_port.EMULATOR
    print(report(board, measured, found, emulated))
    return 0 if agrees(board, found, emulated) else 1


def agrees(board: Board, found: Fit, emulated: bool = False) -> bool:
    """Whether the fit explains the measurement and is what board.toml states; the clock within two percent.

    emulated: the clock is not judged, as a busy machine slows the emulator.
    """
    stated = (board.wait_states, board.fetch_bits if found.fetch_bits else None, board.mul_cycles)
    near = emulated or abs(found.clock_hz / board.clock_hz - 1) <= CLOCK_TOLERANCE
    return found.explains and near and (found.wait_states, found.fetch_bits, found.mul_cycles) == stated


def report(board: Board, measured: Measured, found: Fit, emulated: bool = False) -> str:
    """Return the measurement beside the fit, and the fit beside board.toml."""
    rows = [f"{board.title:<30}{'first':>9}{'last':>9}{'fitted':>9}"]
    for name, rounds, cycles in zip(PROGRAMS, measured.cycles, found.cycles, strict=True):
        rows.append(f"{name:<30}{rounds[0]:>9,}{rounds[-1]:>9,}{cycles:>9,}")
    width = f"{found.fetch_bits} bits" if found.fetch_bits else "not seen"
    rows += [
        "",
        f"{'':<20}{'fitted':>12}{'board.toml':>12}",
        f"{'wait states':<20}{found.wait_states:>12}{board.wait_states:>12}",
        f"{'fetch width':<20}{width:>12}{f'{board.fetch_bits} bits':>12}",
        f"{'multiplier, cycles':<20}{found.mul_cycles:>12}{board.mul_cycles:>12}",
        f"{'clock, MHz':<20}{found.clock_hz / 1e6:>12.1f}{board.clock_hz / 1e6:>12.1f}",
        "",
        _verdict(board, found, emulated),
    ]
    return "\n".join(rows)


def _verdict(board: Board, found: Fit, emulated: bool) -> str:
    if not found.explains:
        hidden = f"; {board.hidden_by} may be the reason" if board.hidden_by else ""
        return f"No flash with waits alone explains this: a program deviates by {found.deviation:.0%}{hidden}."
    said = "as board.toml states" if agrees(board, found, emulated) else "NOT as board.toml states"
    return f"The board is {said}{'; an emulated clock is not judged' if emulated else ''}."
