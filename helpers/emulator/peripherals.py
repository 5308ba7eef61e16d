"""The registers that firmware touches before and while it prints: models as tables, one device class that obeys them.

A register stores what is written. On top, a model may give reset values, bits that read as one once others are set
(a clock that is ready), registers that show another one, set/clear/toggle aliases, and the transmitter of a UART.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from helpers.boards import Peripheral
from helpers.errors import BadInput

SET, CLEAR, TOGGLE = 4, 8, 12


@dataclass(frozen=True)
class Ready:
    """Bits that read as one while all of `when` is set in the register and none of `unless`."""

    bits: int
    when: int = 0
    unless: int = 0


@dataclass(frozen=True)
class Model:
    """How a block of registers behaves; offsets in bytes from its base."""

    reset: dict[int, int] = field(default_factory=dict)
    ready: dict[int, Ready] = field(default_factory=dict)
    mirrors: dict[int, int] = field(default_factory=dict)
    aliases: bool = False  # each register in four words: value, set, clear, toggle
    transmit: int | None = None  # the UART's data register
    enable: tuple[int, int] | None = None  # register and bit without which it transmits nothing
    watchdog_hz: int | None = None  # the clock of a watchdog; watchdog.Watchdog obeys it


# The 32-bit watchdog of KE1xZ and i.MX RT: CS says at once that it is unlocked (bit 11) and reconfigured (bit 10).
WATCHDOG = {"reset": {0x0: 0x2980, 0x8: 0x0400}, "ready": {0x0: Ready(0x0C00)}}
VALID = 1 << 24  # of the clock sources in the SCG
LOCKED, POWERED_DOWN = 1 << 31, 1 << 12  # of the PLLs in CCM_ANALOG

MODELS = {
    "storage": Model(),
    # LPUART with VERID (KE1xZ, i.MX RT): STAT says the transmitter is empty, DATA that nothing was received.
    "lpuart": Model(
        reset={0x10: 0x0F00_0004},
        ready={0x14: Ready(0x00C0_0000), 0x1C: Ready(0x1000)},
        transmit=0x1C,
        enable=(0x18, 1 << 19),
    ),
    "wdog-128khz": Model(**WATCHDOG, watchdog_hz=128_000),
    "wdog-32khz": Model(**WATCHDOG, watchdog_hz=32_768),
    # CSR shows RCCR; a clock source is valid once it is enabled.
    "kinetis-scg": Model(
        reset={0x14: 0x0300_0001, 0x300: 0x0000_0001},
        ready={source: Ready(VALID, when=1) for source in (0x100, 0x200, 0x300, 0x500)},
        mirrors={0x10: 0x14},
    ),
    "kinetis-pcc": Model(ready={offset: Ready(1 << 31) for offset in range(0x80, 0x200, 4)}),
    "imxrt-pll": Model(
        reset={0x0: 0x0001_3042},
        ready={pll: Ready(LOCKED, unless=POWERED_DOWN) for pll in (0x0, 0x10, 0x20, 0x30, 0x70, 0xA0, 0xE0)},
        aliases=True,
    ),
}


def model(peripheral: Peripheral) -> Model:
    """The model of a peripheral's kind; raises BadInput for a kind that is not in MODELS."""
    if peripheral.kind not in MODELS:
        known = ", ".join(sorted(MODELS))
        raise BadInput(f"there is no peripheral kind {peripheral.kind!r}", remedy=f"choose one of {known}")
    return MODELS[peripheral.kind]


class Registers:
    """One block of registers on the bus; words of 32 bits, also read and written by bytes and halfwords."""

    def __init__(self, peripheral: Peripheral, send: Callable[[int], None] | None = None):
        self.base, self.end, self.gate = peripheral.base, peripheral.base + peripheral.size, peripheral.gate
        self.model, self.send = model(peripheral), send
        self.values = {**self.model.reset, **dict(peripheral.registers)}

    def read(self, offset: int, size: int) -> int:
        """The `size` bytes at an offset, as the program sees them."""
        shift = 8 * (offset % 4)
        return (self._word(offset & ~3) >> shift) & ((1 << 8 * size) - 1)

    def write(self, offset: int, size: int, value: int) -> None:
        """Store `size` bytes at an offset; a UART's data register sends them."""
        word, mask = offset & ~3, ((1 << 8 * size) - 1) << 8 * (offset % 4)
        if word == self.model.transmit:
            self._transmit(value & 0xFF)
        elif self.model.aliases and word % 16:
            self._alias(word, (value << 8 * (offset % 4)) & mask)
        else:
            self.values[word] = (self.values.get(word, 0) & ~mask) | ((value << 8 * (offset % 4)) & mask)

    def _word(self, word: int) -> int:
        if self.model.aliases:
            word -= word % 16
        value = self.values.get(self.model.mirrors.get(word, word), 0)
        ready = self.model.ready.get(word)
        if ready and value & ready.when == ready.when and not value & ready.unless:
            value |= ready.bits
        return value

    def _alias(self, word: int, bits: int) -> None:
        target, kind = word - word % 16, word % 16
        value = self.values.get(target, 0)
        self.values[target] = {SET: value | bits, CLEAR: value & ~bits, TOGGLE: value ^ bits}[kind]

    def _transmit(self, byte: int) -> None:
        register, bit = self.model.enable
        if self.values.get(register, 0) & bit and self.send:
            self.send(byte)
