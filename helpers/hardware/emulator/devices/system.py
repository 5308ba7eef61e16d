"""The core's own registers: the system control block with NVIC and SysTick, and the cycle counter of the Cortex-M7.

Sources: Armv6-M (DDI 0419) and Armv7-M (DDI 0403) Architecture Reference Manuals, chapter B3.
"""

from collections.abc import Callable

from helpers.hardware.emulator.devices.nvic import AIRCR, Nvic
from helpers.hardware.emulator.devices.systick import SysTick

CPUID = {"cortex-m0": 0x410C_C200, "cortex-m0plus": 0x410C_C601, "cortex-m7": 0x411F_C271}
RESET_REQUEST = 0x05FA_0004
FPU_ON = 0xF << 20
# The M7's level-1 caches as its CLIDR, CTR and CCSIDR describe them (32 KB, four ways, lines of 32 bytes).
M7_CACHES = {0xD78: 0x0900_0003, 0xD7C: 0x8303_C003, 0xD80: 0xF01F_E019}


class SystemControl:
    """The page at 0xE000E000: SysTick, NVIC, and the rest of the system control block as plain storage.

    reset: called when the program asks for a reset. changed: called when exceptions may be due otherwise than before.
    """

    base, end = 0xE000_E000, 0xE000_F000
    gate: tuple[int, int] | None = None  # always clocked

    def __init__(
        self, model: str, systick: SysTick, nvic: Nvic, reset: Callable[[], None], changed: Callable[[], None]
    ):
        self.systick, self.nvic, self.reset, self.changed = systick, nvic, reset, changed
        self.values = {0xD00: CPUID[model], **(M7_CACHES if model == "cortex-m7" else {})}

    @property
    def fpu_enabled(self) -> bool:
        """Whether CPACR lets the program use the FPU."""
        return self.values.get(0xD88, 0) & FPU_ON == FPU_ON

    def read(self, offset: int, size: int) -> int:
        """A register; bytes and halfwords are cut out of the word."""
        word = offset & ~3
        value = self.systick.read(word) if 0x10 <= word < 0x20 else self.nvic.read(word)
        if value is None:
            value = self.values.get(word, 0)
        return (value >> 8 * (offset % 4)) & ((1 << 8 * size) - 1)

    def write(self, offset: int, size: int, value: int) -> None:
        """A register; a write of the reset request to AIRCR ends the run."""
        word, shift = offset & ~3, 8 * (offset % 4)
        mask, value = ((1 << 8 * size) - 1) << shift, value << shift
        if 0x10 <= offset < 0x20:
            self.systick.write(offset, value)
            self.changed()
        elif word == AIRCR:
            self._application_interrupt_and_reset(value)
        elif self.nvic.write(word, value, mask):
            self.changed()
        elif offset != 0xD00:
            self.values[word] = self.values.get(word, 0) & ~mask | value & mask

    def _application_interrupt_and_reset(self, value: int) -> None:
        if value & ~0x700 == RESET_REQUEST:
            self.reset()
        elif value >> 16 == RESET_REQUEST >> 16 and self.nvic.full:
            self.nvic.group = value >> 8 & 7
            self.values[AIRCR] = value & 0x700


class CycleCounter:
    """The Cortex-M7's DWT at 0xE0001000, as far as CYCCNT goes."""

    base, end = 0xE000_1000, 0xE000_2000
    gate: tuple[int, int] | None = None  # always clocked

    def __init__(self, now: Callable[[], int]):
        self.now, self.start, self.running = now, 0, False
        self.values: dict[int, int] = {}

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
