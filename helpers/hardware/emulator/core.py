"""The core: runs a program block by block on Unicorn, counting cycles, flash waits, calls and stack as it goes."""

from dataclasses import replace

from unicorn import UC_HOOK_BLOCK, UC_HOOK_CODE, UC_HOOK_INTR, UC_HOOK_MEM_INVALID, UC_HOOK_MEM_READ, UcError
from unicorn.arm_const import UC_ARM_REG_LR, UC_ARM_REG_PC, UC_ARM_REG_SP

from helpers.hardware.boards import Board
from helpers.hardware.emulator import timing
from helpers.hardware.emulator.blocks import CALL, EITHER, JUMP, Analyst, Block
from helpers.hardware.emulator.bus import Bus
from helpers.hardware.emulator.call_profile import EXCEPTIONS, CallProfile, Marker
from helpers.hardware.emulator.devices.line import Given, Line
from helpers.hardware.emulator.elf import Program
from helpers.hardware.emulator.exceptions.entry import Exceptions
from helpers.hardware.emulator.exceptions.stops import AFTER_RESET, Stops, pause
from helpers.hardware.emulator.exceptions.traps import Traps
from helpers.hardware.emulator.limits import Limits

CONSOLE_LIMIT = 1 << 20
RESET = replace(pause(AFTER_RESET), flow=CALL)


class Core:
    """One run of one program on one board. After `run`, the counts and `reason` say what happened."""

    def __init__(
        self, board: Board, program: Program, wait_states: int, markers: tuple[str, ...] = (), line: Line | None = None
    ):
        self.board, self.program, self.wait_states = board, program, wait_states
        self.scale, self.unit = timing.scale(board.core), board.fetch_bits // 8
        self.console, self.line = bytearray(), line or Given(b"")
        self.reason: str | None = None
        self.fault: str | None = None
        self.fault_pc = board.code_start
        self.stack_top = self.stack_low = self.stack_limit = self.next_check = self.longest_block = 0
        self.count = self.instructions = self.fetches = self.reads = self.idle = 0
        self.blocks: dict[tuple[int, int], Block] = {}
        self.recent: dict[int, Block] = {}
        self.last = RESET
        self.markers: list[Marker] = []
        self.bus, self.calls = Bus(board, program, self), CallProfile(program)
        self.analyst = Analyst(board, self.bus.peek)
        self.uc, self.stepping = self.bus.uc, False
        self.exceptions = Exceptions(self)
        self.stops, self.traps = Stops(self), Traps(self)
        self._add_hooks(markers)

    def _add_hooks(self, markers: tuple[str, ...]) -> None:
        self._hook_counting()
        self.uc.hook_add(UC_HOOK_INTR, self.traps.on_interrupt)
        self.uc.hook_add(UC_HOOK_MEM_INVALID, self.traps.on_invalid)
        for name in markers:
            address = self.program.symbols[name].address & ~1
            self.uc.hook_add(UC_HOOK_CODE, self._on_marker, name, address, address)

    def _hook_counting(self) -> None:
        """Count in Python; counting/core.py has the same in C."""
        self.uc.hook_add(UC_HOOK_BLOCK, self._on_block)
        if self.wait_states:
            flash = self.board.flash
            self.uc.hook_add(UC_HOOK_MEM_READ, self._on_flash_read, None, flash.origin, flash.end - 1)

    @property
    def cycles(self) -> int:
        """Cycles up to the present block, for zero wait states."""
        return int(self.count * self.scale)

    @property
    def waits(self) -> int:
        """Cycles spent waiting for the flash so far."""
        return (self.fetches + self.reads) * self.wait_states

    def now(self) -> int:
        """The clock at the instruction that is being executed: cycles, flash waits and sleep since reset."""
        pc = self.uc.reg_read(UC_ARM_REG_PC) & ~1
        return self.clock_at(self.last.offsets.get(pc, 0), pc)

    def clock(self) -> int:
        """The clock at the beginning of the present block."""
        return self.clock_at(0)

    def clock_at(self, offset: int, pc: int | None = None) -> int:
        """The clock `offset` cycles into the present block; at `pc`, what is behind it has not been fetched yet."""
        clock = int((self.count + offset) * self.scale) + self.waits + self.idle
        ahead = 0 if pc is None or not self.last.fetches else -(-self.last.end // self.unit) - (pc // self.unit + 1)
        return clock - ahead * self.wait_states

    def counts_until(self, cycle: int) -> int:
        """How far `count` may go before the clock can show `cycle`, if each cycle is a fetch and a read of the flash."""
        return int((cycle - self.clock()) / (self.scale * (1 + 2 * self.wait_states)))

    def run(self, limits: Limits) -> None:
        """From reset to the end of the program, a fault, or a limit."""
        self.limits = limits
        start = self._reset()
        while start is not None:
            start = self._run_from(start)
        self._finish()

    def _run_from(self, start: int) -> int | None:
        """Run until Unicorn stops; the address at which to go on, or None at the end."""
        error = None
        try:
            self.uc.emu_start(start | 1, AFTER_RESET)
        except UcError as caught:
            error = caught
        following = self.stops.go_on(error) if self.reason is None else None
        return following if self.reason is None else None

    def _reset(self) -> int | None:
        """Take stack pointer and start address from the vector table, as the core does; None if it is none."""
        vectors = self.uc.mem_read(self.board.code_start, 8)
        self.stack_top, start = (int.from_bytes(vectors[i : i + 4], "little") for i in (0, 4))
        self.stack_low = self.stack_limit = self.stack_top
        region = self.bus.ram_region(self.stack_top - 1)
        if region is None or self.stack_top % 4 or not start % 2 or not self.bus.holds(start - 1, 2):
            found = f"it holds {self.stack_top:#010x}, {start:#010x}, no end of a stack in RAM and no odd start address"
            remedy = f"link {self.board.title}'s vector table to there"
            self.stop_with_fault(f"no vector table at {self.board.code_start:#010x}: {found}; {remedy}")
            return None
        self.stack_limit = self.program.static_end(region.origin, self.stack_top)
        self.uc.reg_write(UC_ARM_REG_SP, self.stack_top)
        self.uc.reg_write(UC_ARM_REG_LR, 0xFFFF_FFFF)
        return start

    def stop(self, reason: str) -> None:
        """End the run; the first reason counts."""
        self.reason = self.reason or reason
        self.uc.emu_stop()

    def stop_with_fault(self, what: str, pc: int | None = None) -> None:
        """End the run with a fault at `pc`, or at the present instruction."""
        if self.reason is None:
            self.fault_pc = self.uc.reg_read(UC_ARM_REG_PC) & ~1 if pc is None else pc
            self.reason, self.fault = "fault", f"{what} (pc {self.fault_pc:#010x})"
        self.uc.emu_stop()

    def _finish(self) -> None:
        self._count_last_block(self.uc.reg_read(UC_ARM_REG_PC) & ~1)
        if self.reason != "fault":
            self.reason, reason = None, self.reason
            self.bus.check_watchdogs()
            self.reason = self.reason or reason

    def _count_last_block(self, pc: int) -> None:
        """Count what was executed of the block in which the run ended; a spin is not part of the program's work."""
        before = [address for address in self.last.offsets if address < pc]
        if self.last.spins or not before:
            return
        done = replace(self.last, instructions=len(before), cycles=self.last.offsets.get(pc, self.last.cycles))
        done.passed, done.jumped, done.extra = 1, 0, 0
        self.count += done.cycles
        self.instructions += done.instructions
        self.blocks[(done.address, 0)] = done

    def spend(self, cycles: int) -> None:
        """Cycles in which the core executes nothing of the program: an exception's entry or return."""
        around = self.blocks.setdefault((EXCEPTIONS.address, 0), pause(EXCEPTIONS.address))
        around.passed, spent = 1, round(cycles / self.scale)
        around.cycles += spent
        self.count += spent

    def close_block(self, jumped: bool) -> None:
        """Count the present block, which has ended otherwise than by the next one's beginning."""
        self.instructions += self.last.instructions
        self.count += self.last.cycles_jumping if jumped else self.last.cycles
        if jumped:
            self.last.jumped += 1
        else:
            self.last.passed += 1
        self.last = pause(self.last.end)

    def exceptions_changed(self) -> None:
        """The program has written to SysTick or NVIC."""
        if self.exceptions.armed:
            self.watch()
            self.stops.split()

    def watch(self) -> None:
        """Look for exceptions at the next block."""
        self.next_check = 0

    def send(self, byte: int) -> None:
        """A byte for the console."""
        if self.line.live:
            self.line.send(byte, self.clock() / self.board.clock_hz)
        elif len(self.console) < CONSOLE_LIMIT:
            self.console.append(byte)
        else:
            self.stop_with_fault("the program prints without end")

    def starved(self) -> None:
        """The program waits for a byte, and none is left."""
        if self.limits.seconds is None:
            self.stop("waits for input")

    def _on_block(self, uc, address: int, size: int, _) -> None:
        block = self.recent.get(address)
        if block is None or block.size != size:
            block = self.new_block(address, size)
            if block is None:
                return
        last, self.last = self.last, block
        self.instructions += last.instructions
        if address == last.goes_on_at:
            last.passed += 1
            self.count += last.cycles
            self.fetches += block.fetches_going_on
        else:
            last.jumped += 1
            self.count += last.cycles_jumping
            if last.flow is not JUMP or block.is_entry:
                self._arrive(last, block)
            self.fetches += block.fetches
        if block.stack or last.sets_stack:
            self.look_at_stack(block.stack)
        if block.special:
            self._on_special(block)
        if self.count >= self.next_check:
            self._check(last, block)

    def _arrive(self, last: Block, block: Block) -> None:
        """The run has come to `block` by more than a jump inside a function, or seems to have jumped."""
        if last.flow is EITHER and not self.stops.was_taken(last):
            last.jumped, last.passed = last.jumped - 1, last.passed + 1
            self.count += last.cycles - last.cycles_jumping
            self.fetches += block.fetches_going_on - block.fetches
        else:
            self.count += self.analyst.surprise(last, block.address)
            self.calls.arrive(last, block.address, self.count, self.waits)

    def _on_special(self, block: Block) -> None:
        self.exceptions.event |= block.sends_event
        self.exceptions.floats |= block.floating
        if block.spins:
            self.stops.spin(block)

    def _check(self, last: Block, block: Block) -> None:
        self.limits.check(self)
        self.next_check = self.count + self.limits.cycles_left(self)
        if self.reason is None and self.exceptions.armed:
            self.stops.look(last, block)

    def new_block(self, address: int, size: int) -> Block | None:
        """The block of these bytes; None if that is a fault, or while they are run one by one."""
        if self.stepping:
            return None
        block = self.blocks.get((address, size))
        if block is None:
            try:
                block = self._analyse(address, size)
            except timing.UnknownInstructionError as error:
                self.stop_with_fault(f"{error.text!r} is no instruction of the {self.board.core}", error.address)
            if block is None:
                return None
            self.blocks[(address, size)] = block
            if max(block.cycles, block.cycles_jumping) > self.longest_block:
                self.longest_block = max(block.cycles, block.cycles_jumping)
                self.watch()
        self.recent[address] = block
        return block

    def _analyse(self, address: int, size: int) -> Block | None:
        if not self.bus.holds(address, size):
            self.stop_with_fault(f"jump to {address:#010x}, where the board has no memory", address)
            return None
        block = self.analyst.block(address, bytes(self.uc.mem_read(address, size)))
        if block.floating and not self.bus.control.fpu_enabled:
            self.stop_with_fault("floating-point instruction while the FPU is off", address)
            return None
        if block.spins or not self.board.flash.holds(address):
            block.fetches = block.fetches_going_on = 0
        function = self.program.function_at(address)
        block.is_entry = function is not None and function.address == address
        block.special = block.spins or block.sends_event or block.floating
        return block

    def look_at_stack(self, below: int) -> None:
        """Note how deep the main stack is, `below` bytes from where its pointer is; a task's own stack is left alone."""
        lowest = self.uc.reg_read(UC_ARM_REG_SP) + below
        if lowest < self.stack_low and not self.exceptions.on_process_stack:
            self.stack_low = lowest
            if lowest < self.stack_limit:
                self.stop_with_fault(f"the stack grows {self.stack_limit - lowest} bytes into the data below it")

    def _on_flash_read(self, uc, kind, address: int, size: int, value, _) -> None:
        self.reads += 1

    def _on_marker(self, uc, address: int, size: int, name: str) -> None:
        count = self.count + self.last.offsets.get(address, 0)
        self.markers.append(Marker(name, int(count * self.scale), self.now()))
