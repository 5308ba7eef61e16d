"""What one inference on the emulated core costs, counted block by block: in C where the hook can be compiled, else in Python."""

from collections.abc import Callable
from ctypes import CDLL, c_uint64
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from unicorn import UC_HOOK_BLOCK, UC_HOOK_MEM_READ, Uc
from unicorn.arm_const import UC_ARM_REG_SP

from helpers.common.named_arrays import Arrays
from helpers.hardware.counting import library
from helpers.hardware.counting.edges import NO_NUMBER, Cost, Counts, EdgeCounter
from helpers.hardware.emulator.blocks import RETURN, Block
from helpers.hardware.emulator.limits import CHECK_EVERY


@dataclass
class Measurement:
    """Result and cost of one inference, with zero wait states; the call's own return is counted.

    output: without a batch of 1; by name if there are several.
    cycles_of: by function, without those it calls. fetches: reads of the code, of 32 or 16 bits; code_reads, constant_reads:
    loads from the code (literals) and from the constant region; each costs a flash's wait states where the memory is flash.
    input_reads: loads from inputs that are read in place.
    """

    output: Arrays
    cycles: int = 0
    cycles_of: dict[str, int] = field(default_factory=dict)
    stack_bytes: int = 0
    fetches: int = 0
    code_reads: int = 0
    constant_reads: int = 0
    input_reads: int = 0

    def with_waits(self, wait_states: int, weights_in_ram: bool = False, input_in_flash: bool = False) -> int:
        """Cycles where the flash makes each read wait. input_in_flash: inputs that are read in place lie there, too."""
        reads = self.fetches + self.code_reads + (0 if weights_in_ram else self.constant_reads)
        return self.cycles + wait_states * (reads + (self.input_reads if input_in_flash else 0))


@dataclass(frozen=True)
class Machine:
    """What is counted on: Unicorn, where its stack begins, and the address range of each kind of read that Measurement has.

    block(address, size): the block of these bytes, and the name of its function. surprise(block, address): what its return to
    there costs on top, by where it went before; None if returns always cost the same.
    """

    uc: Uc
    stack_top: int
    reads: dict[str, tuple[int, int]]
    block: Callable[[int, int], tuple[Block, str]]
    surprise: Callable[[Block, int], int] | None = None


def counter(machine: Machine) -> "Counter":
    """A counter with its hooks on the machine: the compiled one, or where that cannot be, the one in Python."""
    loaded = library.load()
    return Counter(machine) if loaded is None else CompiledCounter(machine, loaded)


class Counter:
    """Count the cycles of basic blocks as they run, in Python."""

    def __init__(self, machine: Machine):
        self.machine, self.uc, self.sums = machine, machine.uc, Measurement(np.empty(0))
        self.last: tuple[Block, str] | None = None
        self.lowest = machine.stack_top
        self._hook()

    def _hook(self) -> None:
        self.uc.hook_add(UC_HOOK_BLOCK, lambda uc, address, size, _: self.on_block(address, size))
        for name, (first, last) in self.machine.reads.items():
            self.uc.hook_add(UC_HOOK_MEM_READ, self._on_read, name, first, last)

    def on_block(self, address: int, size: int) -> None:
        """Count the block that ends and begin the next."""
        self._leave(address)
        going_on = self.last is not None and self.last[0].end == address
        self.last = self.machine.block(address, size)
        block = self.last[0]
        self.sums.fetches += block.fetches_going_on if going_on else block.fetches
        self.lowest = min(self.lowest, self.uc.reg_read(UC_ARM_REG_SP) + block.stack)

    def _on_read(self, uc: Uc, kind: int, address: int, size: int, value: int, name: str) -> None:
        setattr(self.sums, name, getattr(self.sums, name) + 1)

    def _leave(self, address: int) -> None:
        """Count the block that ends; its cost depends on whether the next block follows it in memory."""
        if self.last is not None:
            block, name = self.last
            extra = self.machine.surprise(block, address) if self.machine.surprise else 0
            self._add(name, extra + (block.cycles if block.end == address else block.cycles_jumping))

    def _add(self, name: str, cycles: int) -> None:
        self.sums.cycles += cycles
        self.sums.cycles_of[name] = self.sums.cycles_of.get(name, 0) + cycles

    def result(self, output: Arrays, returned_to: int, scale: Fraction | int) -> Measurement:
        """The counts after the run, which left its last block for `returned_to`; scale: cycles for each that was counted."""
        self._leave(returned_to)
        self.sums.cycles = int(self.sums.cycles * scale)
        self.sums.cycles_of = {name: int(cycles * scale) for name, cycles in self.sums.cycles_of.items()}
        self.sums.output, self.sums.stack_bytes = output, self.machine.stack_top - self.lowest
        return self.sums


class CompiledCounter(Counter):
    """The same; what is taken for the second time is counted in C."""

    def __init__(self, machine: Machine, loaded: CDLL):
        self.counts = Counts(last=NO_NUMBER, stack_low=machine.stack_top, next_check=CHECK_EVERY)
        self.edges = EdgeCounter(loaded, machine.uc, self.counts)
        self.numbers: dict[tuple[int, int], int] = {}
        self.blocks: list[tuple[Block, str]] = []
        self.reads = {name: c_uint64() for name in machine.reads}
        super().__init__(machine)

    def _hook(self) -> None:
        self.edges.hook(self._on_new_step, self._on_deeper_stack, self._on_check)
        for name, (first, last) in self.machine.reads.items():
            self.edges.hook_reads(self.reads[name], first, last)

    def _on_new_step(self, address: int, size: int) -> None:
        before = self.counts.last
        self.last = None if before == NO_NUMBER else self.blocks[before]
        left = self.last
        self.on_block(address, size)
        after = self.counts.last = self._number(address, size)
        if left is not None and not (self.machine.surprise and left[0].flow == RETURN):
            self.edges.enter(before, after, address, size, _cost(left[0], self.blocks[after][0]))

    def _number(self, address: int, size: int) -> int:
        number = self.numbers.get((address, size))
        if number is None:
            number = self.numbers[address, size] = self.edges.new_block()
            self.blocks.append(self.machine.block(address, size))
        return number

    def _on_deeper_stack(self, before: int, after: int) -> None:
        self.counts.stack_low = self.uc.reg_read(UC_ARM_REG_SP) + self.blocks[after][0].stack

    def _on_check(self, before: int, after: int) -> None:
        """Nothing to do; but whoever presses Ctrl-C needs Python to come by."""
        self.counts.next_check = self.counts.count + CHECK_EVERY

    def result(self, output: Arrays, returned_to: int, scale: Fraction | int) -> Measurement:
        """As Counter's."""
        for step in self.edges.taken():
            self._add(self.blocks[step.before][1], step.times * step.cycles)
        self.sums.fetches += self.counts.fetches
        self.lowest = min(self.lowest, self.counts.stack_low)
        for name, reads in self.reads.items():
            setattr(self.sums, name, reads.value)
        self.last = None if self.counts.last == NO_NUMBER else self.blocks[self.counts.last]
        return super().result(output, returned_to, scale)


def _cost(last: Block, block: Block) -> Cost:
    if last.end == block.address:
        return Cost(last.cycles, last.instructions, block.fetches_going_on, block.stack, True)
    return Cost(last.cycles_jumping, last.instructions, block.fetches, block.stack, True)
