"""python -m helpers flash: a board's program onto the real board, and its console beside the emulator's.

Needs pyOCD and pyserial (`pip install -e .[board]`) and a debug probe; the boards of the note bring one on their USB port.
Tried with no board so far: what leads up to the probe is tested, what follows is written from pyOCD's documentation.
"""

import argparse
import importlib
import itertools
import re
import subprocess
import sys
import time
from collections.abc import Callable

from helpers.common import artifacts
from helpers.common.errors import BadParameter, MissingInput, ToolFailed, command
from helpers.evaluation import results
from helpers.firmware import projects
from helpers.hardware import boards
from helpers.hardware.boards import WEIGHTS

BAUD = 115200
LAST_LINE = re.compile(r"^Inference time.*\n", re.MULTILINE)
NO_PROBE = "connect the board's debug USB port; a board without a probe of its own needs a CMSIS-DAP probe, such as an MCU-Link"
NO_PORT = "name the serial port of the board's debug probe with --port"


def parser() -> argparse.ArgumentParser:
    """The command line."""
    line = argparse.ArgumentParser(
        prog="python -m helpers flash", description=__doc__.partition(": ")[2].split("\n")[0]
    )
    line.add_argument("board", choices=boards.all_boards(), help="a folder of firmware_projects/")
    line.add_argument("--weights", choices=WEIGHTS, default="flash", help="which of its two programs (flash)")
    line.add_argument("--hot-loops", choices=WEIGHTS, default="flash", help="where its hot loops run from (flash)")
    line.add_argument("--probe", help="the probe's unique id, or the beginning of it; needed only if there are several")
    line.add_argument("--port", help="the serial port; found by itself if it belongs to the probe")
    line.add_argument("--seconds", type=float, default=10.0, help="how long to wait for the board's answer (10)")
    return line


@command
def main(argv=None) -> None:
    """Flash, listen, and show the emulator's and the board's answers side by side."""
    options = parser().parse_args(argv)
    project = projects.opened(options.board, options.weights, options.hot_loops)
    if not project.elf.is_file():
        raise MissingInput("does not exist", where=artifacts.shown(project.elf), remedy="run notebook 08 or 09 first")
    probe = find_probe(options.probe)
    port = options.port or find_port(probe)
    with _needed("serial").Serial(port, BAUD, timeout=0.2) as line:
        line.reset_input_buffer()
        load(project, probe)
        text = listen(line.readline, options.seconds)
    print(side_by_side(results.read_console(projects.run(project).console), results.read_console(text)))


def _needed(module: str):
    """A module of the optional dependencies; raises ToolFailed where it is not installed."""
    try:
        return importlib.import_module(module)
    except ImportError:
        package = {"serial": "pyserial"}.get(module.split(".")[0], module.split(".")[0])
        raise ToolFailed(f"{package} is not installed", remedy="pip install -e .[board]") from None


def find_probe(wanted: str | None = None) -> str:
    """The unique id of the debug probe to use; raises ToolFailed where there is none, BadParameter where one must be named."""
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
    """The serial port of the probe, which has its USB serial number; raises ToolFailed where there is none."""
    ports = _needed("serial.tools.list_ports").comports()
    found = sorted(port.device for port in ports if port.serial_number and port.serial_number.lower() == probe.lower())
    if not found:
        raise ToolFailed(f"no serial port belongs to the probe {probe}", remedy=NO_PORT)
    return found[0]


def load(project: projects.Project, probe: str) -> None:
    """Write the program into the board's flash and start it; raises ToolFailed with pyOCD's last line."""
    target = project.board.debug_target
    words = [sys.executable, "-m", "pyocd", "load", "--no-wait", "--uid", probe, "--target", target, str(project.elf)]
    print(" ".join(["pyocd", *words[3:-1], artifacts.shown(project.elf)]))
    done = subprocess.run(words, capture_output=True, text=True, errors="replace")
    if done.returncode:
        lines = (done.stderr + done.stdout).strip().splitlines() or ["it printed nothing"]
        remedy = f"pyocd pack install {target}" if "target" in lines[-1].lower() else "reset the board and try again"
        raise ToolFailed(f"pyOCD stopped: {lines[-1].strip()}", where=project.board.title, remedy=remedy)


def listen(readline: Callable[[], bytes], seconds: float) -> str:
    """What the board prints up to the line with the time; raises ToolFailed if that does not come."""
    text, end = "", time.monotonic() + seconds
    while time.monotonic() < end:
        text += readline().decode("ascii", "replace")
        if LAST_LINE.search(text):
            return text
    raise ToolFailed(
        f"the board printed {text[-40:]!r} in {seconds:g} s, not its answer", remedy="reset it and try again"
    )


def side_by_side(emulated: results.Console, measured: results.Console) -> str:
    """Each class's confidence, the winner and the time, from the emulator and from the board."""
    rows = [
        ("class", "emulator", "board"),
        *zip(itertools.count(), emulated.confidences, measured.confidences, strict=False),
    ]
    rows += [("top 1", emulated.top1, measured.top1), ("us", emulated.time_us, measured.time_us)]
    marks = ["" if left == right or name in ("class", "us") else "  differs" for name, left, right in rows]
    return "\n".join(
        f"{name:>8} {left:>10} {right:>10}{mark}" for (name, left, right), mark in zip(rows, marks, strict=True)
    )
