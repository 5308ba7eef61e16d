"""SysTick, the core's 24-bit down counter.

Sources: Armv6-M (DDI 0419) and Armv7-M (DDI 0403) Architecture Reference Manuals, section B3.3.
"""

from collections.abc import Callable

ENABLE, INTERRUPT, CORE_CLOCK, COUNTED = 1, 2, 4, 1 << 16


class SysTick:
    """The counter, driven by the emulated cycles.

    now: the present cycle. unsupported: told what cannot be emulated.
    """

    def __init__(self, now: Callable[[], int], unsupported: Callable[[str], None]):
        self.now, self.unsupported = now, unsupported
        self.control = self.reload = self.value = 0
        self.since = self.zeros_seen = self.zeros_taken = 0

    @property
    def interrupts(self) -> bool:
        """Whether it runs and asks for an exception whenever it reaches zero."""
        return self.control & (ENABLE | INTERRUPT) == ENABLE | INTERRUPT and bool(self.reload or self.value)

    def due(self) -> int:
        """The cycle of the next zero for which no exception has been asked yet; only while `interrupts`."""
        first = self.value or self.reload + 1
        return self.since + first + self.zeros_taken * (self.reload + 1)

    def take_zeros(self, now: int) -> bool:
        """Whether it has reached zero since it was asked last, up to the cycle `now`."""
        zeros = self._zeros(now)
        due, self.zeros_taken = zeros > self.zeros_taken, zeros
        return due and bool(self.control & INTERRUPT)

    def current(self) -> int:
        """The counter's value at this cycle."""
        if not self.control & ENABLE:
            return self.value
        elapsed = self.now() - self.since
        if elapsed <= self.value:
            return self.value - elapsed
        return self.reload - (elapsed - self.value - 1) % (self.reload + 1)

    def _zeros(self, now: int) -> int:
        """How often the counter has counted down to zero since it last started."""
        elapsed = now - self.since
        if not self.control & ENABLE or elapsed < self.value or not (self.value or self.reload):
            return 0
        after = (elapsed - self.value) // (self.reload + 1) if self.reload else 0
        return after + (1 if self.value else 0)

    def _restart(self, value: int) -> None:
        self.value, self.since, self.zeros_seen, self.zeros_taken = value, self.now(), 0, 0

    def read(self, offset: int) -> int:
        """CSR, RVR, CVR or CALIB; reading CSR clears its COUNTFLAG."""
        if offset == 0x10:
            zeros = self._zeros(self.now())
            flag, self.zeros_seen = (COUNTED if zeros > self.zeros_seen else 0), zeros
            return self.control | flag
        if offset == 0x14:
            return self.reload
        return self.current() if offset == 0x18 else 0

    def write(self, offset: int, value: int) -> None:
        """CSR, RVR or CVR (any write clears it)."""
        if offset == 0x10:
            if value & ENABLE and not value & CORE_CLOCK:
                self.unsupported("SysTick is to run from the reference clock, which is not emulated")
            self._restart(self.current())
            self.control = value & 7
        elif offset == 0x14:
            self._restart(self.current())
            self.reload = value & 0xFF_FFFF
        elif offset == 0x18:
            self._restart(0)
