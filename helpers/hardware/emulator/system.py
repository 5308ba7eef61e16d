"""The core's own registers: SysTick, the system control block and the cycle counter of the Cortex-M7.

Sources: Armv6-M (DDI 0419) and Armv7-M (DDI 0403) Architecture Reference Manuals, chapter B3.
"""

from collections.abc import Callable

ENABLE, INTERRUPT, CORE_CLOCK, COUNTED = 1, 2, 4, 1 << 16
CPUID = {"cortex-m0": 0x410C_C200, "cortex-m0plus": 0x410C_C601, "cortex-m7": 0x411F_C271}
RESET_REQUEST = 0x05FA_0004
FPU_ON = 0xF << 20
# The M7's level-1 caches as its CLIDR, CTR and CCSIDR describe them (32 KB, four ways, lines of 32 bytes).
M7_CACHES = {0xD78: 0x0900_0003, 0xD7C: 0x8303_C003, 0xD80: 0xF01F_E019}


class SysTick:
    """The 24-bit down counter, driven by the emulated cycles."""

    def __init__(self, now: Callable[[], int], unsupported: Callable[[str], None]):
        self.now, self.unsupported = now, unsupported
        self.control = self.reload = self.value = 0
        self.since = self.zeros_seen = 0

    def current(self) -> int:
        """The counter's value at this cycle."""
        if not self.control & ENABLE:
            return self.value
        elapsed = self.now() - self.since
        if elapsed <= self.value:
            return self.value - elapsed
        return self.reload - (elapsed - self.value - 1) % (self.reload + 1)

    def _zeros(self) -> int:
        """How often the counter has counted down to zero since it last started."""
        elapsed = self.now() - self.since
        if not self.control & ENABLE or elapsed < self.value:
            return 0
        return (elapsed - self.value) // (self.reload + 1) + (1 if self.value else 0)

    def _restart(self, value: int) -> None:
        self.value, self.since, self.zeros_seen = value, self.now(), 0

    def read(self, offset: int) -> int:
        """CSR, RVR, CVR or CALIB; reading CSR clears its COUNTFLAG."""
        if offset == 0x10:
            zeros = self._zeros()
            flag, self.zeros_seen = (COUNTED if zeros > self.zeros_seen else 0), zeros
            return self.control | flag
        if offset == 0x14:
            return self.reload
        return self.current() if offset == 0x18 else 0

    def write(self, offset: int, value: int) -> None:
        """CSR, RVR or CVR (any write clears it)."""
        if offset == 0x10:
            if value & INTERRUPT:
                self.unsupported("the SysTick interrupt is enabled, but no interrupts are emulated")
            if value & ENABLE and not value & CORE_CLOCK:
                self.unsupported("SysTick is to run from the reference clock, which is not emulated")
            self._restart(self.current())
            self.control = value & 7
        elif offset == 0x14:
            self._restart(self.current())
            self.reload = value & 0xFF_FFFF
        elif offset == 0x18:
            self._restart(0)


class SystemControl:
    """The page at 0xE000E000: SysTick, and the system control block as plain storage with a few effects."""

    base, end, gate = 0xE000_E000, 0xE000_F000, None

    def __init__(self, model: str, systick: SysTick, reset: Callable[[], None]):
        self.systick, self.reset = systick, reset
        self.values = {0xD00: CPUID[model], **(M7_CACHES if model == "cortex-m7" else {})}

    @property
    def fpu_enabled(self) -> bool:
        """Whether CPACR lets the program use the FPU."""
        return self.values.get(0xD88, 0) & FPU_ON == FPU_ON

    def read(self, offset: int, size: int) -> int:
        """A register; bytes and halfwords are cut out of the word."""
        word = offset & ~3
        value = self.systick.read(word) if 0x10 <= word < 0x20 else self.values.get(word, 0)
        return (value >> 8 * (offset % 4)) & ((1 << 8 * size) - 1)

    def write(self, offset: int, size: int, value: int) -> None:
        """A register; a write of the reset request to AIRCR ends the run."""
        if 0x10 <= offset < 0x20:
            self.systick.write(offset, value)
        elif offset == 0xD0C:
            if value & ~0x700 == RESET_REQUEST:
                self.reset()
        elif offset != 0xD00:
            mask = ((1 << 8 * size) - 1) << 8 * (offset % 4)
            old = self.values.get(offset & ~3, 0)
            self.values[offset & ~3] = (old & ~mask) | ((value << 8 * (offset % 4)) & mask)


class CycleCounter:
    """The Cortex-M7's DWT at 0xE0001000, as far as CYCCNT goes."""

    base, end, gate = 0xE000_1000, 0xE000_2000, None

    def __init__(self, now: Callable[[], int]):
        self.now, self.values, self.start, self.running = now, {}, 0, False

    def read(self, offset: int, size: int) -> int:
        """CTRL or CYCCNT; the rest is storage."""
        if offset == 4:
            return ((self.now() if self.running else 0) - self.start) & 0xFFFF_FFFF
        return self.values.get(offset, 0)

    def write(self, offset: int, size: int, value: int) -> None:
        """CTRL (bit 0 starts and stops the count) or CYCCNT."""
        count = self.read(4, 4)
        if offset == 0:
            self.running = bool(value & 1)
        if offset in (0, 4):
            self.start = (self.now() if self.running else 0) - (value if offset == 4 else count)
        if offset != 4:
            self.values[offset] = value
