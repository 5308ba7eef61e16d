"""Messages over a serial line: frames with a length and a checksum, the other end of firmware_projects/common/frames.c.

A frame is kind (1 byte), number (4), length of the payload (4), payload, checksum (4), numbers with their low byte first. The
checksum is CRC-32 (zlib's) over everything before it. On the line a frame lies between two bytes C0, and C0 and DB in it are
sent as DB DC and DB DD, as SLIP does (RFC 1055): the next frame is found whatever was lost before it.
"""

import re
import struct
import zlib
from dataclasses import dataclass

END, ESCAPE, ESCAPED_END, ESCAPED_ESCAPE = b"\xc0", b"\xdb", b"\xdb\xdc", b"\xdb\xdd"
HEAD = struct.Struct("<cII")
CHECKSUM_BYTES = 4
_BROKEN_ESCAPE = re.compile(rb"\xdb(?![\xdc\xdd])")


@dataclass(frozen=True)
class Frame:
    """A frame that arrived whole. kind: one byte; number: 0 to 2^32 - 1."""

    kind: bytes
    number: int
    payload: bytes


@dataclass(frozen=True)
class Damaged:
    """What arrived between two ends and is no frame.

    kind: its first byte. stated, came: bytes of the payload that its head states and that arrived; None if even the head is not
    whole.
    """

    kind: bytes
    stated: int | None
    came: int | None


def packed(kind: bytes, number: int = 0, payload: bytes = b"") -> bytes:
    """Return a frame as it goes over the line, its two ends included."""
    content = HEAD.pack(kind, number, len(payload)) + payload
    content += zlib.crc32(content).to_bytes(CHECKSUM_BYTES, "little")
    return END + content.replace(ESCAPE, ESCAPED_ESCAPE).replace(END, ESCAPED_END) + END


class Receiver:
    """Cuts what arrives into frames."""

    def __init__(self) -> None:
        self.pending = b""

    def feed(self, content: bytes) -> list[Frame | Damaged]:
        """Return the frames that `content` completes; nothing between two ends is no frame."""
        *complete, self.pending = (self.pending + content).split(END)
        return [_unpacked(each) for each in complete if each]


def _unpacked(escaped: bytes) -> Frame | Damaged:
    content = escaped.replace(ESCAPED_END, END).replace(ESCAPED_ESCAPE, ESCAPE)
    if len(content) < HEAD.size + CHECKSUM_BYTES:
        return Damaged(content[:1], None, None)
    kind, number, stated = HEAD.unpack_from(content)
    payload, checksum = content[HEAD.size : -CHECKSUM_BYTES], int.from_bytes(content[-CHECKSUM_BYTES:], "little")
    right = len(payload) == stated and zlib.crc32(content[:-CHECKSUM_BYTES]) == checksum
    if not right or _BROKEN_ESCAPE.search(escaped):
        return Damaged(kind, stated, len(payload))
    return Frame(kind, number, payload)
