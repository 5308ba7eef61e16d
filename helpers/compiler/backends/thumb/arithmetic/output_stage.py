"""From a sum to the element that is stored: a channel's factor, and clipping; and proof that nothing overflows on the way."""

from dataclasses import dataclass, replace

import numpy as np

from helpers.common.errors import Unsupported
from helpers.compiler.backends.thumb.arithmetic.factors import Digits, Factor, Shifted, factor_of, fits
from helpers.compiler.backends.thumb.assembler.assembly import Assembly
from helpers.compiler.numerics.requantisation import FixedPoint, Requantisation


@dataclass(frozen=True)
class Output:
    """How sums become elements. factors: one a channel; sums: least and largest sum, bias included, per channel.

    storage_offset: what is added to an int8 to store it, so that the least that the layer may give is stored as 0.
    largest_stored: the largest element as stored. slope: what a LeakyRelu multiplies by what is below `zero`, real 0 as stored.
    """

    factors: tuple[Factor, ...]
    sums: tuple[tuple[int, int], ...]
    storage_offset: int
    largest_stored: int
    slope: Requantisation | None = None
    zero: int = 0

    @property
    def alike(self) -> bool:
        """Whether every channel has the same factor."""
        return len(set(self.factors)) == 1

    @property
    def uniform(self) -> bool:
        """Whether one piece of code that reads the factors from a table serves every channel."""
        return len({factor.shape for factor in self.factors}) == 1

    @property
    def constant(self) -> list[int]:
        """The channels that give the same element whatever the input."""
        return [channel for channel, (low, high) in enumerate(self.sums) if low == high]

    def unclipped(self, channel: int) -> tuple[int, int]:
        """The least and the largest result of a channel before it is clipped."""
        low, high = (self._activated(self.factors[channel].steps(total)[-1]) for total in self.sums[channel])
        return low, high

    def _activated(self, result: int) -> int:
        if self.slope is None or result >= self.zero:
            return result
        return int(self.slope.apply(np.array(result - self.zero))) + self.zero

    def leaking(self, slope: Requantisation, zero: int, where: str) -> "Output":
        """The same with a LeakyRelu before elements are clipped. Raises Unsupported where 32 bits would overflow."""
        for factor, ends in zip(self.factors, self.sums, strict=True):
            if not all(slope.in_range(factor.steps(total)[-1] - zero) for total in ends):
                raise Unsupported("a LeakyRelu could overflow 32 bits", where=where)
        return replace(self, slope=slope, zero=zero)

    @property
    def bounds(self) -> tuple[int, int]:
        """Bounds over all channels."""
        every = [self.unclipped(channel) for channel in range(len(self.sums))]
        return min(low for low, _ in every), max(high for _, high in every)

    def element(self, channel: int, total: int) -> int:
        """The stored element that a channel's sum becomes."""
        return min(max(self._activated(self.factors[channel].steps(total)[-1]), 0), self.largest_stored)

    def largest(self, channel: int) -> int:
        """The largest stored element of a channel."""
        return self.element(channel, self.sums[channel][1])


def output(
    rules: list[Requantisation | FixedPoint],
    sums: tuple,
    storage_offset: int,
    largest_stored: int,
    where: str,
    settled: bool = True,
) -> Output:
    """An Output of rules that hold the result's offset, one a channel; sums: least and largest sum of each channel.

    settled: whether the caller can choose what a sum starts from. A channel whose element is the same at both ends cannot
    vary then: its sum becomes one number that gives this element, and the layer's bounds leave it out. Raises Unsupported
    where 32 bits would overflow: then only wrapping C gives what Glow gives.
    """
    constant = [
        _constant_element(rule, ends, storage_offset, largest_stored) if settled else None
        for rule, ends in zip(rules, sums, strict=True)
    ]
    varies = [ends for ends, known in zip(sums, constant, strict=True) if known is None]
    largest = max((abs(total) for ends in varies for total in ends), default=0)
    factors = [
        factor_of(rule, rule.offset + storage_offset, largest) if known is None else None
        for rule, known in zip(rules, constant, strict=True)
    ]
    for factor, ends in zip(factors, sums, strict=True):
        if factor and not all(fits(factor, total) for total in ends):
            raise Unsupported("sums could overflow 32 bits", where=where)
    varying = {factor for factor in factors if factor}
    made = []
    for factor, ends, known in zip(factors, sums, constant, strict=True):
        if known is not None:
            made.append(_giving(known, varying, largest))
        elif factor is not None:
            made.append((factor, ends))
    return Output(tuple(factor for factor, _ in made), tuple(ends for _, ends in made), storage_offset, largest_stored)


def _constant_element(
    rule: Requantisation | FixedPoint, ends: tuple[int, int], storage_offset: int, largest_stored: int
) -> int | None:
    """Return the stored element of a channel whose sums all give the same one; None if it varies.

    Converters leave such channels: filters of zeros with a bias of 2^30. Also None if sums wrap, because their ends then say
    nothing about the rest.
    """
    if ends[0] != ends[1] and not all(rule.in_range(total) for total in ends):
        return None
    low, high = (min(max(int(n) + storage_offset, 0), largest_stored) for n in rule.apply(np.array(ends, np.int64)))
    return low if low == high else None


def _giving(element: int, varying: set[Factor], largest: int) -> tuple[Factor, tuple[int, int]]:
    """Return a factor, and the one sum that gives an element with it.

    The factor is the one that all other channels share, if possible; else one of their kind with nothing but an addend.
    """
    if len(varying) == 1:
        (shared,) = varying
        total = _sum_of(shared, element, largest)
        if total is not None:
            return shared, (total, total)
    some = next(iter(varying), None)
    if isinstance(some, Digits):
        return replace(some, digits=(0,) * len(some.digits), addend=element, shift=0), (0, 0)
    return Shifted(0, 1, 0, 0), (element, element)


def _sum_of(factor: Factor, element: int, largest: int) -> int | None:
    """The least sum, not above `largest`, that a factor turns into an element, by bisection; None where there is none."""
    low, high = -largest, largest
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if factor.steps(middle)[-1] < element else (low, middle)
    return low if fits(factor, low) and factor.steps(low)[-1] == element else None


class MultiplierRegister:
    """The register that holds a factor's multiplier; loaded where it holds another one."""

    def __init__(self, asm: Assembly, register: str):
        self.asm, self.register = asm, register
        self.held: int | None = None

    def load(self, factor: Factor) -> None:
        """Put what a factor multiplies by into the register."""
        wanted = factor.multiplier if isinstance(factor, Shifted) else None
        if wanted != self.held:
            factor.load(self.asm, self.register)
            self.held = wanted


def emit_clip(asm: Assembly, register: str, bounds: tuple[int, int], largest_stored: int, spare: str) -> None:
    """Clip to 0..largest_stored where the bounds ask for it; the flags are those of `register`, `spare` changes."""
    low, high = bounds
    done = asm.label()
    if high > largest_stored:
        asm.emit(f"cmp {register}, #{largest_stored}", f"bls {done}", f"asrs {register}, {register}, #31")
        if largest_stored & (largest_stored + 1) == 0:  # all its bits are ones
            asm.emit(
                f"mvns {register}, {register}", f"lsrs {register}, {register}, #{32 - largest_stored.bit_length()}"
            )
        else:
            asm.emit(f"movs {spare}, #{largest_stored}", f"bics {spare}, {register}", f"movs {register}, {spare}")
    elif low < 0:
        asm.emit(f"bpl {done}", f"movs {register}, #0")
    asm.place(done)


def emit_end(asm: Assembly, output: Output, register: str, bounds: tuple[int, int], spare: str) -> None:
    """Turn a result, whose flags are set, into an element: the LeakyRelu, if there is one, and the clip; `spare` changes.

    bounds: of the result behind the LeakyRelu.
    """
    if output.slope is not None:
        _emit_slope(asm, output.slope, output.zero, register, spare)
    emit_clip(asm, register, bounds, output.largest_stored, spare)


def _emit_slope(asm: Assembly, slope: Requantisation, zero: int, register: str, spare: str) -> None:
    """Multiply what is below zero; the flags are those of the result."""
    asm.advance(register, -zero, spare)
    positive = asm.label()
    asm.emit(f"cmp {register}, #0", f"bge {positive}")
    if slope.pre:
        asm.emit(f"asrs {register}, {register}, #{slope.pre}")
    if slope.multiplier != 1:
        asm.literal(spare, slope.multiplier)
        asm.emit(f"muls {register}, {spare}, {register}")
    asm.advance(register, slope.round, spare)
    if slope.post:
        asm.emit(f"asrs {register}, {register}, #{slope.post}")
    asm.place(positive)
    asm.advance(register, zero, spare)
    asm.emit(f"cmp {register}, #0")
