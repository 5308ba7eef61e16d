"""Exceptions: entry and return as the core carries them out, at the instruction where they are due, and sleep.

Sources: Armv6-M (DDI 0419) and Armv7-M (DDI 0403) Architecture Reference Manuals, sections B1.5.6 (entry), B1.5.8 (return)
and B1.5.17 (sleep). Cycles: Arm states what entry takes on memory without waits: 15 on the Cortex-M0+ (DDI 0484C, 3.6.1),
16 on the M0, 12 on the M7. It does not state the rest. Assumed: a return reads its eight words back in eight cycles and
refills the pipeline as a branch does; tail-chaining is an entry that stores nothing. An instruction that has begun is
finished first; Arm's cores give up long loads and stores, so that a board may answer a few cycles earlier.
"""

from typing import NamedTuple

from unicorn.arm_const import (
    UC_ARM_REG_APSR_NZCVQ,
    UC_ARM_REG_BASEPRI,
    UC_ARM_REG_CONTROL,
    UC_ARM_REG_FAULTMASK,
    UC_ARM_REG_FPSCR,
    UC_ARM_REG_IPSR,
    UC_ARM_REG_LR,
    UC_ARM_REG_PRIMASK,
    UC_ARM_REG_R0,
    UC_ARM_REG_R12,
    UC_ARM_REG_S0,
    UC_ARM_REG_SP,
    UC_ARM_REG_XPSR,
)

from helpers.hardware.emulator.devices import nvic

HANDLER, THREAD_MAIN, THREAD_PROCESS = 0xFFFF_FFF1, 0xFFFF_FFF9, 0xFFFF_FFFD  # EXC_RETURN
NO_FLOATS, PROCESS_STACK, THUMB_STATE, PADDED = 1 << 4, 1 << 1, 1 << 24, 1 << 9
FRAME, FLOAT_FRAME = 0x20, 0x68  # bytes
STACKED = (*range(UC_ARM_REG_R0, UC_ARM_REG_R0 + 4), UC_ARM_REG_R12, UC_ARM_REG_LR)
FLOATS = range(UC_ARM_REG_S0, UC_ARM_REG_S0 + 16)
QUIET_S, QUIET_WAITS = 1.0, 2000


class Costs(NamedTuple):
    """Cycles of what the core does around a handler."""

    enter: int
    leave: int
    chain: int


COSTS = {"cortex-m0plus": Costs(15, 10, 7), "cortex-m0": Costs(16, 11, 8), "cortex-m7": Costs(12, 12, 6)}


class Exceptions:
    """Takes exceptions on a core and returns from them."""

    def __init__(self, core):
        self.core, self.uc, self.nvic = core, core.uc, core.bus.control.nvic
        self.systick, self.uart, self.costs = core.bus.control.systick, core.bus.uart, COSTS[core.board.core]
        self.uart_number = nvic.FIRST_INTERRUPT + (core.bus.uart.irq or 0)
        self.event = self.floats = False  # the event register; whether the running code has used the FPU
        self.handled = self.returned_from = 0
        # Where the program waits, since which cycle, how often, and what it had printed and received.
        self.quiet = (None, 0, 0, 0)

    @property
    def armed(self) -> bool:
        """Whether an exception is pending, or SysTick or the UART may ask for one."""
        return self.systick.interrupts or self.nvic.waiting or self._uart_armed

    @property
    def _uart_armed(self) -> bool:
        return self.uart_number in self.nvic.enabled and self.uart.armed

    def due(self, now: int) -> int | None:
        """The next cycle at which SysTick or the UART asks for an exception; None if neither will by itself."""
        ticks = self.systick.due() if self.systick.interrupts else None
        byte = self.uart.due(now) if self._uart_armed else None
        return min((cycle for cycle in (ticks, byte) if cycle is not None), default=None)

    @property
    def on_process_stack(self) -> bool:
        """Whether the code that runs uses a stack of its own, as the tasks of an operating system do."""
        return not self.nvic.active and bool(self.uc.reg_read(UC_ARM_REG_CONTROL) & PROCESS_STACK)

    def ready(self, now: int) -> int | None:
        """The exception to take at the cycle `now`, or None."""
        self._ask(now)
        return self.nvic.next(self._mask()) if self.nvic.waiting else None

    def _mask(self, primask: bool = True) -> int:
        """The priority from which the mask registers keep exceptions away."""
        if not self.nvic.full:
            return self.nvic.mask(self.uc.reg_read(UC_ARM_REG_PRIMASK) if primask else 0)
        basepri, faultmask = (self.uc.reg_read(register) for register in (UC_ARM_REG_BASEPRI, UC_ARM_REG_FAULTMASK))
        return self.nvic.mask(self.uc.reg_read(UC_ARM_REG_PRIMASK) if primask else 0, basepri, faultmask)

    def _ask(self, now: int) -> None:
        """Let SysTick and the UART ask. The UART's line is a level: what its handler leaves undone asks again at its end."""
        if self.systick.interrupts and self.systick.take_zeros(now):
            self._pend(nvic.SYSTICK)
        if self._uart_armed and self.uart_number not in (*self.nvic.active, *self.nvic.pending) and self.uart.asks(now):
            self._pend(self.uart_number)

    def _pend(self, number: int) -> None:
        self.nvic.pending.add(number)
        self.event |= bool(self.nvic.sleep_control & nvic.EVENT_ON_PENDING)

    def take(self, number: int, back_to: int) -> int | None:
        """Enter the handler of an exception; `back_to` is where the run goes on afterwards. None if that is a fault."""
        handler = self._handler(number)
        if handler is None:
            return None
        lr = self._push(back_to)
        if lr is None:
            return None
        self._begin(number, lr, self.costs.enter, handler)
        return handler

    def _handler(self, number: int) -> int | None:
        vector = self.nvic.vectors + 4 * number
        if not self.core.bus.holds(vector, 4):
            self.core.stop_with_fault(
                f"HardFault: no vector of {nvic.name(number)} at {vector:#010x}, where is no memory"
            )
            return None
        handler = int.from_bytes(self.uc.mem_read(vector, 4), "little")
        if not handler & 1 or not self.core.bus.holds(handler - 1, 2):
            what = f"HardFault: the vector of {nvic.name(number)} at {vector:#010x} holds {handler:#010x}, which is no handler"
            self.core.stop_with_fault(what)
            return None
        return handler

    def _begin(self, number: int, lr: int, cycles: int, handler: int) -> None:
        self.nvic.pending.discard(number)
        self.nvic.active.append(number)
        self.uc.reg_write(UC_ARM_REG_IPSR, number)
        self.uc.reg_write(UC_ARM_REG_LR, lr)
        self.event, self.floats = True, False
        self.handled += 1
        self.core.watch()
        self.core.spend(cycles)
        self.core.calls.begin_exception(handler & ~1, len(self.nvic.active), self.core.count, self.core.waits)

    def _push(self, back_to: int) -> int | None:
        """Stack the registers that a handler may change; returns EXC_RETURN, or None if the stack is no memory."""
        control, status = self.uc.reg_read(UC_ARM_REG_CONTROL), self.uc.reg_read(UC_ARM_REG_XPSR)
        top = self.uc.reg_read(UC_ARM_REG_SP)
        frame = top - (FLOAT_FRAME if self.floats else FRAME) & ~7 & 0xFFFF_FFFF
        words = [self.uc.reg_read(register) & 0xFFFF_FFFF for register in STACKED]
        words += [back_to & ~1, status & ~PADDED | THUMB_STATE | (PADDED if top & 4 else 0)]
        if self.floats:
            words += [self.uc.reg_read(register) for register in (*FLOATS, UC_ARM_REG_FPSCR)]
        if not self.core.bus.holds_ram(frame, 4 * len(words)):
            self.core.stop_with_fault(f"HardFault: an exception's frame at {frame:#010x} on the stack, where is no RAM")
            return None
        self.uc.mem_write(frame, b"".join(word.to_bytes(4, "little") for word in words))
        lr = HANDLER if self.nvic.active else THREAD_PROCESS if control & PROCESS_STACK else THREAD_MAIN
        self.uc.reg_write(UC_ARM_REG_SP, frame)
        self.core.look_at_stack(0)
        if not self.nvic.active:
            self.uc.reg_write(UC_ARM_REG_CONTROL, control & ~PROCESS_STACK)
        return lr & ~NO_FLOATS if self.floats else lr

    def leave(self, lr: int, returned_from: int) -> int | None:
        """Return from the active handler by EXC_RETURN `lr`, jumped to by the instruction at `returned_from`.

        Gives the address to go on at, or None if that is a fault.
        """
        kind, depth, self.returned_from = lr | NO_FLOATS, len(self.nvic.active), returned_from
        if not depth or kind not in (HANDLER, THREAD_MAIN, THREAD_PROCESS) or (kind == HANDLER) != (depth > 1):
            self._fault(f"HardFault: return from an exception by {lr:#010x}, which does not fit")
            return None
        self.core.calls.end_exception(depth, self.core.count, self.core.waits)
        self.nvic.active.pop()
        self.uc.reg_write(UC_ARM_REG_IPSR, self.nvic.active[-1] if depth > 1 else 0)
        self.event = True
        following = self.ready(self.core.clock())
        if following is not None:
            return self._chain(following, lr)
        return self._pop(lr)

    def _fault(self, what: str) -> None:
        """A fault of the instruction that was to return."""
        self.core.stop_with_fault(what, self.returned_from)

    def _chain(self, number: int, lr: int) -> int | None:
        """Enter the next handler without unstacking and stacking in between."""
        handler = self._handler(number)
        if handler is not None:
            self._begin(number, lr, self.costs.chain, handler)
        return handler

    def _pop(self, lr: int) -> int | None:
        if lr == THREAD_PROCESS or lr == THREAD_PROCESS & ~NO_FLOATS:
            self.uc.reg_write(UC_ARM_REG_CONTROL, self.uc.reg_read(UC_ARM_REG_CONTROL) | PROCESS_STACK)
        self.floats, frame = not lr & NO_FLOATS, self.uc.reg_read(UC_ARM_REG_SP)
        size = FLOAT_FRAME if self.floats else FRAME
        if frame % 4 or not self.core.bus.holds_ram(frame, size):
            self._fault(f"HardFault: no exception's frame at {frame:#010x}, where the stack points")
            return None
        content = bytes(self.uc.mem_read(frame, size))
        words = [int.from_bytes(content[i : i + 4], "little") for i in range(0, size, 4)]
        for register, word in zip(STACKED, words, strict=False):
            self.uc.reg_write(register, word)
        if self.floats:
            for register, word in zip((*FLOATS, UC_ARM_REG_FPSCR), words[8:], strict=False):
                self.uc.reg_write(register, word)
        self.uc.reg_write(UC_ARM_REG_APSR_NZCVQ, words[7] & 0xF800_0000)
        self.uc.reg_write(UC_ARM_REG_SP, frame + size + (4 if words[7] & PADDED else 0))
        self.core.spend(self.costs.leave)
        if not self.nvic.active and self.nvic.sleep_control & nvic.SLEEP_ON_EXIT:
            return self.sleep(words[6])
        return words[6]

    def supervisor_call(self, back_to: int) -> int | None:
        """Carry out SVC: at once, or a fault where its priority does not let it."""
        self.nvic.pending.add(nvic.SVCALL)
        if self.nvic.next(self._mask()) != nvic.SVCALL:
            self.core.stop_with_fault(
                "HardFault: SVC while its exception is masked, or from a handler as urgent", back_to - 2
            )
            return None
        return self.take(nvic.SVCALL, back_to)

    def sleep(self, back_to: int, masked: bool = False) -> int | None:
        """Let time pass until an exception wakes the core; None, and the end of the run, if none can or nothing comes of it.

        masked: PRIMASK keeps exceptions away here (a program that spins); it does not end WFI and WFE, it only keeps the
        handler from running.
        """
        core = self.core
        self._ask(core.clock())
        if not self._wakes(masked) and self._passes_time(back_to):
            self._ask(core.clock())
        if not self._wakes(masked):
            self._end()
            return None
        core.watch()
        number = self.ready(core.clock())
        return back_to if number is None else self.take(number, back_to)

    def _passes_time(self, place: int) -> bool:
        """Let the clock go on to the next moment at which something may ask; False if none will come."""
        now, line = self.core.clock(), self.core.line
        if self._uart_armed and line.live and not self.systick.interrupts and not self.uart.holds():
            if not line.wait():  # only the other end can wake the program
                return False
        elif self.due(now) is None or not self._still_working(place, now):
            return False
        self.core.idle += max(0, (self.due(now) or now) - now)
        return True

    def _wakes(self, masked: bool) -> bool:
        return self.nvic.next(self._mask(masked)) is not None

    def _end(self) -> None:
        if self.nvic.active:
            handler = nvic.name(self.nvic.active[-1])
            self.core.stop_with_fault(f"the handler of {handler} waits for ever: nothing more urgent can come")
        waits = self._uart_armed and self.uart.listens
        self.core.stop("time is up" if self.core.limits.over(self.core) else "waits for input" if waits else "idle")

    def _still_working(self, waits_at: int, now: int) -> bool:
        """False once a program has done nothing but wait at one place for a second, or 2,000 times, without talking."""
        core, (place, since, times, talked) = self.core, self.quiet
        talks = len(core.console) + self.uart.taken
        if (place, talked) != (waits_at, talks):
            since, times = now, 0
        self.quiet = (waits_at, since, times + 1, talks)
        if core.limits.seconds is not None:
            return not core.limits.over(core)
        if core.line.live:
            return not core.line.ended()
        return times < QUIET_WAITS and now - since < QUIET_S * core.board.clock_hz
