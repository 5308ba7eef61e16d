"""Frames: any payload goes through, and whatever is lost or changed is noticed and is over with the next end."""

import numpy as np
import pytest

from helpers.hardware import frames
from helpers.hardware.frames import Damaged, Frame

ALL = bytes(range(256)) + frames.END * 3 + frames.ESCAPE * 3 + frames.ESCAPED_END
WHOLE = Frame(b"I", 7, ALL)


def received(content):
    return frames.Receiver().feed(content)


@pytest.mark.parametrize("payload", [b"", b"\0", ALL])
@pytest.mark.parametrize("number", [0, 0xC0DBDCDD])
def test_a_frame_arrives_as_it_was_sent(payload, number):
    content = frames.packed(b"O", number, payload)
    assert received(content) == [Frame(b"O", number, payload)]
    assert content.count(frames.END) == 2


def test_the_checksum_is_zlibs_over_head_and_payload():
    assert frames.packed(b"H", 1, b"1234").hex(" ") == "c0 48 01 00 00 00 04 00 00 00 31 32 33 34 6e 79 b2 4d c0"


def test_frames_may_come_in_any_pieces():
    content, receiver = frames.packed(b"I", 7, ALL) + frames.packed(b"R", 0, b""), frames.Receiver()
    arrived = [frame for at in range(len(content)) for frame in receiver.feed(content[at : at + 1])]
    assert arrived == [WHOLE, Frame(b"R", 0, b"")]


def test_every_lost_byte_is_noticed_and_the_next_frame_is_whole():
    content = frames.packed(b"I", 7, ALL)
    for at in range(1, len(content) - 1):
        damaged, whole = received(content[:at] + content[at + 1 :] + content)
        assert isinstance(damaged, Damaged) and whole == WHOLE, at


def test_every_changed_byte_is_noticed():
    content, random = frames.packed(b"I", 7, ALL), np.random.default_rng(1)
    for at in range(1, len(content) - 1):
        other = (content[at] + int(random.integers(1, 256))) % 256
        arrived = received(content[:at] + bytes([other]) + content[at + 1 :])
        assert arrived and all(isinstance(frame, Damaged) for frame in arrived), at


def test_what_is_damaged_says_how_much_came():
    content = frames.packed(b"I", 7, b"12345")
    assert received(content[:12] + content[13:]) == [Damaged(b"I", 5, 4)]
    assert received(content[:3] + frames.END) == [Damaged(b"I", None, None)]
