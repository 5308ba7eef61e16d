"""Who called whom: cycles per function, exclusive and inclusive, from the blocks as they run."""

from dataclasses import dataclass

from helpers.emulator.elf import Program, Symbol
from helpers.emulator.timing import CALL, RETURN, Block

MAX_DEPTH = 10_000


@dataclass(frozen=True)
class FunctionProfile:
    """A function's share of a run. Cycles are for zero wait states but for the last field; exclusive means without
    the functions it calls, inclusive with them and with its return."""

    name: str
    calls: int
    cycles: int
    instructions: int
    inclusive_cycles: int
    inclusive_cycles_with_waits: int


@dataclass(slots=True)
class Frame:
    """A function that has been entered and not yet left."""

    function: Symbol
    back_to: int | None
    cycles: int
    waits: int


class CallProfile:
    """Follows calls and returns; `enter` must be told of every block that a jump, call or return leads to."""

    def __init__(self, program: Program):
        self.program = program
        self.frames: list[Frame] = []
        self.calls: dict[Symbol, int] = {}
        self.inclusive: dict[Symbol, list[int]] = {}

    def enter(self, before: Block | None, address: int, cycles: int, waits: int) -> None:
        """The run goes on at `address` after block `before`; the counts are those up to here."""
        if before is not None and before.flow == RETURN and self._returned(address, cycles, waits):
            return
        function = self.program.function_at(address)
        if function is None or function.address != address:
            return
        if before is not None and before.flow == CALL:
            self._push(function, before.end, cycles, waits)
        elif not self.frames or self.frames[-1].function != function:
            self._push(function, self.frames[-1].back_to if self.frames else None, cycles, waits)  # a tail call

    def _push(self, function: Symbol, back_to: int | None, cycles: int, waits: int) -> None:
        if len(self.frames) < MAX_DEPTH:
            self.frames.append(Frame(function, back_to, cycles, waits))
            self.calls[function] = self.calls.get(function, 0) + 1

    def _returned(self, address: int, cycles: int, waits: int) -> bool:
        """Leave every frame down to the one that goes back to `address`; False if none does."""
        depth = next((i for i in range(len(self.frames) - 1, -1, -1) if self.frames[i].back_to == address), None)
        if depth is None:
            return False
        while depth > 0 and self.frames[depth - 1].back_to == address:
            depth -= 1  # tail calls share their return address
        self._leave(depth, cycles, waits)
        return True

    def _leave(self, depth: int, cycles: int, waits: int) -> None:
        while len(self.frames) > depth:
            frame = self.frames.pop()
            if all(other.function != frame.function for other in self.frames):  # recursion counts once
                total = self.inclusive.setdefault(frame.function, [0, 0])
                total[0] += cycles - frame.cycles
                total[1] += waits - frame.waits

    def rows(self, blocks: list[Block], cycles: int, waits: int) -> list[FunctionProfile]:
        """The profile at the end of the run, the most exclusive cycles first."""
        self._leave(0, cycles, waits)
        exclusive: dict[Symbol, list[int]] = {}
        for block in blocks:
            function = self.program.function_at(block.address) or Symbol("?", 0, 0)
            total = exclusive.setdefault(function, [0, 0])
            total[0] += block.passed * block.cycles + block.jumped * block.cycles_taken
            total[1] += (block.passed + block.jumped) * block.instructions
        rows = [self._row(function, *total) for function, total in exclusive.items()]
        return sorted(rows, key=lambda row: (-row.cycles, row.name))

    def _row(self, function: Symbol, cycles: int, instructions: int) -> FunctionProfile:
        inside, waits = self.inclusive.get(function, (cycles, 0))
        calls = self.calls.get(function, 0)
        return FunctionProfile(function.name, calls, cycles, instructions, inside, inside + waits)
