"""The conversation with a board that runs on_board.c: greet it, hand it inputs, and say in one line what went wrong."""

import struct
from dataclasses import dataclass

from helpers.common.errors import BadInput, ToolFailed, WorkbookError
from helpers.hardware import frames
from helpers.hardware.frames import Damaged, Frame
from helpers.hardware.serial_port import Port

VERSION = 1
HELLO, INPUT, READY, OUTPUT, REFUSED = b"H", b"I", b"R", b"O", b"E"
KEPT = 0x5EED_0001  # what the board keeps from our hello; one that has just been reset has 0
GREETINGS, GREETING_S = 3, 2.0  # how often and how long we wait for the answer to a hello
_READY = struct.Struct("<BI8sII")
_TWO = struct.Struct("<II")
_TIME = struct.Struct("<I")


@dataclass(frozen=True)
class Expected:
    """The program that the board should run.

    build: its number; input_bytes, output_bytes: of one inference; flash: the
    remedy where the board runs another."""

    build: bytes
    input_bytes: int
    output_bytes: int
    flash: str


@dataclass(frozen=True)
class Answer:
    """The bytes of all outputs of one inference, and the microseconds that the board measured."""

    outputs: bytes
    microseconds: int


class Session:
    """One conversation over an open port. seconds: how long an inference may take."""

    def __init__(self, port: Port, expected: Expected, seconds: float):
        self.port, self.expected, self.seconds = port, expected, seconds

    def greet(self) -> None:
        """Say hello. Raises ToolFailed if nothing answers, BadInput if another program answers."""
        self.port.forget()
        if self._hello() is None:
            remedy = f"{self.expected.flash}, and see that the port is the board's"
            raise ToolFailed("nothing answers", where=self.port.name, remedy=remedy)
        self.port.forget()

    def ask(self, number: int, content: bytes) -> Answer:
        """Hand over one input and return its outputs. Raises ToolFailed if a byte is lost, or the board was reset."""
        self.port.send(frames.packed(INPUT, number, content))
        # The board takes bytes as fast as the line is; an emulated one may be slower.
        frame = self._next(self.seconds + 4 * len(content) * self.port.byte_s)
        if frame is None:
            raise self._silence(number, len(content))
        wanted = (OUTPUT, number, _TIME.size + self.expected.output_bytes)
        if isinstance(frame, Frame) and (frame.kind, frame.number, len(frame.payload)) == wanted:
            return Answer(frame.payload[_TIME.size :], *_TIME.unpack_from(frame.payload))
        raise self._explained(frame, number, len(content))

    def _next(self, seconds: float) -> Frame | Damaged | None:
        """Return the next frame but for late answers to a hello."""
        frame = self.port.receive(seconds)
        while isinstance(frame, Frame) and frame.kind == READY and frame.number:
            frame = self.port.receive(seconds)
        return frame

    def _hello(self) -> int | None:
        """Return the number that the board had kept, or None if nothing answers; raises BadInput for another program."""
        for number in range(1, 1 + GREETINGS):
            # An end first: it closes whatever the board has received half.
            self.port.send(frames.END + frames.packed(HELLO, number, KEPT.to_bytes(4, "little")))
            while (frame := self.port.receive(GREETING_S)) is not None:
                if isinstance(frame, Frame) and frame.kind == READY and frame.number:
                    return self._checked(frame)
        return None

    def _checked(self, frame: Frame) -> int:
        wanted = (VERSION, self.expected.build, self.expected.input_bytes, self.expected.output_bytes)
        if len(frame.payload) != _READY.size:
            raise self._another("a program of another version of this workbook")
        version, kept, build, *sizes = _READY.unpack(frame.payload)
        if (version, build, *sizes) != wanted:
            raise self._another(f"build {build.hex()}, not {self.expected.build.hex()}")
        return kept

    def _another(self, what: str) -> BadInput:
        return BadInput(f"the board runs {what}", where=self.port.name, remedy=self.expected.flash)

    def _silence(self, number: int, count: int) -> WorkbookError:
        """Find out why no answer came."""
        self.port.forget()
        self.port.send(frames.END)
        frame = self.port.receive(GREETING_S)
        if frame is not None:  # the end that closes the input was lost, or some bytes before it
            return self._explained(frame, number, count)
        kept = self._hello()
        if kept is None:
            what = (
                f"no answer in {self.seconds:g} s, and the board is silent: its program has stopped, or still computes"
            )
            return self._error(number, what, "reset the board, or give it more --seconds")
        if kept != KEPT:
            return self._reset(number)
        return self._error(number, "the board's answer was lost on the line", _AGAIN)

    def _explained(self, frame: Frame | Damaged, number: int, count: int) -> WorkbookError:
        if isinstance(frame, Damaged):
            came = "not even its head is whole" if frame.came is None else f"{frame.came} of {frame.stated} bytes came"
            return self._error(number, f"the board's answer was damaged on the line: {came}", _AGAIN)
        if frame.kind == READY:
            return self._reset(number)
        if frame.kind == REFUSED and len(frame.payload) == _TWO.size:
            stated, came = _TWO.unpack(frame.payload)
            if stated == count and came != count:
                return self._error(number, f"the board received {came} of its {count} bytes", _AGAIN)
            return self._error(number, "what the board received was damaged on the line", _AGAIN)
        what = f"the board answered with a frame of kind {frame.kind!r} and number {frame.number}"
        return self._error(number, what, self.expected.flash)

    def _reset(self, number: int) -> WorkbookError:
        what = "the board was reset in between: it has started anew"
        return self._error(number, what, "look at its supply and at its reset button, then try again")

    def _error(self, number: int, what: str, remedy: str) -> ToolFailed:
        return ToolFailed(f"input {number}: {what}", where=self.port.name, remedy=remedy)


_AGAIN = "see to the cable, and try again"
