"""Which exception comes next: what is pending, enabled and active, and the priorities that decide.

Sources: Armv6-M (DDI 0419) and Armv7-M (DDI 0403) Architecture Reference Manuals, sections B1.5 (exception model), B3.2
(system control block) and B3.4 (NVIC).
"""

NMI, HARD_FAULT, SVCALL, PENDSV, SYSTICK, FIRST_INTERRUPT = 2, 3, 11, 14, 15, 16
NAMES = {NMI: "NMI", HARD_FAULT: "HardFault", SVCALL: "SVCall", PENDSV: "PendSV", SYSTICK: "SysTick"}
FIXED = {NMI: -2, HARD_FAULT: -1}
THREAD = 256  # below every priority an exception can have
INTERRUPTS = {"cortex-m0": 32, "cortex-m0plus": 32, "cortex-m7": 240}
PRIORITY_BITS = {"cortex-m0": 0xC0, "cortex-m0plus": 0xC0, "cortex-m7": 0xF0}  # i.MX RT implements four of eight bits
# Offsets in the page at 0xE000E000.
ISER, ICER, ISPR, ICPR, IABR, IPR, IPR_END = 0x100, 0x180, 0x200, 0x280, 0x300, 0x400, 0x4F0
ICSR, VTOR, AIRCR, SCR, SHPR1, SHPR_END, STIR = 0xD04, 0xD08, 0xD0C, 0xD10, 0xD18, 0xD24, 0xF00
NMI_SET, PENDSV_SET, PENDSV_CLEAR, SYSTICK_SET, SYSTICK_CLEAR = 1 << 31, 1 << 28, 1 << 27, 1 << 26, 1 << 25
SLEEP_ON_EXIT, EVENT_ON_PENDING = 1 << 1, 1 << 4


def name(number: int) -> str:
    """An exception's name as Arm's manuals have it."""
    return NAMES.get(number, f"interrupt {number - FIRST_INTERRUPT}")


class Nvic:
    """The exceptions of one core: their registers, and which of them is to be taken."""

    def __init__(self, core: str, code_start: int):
        self.interrupts, self.bits = INTERRUPTS[core], PRIORITY_BITS[core]
        self.full = core == "cortex-m7"  # Armv7-M: BASEPRI, priority groups, STIR, active bits
        self.vectors, self.group, self.sleep_control = code_start, 0, 0
        self.pending: set[int] = set()
        self.enabled: set[int] = set()
        self.active: list[int] = []  # outermost first
        self.priorities: dict[int, int] = {}

    def priority(self, number: int) -> int:
        """Its priority; the lower the number the more urgent."""
        return FIXED.get(number, self.priorities.get(number, 0))

    def _group_priority(self, priority: int) -> int:
        return priority if priority < 0 else priority & -(2 << self.group) & 0xFF

    def running_priority(self) -> int:
        """The priority of what runs, masks aside."""
        return min((self._group_priority(self.priority(number)) for number in self.active), default=THREAD)

    def next(self, masked: int = THREAD) -> int | None:
        """The exception to take while only those more urgent than `masked` may come; None if there is none."""
        ready = [n for n in self.pending if n < FIRST_INTERRUPT or n in self.enabled]
        if not ready:
            return None
        best = min(ready, key=lambda number: (self.priority(number), number))
        limit = min(self.running_priority(), masked)
        return best if self._group_priority(self.priority(best)) < limit else None

    def mask(self, primask: int, basepri: int = 0, faultmask: int = 0) -> int:
        """The priority to which the mask registers raise what runs."""
        if faultmask & 1:
            return -1
        if primask & 1:
            return 0
        return self._group_priority(basepri & self.bits) if basepri & self.bits else THREAD

    @property
    def waiting(self) -> bool:
        """Whether anything is pending that could be taken now or later."""
        return any(n < FIRST_INTERRUPT or n in self.enabled for n in self.pending)

    def read(self, word: int) -> int | None:
        """A register of the page by offset; None if it is not one of these."""
        if ISER <= word < IPR:
            return self._bits_at(word)
        if IPR <= word < IPR_END:
            return self._priorities_at(FIRST_INTERRUPT + word - IPR)
        if SHPR1 <= word < SHPR_END:
            return self._priorities_at(4 + word - SHPR1)
        return {ICSR: self._state, VTOR: lambda: self.vectors, SCR: lambda: self.sleep_control}.get(
            word, lambda: None
        )()

    def _bits_at(self, word: int) -> int:
        kind, first = word & ~0x7F, FIRST_INTERRUPT + (word & 0x7C) * 8
        active = set(self.active) if self.full else set()
        numbers = {ISER: self.enabled, ICER: self.enabled, ISPR: self.pending, ICPR: self.pending, IABR: active}
        return sum(1 << number - first for number in numbers.get(kind, ()) if first <= number < first + 32)

    def _priorities_at(self, first: int) -> int:
        return sum(self.priorities.get(first + i, 0) << 8 * i for i in range(4))

    def _state(self) -> int:
        ready = [n for n in self.pending if n < FIRST_INTERRUPT or n in self.enabled]
        first = min(ready, key=lambda number: (self.priority(number), number), default=0)
        state = (self.active[-1] if self.active else 0) | first << 12
        state |= any(number >= FIRST_INTERRUPT for number in self.pending) << 22
        bits = {NMI: NMI_SET, PENDSV: PENDSV_SET, SYSTICK: SYSTICK_SET}
        return state | sum(bit for number, bit in bits.items() if number in self.pending)

    def write(self, word: int, value: int, mask: int) -> bool:
        """Write the bits of `mask` of a register; whether it is one of these."""
        if ISER <= word < IPR:
            self._write_bits(word, value & mask)
        elif IPR <= word < IPR_END:
            self._write_priorities(FIRST_INTERRUPT + word - IPR, value, mask)
        elif SHPR1 <= word < SHPR_END:
            self._write_priorities(4 + word - SHPR1, value, mask)
        elif word == ICSR:
            self._write_state(value & mask)
        elif word == VTOR:
            self.vectors = value & 0xFFFF_FF80
        elif word == SCR:
            self.sleep_control = self.sleep_control & ~mask | value & mask & 0x16
        elif word == STIR and self.full:
            self.pending.add(FIRST_INTERRUPT + (value & 0x1FF))
        else:
            return False
        return True

    def _write_bits(self, word: int, bits: int) -> None:
        kind, first = word & ~0x7F, FIRST_INTERRUPT + (word & 0x7C) * 8
        last = FIRST_INTERRUPT + self.interrupts
        numbers = {first + i for i in range(32) if bits >> i & 1 and first + i < last}
        if kind == ISER:
            self.enabled |= numbers
        elif kind == ICER:
            self.enabled -= numbers
        elif kind == ISPR:
            self.pending |= numbers
        elif kind == ICPR:
            self.pending -= numbers

    def _write_priorities(self, first: int, value: int, mask: int) -> None:
        for i in range(4):
            if mask >> 8 * i & 0xFF and first + i < FIRST_INTERRUPT + self.interrupts:
                self.priorities[first + i] = value >> 8 * i & self.bits

    def _write_state(self, value: int) -> None:
        for bit, number in ((NMI_SET, NMI), (PENDSV_SET, PENDSV), (SYSTICK_SET, SYSTICK)):
            if value & bit:
                self.pending.add(number)
        for bit, number in ((PENDSV_CLEAR, PENDSV), (SYSTICK_CLEAR, SYSTICK)):
            if value & bit:
                self.pending.discard(number)
