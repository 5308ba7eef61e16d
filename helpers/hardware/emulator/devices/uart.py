"""The console's UART: what the program sends, what it receives, and the interrupts by which it hears of either.

A program that looks at the receiver gets each byte as soon as it likes. One that lets the receiver interrupt it gets them at the
pace of a line of 115200 baud, counted from when it took the last one, so that none is lost. Sending takes no time.
"""

from collections import deque
from collections.abc import Callable

from helpers.common.errors import BadInput
from helpers.hardware.boards import Peripheral
from helpers.hardware.emulator.devices.line import Line
from helpers.hardware.emulator.devices.peripherals import EMPTY, FULL, SENT, Interrupts, Registers

BAUD, BITS = 115200, 10  # a byte with its start and stop bits
NONE = Interrupts(0, {})


class Uart(Registers):
    """Registers with a transmitter, a receiver, and one interrupt.

    core: told of each byte sent (send), that the program goes on asking for a byte and none will come (starved), and that an
    interrupt may be due otherwise than before (exceptions_changed, watch); asked for now(). line: where received bytes come
    from.
    """

    def __init__(self, peripheral: Peripheral, clock_hz: int, line: Line, core):
        super().__init__(peripheral)
        if self.model.receive is None or self.model.enable is None:
            raise BadInput(f"a UART cannot be a block of registers of the kind {peripheral.kind!r}")
        self.receiver, self.enable, self.irq = self.model.receive, self.model.enable, peripheral.irq
        self.interrupts = NONE if self.irq is None else self.model.interrupts or NONE
        self.line, self.core, self.byte_cycles = line, core, clock_hz * BITS // BAUD
        self.waiting: deque[int] = deque()
        self.asked = self.next_byte = self.taken = 0
        self.sent = False
        self.send: Callable[[int], None] = core.send

    @property
    def _receives(self) -> bool:
        register, bit = self.receiver.enable
        return bool(self.values.get(register, 0) & bit)

    @property
    def _now(self) -> int:
        """The present cycle; 0 while it does not matter, as the receiver does not interrupt."""
        return self.core.now() if self.listens else 0

    @property
    def _enabled(self) -> int:
        return self.values.get(self.interrupts.enable, 0) if self.interrupts.causes else 0

    def _lets(self, cause: str) -> bool:
        return any(self._enabled & bit for bit, each in self.interrupts.causes.items() if each == cause)

    @property
    def armed(self) -> bool:
        """Whether some cause is let ask for the interrupt."""
        return any(self._enabled & bit for bit in self.interrupts.causes)

    @property
    def listens(self) -> bool:
        """Whether a byte that arrives asks for the interrupt."""
        return self._receives and self._lets(FULL)

    def asks(self, now: int) -> bool:
        """Whether the interrupt's line is high at the cycle `now`."""
        return self.armed and bool(self._causes(now) & self._enabled)

    def due(self, now: int) -> int | None:
        """The cycle at which the next byte may ask for the interrupt; None if it does so already, or none will come."""
        if not self.listens:
            return None
        if self.holds():
            return self.next_byte if self.next_byte > now else None
        return now + self.byte_cycles if self.line.live else None

    def read(self, offset: int, size: int) -> int:
        """As the registers', but reading the data takes a byte."""
        value = super().read(offset, size)
        if offset in self.receiver.data and self._arrived(self._now):
            self.waiting.popleft()
            self.taken += 1
            self.next_byte = self._now + self.byte_cycles
            if self.listens:
                self.core.watch()
        return value

    def write(self, offset: int, size: int, value: int) -> None:
        """As the registers', but what is written to the data register is sent."""
        self.asked = 0
        if offset == self.model.transmit:
            self._transmit(value & 0xFF)
            return
        before, interrupts = self._enabled, self.interrupts
        if interrupts.clear is not None and offset == interrupts.enable:
            value |= before
        if offset == interrupts.clear:
            offset, value = interrupts.enable, before & ~value
        elif offset == interrupts.taken and any(value & bit for bit, each in interrupts.causes.items() if each == SENT):
            self.sent = False
        super().write(offset, size, value)
        if self._enabled != before or self.armed:
            self.core.exceptions_changed()

    def _transmit(self, byte: int) -> None:
        register, bit = self.enable
        if self.values.get(register, 0) & bit:
            self.send(byte)
            self.sent = True
            if self._lets(SENT):
                self.core.exceptions_changed()

    def word(self, word: int) -> int:
        """As the registers', with what the receiver holds and what asks for the interrupt."""
        value, receiver, now = super().word(word), self.receiver, self._now
        there = self._arrived(now)
        for data in receiver.data:
            if data & ~3 == word:
                shift = 8 * (data % 4)
                byte = self.waiting[0] if there else 0
                value = value & ~(0xFF << shift) & ~receiver.empty | byte << shift | (0 if there else receiver.empty)
        if word in receiver.full or word in receiver.vacant:
            self._count_looks(there)
            value |= receiver.full.get(word, 0) if there else receiver.vacant.get(word, 0)
        if self.interrupts.causes and word in (self.interrupts.raw, self.interrupts.masked):
            return self._causes(now) & (self._enabled if word == self.interrupts.masked else ~0)
        return value

    def _causes(self, now: int) -> int:
        """The bits of the causes that hold."""
        holds = {FULL: self._arrived(now), EMPTY: True, SENT: self.sent}
        return sum(bit for bit, cause in self.interrupts.causes.items() if holds[cause])

    def _count_looks(self, there: bool) -> None:
        self.asked = self.asked + 1 if self._receives and not there and not self.holds() else 0
        if self.asked > self.line.patience:
            self.asked = 0
            if not self.line.wait():
                self.core.starved()

    def holds(self) -> bool:
        """Whether a byte is there, or on its way."""
        if not self.waiting:
            self.waiting.extend(self.line.take())
        return bool(self.waiting)

    def _arrived(self, now: int) -> bool:
        """Whether a byte is there to be read."""
        return self._receives and self.holds() and (now >= self.next_byte or not self.listens)
