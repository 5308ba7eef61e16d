"""The core of emulator/core.py with its counting in C: only what is more than counting comes to Python."""

import ctypes
from typing import Any

from helpers.hardware.counting import library
from helpers.hardware.counting.edges import NO_NUMBER, Cost, Counts, EdgeCounter
from helpers.hardware.emulator.blocks import JUMP, Block
from helpers.hardware.emulator.core import Core


def core(*arguments: Any) -> Core:
    """A core for one run, by Core's arguments: the compiled one, or where that cannot be, the one in Python."""
    loaded = library.load()
    return Core(*arguments) if loaded is None else CompiledCore(loaded, *arguments)


def cost(last: Block, block: Block) -> Cost:
    """What the step from `last` to `block` costs; both are blocks of the program."""
    looks = bool(block.stack or last.sets_stack)
    if block.address == last.goes_on_at:
        return Cost(last.cycles, last.instructions, block.fetches_going_on, block.stack, looks)
    return Cost(last.cycles_jumping, last.instructions, block.fetches, block.stack, looks)


def is_plain(last: Block, block: Block) -> bool:
    """Whether the step is only counted: no call, no return, no end, and no branch that only its flags tell."""
    inside = block.address == last.goes_on_at or (last.flow == JUMP and not block.is_entry)
    return inside and not block.special


def _shared(name: str) -> property:
    """A count that the hook and Python change in turn."""

    def read(self: "CompiledCore") -> int:
        return getattr(self.counts, name)

    def write(self: "CompiledCore", value: int) -> None:
        setattr(self.counts, name, value)

    return property(read, write)


class CompiledCore(Core):
    """One run of one program. Calls, returns, exceptions, limits and all that is new are Core's own, in Python."""

    count, instructions, fetches = _shared("count"), _shared("instructions"), _shared("fetches")
    next_check, stack_low, stepping = _shared("next_check"), _shared("stack_low"), _shared("muted")

    def __init__(self, loaded: ctypes.CDLL, *arguments: Any) -> None:
        self.loaded, self.counts, self.flash_reads = loaded, Counts(), ctypes.c_uint64()
        self.numbered: list[Block] = []
        super().__init__(*arguments)

    @property
    def last(self) -> Block:
        """The block that runs."""
        number = self.counts.last
        return self.unnumbered if number == NO_NUMBER else self.numbered[number]

    @last.setter
    def last(self, block: Block) -> None:
        self.unnumbered, self.counts.last = block, block.number

    @property
    def reads(self) -> int:
        """Loads from the flash so far."""
        return self.flash_reads.value

    @reads.setter
    def reads(self, value: int) -> None:
        self.flash_reads.value = value

    def _hook_counting(self) -> None:
        self.counter = EdgeCounter(self.loaded, self.uc, self.counts)
        self.counter.hook(self._on_new_step, self._on_deeper_stack, self._on_check)
        if self.wait_states:
            self.counter.hook_reads(self.flash_reads, self.board.flash.origin, self.board.flash.end - 1)

    def new_block(self, address: int, size: int) -> Block | None:
        """As Core's, with a number for the hook."""
        block = super().new_block(address, size)
        if block is not None and block.number == NO_NUMBER:
            block.number = self.counter.new_block()
            self.numbered.append(block)
        return block

    def _on_new_step(self, address: int, size: int) -> None:
        last = self.last
        self._on_block(self.uc, address, size, None)
        block = self.last  # not this one if an exception is taken first
        known = NO_NUMBER not in (last.number, block.number)
        if known and self.reason is None and (block.address, block.size) == (address, size) and is_plain(last, block):
            self.counter.enter(last.number, block.number, address, size, cost(last, block))

    def _on_deeper_stack(self, before: int, after: int) -> None:
        self.look_at_stack(self.numbered[after].stack)

    def _on_check(self, before: int, after: int) -> None:
        self._check(self.numbered[before], self.numbered[after])

    def _finish(self) -> None:
        super()._finish()
        for step in self.counter.taken():
            block = self.numbered[step.before]
            if self.numbered[step.after].address == block.goes_on_at:
                block.passed += step.times
            else:
                block.jumped += step.times
