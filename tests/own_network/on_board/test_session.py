"""The computer's end: each way in which a conversation can fail is one line of its own."""

import struct

import pytest

from helpers.common.errors import BadInput, ToolFailed
from helpers.hardware.frames import Damaged, Frame
from helpers.own_network.on_board import session
from helpers.own_network.on_board.session import Expected, Session

BUILD = b"8 bytes!"
EXPECTED = Expected(BUILD, 6, 3, "flash it")
KEPT = session.KEPT


class Scripted:
    """A port whose frames are given: for each thing that is sent, what then arrives."""

    name, byte_s = "/dev/ttyX", 0.0

    def __init__(self, *answers):
        self.answers, self.arrived, self.sent = list(answers), [], []

    def send(self, content):
        self.sent.append(content)
        self.arrived += self.answers.pop(0) if self.answers else []

    def receive(self, seconds):
        return self.arrived.pop(0) if self.arrived else None

    def forget(self):
        self.arrived = []


def ready(number=1, kept=0, version=1, build=BUILD, sizes=(6, 3)):
    return Frame(b"R", number, struct.pack("<BI8sII", version, kept, build, *sizes))


def output(number, outputs=b"abc"):
    return Frame(b"O", number, struct.pack("<I", 1369) + outputs)


def refused(stated, came):
    return Frame(b"E", 0, struct.pack("<II", stated, came))


def asked(*answers):
    """What is said of input 7 when these frames arrive."""
    with pytest.raises(ToolFailed) as caught:
        Session(Scripted(*answers), EXPECTED, 5).ask(7, b"123456")
    said = str(caught.value)
    assert said.startswith("/dev/ttyX: input 7: ") and "\n" not in said
    return said


def test_a_board_answers():
    port = Scripted([Damaged(b"x", None, None), ready(0), ready(1)], [output(7)])
    talk = Session(port, EXPECTED, 5)
    talk.greet()
    assert talk.ask(7, b"123456") == session.Answer(b"abc", 1369)


def test_a_late_answer_to_a_hello_is_no_reset():
    assert Session(Scripted([ready(2), output(7)]), EXPECTED, 5).ask(7, b"123456").outputs == b"abc"


@pytest.mark.parametrize(("frame", "said"), [
    (ready(build=b"another!"), "the board runs build 616e6f7468657221, not 3820627974657321. Flash it."),
    (ready(sizes=(7, 3)), "the board runs build"),
    (ready(version=2), "the board runs build"),
    (Frame(b"R", 1, b"short"), "the board runs a program of another version of this workbook. Flash it."),
])  # fmt: skip
def test_another_program_is_named(frame, said):
    with pytest.raises(BadInput, match=said.replace(".", r"\.")):
        Session(Scripted([frame]), EXPECTED, 5).greet()


def test_a_silent_port():
    port = Scripted()
    with pytest.raises(
        ToolFailed, match=r"^/dev/ttyX: nothing answers\. Flash it, and see that the port is the board's\.$"
    ):
        Session(port, EXPECTED, 5).greet()
    assert len(port.sent) == session.GREETINGS


def test_a_byte_lost_on_the_way_to_the_board():
    assert "the board received 5 of its 6 bytes. See to the cable" in asked([refused(6, 5)])
    assert "what the board received was damaged on the line" in asked([refused(6, 6)])


def test_the_end_of_an_input_is_lost():
    """The board still waits for it; the end that we send then shows how much it has."""
    assert "the board received 5 of its 6 bytes" in asked([], [refused(6, 5)])


def test_a_byte_lost_on_the_way_back():
    assert "the board's answer was damaged on the line: 6 of 7 bytes came" in asked([Damaged(b"O", 7, 6)])
    assert "the board's answer was damaged on the line: not even its head is whole" in asked(
        [Damaged(b"O", None, None)]
    )


def test_a_reset_in_between():
    said = "the board was reset in between: it has started anew"
    assert said in asked([ready(0)])
    assert said in asked([], [], [ready(1, kept=0)])


def test_the_answer_never_comes():
    assert "the board's answer was lost on the line" in asked([], [], [ready(1, kept=KEPT)])
    assert "no answer in 5 s, and the board is silent" in asked([])


def test_another_answer_than_the_one_asked_for():
    assert "a frame of kind b'O' and number 6. Flash it" in asked([output(6)])
    assert "a frame of kind b'O' and number 7" in asked([output(7, b"ab")])
