"""The whole way: pyserial, a pseudo-terminal, the emulated board; and what is lost, changed or reset on it."""

import json

import pytest

from helpers.common.errors import BadInput, BadParameter, BoardFault, ToolFailed
from helpers.compiler import driver
from helpers.evaluation.verify import integers
from helpers.hardware import boards, serial_port
from helpers.own_network.on_board import cli, program, run
from helpers.own_network.on_board.session import Session
from tests import samples
from tests.own_network.conftest import SAMPLES

pytest.importorskip("serial", reason="pyserial is not installed: pip install -r requirements.lock")
KE16Z = boards.load("ke16z")


class Spoilt:
    """A line of pyserial on which one byte, counted from 0, is dropped or changed: of what is written, or of what is read."""

    def __init__(self, line, way, place, change):
        self.line, self.way, self.place, self.change, self.seen = line, way, place, change, 0

    def __getattr__(self, name):
        return getattr(self.line, name)

    def _spoil(self, content, way):
        if way != self.way:
            return content
        place, self.seen = self.place - self.seen, self.seen + len(content)
        if 0 <= place < len(content):
            return content[:place] + self.change(content[place]) + content[place + 1 :]
        return content

    def write(self, content):
        return self.line.write(self._spoil(content, "write"))

    def read(self, size):
        return self._spoil(self.line.read(size), "read")


def lost(_):
    return b""


def changed(byte):
    return bytes([byte ^ 4])


@pytest.fixture
def expected(made):
    on_board = made("ke16z")
    return run.expected(on_board.project.header, on_board.build, "flash it")


@pytest.fixture
def talk(made, expected):
    """A conversation with the emulated KE16Z, greeted."""
    with serial_port.emulated(made("ke16z").project.elf, KE16Z) as port:
        session = Session(port, expected, 10)
        session.greet()
        yield session


@pytest.fixture
def content(graph):
    """The bytes of the first sample."""
    return integers.fed(graph, SAMPLES)[0].tobytes()


SPOILT = [
    ("write", 12, lost, "the board received 5 of its 6 bytes."),
    ("write", 12, changed, "what the board received was damaged on the line."),
    ("write", 19, lost, "input 0: "),  # the end: the next one, which the computer sends after a while, closes the frame
    ("read", 14, lost, "the board's answer was damaged on the line: 6 of 7 bytes came."),
    ("read", 14, changed, "the board's answer was damaged on the line: 7 of 7 bytes came."),
]


@pytest.mark.parametrize(("way", "place", "change", "said"), SPOILT)
def test_what_is_spoilt_on_the_line_is_one_line_and_the_next_input_is_well(  # noqa: PLR0913 (fixtures)
    talk, content, graph, way, place, change, said
):
    line, talk.seconds = talk.port.line, 1
    talk.port.line = Spoilt(line, way, place, change)
    with pytest.raises(ToolFailed) as caught:
        talk.ask(0, content)
    assert str(caught.value).startswith("emulator: input 0: ") and said in str(caught.value)
    talk.port.line, talk.seconds = line, 10
    talk.greet()
    assert talk.ask(1, content).outputs == integers.reference(graph, integers.fed(graph, SAMPLES))[0].tobytes()


def test_a_board_that_is_reset_in_between(made, expected, talk, content):
    """Another emulated board takes the place of the first: to the computer, that is a reset."""
    with serial_port.emulated(made("ke16z").project.elf, KE16Z) as fresh:
        talk.port.line = fresh.line
        with pytest.raises(ToolFailed, match="input 3: the board was reset in between: it has started anew"):
            talk.ask(3, content)


def test_a_network_that_overwrites_its_input_gets_each_anew(graph, tmp_path):
    target = driver.Target(KE16Z.core, form="fast", reuse_inputs=True)
    driver.emit_bundle(graph, tmp_path / "bundle", "net", target)
    made = program.make("ke16z", tmp_path / "bundle", tmp_path / "ke16z")
    header, inputs = made.project.header, integers.fed(graph, SAMPLES)
    assert header.shared
    with serial_port.emulated(made.project.elf, KE16Z) as port:
        session = Session(port, run.expected(header, made.build, "flash it"), 10)
        session.greet()
        outputs, _ = run.through(session, header, inputs)
    assert (outputs == integers.reference(graph, inputs)).all()


def test_another_build(made, expected):
    with serial_port.emulated(made("k32l2b", "plain").project.elf, boards.load("k32l2b")) as port:
        said = "emulator: the board runs build [0-9a-f]{16}, not [0-9a-f]{16}. Flash it."
        talk = Session(port, expected, 10)
        with pytest.raises(BadInput, match=said):
            talk.greet()


def test_a_program_that_faults_is_named_by_function_and_line(made, expected):
    """The KE16Z's program on another board touches registers that are not there."""
    program, fault = made("ke16z").project.elf, pytest.raises(BoardFault, match=r"ke16z\.elf, \w+ \(.*:\d+\): ")
    with fault, serial_port.emulated(program, boards.load("kv11z")) as port:
        Session(port, expected, 1).greet()


def test_the_command_compares_every_output_of_the_notes_network(capsys):
    """The short form of `make on-board`."""
    words = [str(samples.REFERENCE / "MNIST_NXP.onnx"), "--images", "mnist", "--count", "3", "--form", "small-flash"]
    assert cli.main([*words, "--on-board", "k32l2b", "--port", "emulator", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["form"], result["count"], result["passed"], result["mismatches"]) == ("small-flash", 3, True, [])
    assert result["accuracy"] == 1 and result["bit_equal"]


def test_a_port_that_is_none():
    said = r"^/dev/absent: the serial port cannot be opened \(.*\)\. "
    with pytest.raises(BadParameter, match=said), serial_port.opened("/dev/absent", None, KE16Z):
        pass
