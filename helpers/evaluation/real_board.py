"""python -m helpers flash: write a board's program to the real board, and show its console beside the emulator's.

It needs pyOCD and pyserial (`pip install -e .[board]`) and a debug probe; the note's boards have one on their USB port. The
Pico needs no probe: its UF2 file is copied to the drive that it shows, and its answer comes over USB. No real board has been
tried so far: tests cover everything up to the probe, and the rest follows pyOCD's documentation.
"""

import argparse
import importlib
import itertools
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from helpers.common import artifacts
from helpers.common.errors import BadParameter, MissingInput, ToolFailed, command
from helpers.firmware import projects, uf2_drive
from helpers.hardware import boards
from helpers.hardware.boards import WEIGHTS, Board
from helpers.hardware.emulator.run import run_elf

BAUD = 115200
LAST_LINE = re.compile(r"^Inference time.*\n", re.MULTILINE)
NO_PROBE = "connect the board's debug USB port; a board without a probe of its own needs a CMSIS-DAP probe, such as an MCU-Link"
USB_CONSOLE = (0x1209, 0x0001)  # vendor and product in firmware_projects/common/rp2040/usb_console.c
NO_ANSWER = "no serial port has appeared (pyserial reads it: pip install -e .[board]); the LED blinks the class"
NO_PORT = "name the serial port of the board's debug probe with --port"


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    line = argparse.ArgumentParser(
        prog="python -m helpers flash", description=__doc__.partition(": ")[2].split("\n")[0]
    )
    line.add_argument("board", choices=boards.all_boards(), help="a folder of firmware_projects/")
    line.add_argument("--weights", choices=WEIGHTS, default="flash", help="which of its two programs (flash)")
    line.add_argument("--hot-loops", choices=WEIGHTS, default="flash", help="where its hot loops run from (flash)")
    line.add_argument("--probe", help="the probe's unique id, or the beginning of it; needed only if there are several")
    line.add_argument("--port", help="the serial port; found by itself if it belongs to the probe")
    line.add_argument("--drive", type=Path, help="where a board that takes UF2 files is mounted; found by itself")
    line.add_argument("--project", type=Path, help="folder of the program, such as one that `project` has made")
    line.add_argument("--seconds", type=float, default=10.0, help="how long to wait for the board's answer (10)")
    return line


@command
def main(argv=None) -> None:
    """Flash, listen, and show the emulator's and the board's answers side by side."""
    options = parser().parse_args(argv)
    board = boards.load(options.board)
    given = {"--drive": options.drive} if not board.uf2_family else {"--probe": options.probe}
    for name in [name for name, value in given.items() if value]:
        raise BadParameter(f"{name} is not for {board.title}", remedy="leave it out")
    program = linked(options, board)
    emulated = run_elf(program, board).checked().console
    if board.uf2_family:
        drive = uf2_drive.find(board, options.drive)
        text = _over_usb(options, lambda: copied(program, board, drive))
    else:
        probe = find_probe(options.probe)
        port = options.port or find_port(probe)
        text = _listening(port, options.seconds, lambda: load(program, board, probe))
    print(side_by_side(emulated, text) if text else NO_ANSWER)


def linked(options: argparse.Namespace, board: Board) -> Path:
    """Return the ELF to flash: of the named project, of notebook 08 or 09, or of `python -m helpers project`.

    Raises MissingInput if there is none, BadParameter if there are several.
    """
    place = projects.place(board.name, options.weights, options.hot_loops)
    name = Path(projects.OUTPUT, f"{board.name}.elf")
    own = sorted(artifacts.build("own_network").glob(f"*-{place.name}/{name.as_posix()}"))
    found = [options.project / name] if options.project else [path for path in [place / name] if path.is_file()] or own
    if len(found) > 1:
        folders = ", ".join(artifacts.shown(path.parents[1]) for path in found)
        raise BadParameter(
            f"{len(found)} programs are there for {board.title}", remedy=f"choose one with --project: {folders}"
        )
    if not found or not found[0].is_file():
        remedy = f"run `python -m helpers project MODEL --board {board.name}`, or notebook 08 or 09 with this board"
        raise MissingInput("does not exist yet", where=artifacts.shown((found or [place / name])[0]), remedy=remedy)
    return found[0]


def _listening(port: str, seconds: float, write: Callable[[], None]) -> str:
    """Return the board's output on the port after `write` has started it."""
    with _needed("serial").Serial(port, BAUD, timeout=0.2) as line:
        line.reset_input_buffer()
        write()
        return listen(line.readline, seconds)


def _over_usb(options: argparse.Namespace, write: Callable[[], None]) -> str:
    """Return the board's output on the named port, or on its USB port once that appears; "" if there is none."""
    if options.port:
        return _listening(options.port, options.seconds, write)
    write()
    port = usb_port(options.seconds)
    if not port:
        return ""
    with _needed("serial").Serial(
        port, BAUD, timeout=0.2
    ) as line:  # opening it lets the board send, from the beginning
        return listen(line.readline, options.seconds)


def usb_port(seconds: float) -> str | None:
    """Wait for the serial port that the Pico's program shows on USB; None if none appears, or without pyserial."""
    end = time.monotonic() + seconds
    try:
        ports = importlib.import_module("serial.tools.list_ports")
    except ImportError:
        return None
    while True:
        found = sorted(port.device for port in ports.comports() if (port.vid, port.pid) == USB_CONSOLE)
        if found or time.monotonic() > end:
            return found[0] if found else None
        time.sleep(0.2)


def copied(program: Path, board: Board, drive: Path) -> None:
    """Copy the program's UF2 file to the board's drive, and say so."""
    file = program.with_suffix(".uf2")
    uf2_drive.write(file, board, drive)
    print(f"{artifacts.shown(file)} copied to {drive}")


def _needed(module: str):
    """Import a module of the optional dependencies; raises ToolFailed if it is not installed."""
    try:
        return importlib.import_module(module)
    except ImportError:
        package = {"serial": "pyserial"}.get(module.split(".")[0], module.split(".")[0])
        raise ToolFailed(f"{package} is not installed", remedy="pip install -e .[board]") from None


def find_probe(wanted: str | None = None) -> str:
    """Return the unique id of the debug probe; raises ToolFailed if there is none, BadParameter if there are several."""
    helper = _needed("pyocd.core.helpers").ConnectHelper
    found = sorted(
        probe.unique_id for probe in helper.get_all_connected_probes(blocking=False, print_wait_message=False)
    )
    chosen = [name for name in found if name.startswith(wanted or "")]
    if not found:
        raise ToolFailed("no debug probe is attached", remedy=NO_PROBE)
    if len(chosen) != 1:
        what = f"no probe's id begins with {wanted!r}" if not chosen else f"{len(chosen)} probes are attached"
        raise BadParameter(what, remedy=f"choose one of {', '.join(found)} with --probe")
    return chosen[0]


def find_port(probe: str) -> str:
    """Return the serial port with the probe's USB serial number; raises ToolFailed if there is none."""
    ports = _needed("serial.tools.list_ports").comports()
    found = sorted(port.device for port in ports if port.serial_number and port.serial_number.lower() == probe.lower())
    if not found:
        raise ToolFailed(f"no serial port belongs to the probe {probe}", remedy=NO_PORT)
    return found[0]


def load(program: Path, board: Board, probe: str) -> None:
    """Write the program into the board's flash and start it; raises ToolFailed with pyOCD's last line."""
    target = board.debug_target
    words = [sys.executable, "-m", "pyocd", "load", "--no-wait", "--uid", probe, "--target", target, str(program)]
    print(" ".join(["pyocd", *words[3:-1], artifacts.shown(program)]))
    done = subprocess.run(words, capture_output=True, text=True, errors="replace")
    if done.returncode:
        lines = (done.stderr + done.stdout).strip().splitlines() or ["it printed nothing"]
        remedy = f"pyocd pack install {target}" if "target" in lines[-1].lower() else "reset the board and try again"
        raise ToolFailed(f"pyOCD stopped: {lines[-1].strip()}", where=board.title, remedy=remedy)


def port_with(options: argparse.Namespace, board: Board, program: Path) -> str:
    """Write a program to the board if `options.load` asks for it, and return the name of the serial port that it answers on.

    options: load, and port, a name or None. Raises BadParameter if no port is named and no probe tells one, ToolFailed or
    MissingInput from the probe or the drive.
    """
    probe = None
    if options.load and board.uf2_family:
        copied(program, board, uf2_drive.find(board, None))
    elif options.load:
        probe = find_probe()
        load(program, board, probe)
    if not options.port and probe is None:
        what = f"{artifacts.shown(program)} is built, and no port is named"
        raise BadParameter(what, remedy="name the board's serial port with --port, or use --port emulator")
    return options.port or find_port(probe)


def listen(readline: Callable[[], bytes], seconds: float) -> str:
    """Read the board's output up to the line with the time; raises ToolFailed if that line does not come."""
    text, end = "", time.monotonic() + seconds
    while time.monotonic() < end:
        text += readline().decode("ascii", "replace")
        if LAST_LINE.search(text):
            return text
    raise ToolFailed(
        f"the board printed {text[-40:]!r} in {seconds:g} s, not its answer", remedy="reset it and try again"
    )


def side_by_side(emulated: str, measured: str) -> str:
    """Format the emulator's and the board's lines side by side; only the times may differ."""
    rows = list(itertools.zip_longest(emulated.splitlines(), measured.splitlines(), fillvalue=""))
    width = max(len(left) for left, _ in [*rows, ("emulator", "")])
    marks = ["" if left == right or LAST_LINE.match(f"{left}\n") else "  differs" for left, right in rows]
    table = [("emulator", "board", ""), *((left, right, mark) for (left, right), mark in zip(rows, marks, strict=True))]
    return "\n".join(f"{left:{width}}  {right}{mark}".rstrip() for left, right, mark in table)
