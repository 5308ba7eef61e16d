"""The 32-bit watchdog of KE1xZ and i.MX RT parts: on after reset, locked, and impatient.

Source: KE1xZP48M48SF0RM, chapter Watchdog timer; IMXRT1060RM, chapter RTWDOG: the same block.
"""

from collections.abc import Callable

from helpers.boards import Peripheral
from helpers.emulator.peripherals import Registers

CONTROL, COUNTER, TIMEOUT = 0x0, 0x4, 0x8
UNLOCK, REFRESH = 0xD928_C520, 0xB480_A602
ENABLED, DIVIDED, CLOCK_MASK, SLOW_CLOCK = 1 << 7, 1 << 12, 3 << 8, 1 << 8


class Watchdog(Registers):
    """Registers that fault when they are written while locked, and that know when the part would have been reset."""

    def __init__(self, peripheral: Peripheral, seconds: Callable[[], float], fault: Callable[[str], None]):
        super().__init__(peripheral)
        self.seconds, self.fault = seconds, fault
        self.unlocked, self.key, self.refreshed = True, 0, 0.0  # it may be configured once after reset

    def write(self, offset: int, size: int, value: int) -> None:
        """A write of COUNTER unlocks or refreshes; one of CONTROL ends what an unlock allows."""
        if offset == COUNTER:
            self._command(value if size == 4 else (value & 0xFFFF) << 16 | self.key >> 16)
        elif not self.unlocked:
            self.fault("the watchdog is configured while it is locked: the part would reset")
        else:
            super().write(offset, size, value)
            self.unlocked = offset != CONTROL

    def _command(self, key: int) -> None:
        """The keys come as one word, or as two halfwords, the low one first."""
        self.key = key
        self.unlocked = self.unlocked or key == UNLOCK
        if key == REFRESH:
            self.refreshed = self.seconds()

    @property
    def patience_s(self) -> float | None:
        """Seconds without a refresh after which the part resets; None while the watchdog is off or on a fast clock."""
        control = self.values[CONTROL]
        if not control & ENABLED or control & CLOCK_MASK != SLOW_CLOCK:
            return None
        return self.values[TIMEOUT] * (256 if control & DIVIDED else 1) / self.model.watchdog_hz

    def check(self) -> None:
        """Fault if the part would have been reset by now."""
        patience = self.patience_s
        if patience is not None and self.seconds() - self.refreshed > patience:
            self.fault(f"the watchdog was left on: the part would reset every {patience * 1e3:g} ms")
