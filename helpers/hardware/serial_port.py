"""Serial ports: a board's, and that of an emulated board, which any serial program opens the same way."""

import contextlib
import importlib
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from helpers.common import artifacts
from helpers.common.errors import BadParameter, BoardFault, ToolFailed
from helpers.hardware import frames
from helpers.hardware.boards import Board

BAUD = 115200
EMULATOR = "emulator"  # in place of a port's name
ENDING_S = 1.0  # for an emulated program that has faulted to say so
POLL_S = 0.05


def library(module: str = "serial") -> Any:
    """Import pyserial or a module of it; raises ToolFailed if it is not installed."""
    try:
        return importlib.import_module(module)
    except ImportError:
        raise ToolFailed("pyserial is not installed", remedy="pip install -r requirements.lock") from None


class Port:
    """An open port, for whole frames. name: as it was asked for; byte_s: seconds that a byte takes on the line."""

    byte_s = 10 / BAUD

    def __init__(self, line: Any, name: str):
        self.line, self.name = line, name
        self.receiver: frames.Receiver = frames.Receiver()
        self.arrived: list[frames.Frame | frames.Damaged] = []

    def send(self, content: bytes) -> None:
        """Send bytes. Raises ToolFailed if the port is gone."""
        try:
            self.line.write(content)
            self.line.flush()
        except OSError as error:
            raise self.gone(error) from None

    def receive(self, seconds: float) -> frames.Frame | frames.Damaged | None:
        """Return the next frame, or None if none has come after so many seconds. Raises ToolFailed if the port is gone."""
        end = time.monotonic() + seconds
        while not self.arrived and time.monotonic() < end:
            self.arrived += self.receiver.feed(self._read())
        return self.arrived.pop(0) if self.arrived else None

    def forget(self) -> None:
        """Drop what has arrived so far, frames and parts of frames."""
        self.receiver, self.arrived = frames.Receiver(), []
        self.line.reset_input_buffer()

    def text(self, until: bytes, seconds: float) -> bytes:
        """Return what arrives up to and with `until`, or all that has come after so many seconds."""
        content, end = b"", time.monotonic() + seconds
        while until not in content and time.monotonic() < end:
            content += self._read()
        return content

    def _read(self) -> bytes:
        try:
            return self.line.read(max(1, self.line.in_waiting))
        except OSError as error:
            raise self.gone(error) from None

    def gone(self, error: OSError) -> ToolFailed:
        """Return the error of a port that no longer answers."""
        remedy = "see that the cable is plugged in, and that no other program has the port open"
        return ToolFailed(f"the serial port stopped ({error})", where=self.name, remedy=remedy)


@contextlib.contextmanager
def opened(name: str, program: Path, board: Board, *options: str) -> Iterator[Port]:
    """Open a board's port, or, where the name is "emulator", that of `program` run on the emulated board.

    options: more of run-elf's, for the emulated board. Raises BadParameter if there is no such port, ToolFailed if it cannot be
    used, BoardFault if the emulated program faults.
    """
    if name == EMULATOR:
        with emulated(program, board, *options) as port:
            yield port
    else:
        with _opened(name, name) as port:
            yield port


@contextlib.contextmanager
def _opened(name: str, shown: str) -> Iterator[Port]:
    serial = library()
    try:
        line = serial.Serial(name, BAUD, timeout=POLL_S)
    except (OSError, ValueError) as error:  # pyserial's own error is an OSError
        raise BadParameter(
            f"the serial port cannot be opened ({_reason(error)})", where=shown, remedy=_choice()
        ) from None
    with line:
        yield Port(line, shown)


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def _choice() -> str:
    """What to do about a port's name."""
    names = sorted(port.device for port in library("serial.tools.list_ports").comports())
    return f"name another with --port: {', '.join(names)}" if names else "connect the board; this machine has no port"


@contextlib.contextmanager
def emulated(program: Path, board: Board, *options: str) -> Iterator[Port]:
    """Run a program on an emulated board in another process, and open its port. options: more of run-elf's.

    Raises BoardFault if the program faults, as soon as nothing more can come from it.
    """
    words = [sys.executable, "-m", "helpers", "run-elf", str(program), "--board", board.name, "--pty", *options]
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        words, cwd=artifacts.ROOT, text=True, errors="replace", stdin=pipe, stdout=pipe, stderr=pipe
    )
    assert process.stdout is not None, "it is a pipe"
    try:
        name = (process.stdout.readline().split() or [""])[-1]
        if not name.startswith("/"):
            raise ToolFailed(f"the emulator did not start: {_last_line(process)}")
        with _opened(name, EMULATOR) as port:
            try:
                yield port
            except ToolFailed:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(ENDING_S)
                if process.returncode:
                    raise BoardFault(_last_line(process)) from None
                raise
    finally:
        process.terminate()
        process.communicate()


def _last_line(process: subprocess.Popen) -> str:
    process.terminate()
    lines = process.communicate()[1].strip().splitlines() or ["it printed nothing"]
    return lines[-1].removeprefix("error: ")
