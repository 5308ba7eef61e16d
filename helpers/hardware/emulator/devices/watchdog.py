"""The watchdogs that are on after reset, locked, and impatient: of KE1xZ and i.MX RT, of KE0xZ, and of KV1x parts.

Sources: KE1xZP48M48SF0RM, chapter Watchdog timer, and IMXRT1060RM, chapter RTWDOG: the same block, of 32-bit registers;
MKE02P64M40SF0RM, chapter Watchdog: its forerunner, of bytes; KV11P64M75RM, chapter Watchdog Timer: of halfwords.
"""

from collections.abc import Callable

from helpers.hardware.boards import Peripheral
from helpers.hardware.emulator.devices.peripherals import Registers

CONTROL, TIMEOUT = 0x0, 0x8
ENABLED, DIVIDED, CLOCK_MASK, SLOW_CLOCK = 1 << 7, 1 << 12, 3 << 8, 1 << 8
BYTE_TIMEOUT = 0x4
UNLOCK_WINDOW_S = 128 / 20e6  # 128 bus clocks; the bus of the parts that have it runs at 20 MHz


class Watchdog(Registers):
    """Registers that fault when they are written while locked, and that know when the part would have been reset.

    counter: the register that takes the keys. unlock, refresh: each key's two halfwords in the order they are written.
    """

    counter, unlock, refresh = 0x4, (0xC520, 0xD928), (0xA602, 0xB480)

    def __init__(self, peripheral: Peripheral, seconds: Callable[[], float], fault: Callable[[str], None]):
        super().__init__(peripheral)
        self.seconds, self.fault = seconds, fault
        self.unlocked, self.key, self.refreshed = True, (0, 0), 0.0  # it may be configured once after reset
        self.opened: float | None = None  # when it was unlocked last

    def write(self, offset: int, size: int, value: int) -> None:
        """A write of the counter unlocks or refreshes; one of CONTROL ends what an unlock allows."""
        if offset == self.counter:
            for halfword in (value & 0xFFFF, value >> 16)[: size // 2]:
                self._take(halfword)
        elif not self.unlocked:
            self.fault("the watchdog is configured while it is locked: the part would reset")
        else:
            super().write(offset, size, value)
            self.unlocked = offset != CONTROL

    def _take(self, halfword: int) -> None:
        self.key = (self.key[1], halfword)
        if self.key == self.unlock:
            self.unlocked, self.opened = True, self.seconds()
        if self.key == self.refresh:
            self.refreshed = self.seconds()

    @property
    def patience_s(self) -> float | None:
        """Seconds without a refresh after which the part resets; None while the watchdog is off or on a fast clock."""
        control, clock_hz = self.values[CONTROL], self.model.watchdog_hz
        if clock_hz is None or not control & ENABLED or control & CLOCK_MASK != SLOW_CLOCK:
            return None
        return self._timeout() * (256 if control & DIVIDED else 1) / clock_hz

    def _timeout(self) -> int:
        return self.values[TIMEOUT]

    def check(self) -> None:
        """Fault if the part would have been reset by now."""
        patience = self.patience_s
        if patience is not None and self.seconds() - self.refreshed > patience:
            self.fault(f"the watchdog was left on: the part would reset every {patience * 1e3:g} ms")


class ByteWatchdog(Watchdog):
    """The forerunner: CS1, CS2, then the counter and the time-out, whose high byte comes first.

    Its registers are too many for one write: an unlock lasts a while, not until CS1 is written.
    """

    counter, unlock, refresh = 0x2, (0x20C5, 0x28D9), (0x02A6, 0x80B4)

    def write(self, offset: int, size: int, value: int) -> None:
        """Handle a write as the newer watchdog does, but an unlock expires after its time."""
        if offset != self.counter and self.opened is not None:
            self.unlocked = self.seconds() - self.opened < UNLOCK_WINDOW_S
        super().write(offset, size, value)

    def _timeout(self) -> int:
        high, low = self.values[BYTE_TIMEOUT].to_bytes(4, "little")[:2]
        return high << 8 | low


class HalfwordWatchdog(Watchdog):
    """The older one of KV1x: locked from the start; how long it waits is not modelled."""

    counter, patience_s = 0xE, None

    def __init__(self, peripheral: Peripheral, seconds: Callable[[], float], fault: Callable[[str], None]):
        super().__init__(peripheral, seconds, fault)
        self.unlocked = False


KINDS = {
    "wdog-128khz": Watchdog,
    "wdog-32khz": Watchdog,
    "wdog-bytes": ByteWatchdog,
    "wdog-halfwords": HalfwordWatchdog,
}
