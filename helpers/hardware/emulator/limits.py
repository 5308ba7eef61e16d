"""How long a program may run: instructions and, where one is given, seconds of its own clock, never of the host's."""

from dataclasses import dataclass

CHECK_EVERY = 1_000_000  # cycles between looks at the limits
STOPS = 200_000  # a YIELD costs the emulator as much as hundreds of other instructions

REMEDY = "if it never ends, say how many seconds it may run"


@dataclass
class Limits:
    """instructions: the most that may run. seconds: emulated time at which the run ends, or None for no such end."""

    instructions: int
    seconds: float | None = None
    stops: int = 0

    def over(self, core) -> bool:
        """Whether the emulated time is up; that ends a run, it is no fault."""
        return self.seconds is not None and core.clock() >= self.seconds * core.board.clock_hz

    def check(self, core) -> None:
        """End the run if it has reached a limit."""
        if core.instructions >= self.instructions:
            core.stop_with_fault(f"not finished after {self.instructions:,} instructions; {REMEDY}")
        elif self.stops >= STOPS:
            core.stop_with_fault(f"not finished after {STOPS:,} YIELDs; {REMEDY}")
        elif self.over(core):
            core.stop("time is up")

    def cycles_left(self, core) -> int:
        """Cycles for which no look at the limits is needed: an instruction takes at least one."""
        left = min(CHECK_EVERY, self.instructions - core.instructions)
        if self.seconds is not None:
            left = min(left, core.counts_until(int(self.seconds * core.board.clock_hz)))
        return left
