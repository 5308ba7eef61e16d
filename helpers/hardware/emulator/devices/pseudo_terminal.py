"""A pseudo-terminal as the other end of the emulated console: any serial program can open it as it would open a board's port."""

import contextlib
import os
import select

from helpers.common.errors import ToolFailed

PATIENCE = 200
STDIN = 0
FULL_S = 5.0  # how long a full buffer may stay full before bytes are dropped, as a UART drops them if nobody listens


class PseudoTerminal:
    """A `Line` of the emulator. name: the port to open, such as /dev/pts/3. Use it in a `with`, or call `close`.

    A program that waits for bytes ends once our own standard input has ended: Ctrl-D, or the process that started us is gone.
    """

    patience, live = PATIENCE, True

    def __init__(self):
        if not hasattr(os, "openpty"):
            remedy = "use Linux, macOS, or WSL on Windows"
            raise ToolFailed("this system has no pseudo-terminals", remedy=remedy)
        import tty  # not on every system

        self.ours, self.theirs = os.openpty()  # theirs stays open, so that a reader may come and go
        tty.setraw(self.theirs)
        os.set_blocking(self.ours, False)
        self.name, self.heard = os.ttyname(self.theirs), True

    def __enter__(self) -> "PseudoTerminal":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        """Close the terminal; the emulator must have ended."""
        os.close(self.ours)
        os.close(self.theirs)

    def take(self) -> bytes:
        """Return what has arrived since the last call, without waiting."""
        try:
            return os.read(self.ours, 4096)
        except BlockingIOError:
            return b""

    def wait(self) -> bool:
        """Wait until something arrives; return False once our standard input has ended."""
        while True:
            ready, _, _ = select.select([self.ours, STDIN], [], [])
            if STDIN in ready and not os.read(STDIN, 4096):
                return False
            if self.ours in ready:
                return True

    def send(self, byte: int) -> None:
        """Hand a byte to whoever reads; drop it if the buffer stays full."""
        _, writable, _ = select.select([], [self.ours], [], FULL_S if self.heard else 0)
        self.heard = bool(writable)
        if writable:
            with contextlib.suppress(BlockingIOError):
                os.write(self.ours, bytes([byte]))
