"""From a sum to the element that is stored: a channel's factor, and clipping; and proof that nothing overflows on the way."""

from dataclasses import dataclass

from helpers.common.errors import Unsupported
from helpers.compiler.backends.thumb.arithmetic.factors import Factor, Shifted, factor_of, fits
from helpers.compiler.numerics.requantisation import FixedPoint, Requantisation


@dataclass(frozen=True)
class Output:
    """How sums become elements. factors: one a channel; sums: least and largest sum, bias included, per channel.

    lift: what is added to an int8 to store it, so that the least that the layer may give is stored as 0; top: the largest
    element as stored.
    """

    factors: tuple[Factor, ...]
    sums: tuple[tuple[int, int], ...]
    lift: int
    top: int

    @property
    def alike(self) -> bool:
        """Whether every channel has the same factor."""
        return len(set(self.factors)) == 1

    def unclipped(self, channel: int) -> tuple[int, int]:
        """The least and the largest result of a channel before it is clipped."""
        return tuple(self.factors[channel].steps(total)[-1] for total in self.sums[channel])

    @property
    def bounds(self) -> tuple[int, int]:
        """Bounds over all channels."""
        every = [self.unclipped(channel) for channel in range(len(self.sums))]
        return min(low for low, _ in every), max(high for _, high in every)

    def element(self, channel: int, total: int) -> int:
        """The stored element that a channel's sum becomes."""
        return min(max(self.factors[channel].steps(total)[-1], 0), self.top)

    def largest(self, channel: int) -> int:
        """The largest stored element of a channel."""
        return self.element(channel, self.sums[channel][1])


def output(rules: list[Requantisation | FixedPoint], sums: tuple, lift: int, top: int, where: str) -> Output:
    """An Output of rules that hold the result's offset, one a channel. Raises Unsupported where 32 bits would overflow: then only
    wrapping C gives what Glow gives."""
    largest = max(max(abs(low), abs(high)) for low, high in sums)
    factors = tuple(factor_of(rule, rule.offset + lift, largest) for rule in rules)
    for factor, ends in zip(factors, sums, strict=True):
        if not all(fits(factor, total) for total in ends):
            raise Unsupported("sums could overflow 32 bits", where=where)
    return Output(factors, sums, lift, top)


class Scale:
    """The register that holds a factor's multiplier; loaded where it holds another one."""

    def __init__(self, asm, register: str):
        self.asm, self.register, self.held = asm, register, None

    def load(self, factor: Factor) -> None:
        """Put what a factor multiplies by into the register."""
        wanted = factor.scale if isinstance(factor, Shifted) else None
        if wanted != self.held:
            factor.load(self.asm, self.register)
            self.held = wanted


def emit_clip(asm, register: str, bounds: tuple[int, int], top: int, spare: str) -> None:
    """Clip to 0..top where the bounds ask for it; the flags are those of `register`, `spare` changes."""
    low, high = bounds
    done = asm.label()
    if high > top:
        asm.emit(f"cmp {register}, #{top}", f"bls {done}", f"asrs {register}, {register}, #31")
        if top & (top + 1) == 0:  # all its bits are ones
            asm.emit(f"mvns {register}, {register}", f"lsrs {register}, {register}, #{32 - top.bit_length()}")
        else:
            asm.emit(f"movs {spare}, #{top}", f"bics {spare}, {register}", f"movs {register}, {spare}")
    elif low < 0:
        asm.emit(f"bpl {done}", f"movs {register}, #0")
    asm.place(done)
