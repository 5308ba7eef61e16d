"""What the console's UART is wired to: bytes that are given in advance, or something alive at the other end."""

from typing import Protocol


class Line(Protocol):
    """The other end of a UART.

    patience: looks in a row at a receiver that stays empty after which the program is taken to wait for nothing else. live:
    whether bytes that the program sends go there instead of to the result's console.
    """

    patience: int
    live: bool

    def take(self) -> bytes:
        """Return what has arrived since the last call, without waiting."""
        ...

    def wait(self) -> bool:
        """Wait until something arrives; return False if nothing will any more."""
        ...

    def ended(self) -> bool:
        """Whether nobody will listen or send any more."""
        ...

    def send(self, byte: int, seconds: float) -> None:
        """Take a byte that the program sends; seconds: emulated time since reset."""
        ...


class Given:
    """Bytes that are given in advance, and then nothing."""

    patience, live = 10_000, False

    def __init__(self, content: bytes):
        self.content = content

    def take(self) -> bytes:
        """Return all of them, once."""
        content, self.content = self.content, b""
        return content

    def wait(self) -> bool:
        """Return False: no more will arrive."""
        return False

    def ended(self) -> bool:
        """Return True: what is given does not listen."""
        return True

    def send(self, byte: int, seconds: float) -> None:
        """Drop the byte: the console has it."""


class Recorder(Given):
    """Bytes that are given in advance, and a record of the bytes that the program sends."""

    live = True

    def __init__(self, content: bytes):
        super().__init__(content)
        self.sent = bytearray()

    def send(self, byte: int, seconds: float) -> None:
        """Keep the byte."""
        self.sent.append(byte)
