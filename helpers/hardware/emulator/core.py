"""The core: runs a program block by block on Unicorn, counting cycles, flash waits, calls and stack as it goes."""

import time
from dataclasses import dataclass, replace

from unicorn import (
    UC_ERR_INSN_INVALID,
    UC_HOOK_BLOCK,
    UC_HOOK_CODE,
    UC_HOOK_INTR,
    UC_HOOK_MEM_INVALID,
    UC_HOOK_MEM_READ,
    UcError,
)
from unicorn.arm_const import UC_ARM_REG_CPSR, UC_ARM_REG_LR, UC_ARM_REG_PC, UC_ARM_REG_SP

from helpers.hardware.boards import Board
from helpers.hardware.emulator import semihosting, timing
from helpers.hardware.emulator.blocks import CALL, JUMP, NOWHERE, Analyst, Block
from helpers.hardware.emulator.bus import Bus, describe_access
from helpers.hardware.emulator.call_profile import CallProfile
from helpers.hardware.emulator.elf import Program

CHECK_EVERY = 1_000_000  # instructions between looks at the limits
CONSOLE_LIMIT = 1 << 20
THUMB = 1 << 5
SVC, UNALIGNED, BKPT = 2, 4, 7  # Unicorn's numbers
YIELD = b"\x10\xbf"
AFTER_RESET = 0xFFFF_FFFE
RESET = Block(AFTER_RESET, 0, 0, 0, 0, CALL, NOWHERE, 0, 0, False, False, 0, False, False, {})


@dataclass(frozen=True)
class Marker:
    """The first instruction at a symbol was reached: cycles so far, without and with flash waits."""

    name: str
    cycles: int
    cycles_with_waits: int


class Core:
    """One run of one program on one board. After `run`, the counts and `reason` say what happened."""

    def __init__(self, board: Board, program: Program, wait_states: int, markers: tuple[str, ...] = ()):
        self.board, self.program, self.wait_states = board, program, wait_states
        self.scale = timing.scale(board.core)
        self.console = bytearray()
        self.reason = self.fault = None
        self.fault_pc = board.code_start
        self.stack_top = self.stack_low = self.stack_limit = 0
        self.count = self.instructions = self.fetches = self.reads = 0
        self.blocks: dict[tuple[int, int], Block] = {}
        self.recent: dict[int, Block] = {}
        self.last = RESET
        self.markers: list[Marker] = []
        self.analyst, self.calls = Analyst(board), CallProfile(program)
        self.bus = Bus(board, program, self)
        self.uc = self.bus.uc
        self._add_hooks(markers)

    def _add_hooks(self, markers: tuple[str, ...]) -> None:
        self.uc.hook_add(UC_HOOK_BLOCK, self._on_block)
        self.uc.hook_add(UC_HOOK_INTR, self._on_interrupt)
        self.uc.hook_add(UC_HOOK_MEM_INVALID, self._on_invalid)
        if self.wait_states:
            flash = self.board.flash
            self.uc.hook_add(UC_HOOK_MEM_READ, self._on_flash_read, None, flash.origin, flash.end - 1)
        for name in markers:
            address = self.program.symbols[name].address & ~1
            self.uc.hook_add(UC_HOOK_CODE, self._on_marker, name, address, address)

    @property
    def cycles(self) -> int:
        """Cycles up to the present block, for zero wait states."""
        return int(self.count * self.scale)

    @property
    def waits(self) -> int:
        """Cycles spent waiting for the flash so far."""
        return (self.fetches + self.reads) * self.wait_states

    def now(self) -> int:
        """Cycles up to the instruction that is being executed, flash waits included."""
        pc, block = self.uc.reg_read(UC_ARM_REG_PC) & ~1, self.last
        ahead = (block.end + 3) // 4 - (pc // 4 + 1) if block.fetches else 0
        return int((self.count + block.offsets.get(pc, 0)) * self.scale) + self.waits - ahead * self.wait_states

    def run(self, instruction_limit: int, timeout_s: float) -> None:
        """From reset to the end of the program, a fault, or a limit."""
        self.instruction_limit, self.deadline = instruction_limit, time.monotonic() + timeout_s
        self.next_check = min(CHECK_EVERY, instruction_limit)
        start = self._reset()
        while start is not None:
            start = self._run_from(start)

    def _run_from(self, start: int) -> int | None:
        """Run until the end, then None; or until a YIELD, at which Unicorn stops, then where to go on."""
        try:
            self.uc.emu_start(start, AFTER_RESET)
            self._finish("the reset handler returned to nowhere")
        except UcError as error:
            pc = self.uc.reg_read(UC_ARM_REG_PC)
            if self.reason is None and self.last.end == pc and self.uc.mem_read(pc - 2, 2) == YIELD:
                return pc | 1
            self._finish(self._explain(error))
        return None

    def _explain(self, error: UcError) -> str:
        if not self.uc.reg_read(UC_ARM_REG_CPSR) & THUMB:
            return "jump to an even address: not Thumb code"
        return "undefined instruction" if error.errno == UC_ERR_INSN_INVALID else str(error)

    def _reset(self) -> int | None:
        """Take stack pointer and start address from the vector table, as the core does; None if it is none."""
        vectors = self.uc.mem_read(self.board.code_start, 8)
        self.stack_top, start = (int.from_bytes(vectors[i : i + 4], "little") for i in (0, 4))
        self.stack_low = self.stack_limit = self.stack_top
        region = self.bus.ram_region(self.stack_top - 1)
        if region is None or self.stack_top % 4 or not start % 2 or not self.bus.holds(start - 1, 2):
            found = f"{self.stack_top:#010x}, {start:#010x}"
            self.stop_with_fault(f"no vector table at {self.board.code_start:#010x}: it holds {found}")
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

    def _finish(self, message: str) -> None:
        if self.reason is None and self.last.waits:
            self.reason = "idle"
        if self.reason is None:
            self.stop_with_fault(message)
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
        done.passed, done.jumped = 1, 0
        self.count += done.cycles
        self.instructions += done.instructions
        self.blocks[(done.address, 0)] = done

    def send(self, byte: int) -> None:
        """A byte for the console."""
        if len(self.console) < CONSOLE_LIMIT:
            self.console.append(byte)
        else:
            self.stop_with_fault("the program prints without end")

    def _on_block(self, uc, address: int, size: int, _) -> None:
        block = self.recent.get(address)
        if block is None or block.size != size:
            block = self._new_block(address, size)
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
                self.calls.arrive(last, address, self.count, self.waits)
            self.fetches += block.fetches
        if block.stack or last.sets_stack:
            self._look_at_stack(block.stack)
        if block.spins:
            self.stop("idle")
        elif self.instructions >= self.next_check:
            self._check_limits()

    def _new_block(self, address: int, size: int) -> Block | None:
        block = self.blocks.get((address, size))
        if block is None:
            try:
                block = self._analyse(address, size)
            except timing.UnknownInstructionError as error:
                self.stop_with_fault(f"{error.text!r} is no instruction of the {self.board.core}", error.address)
            if block is None:
                return None
            self.blocks[(address, size)] = block
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
        return block

    def _look_at_stack(self, below: int) -> None:
        lowest = self.uc.reg_read(UC_ARM_REG_SP) + below
        if lowest < self.stack_low:
            self.stack_low = lowest
            if lowest < self.stack_limit:
                self.stop_with_fault(f"the stack grows {self.stack_limit - lowest} bytes into the data below it")

    def _check_limits(self) -> None:
        self.next_check = min(self.instructions + CHECK_EVERY, self.instruction_limit)
        if self.instructions >= self.instruction_limit:
            self.stop_with_fault(f"not finished after {self.instruction_limit:,} instructions")
        elif time.monotonic() > self.deadline:
            self.stop_with_fault("not finished in the time allowed")

    def _on_flash_read(self, uc, kind, address: int, size: int, value, _) -> None:
        self.reads += 1

    def _on_marker(self, uc, address: int, size: int, name: str) -> None:
        count = self.count + self.last.offsets.get(address, 0)
        self.markers.append(Marker(name, int(count * self.scale), self.now()))

    def _on_invalid(self, uc, kind: int, address: int, size: int, value: int, _) -> bool:
        self.stop_with_fault(describe_access(kind, address, size))
        return False

    def _on_interrupt(self, uc, number: int, _) -> None:
        pc = uc.reg_read(UC_ARM_REG_PC) & ~1
        opcode = int.from_bytes(uc.mem_read(pc, 2), "little")
        if number == BKPT and opcode == semihosting.OPCODE:
            semihosting.serve(self, pc)
        elif number == BKPT:
            self.stop("breakpoint")
        elif number == UNALIGNED:
            self.stop_with_fault("unaligned access")
        elif number == SVC:
            self.stop_with_fault("SVC, but no exceptions are emulated", pc - 2)
        else:
            self.stop_with_fault(f"exception {number}")
