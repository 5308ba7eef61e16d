"""Ask a board that runs calibrate.c for its measurements, and say in one line what went wrong."""

import time

from helpers.common.errors import BadInput, ToolFailed
from helpers.evaluation.calibration.fit import Measured
from helpers.evaluation.calibration.program import HELLO, PROGRAMS
from helpers.hardware import frames
from helpers.hardware.frames import Damaged, Frame
from helpers.hardware.serial_port import Port

READY, MEASURED, TICK, DONE = b"R", b"M", b"T", b"D"
VERSION, TICKS, ROUNDS = 1, 9, 3
GREETINGS, GREETING_S = 3, 2.0
AGAIN = "see to the cable, and try again"


def ask(port: Port, build: bytes, flash: str, seconds: float) -> Measured:
    """Start the measurement and take it in. seconds: how long the board may be silent; flash: the remedy for another program.

    Raises ToolFailed if nothing answers, or not all, or what arrives is garbled or damaged; BadInput if another program answers.
    """
    _greet(port, build, flash)
    cycles: dict[int, tuple[int, ...]] = {}
    ticks: list[float] = []
    while True:
        frame = port.receive(seconds)
        if frame is None:
            what = (
                f"the board stopped after {len(cycles)} of {len(PROGRAMS)} programs and {len(ticks)} of {TICKS} ticks"
            )
            raise ToolFailed(what, where=port.name, remedy="reset it, and try again")
        if isinstance(frame, Damaged):
            raise ToolFailed("what the board sent was damaged on the line", where=port.name, remedy=AGAIN)
        if frame.kind == READY:
            what = "the board was reset in between: it has started anew"
            raise ToolFailed(what, where=port.name, remedy="look at its supply and at its reset button, then try again")
        if frame.kind == MEASURED and len(frame.payload) == 4 * ROUNDS:
            cycles[frame.number] = _words(frame.payload)
        elif frame.kind == TICK:
            ticks.append(time.monotonic())
        elif frame.kind == DONE and sorted(cycles) == list(range(len(PROGRAMS))) and len(ticks) == TICKS:
            return Measured(tuple(cycles[number] for number in sorted(cycles)), tuple(ticks))
        else:
            what = f"the board sent a frame of kind {frame.kind!r} that is not due"
            raise ToolFailed(what, where=port.name, remedy=AGAIN)


def _greet(port: Port, build: bytes, flash: str) -> None:
    port.forget()
    garbled = 0
    for _ in range(GREETINGS):
        port.send(frames.END + HELLO)
        while (frame := port.receive(GREETING_S)) is not None:
            if isinstance(frame, Frame) and frame.kind == READY and frame.number:
                return _check(port, frame, build, flash)
            garbled += isinstance(frame, Damaged)
    if garbled or port.receiver.pending:
        what = "the console is garbled: bytes arrive, but no frame"
        remedy = f"{flash}, and see that nothing else changes the port's speed"
        raise ToolFailed(what, where=port.name, remedy=remedy)
    raise ToolFailed("nothing answers", where=port.name, remedy=f"{flash}, and see that the port is the board's")


def _check(port: Port, frame: Frame, build: bytes, flash: str) -> None:
    if frame.payload != bytes([VERSION, len(PROGRAMS)]) + build:
        what = f"the board runs another program, and not build {build.hex()}"
        raise BadInput(what, where=port.name, remedy=flash)


def _words(payload: bytes) -> tuple[int, ...]:
    return tuple(int.from_bytes(payload[at : at + 4], "little") for at in range(0, len(payload), 4))
