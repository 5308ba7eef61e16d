"""A pseudo-terminal as the other end of the emulated console: any serial program can open it as it would open a board's port."""

import contextlib
import os
import select
import time

from helpers.common.errors import ToolFailed

PATIENCE = 200
STDIN = 0
LATE_S = 0.05  # so much the emulator may catch up
FULL_S = 5.0  # how long a full buffer may stay full before bytes are dropped, as a UART drops them if nobody listens


class PseudoTerminal:
    """A `Line` of the emulator. name: the port to open, such as /dev/pts/3. Use it in a `with`, or call `close`.

    real_time: no byte leaves before its emulated time has passed on this machine's clock.
    A program that waits for bytes ends once our own standard input has ended: Ctrl-D, or the process that started us is gone.
    """

    patience, live = PATIENCE, True

    def __init__(self, real_time: bool = False):
        if not hasattr(os, "openpty"):
            remedy = "use Linux, macOS, or WSL on Windows"
            raise ToolFailed("this system has no pseudo-terminals", remedy=remedy)
        import tty  # not on every system

        self.ours, self.theirs = os.openpty()  # theirs stays open, so that a reader may come and go
        tty.setraw(self.theirs)
        os.set_blocking(self.ours, False)
        self.name, self.heard = os.ttyname(self.theirs), True
        self.real_time = real_time
        self.reset_at: float | None = None

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
                self.reset_at = None  # the emulated clock stood still: count anew
                return True

    def ended(self) -> bool:
        """Whether our standard input has ended."""
        ready, _, _ = select.select([STDIN], [], [], 0)
        return bool(ready) and not os.read(STDIN, 4096)

    def send(self, byte: int, seconds: float) -> None:
        """Hand a byte to whoever reads; drop it if the buffer stays full."""
        if self.real_time:
            self._await(seconds)
        _, writable, _ = select.select([], [self.ours], [], FULL_S if self.heard else 0)
        self.heard = bool(writable)
        if writable:
            with contextlib.suppress(BlockingIOError):
                os.write(self.ours, bytes([byte]))

    def _await(self, seconds: float) -> None:
        """Wait until the emulated time has come; where the emulator is far behind, later bytes are counted from now."""
        now = time.monotonic()
        if self.reset_at is None or now > self.reset_at + seconds + LATE_S:
            self.reset_at = now - seconds
        time.sleep(max(0.0, self.reset_at + seconds - now))
