"""The registers that firmware touches before and while it prints: models as tables, one device class that obeys them.

A register stores what is written. On top, a model may give reset values, bits that read as one once others are set
(a clock that is ready), flags that are cleared by writing one, registers that show another one, set/clear/toggle aliases,
and the transmitter and receiver of a UART.
"""

from dataclasses import dataclass, field, replace

from helpers.common.errors import BadInput
from helpers.hardware.boards import Peripheral

SET, CLEAR, TOGGLE = 4, 8, 12


@dataclass(frozen=True)
class Ready:
    """Bits that read as one while all of `when` is set and none of `unless`: in the register `of`, or in their own."""

    bits: int
    when: int = 0
    unless: int = 0
    of: int | None = None


@dataclass(frozen=True)
class Receiver:
    """The receiver of a UART.

    data: its data registers; reading the low byte of one takes a byte. enable: register and bit without which nothing
    arrives. full: registers and bits that say a byte is there. empty: bits of the data register that say none is.
    vacant: other registers and bits that say none is.
    """

    data: tuple[int, ...]
    enable: tuple[int, int]
    full: dict[int, int]
    empty: int = 0
    vacant: dict[int, int] = field(default_factory=dict)


FULL, EMPTY, SENT = "full", "empty", "sent"  # a byte is there; the transmitter has room; a byte has been sent


@dataclass(frozen=True)
class Interrupts:
    """The interrupts of a UART, one line for all.

    enable: the register whose bits let causes ask; causes: FULL, EMPTY or SENT by such a bit. clear: the register whose ones
    clear bits of `enable`, to which ones are then added by writing. raw, masked: registers that show the causes, all and those
    that are let ask. taken: the register whose ones end SENT.
    """

    enable: int
    causes: dict[int, str]
    clear: int | None = None
    raw: int | None = None
    masked: int | None = None
    taken: int | None = None


@dataclass(frozen=True)
class Model:
    """How a block of registers behaves; offsets in bytes from its base."""

    reset: dict[int, int] = field(default_factory=dict)
    ready: dict[int, tuple[Ready, ...]] = field(default_factory=dict)
    flags: dict[int, int] = field(default_factory=dict)  # bits that only writing ones clears, and nothing sets
    mirrors: dict[int, int] = field(default_factory=dict)
    aliases: bool = False  # each register in four words: value, set, clear, toggle
    transmit: int | None = None  # the UART's data register
    enable: tuple[int, int] | None = None  # register and bit without which it transmits nothing
    receive: Receiver | None = None
    interrupts: Interrupts | None = None
    watchdog_hz: int | None = None  # the clock of a watchdog; the classes of watchdog.py obey it


# The 32-bit watchdog of KE1xZ and i.MX RT: CS says at once that it is unlocked (bit 11) and reconfigured (bit 10).
WATCHDOG = Model(reset={0x0: 0x2980, 0x8: 0x0400}, ready={0x0: (Ready(0x0C00),)})
VALID = 1 << 24  # of the clock sources in the SCG
# CLKST shows CLKS: bits 3 and 2 of a status byte, bits 7 and 6 of the first register.
CLOCK_STATUS = (Ready(1 << 2, when=1 << 6, of=0), Ready(1 << 3, when=1 << 7, of=0))
MCG_CLOCK_STATUS = (Ready(1 << 18, when=1 << 6, of=0), Ready(1 << 19, when=1 << 7, of=0))
LOCKED, POWERED_DOWN = 1 << 31, 1 << 12  # of the PLLs in CCM_ANALOG

LPUART_FLAGS = 0xC01F_C000  # of STAT: break, edge, idle, overrun, noise, framing, parity, two matches

MODELS = {
    "storage": Model(),
    # LPUART with VERID (KE1xZ, i.MX RT): STAT says the transmitter is empty, and the receiver full; WATER counts.
    "lpuart": Model(
        reset={0x10: 0x0F00_0004},
        ready={0x14: (Ready(0x00C0_0000),)},
        flags={0x14: LPUART_FLAGS},
        transmit=0x1C,
        enable=(0x18, 1 << 19),
        receive=Receiver((0x1C,), (0x18, 1 << 18), {0x14: 1 << 21, 0x2C: 1 << 24}, 1 << 12),
        interrupts=Interrupts(0x18, {1 << 21: FULL, 1 << 22: EMPTY, 1 << 23: EMPTY}),
    ),
    # The LPUART without VERID (K32L2B): its registers start at once.
    "lpuart-bare": Model(
        reset={0x0: 0x0F00_0004},
        ready={0x4: (Ready(0x00C0_0000),)},
        flags={0x4: LPUART_FLAGS},
        transmit=0xC,
        enable=(0x8, 1 << 19),
        receive=Receiver((0xC,), (0x8, 1 << 18), {0x4: 1 << 21}, 1 << 12),
        interrupts=Interrupts(0x8, {1 << 21: FULL, 1 << 22: EMPTY, 1 << 23: EMPTY}),
    ),
    # The UART of bytes (KE0x, KV1x): BDL is 4; S1 (at 4) says that the transmitter is empty; C2 (at 3) switches it on.
    # S1 cannot be written, of S2 two flags are cleared.
    "uart": Model(
        reset={0x0: 0x0400},
        ready={0x4: (Ready(0xC0),)},
        flags={0x4: 0xC0FF},
        transmit=0x7,
        enable=(0x0, 1 << 27),
        receive=Receiver((0x7,), (0x0, 1 << 26), {0x4: 1 << 5}),
        interrupts=Interrupts(0x0, {1 << 29: FULL, 1 << 30: EMPTY, 1 << 31: EMPTY}),
    ),
    # The USART of LPC8xx: STAT says idle and ready.
    "lpc-usart": Model(
        reset={0x28: 0xF},
        ready={0x8: (Ready(0x0E),)},
        flags={0x8: 0xFFFF_FFFF},
        transmit=0x1C,
        enable=(0x0, 1),
        receive=Receiver((0x14, 0x18), (0x0, 1), {0x8: 1}),
        interrupts=Interrupts(0xC, {1: FULL, 1 << 2: EMPTY, 1 << 3: EMPTY}, clear=0x10, masked=0x24),
    ),
    "wdog-128khz": replace(WATCHDOG, watchdog_hz=128_000),
    "wdog-32khz": replace(WATCHDOG, watchdog_hz=32_768),
    "wdog-halfwords": Model(reset={0x0: 0x0000_01D3, 0x4: 0x4B4C_004C}),
    "wdog-bytes": Model(reset={0x0: 0x0180, 0x4: 0x0400}, watchdog_hz=1_000),
    # KE0x: CR says that the crystal runs (OSCINIT) once it is on; S shows the ICS's source and that the FLL has locked.
    "ke0x-osc": Model(ready={0x0: (Ready(1 << 0, when=1 << 7),)}),
    "ke0x-ics": Model(
        reset={0x0: 0x2004},
        ready={0x4: (Ready(1 << 6), Ready(1 << 4, when=1 << 2, of=0), *CLOCK_STATUS)},
    ),
    # MCG (KV1x) and MCG_Lite (K32L2B): S, at 6, shows source and reference, and that the crystal runs.
    "kinetis-mcg": Model(
        reset={0x0: 0x8004},
        ready={0x4: (Ready(1 << 17, when=1 << 10, of=0), Ready(1 << 20, when=1 << 2, of=0), *MCG_CLOCK_STATUS)},
    ),
    # LPC84x: the PLL has locked once PDRUNCFG powers it.
    "lpc-syscon": Model(
        reset={0x28: 0x1, 0x58: 0x1, 0x80: 0x17, 0x88: 0xFFFF_FFFF, 0x90: 0x7, 0x238: 0xEDF0},
        ready={0xC: (Ready(1, unless=1 << 7, of=0x238),)},
    ),
    # CSR shows RCCR; a clock source is valid once it is enabled.
    "kinetis-scg": Model(
        reset={0x14: 0x0300_0001, 0x300: 0x0000_0001},
        ready={source: (Ready(VALID, when=1),) for source in (0x100, 0x200, 0x300, 0x500)},
        mirrors={0x10: 0x14},
    ),
    "kinetis-pcc": Model(ready={offset: (Ready(1 << 31),) for offset in range(0x80, 0x200, 4)}),
    # The PLLs, and in the same page XTALOSC24M: the crystal is stable (MISC0, LOWPWR_CTRL), as the boot ROM leaves it.
    "imxrt-pll": Model(
        reset={0x0: 0x0001_3042},
        ready={
            **{pll: (Ready(LOCKED, unless=POWERED_DOWN),) for pll in (0x0, 0x10, 0x20, 0x30, 0x70, 0xA0, 0xE0)},
            0x150: (Ready(1 << 15),),
            0x270: (Ready(1 << 16),),
        },
        aliases=True,
    ),
    # RT1170: the crystal is stable once it is on, the ARM PLL once its ring runs, the body bias once it is enabled.
    "imxrt-anadig": Model(
        ready={
            0x20: (Ready(1 << 30, when=1 << 4),),
            0x200: (Ready(1 << 29, when=1 << 13, unless=1 << 12),),
            0x560: (Ready(1 << 26, when=1 << 24),),
        },
    ),
    # RP2040: RESET_DONE shows what RESET holds no more; a crystal and a PLL are ready once they are on; SELECTED is one-hot.
    "rp2040-resets": Model(
        reset={0x0: 0x01FF_FFFF},
        ready={0x8: tuple(Ready(1 << block, unless=1 << block, of=0x0) for block in range(25))},
    ),
    "rp2040-clocks": Model(
        reset={0x34: 0x100, 0x40: 0x100},
        ready={
            0x38: (Ready(1, unless=3, of=0x30), Ready(1 << 2, when=2, of=0x30)),
            0x44: (Ready(1 << 0, unless=1, of=0x3C), Ready(1 << 1, when=1, of=0x3C)),
        },
    ),
    "rp2040-xosc": Model(ready={0x4: (Ready(0x8000_1000, when=0xFA_B000, of=0x0),)}),
    "rp2040-pll": Model(reset={0x0: 1, 0x4: 0x2D, 0xC: 0x7_7000}, ready={0x0: (Ready(1 << 31, unless=0x21, of=0x4),)}),
    # Arm's PL011 (RP2040): UARTFR says the transmitter's FIFO is empty (TXFE), and the receiver's (RXFE).
    "pl011": Model(
        reset={0x30: 0x0300},
        ready={0x18: (Ready(0x80),)},
        transmit=0x0,
        enable=(0x30, 1),
        receive=Receiver((0x0,), (0x30, 1 << 9), {}, vacant={0x18: 0x10}),
        interrupts=Interrupts(0x38, {1 << 4: FULL, 1 << 6: FULL, 1 << 5: SENT}, raw=0x3C, masked=0x40, taken=0x44),
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

    def __init__(self, peripheral: Peripheral):
        self.base, self.end, self.gate = peripheral.base, peripheral.base + peripheral.size, peripheral.gate
        self.model = model(peripheral)
        self.values = {**self.model.reset, **dict(peripheral.registers)}

    def read(self, offset: int, size: int) -> int:
        """The `size` bytes at an offset, as the program sees them."""
        shift = 8 * (offset % 4)
        return (self.word(offset & ~3) >> shift) & ((1 << 8 * size) - 1)

    def write(self, offset: int, size: int, value: int) -> None:
        """Store `size` bytes at an offset, but for flags: a one clears them."""
        word, shift = offset & ~3, 8 * (offset % 4)
        mask = ((1 << 8 * size) - 1) << shift
        value = value << shift & mask
        if self.model.aliases and word % 16:
            self._alias(word, value)
            return
        old, flags = self.values.get(word, 0), self.model.flags.get(word, 0)
        self.values[word] = old & ~mask & ~flags | value & ~flags | old & flags & ~value

    def word(self, word: int) -> int:
        """The word at an offset, as the program sees it."""
        if self.model.aliases:
            word -= word % 16
        value = self.values.get(self.model.mirrors.get(word, word), 0)
        for ready in self.model.ready.get(word, ()):
            state = value if ready.of is None else self.values.get(ready.of, 0)
            if state & ready.when == ready.when and not state & ready.unless:
                value |= ready.bits
        return value

    def _alias(self, word: int, bits: int) -> None:
        target, kind = word - word % 16, word % 16
        value = self.values.get(target, 0)
        self.values[target] = {SET: value | bits, CLEAR: value & ~bits, TOGGLE: value ^ bits}[kind]
