"""The board's end: each input that arrives is computed, what is damaged is refused, on every kind of UART."""

import struct

import numpy as np
import pytest

from helpers.common import artifacts
from helpers.evaluation.verify import integers
from helpers.hardware import frames
from helpers.hardware.emulator.devices.line import Recorder
from helpers.hardware.emulator.run import run_elf
from helpers.own_network.on_board import program
from tests.own_network.conftest import SAMPLES

# One board for each kind of UART and each core, and the form that reads its input in place.
PLACES = [
    ("ke16z", "fast"), ("k32l2b", "plain"), ("ke02z40m", "least-ram"), ("lpc845", "fast"), ("pico", "fast"), ("rt1060", "plain"),
]  # fmt: skip
READY = struct.Struct("<BI8sII")


def answers(made, content, limit=20_000_000):
    """The frames that a program sends while it receives these bytes."""
    line = Recorder(content)
    run = run_elf(made.project.elf, made.project.board, received=line, instruction_limit=limit).checked()
    assert run.exit == "waits for input" and run.console == ""
    assert run.stack_bytes <= run.sizes.reserved
    return frames.Receiver().feed(bytes(line.sent))


def inputs(graph):
    return [each.tobytes() for each in integers.fed(graph, SAMPLES)]


@pytest.mark.parametrize(("board", "form"), PLACES)
def test_each_input_comes_back_computed(graph, made, board, form):
    content = b"".join(frames.packed(b"I", number, each) for number, each in enumerate(inputs(graph)))
    ready, *outputs = answers(made(board, form), content)
    assert READY.unpack(ready.payload) == (1, 0, made(board, form).build, 6, 3) and ready.number == 0
    expected = integers.reference(graph, integers.fed(graph, SAMPLES))
    assert [(each.kind, each.number) for each in outputs] == [(b"O", number) for number in range(len(SAMPLES))]
    for frame, numbers in zip(outputs, expected, strict=True):
        assert frame.payload[4:] == numbers.tobytes()
        assert 0 <= int.from_bytes(frame.payload[:4], "little") < 1000  # us; such a small network takes the RT1060 none


def test_a_hello_is_kept_and_answered_with_its_number(made):
    content = frames.packed(b"H", 3, b"\1\2\3\4") + frames.packed(b"H", 0xC0C0, b"\5\6\7\x08")
    frames_ = answers(made("ke16z"), content)
    assert [frame.number for frame in frames_] == [0, 3, 0xC0C0]
    assert [READY.unpack(frame.payload)[1] for frame in frames_] == [0, 0, 0x04030201]


def test_every_byte_value_arrives(graph, made):
    """The payload's bytes go through all values, those that end a frame among them."""
    rows = np.arange(-128, 130).astype(np.int8).reshape(-1, 6)
    content = b"".join(frames.packed(b"I", number, row.tobytes()) for number, row in enumerate(rows))
    expected = integers.reference(graph, rows)
    outputs = answers(made("ke16z"), content)[1:]
    assert [frame.payload[4:] for frame in outputs] == [numbers.tobytes() for numbers in expected]


@pytest.mark.parametrize(("spoil", "stated", "came"), [
    (lambda frame: frame[:14] + frame[15:], 6, 5),  # a byte of the payload is lost
    (lambda frame: frame[:14] + bytes([frame[14] ^ 1]) + frame[15:], 6, 6),
    (lambda frame: frame[:4] + frame[-1:], 0, 0),  # not even the head is whole
    (lambda frame: frames.packed(b"I", 5, b"12345"), 5, 5),  # whole, and no input of this network
    (lambda frame: frames.packed(b"X", 5, b"123456"), 6, 6),
    (lambda frame: frames.packed(b"I", 5, bytes(2000)), 2000, 2000),
])  # fmt: skip
def test_what_is_no_whole_input_is_refused_and_the_next_is_computed(graph, made, spoil, stated, came):
    frame = frames.packed(b"I", 5, b"\x01\x02\x03\x04\x05\x06")
    _, refused, computed = answers(made("ke16z"), spoil(frame) + frames.packed(b"I", 6, inputs(graph)[0]))
    assert refused.kind == b"E" and struct.unpack("<II", refused.payload) == (stated, came)
    assert (computed.kind, computed.number) == (b"O", 6)


def test_the_number_of_a_build_tells_boards_and_forms_apart(made):
    builds = {made(board, form).build for board, form in [*PLACES, ("k32l2b", "fast"), ("ke16z", "least-ram")]}
    assert len(builds) == len(PLACES) + 2
    assert program.header_text(b"\x01\xc0").endswith("#define ON_BOARD_BUILD {0x01, 0xC0}\n")


def test_every_board_can_receive():
    """Each project has the other direction of its UART."""
    for path in sorted(artifacts.PROJECTS.glob("*/CMakeLists.txt")):
        assert "_serial.c" in path.read_text(), path
