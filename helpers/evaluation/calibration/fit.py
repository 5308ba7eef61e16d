"""From the cycles that a board measured to its flash waits, fetch width and multiplier; from its ticks to its clock."""

import itertools
from dataclasses import dataclass

import numpy as np

from helpers.evaluation.calibration.program import Costs

WAIT_STATES = range(16)
FETCH_BITS = (32, 16)  # the first of equals is taken
MULTIPLIERS = (1, 32)
TICK = 1 << 24  # core cycles from one tick to the next
EXACT = 0.02  # a larger deviation is no rounding: something hides waits, or adds some


@dataclass(frozen=True)
class Measured:
    """What a board sent. cycles: of each program, for each round [program][round]; ticks: when each arrived, in seconds."""

    cycles: tuple[tuple[int, ...], ...]
    ticks: tuple[float, ...]

    @property
    def settled(self) -> tuple[int, ...]:
        """Cycles of each program's last round, when what can be cached is."""
        return tuple(rounds[-1] for rounds in self.cycles)


@dataclass(frozen=True)
class Fit:
    """What explains the measurement best.

    fetch_bits: None if it cannot be seen, as there are no waits; clock_hz: by this
    machine's clock; cycles: of each program by our model; deviation: the largest of a program, relative."""

    wait_states: int
    fetch_bits: int | None
    mul_cycles: int
    clock_hz: float
    cycles: tuple[int, ...]
    deviation: float

    @property
    def explains(self) -> bool:
        """Whether a flash with these waits and nothing else costs what was measured."""
        return self.deviation <= EXACT


def fit(costs: Costs, measured: Measured) -> Fit:
    """Try every flash and multiplier, and take the one whose costs are nearest; of equals, the one with fewer waits."""
    wanted = np.array(measured.settled, float)

    def deviations(flash: tuple[int, int, int]) -> np.ndarray:
        return np.abs(np.array(costs.of(*flash)) - wanted) / np.maximum(wanted, 1)

    flashes = itertools.product(WAIT_STATES, FETCH_BITS, MULTIPLIERS)
    best = min(flashes, key=lambda flash: float(deviations(flash).sum()))
    waits, bits, multiplier = best
    return Fit(
        wait_states=waits,
        fetch_bits=bits if waits else None,
        mul_cycles=multiplier,
        clock_hz=clock(measured.ticks),
        cycles=costs.of(*best),
        deviation=float(deviations(best).max()),
    )


def clock(ticks: tuple[float, ...]) -> float:
    """Return the core's clock in Hz from the seconds at which its ticks arrived: the median over all pairs of ticks.

    A tick that arrives late, as this machine was busy, does not count (Theil and Sen's estimate of a slope).
    """
    pairs = itertools.combinations(range(len(ticks)), 2)
    return TICK / float(np.median([(ticks[j] - ticks[i]) / (j - i) for i, j in pairs]))
