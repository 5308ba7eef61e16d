"""The core: runs a program block by block on Unicorn, counting cycles, flash waits, calls and stack as it goes."""

import time
from dataclasses import dataclass

from unicorn import UC_HOOK_BLOCK, UC_HOOK_CODE, UC_HOOK_INTR, UC_HOOK_MEM_INVALID, UC_HOOK_MEM_READ, UcError
from unicorn.arm_const import UC_ARM_REG_LR, UC_ARM_REG_PC, UC_ARM_REG_SP

from helpers.boards import Board
from helpers.emulator import semihosting
from helpers.emulator.board import Bus, describe_access
from helpers.emulator.elf import Program
from helpers.emulator.profile import CallProfile
from helpers.emulator.timing import M7_CYCLES_PER_INSTRUCTION, TIMINGS, Analyst, Block, UnknownInstruction

CHECK_EVERY = 1_000_000  # instructions between looks at the limits
CONSOLE_LIMIT = 1 << 20
BREAKPOINT = 0xBE00
INTERRUPTS = {1: "undefined instruction", 2: "SVC, but no exceptions are emulated", 4: "unaligned access"}


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
        self.console = bytearray()
        self.reason: str | None = None
        self.fault: str | None = None
        self.cycles = self.reads = self.fetches = self.instructions = 0
        self.blocks: dict[tuple[int, int], Block] = {}
        self.recent: dict[int, Block] = {}
        self.last: Block | None = None
        self.markers: list[Marker] = []
        self.analyst = Analyst(board)
        self.calls = CallProfile(program)
        self.bus = Bus(board, program, self.send, self.stop_with_fault)
        self.uc = self.bus.uc
        self.control = self.bus.add_core_registers(self.now, lambda: self.stop("reset"))
        self.scale = 1 if board.core in TIMINGS else M7_CYCLES_PER_INSTRUCTION
        self._hook(markers)

    def _hook(self, markers: tuple[str, ...]) -> None:
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
    def waits(self) -> int:
        """Cycles spent waiting for the flash so far."""
        return (self.fetches + self.reads) * self.wait_states

    def run(self, instruction_limit: int, timeout_s: float) -> None:
        """From reset to the end of the program, a fault, or a limit."""
        self.instruction_limit, self.deadline = instruction_limit, time.monotonic() + timeout_s
        self.next_check = min(CHECK_EVERY, instruction_limit)
        vectors = self.uc.mem_read(self.board.code_start, 8)
        self.stack_top, start = (int.from_bytes(vectors[i : i + 4], "little") for i in (0, 4))
        self.stack_low = self.stack_top
        region = self.bus.region(self.stack_top - 4)
        if region is None or self.stack_top % 4 or not start % 2 or not self.bus.holds(start - 1, 2):
            place = f"at {self.board.code_start:#010x} there is no vector table"
            self.fault = f"{place}: it would start at {start:#010x} with the stack at {self.stack_top:#010x}"
            return
        self.stack_limit = self.program.static_end(region.origin, self.stack_top)
        self.uc.reg_write(UC_ARM_REG_SP, self.stack_top)
        self.uc.reg_write(UC_ARM_REG_LR, 0xFFFF_FFFF)
        try:
            self.uc.emu_start(start, 0xFFFF_FFFE)
        except UcError as error:
            self._ended(str(error))
        self._ended("the emulator stopped by itself")

    def stop(self, reason: str) -> None:
        """End the run; the first reason counts."""
        if self.reason is None:
            self.reason = reason
        self.uc.emu_stop()

    def stop_with_fault(self, what: str) -> None:
        """End the run with a fault at the present instruction."""
        if self.reason is None:
            pc = self.uc.reg_read(UC_ARM_REG_PC) & ~1
            self.reason, self.fault, self.fault_pc = "fault", f"{what} (pc {pc:#010x})", pc
        self.uc.emu_stop()

    def _ended(self, message: str) -> None:
        if self.reason is None and self.last and self.last.idle:
            self.reason = "idle"
        if self.reason is None:
            self.stop_with_fault(message)

    def send(self, byte: int) -> None:
        """A byte for the console."""
        self.console.append(byte)
        if len(self.console) > CONSOLE_LIMIT:
            self.stop_with_fault("the program prints without end")

    def now(self) -> int:
        """Cycles up to the instruction that is being executed, flash waits included."""
        pc, block = self.uc.reg_read(UC_ARM_REG_PC) & ~1, self.last
        inside = block.offsets.get(pc, 0) if block else 0
        ahead = (block.end + 3) // 4 - (pc // 4 + 1) if block and self._fetch_waits(block) else 0
        waits = (self.fetches - ahead + self.reads) * self.wait_states
        return int((self.cycles + inside) * self.scale) + waits

    def _fetch_waits(self, block: Block) -> bool:
        return self.board.flash.holds(block.address)

    def _on_block(self, uc, address: int, size: int, _) -> None:
        block, last = self.recent.get(address), self.last
        if block is None or block.size != size:
            block = self._new_block(address, size)
            if block is None:
                return
        if last is not None:
            self.instructions += last.instructions
            if last.end == address:
                last.passed += 1
                self.cycles += last.cycles
                self.fetches += block.fetches_continued
            else:
                last.jumped += 1
                self.cycles += last.cycles_taken
                self.fetches += block.fetches
                if last.flow is not None:
                    self.calls.enter(last, address, self.cycles, self.waits)
            if last.moves_stack:
                self._look_at_stack(0)
        else:
            self.fetches += block.fetches
            self.calls.enter(None, address, 0, 0)
        self.last = block
        if block.stack:
            self._look_at_stack(block.stack)
        if block.idle and block.cycles_taken and block.instructions == 1:
            self.stop("idle")
        if self.instructions >= self.next_check:
            self._check_limits()

    def _new_block(self, address: int, size: int) -> Block | None:
        block = self.blocks.get((address, size))
        if block is None:
            try:
                block = self._analyse(address, size)
            except UnknownInstruction as error:
                self.stop_with_fault(f"{error.text!r} at {error.address:#010x} is no instruction of the {self.board.core}")
                return None
            if block is None:
                return None
            self.blocks[(address, size)] = block
        self.recent[address] = block
        return block

    def _analyse(self, address: int, size: int) -> Block | None:
        if not self.bus.holds(address, size):
            self.stop_with_fault(f"jump to {address:#010x}, where the board has no memory")
            return None
        block = self.analyst.block(address, bytes(self.uc.mem_read(address, size)))
        if block.floating and not self.control.fpu_enabled:
            self.stop_with_fault("floating-point instruction while the FPU is off")
            return None
        if not self._fetch_waits(block):
            block.fetches = block.fetches_continued = 0
        return block

    def _look_at_stack(self, below: int) -> None:
        lowest = self.uc.reg_read(UC_ARM_REG_SP) + below
        if lowest < self.stack_low:
            self.stack_low = lowest
            if lowest < self.stack_limit:
                self.stop_with_fault(f"the stack grew {self.stack_limit - lowest} bytes into the data below it")

    def _check_limits(self) -> None:
        self.next_check = min(self.instructions + CHECK_EVERY, self.instruction_limit)
        if self.instructions >= self.instruction_limit:
            self.stop_with_fault(f"not finished after {self.instruction_limit:,} instructions")
        elif time.monotonic() > self.deadline:
            self.stop_with_fault("not finished in the time allowed")

    def _on_flash_read(self, uc, kind, address: int, size: int, value, _) -> None:
        self.reads += 1

    def _on_marker(self, uc, address: int, size: int, name: str) -> None:
        cycles = self.cycles + (self.last.offsets.get(address, 0) if self.last else 0)
        self.markers.append(Marker(name, int(cycles * self.scale), self.now()))

    def _on_invalid(self, uc, kind: int, address: int, size: int, value: int, _) -> bool:
        self.stop_with_fault(describe_access(kind, address, size))
        return False

    def _on_interrupt(self, uc, number: int, _) -> None:
        pc = uc.reg_read(UC_ARM_REG_PC) & ~1
        opcode = int.from_bytes(uc.mem_read(pc, 2), "little")
        if number == 7 and opcode == semihosting.OPCODE:
            semihosting.serve(self, pc)
        elif number == 7 and opcode & 0xFF00 == BREAKPOINT:
            self.stop("breakpoint")
        else:
            self.stop_with_fault(INTERRUPTS.get(number, f"exception {number}"))
