"""python -m helpers calibrate: the whole way over a serial port, its verdict, and one line for each thing that is wrong."""

import dataclasses

import pytest

from helpers.common.errors import BadInput, ToolFailed
from helpers.evaluation.calibration import cli, conversation, program
from helpers.evaluation.calibration import fit as fitting
from helpers.evaluation.calibration.fit import Measured
from helpers.hardware import boards, frames, serial_port
from helpers.hardware.frames import Damaged, Frame
from tests.evaluation.calibration.test_calibration_fit import TICKS

KE16Z = boards.load("ke16z")
BUILD = b"8 bytes!"
READY = Frame(b"R", 1, bytes([1, 6]) + BUILD)
DONE = [Frame(b"M", number, bytes([number, 0, 0, 0] * 3)) for number in range(6)]
DONE += [Frame(b"T", number, b"") for number in range(9)] + [Frame(b"D", 0, b"")]


class Scripted:
    """A port at which these frames arrive once something is sent."""

    name = "/dev/ttyX"

    def __init__(self, *arrive, pending=b""):
        self.arrive, self.arrived, self.receiver = list(arrive), [], frames.Receiver()
        self.pending = pending

    def forget(self):
        pass

    def send(self, content):
        self.arrived, self.arrive = self.arrived + self.arrive, []
        self.receiver.pending = self.pending

    def receive(self, seconds):
        return self.arrived.pop(0) if self.arrived else None


def asked(*arrive, **options):
    return conversation.ask(Scripted(*arrive, **options), BUILD, "flash it", 5)


def test_a_measurement_is_taken_in():
    found = asked(Damaged(b"x", None, None), Frame(b"R", 0, b""), READY, *DONE)
    assert found.settled == (0, 1, 2, 3, 4, 5) and len(found.ticks) == 9


@pytest.mark.parametrize(("arrive", "said"), [
    ([], "/dev/ttyX: nothing answers. Flash it, and see that the port is the board's."),
    ([Damaged(b"h", None, None)], "/dev/ttyX: the console is garbled: bytes arrive, but no frame. Flash it, and see"),
    ([READY, *DONE[:3]], "/dev/ttyX: the board stopped after 3 of 6 programs and 0 of 9 ticks. Reset it"),
    ([READY, DONE[0], Damaged(b"M", 12, 11)], "/dev/ttyX: what the board sent was damaged on the line. See to the cable"),
    ([READY, DONE[0], Frame(b"R", 0, b"")], "/dev/ttyX: the board was reset in between: it has started anew. Look at"),
    ([READY, *DONE[1:]], "/dev/ttyX: the board sent a frame of kind b'D' that is not due. See to the cable"),
    ([READY, Frame(b"M", 0, b"short")], "a frame of kind b'M' that is not due"),
])  # fmt: skip
def test_what_goes_wrong_is_one_line(arrive, said):
    with pytest.raises(ToolFailed) as caught:
        asked(*arrive)
    assert said in str(caught.value)


def test_text_without_an_end_is_garbled_too():
    with pytest.raises(ToolFailed, match="the console is garbled"):
        asked(pending=b"hello world.")


def test_another_program_is_named():
    with pytest.raises(BadInput, match="another program, and not build 3820627974657321. Flash it."):
        asked(Frame(b"R", 1, bytes([1, 6]) + b"another!"))


def given(costs, *flash, ticks=TICKS):
    return Measured(tuple((each,) * 3 for each in costs.of(*flash)), ticks)


def test_the_report_sets_fit_and_board_beside_each_other(costs):
    board = dataclasses.replace(KE16Z, clock_hz=40_000_000)
    measured = given(costs, 1, 32, 1)
    found = fitting.fit(costs, measured)
    said = cli.report(board, measured, found)
    assert cli.agrees(board, found) and said.endswith("\n\nThe board is as board.toml states.")
    assert "\nclock, MHz                  40.0        40.0\n" in said
    assert not cli.agrees(KE16Z, found)  # 48 MHz
    assert cli.agrees(KE16Z, found, emulated=True)
    assert cli.report(KE16Z, measured, found, True).endswith("as board.toml states; an emulated clock is not judged.")


def test_another_flash_is_named(costs):
    board = dataclasses.replace(KE16Z, clock_hz=40_000_000)
    for flash, line in (
        ((2, 32, 1), "wait states                    2           1"),
        ((1, 16, 1), "16 bits     32 bits"),
    ):
        measured = given(costs, *flash)
        found = fitting.fit(costs, measured)
        said = cli.report(board, measured, found)
        assert not cli.agrees(board, found) and line in said
        assert said.endswith("The board is NOT as board.toml states.")


def test_what_hides_waits_is_named(costs):
    cycles = list(costs.of(2, 32, 1))
    cycles[3] = costs.plain[3]
    measured = Measured(tuple((each,) * 3 for each in cycles), TICKS)
    said = cli.report(KE16Z, measured, fitting.fit(costs, measured))
    assert "No flash with waits alone explains this" in said and "the flash's read-ahead may be the reason." in said


@pytest.mark.parametrize(("words", "said"), [
    (["moon"], "there is no board 'moon'"),
    (["rt1060"], "RT1060-EVK cannot be calibrated: our cycles of the cortex-m7 are an estimate"),
    (["ke16z", "--seconds", "0"], "--seconds: is 0"),
    (["ke16z", "--load", "--port", "emulator"], "--load is for a real board"),
    (["ke16z"], "build/calibrate/ke16z/Release/ke16z.elf is built, and no port is named."),
])  # fmt: skip
def test_mistakes_are_one_line(words, said, capsys):
    assert cli.main(words) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ") and said in error and error.count("\n") == 1


def test_over_a_serial_port_the_emulator_plays_a_board_that_the_fit_is_not_told(made, costs):
    pytest.importorskip("serial", reason="pyserial is not installed: pip install -r requirements.lock")
    other = ("--wait-states", "3", "--fetch-bits", "16", "--clock-hz", "96000000", "--real-time")
    with serial_port.emulated(made.project.elf, KE16Z, *other) as port:
        measured = conversation.ask(port, made.build, "flash it", 30)
    found = fitting.fit(costs, measured)
    assert (found.wait_states, found.fetch_bits, found.deviation) == (3, 16, 0)
    # Nearer to 96 MHz than to the board's 48; a busy machine makes it seem a little slower.
    assert found.clock_hz > 60e6


def test_every_board_of_the_m0_starts_as_its_hello_world_does():
    from helpers.common import artifacts
    from helpers.firmware import main_c

    for name in boards.all_boards():
        if boards.load(name).core == "cortex-m0plus":
            text = program.main_text(main_c.read(artifacts.PROJECTS / name / "source" / "hello_world.c"))
            assert "calibrate();" in text and "BOARD_InitDebugConsole();" in text and "PRINTF" not in text
