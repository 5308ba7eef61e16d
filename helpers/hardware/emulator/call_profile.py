"""Who called whom: cycles per function, exclusive and inclusive, from the blocks as they run."""

from dataclasses import dataclass
from fractions import Fraction

from helpers.hardware.emulator.blocks import CALL, NOWHERE, RETURN, Block
from helpers.hardware.emulator.elf import Program, Symbol

MAX_DEPTH = 10_000
UNNAMED = Symbol("?", 0, 0)
EXCEPTIONS = Symbol("(exception entry and return)", 0xFFFF_FF00, 0)


@dataclass(frozen=True)
class Marker:
    """The first instruction at a symbol was reached: cycles so far, without and with flash waits."""

    name: str
    cycles: int
    cycles_with_waits: int


@dataclass(frozen=True)
class FunctionProfile:
    """A function's share of a run.

    Cycles are those of zero wait states but for the last field; exclusive means without the functions it calls,
    inclusive with them, from its first instruction to its return. Recursion counts once.
    """

    name: str
    calls: int
    cycles: int
    instructions: int
    inclusive_cycles: int
    inclusive_cycles_with_waits: int


@dataclass(slots=True)
class Frame:
    """A function that has been entered and not yet left, with the counts at its entry."""

    function: Symbol
    back_to: int
    cycles: int
    waits: int


class CallProfile:
    """Follows calls and returns."""

    def __init__(self, program: Program):
        self.program = program
        self.frames: list[Frame] = []
        self.calls: dict[Symbol, int] = {}
        self.inclusive: dict[Symbol, list[int]] = {}

    def arrive(self, before: Block, address: int, cycles: int, waits: int) -> None:
        """The run went from block `before` to `address` by a jump, call or return; the counts are those up to here."""
        if before.flow == RETURN and self._return(address, cycles, waits):
            return
        function = self.program.function_at(address)
        if function is None or function.address != address:
            return
        if before.flow == CALL:
            self._push(Frame(function, before.end, cycles, waits))
        elif not self.frames or self.frames[-1].function != function:  # a tail call: it returns where its caller would
            self._push(Frame(function, self.frames[-1].back_to if self.frames else NOWHERE, cycles, waits))

    def begin_exception(self, handler: int, depth: int, cycles: int, waits: int) -> None:
        """The core enters the handler at an address as the `depth`-th exception in one another."""
        self._push(Frame(self.program.function_at(handler) or UNNAMED, _mark(depth), cycles, waits))

    def end_exception(self, depth: int, cycles: int, waits: int) -> None:
        """The core returns from that handler."""
        self._return(_mark(depth), cycles, waits)

    def _push(self, frame: Frame) -> None:
        self.calls[frame.function] = self.calls.get(frame.function, 0) + 1
        if len(self.frames) < MAX_DEPTH:
            self.frames.append(frame)

    def _return(self, address: int, cycles: int, waits: int) -> bool:
        """Leave every frame down to the one that goes back to `address`; False if none does."""
        depth = len(self.frames) - 1
        while depth >= 0 and self.frames[depth].back_to != address:
            depth -= 1
        if depth < 0:
            return False
        while depth > 0 and self.frames[depth - 1].back_to == address:
            depth -= 1  # those of tail calls
        self._leave(depth, cycles, waits)
        return True

    def _leave(self, depth: int, cycles: int, waits: int) -> None:
        while len(self.frames) > depth:
            frame = self.frames.pop()
            if all(other.function != frame.function for other in self.frames):
                total = self.inclusive.setdefault(frame.function, [0, 0])
                total[0] += cycles - frame.cycles
                total[1] += waits - frame.waits

    def rows(self, blocks: list[Block], cycles: int, waits: int, scale: Fraction | int) -> list[FunctionProfile]:
        """The profile at the end of the run, most exclusive cycles first; `scale` turns counts into cycles."""
        self._leave(0, cycles, waits)
        exclusive: dict[Symbol, list[int]] = {}
        for block in blocks:
            total = exclusive.setdefault(self._owner(block.address), [0, 0])
            total[0] += block.passed * block.cycles + block.jumped * block.cycles_jumping + block.extra
            total[1] += (block.passed + block.jumped) * block.instructions
        rows = [self._row(function, cycles, count, scale) for function, (cycles, count) in exclusive.items()]
        return sorted(rows, key=lambda row: (-row.cycles, row.name))

    def _owner(self, address: int) -> Symbol:
        return EXCEPTIONS if address == EXCEPTIONS.address else self.program.function_at(address) or UNNAMED

    def _row(self, function: Symbol, cycles: int, instructions: int, scale: Fraction | int) -> FunctionProfile:
        inside, waits = self.inclusive.get(function, (cycles, 0))
        return FunctionProfile(
            name=function.name,
            calls=self.calls.get(function, 0),
            cycles=int(cycles * scale),
            instructions=instructions,
            inclusive_cycles=int(inside * scale),
            inclusive_cycles_with_waits=int(inside * scale) + waits,
        )


def _mark(depth: int) -> int:
    """Where a handler returns to: no address of a program, and another one for each depth."""
    return NOWHERE - 1 - depth
