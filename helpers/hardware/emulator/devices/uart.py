"""The console's UART: what the program sends, and what it receives, byte by byte and as fast as it likes."""

from collections import deque
from collections.abc import Callable

from helpers.common.errors import BadInput
from helpers.hardware.boards import Peripheral
from helpers.hardware.emulator.devices.line import Line
from helpers.hardware.emulator.devices.peripherals import Registers


class Uart(Registers):
    """Registers with a transmitter, and a receiver.

    send: takes each byte sent. line: where received bytes come from. starved: called when the program goes on asking for a
    byte and none will come.
    """

    def __init__(self, peripheral: Peripheral, send: Callable[[int], None], line: Line, starved: Callable[[], None]):
        super().__init__(peripheral)
        if self.model.receive is None or self.model.enable is None:
            raise BadInput(f"a UART cannot be a block of registers of the kind {peripheral.kind!r}")
        self.receiver, self.enable = self.model.receive, self.model.enable
        self.send, self.line, self.starved = send, line, starved
        self.waiting: deque[int] = deque()
        self.asked = 0

    @property
    def _receives(self) -> bool:
        register, bit = self.receiver.enable
        return bool(self.values.get(register, 0) & bit)

    def read(self, offset: int, size: int) -> int:
        """As the registers', but reading the data takes a byte."""
        value = super().read(offset, size)
        if offset in self.receiver.data and self._receives and self.waiting:
            self.waiting.popleft()
        return value

    def write(self, offset: int, size: int, value: int) -> None:
        """As the registers', but what is written to the data register is sent."""
        self.asked = 0
        if offset != self.model.transmit:
            super().write(offset, size, value)
            return
        register, bit = self.enable
        if self.values.get(register, 0) & bit:
            self.send(value & 0xFF)

    def word(self, word: int) -> int:
        """As the registers', with what the receiver holds."""
        value, receiver = super().word(word), self.receiver
        there = self._receives and self._arrived()
        for data in receiver.data:
            if data & ~3 == word:
                shift = 8 * (data % 4)
                byte = self.waiting[0] if there else 0
                value = value & ~(0xFF << shift) & ~receiver.empty | byte << shift | (0 if there else receiver.empty)
        if word in receiver.full or word in receiver.vacant:
            self._count_looks(there)
            value |= receiver.full.get(word, 0) if there else receiver.vacant.get(word, 0)
        return value

    def _count_looks(self, there: bool) -> None:
        self.asked = self.asked + 1 if self._receives and not there else 0
        if self.asked > self.line.patience:
            self.asked = 0
            if not self.line.wait():
                self.starved()

    def _arrived(self) -> bool:
        """Whether a byte is there to be read."""
        if not self.waiting:
            self.waiting.extend(self.line.take())
        return bool(self.waiting)
