"""The Cortex-M7's issue stage: in order, at most two instructions a cycle."""

from helpers.hardware.emulator.cortex_m7.operations import (
    EARLY_ALU,
    EMPTY,
    LATE_ALU,
    STORE_TO_LOAD,
    Operation,
    Result,
    Stage,
    may_pair,
)

HALVES = 2  # of a cycle: its two slots
EARLY = int(Stage.EARLY)


class Pipeline:
    """Instructions in; where they issue comes out. It starts empty, with every register ready.

    optimistic: what the code does not tell goes well. Loads go to different banks, and the first instruction behind a jump may
    issue with it. Positions are in half cycles: twice the cycle, plus one for the second slot.
    """

    def __init__(self, optimistic: bool = False):
        self.optimistic = optimistic
        self.cycle = 0
        self.older: Operation | None = None  # what has issued in this cycle, as long as its second slot is free
        self.held = 1  # cycles for which it holds the issue stage
        self.ready: dict[int, tuple[int, Result]] = {}
        self.written: dict[int, dict[int, int]] = {}  # base register, word: the first cycle in which it can be loaded

    @property
    def position(self) -> int:
        """The first free half cycle, if the next instruction may use it."""
        return HALVES * self.cycle if self.older is None else HALVES * (self.cycle + self.held) - 1

    def copy(self) -> "Pipeline":
        """A pipeline in the same state, that goes on by itself."""
        twin = Pipeline(self.optimistic)
        twin.cycle, twin.older, twin.held, twin.ready = self.cycle, self.older, self.held, self.ready.copy()
        twin.written = {base: words.copy() for base, words in self.written.items()}
        return twin

    def issue(self, operation: Operation) -> int:
        """Send an instruction down the pipeline; returns where it issues."""
        needed, older = self._needed(operation), self.older
        if older is not None and (needed > self.cycle or not may_pair(older, operation, self.optimistic)):
            self.cycle, older, self.held = self.cycle + self.held, None, 1
        if needed > self.cycle:
            self.cycle = needed
        place = HALVES * self.cycle + (older is not None)
        self._give(operation, older)
        self.held, self.older = max(self.held, operation.cycles), operation
        if older is not None or operation.alone:
            self._close()
        return place

    def jump(self) -> None:
        """The last instruction jumped."""
        if self.older is not None and not self.optimistic:
            self._close()

    def _close(self) -> None:
        self.cycle, self.older, self.held = self.cycle + self.held, None, 1

    def _needed(self, operation: Operation) -> int:
        """The first cycle in which all that it needs is there."""
        ready, latest = self.ready, 0
        for register, stage in operation.needs:
            issued, result = ready.get(register, EMPTY)
            if issued + result[stage] > latest:
                latest = issued + result[stage]
        if self.written and operation.reads is not None:
            base, word = operation.reads
            latest = max(latest, self.written.get(base, {}).get(word, 0))
        return latest

    def _give(self, operation: Operation, older: Operation | None) -> None:
        early = operation.early and self._is_early(operation, older)
        for register, result in operation.gives:
            self.ready[register] = (self.cycle, EARLY_ALU if early and result is LATE_ALU else result)
            if register in self.written:
                del self.written[register]  # another base: where its words are is not known
        if operation.writes is not None:
            base, word = operation.writes
            self.written.setdefault(base, {})[word] = self.cycle + STORE_TO_LOAD

    def _is_early(self, operation: Operation, older: Operation | None) -> bool:
        """Whether the first ALU stage does it: its operands are there, and in the younger slot it has the shifter."""
        if older is not None and (not operation.shift or older.shifter or older.field):
            return False
        for register, _ in operation.needs:
            issued, result = self.ready.get(register, EMPTY)
            if issued + result[EARLY] > self.cycle:
                return False
        return True
