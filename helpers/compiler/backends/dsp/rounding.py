"""How a sum becomes an element by the high half of one product, which the DSP extension rounds and adds to in one instruction.

A FixedPoint's rounding needs a product of 64 bits only because it keeps bits that never count. Where the sums' bounds show
that the sums, shifted up, stay within 32 bits, the high half is enough: bit for bit, see tests/compiler/backends/dsp.
"""

from dataclasses import dataclass

import numpy as np

from helpers.compiler.numerics.requantisation import FixedPoint, Requantisation

INT32 = 2**31
MOST_WEIGHT = 2**15 - 1
SIGNED, PLAIN, FLOOR = "high_signed", "high_plain", "high_floor"  # names of C functions


@dataclass(frozen=True)
class HighHalf:
    """element = ((high half of (sum << up) * multiplier) + addend) >> post, not yet clipped.

    kind: SIGNED: the high half is rounded, and one less where it is negative (halves away from zero); PLAIN: only rounded;
    FLOOR: not rounded. up: bits by which weights and bias are shifted, so that the sum comes out shifted.
    """

    kind: str
    up: int
    multiplier: int
    addend: int
    post: int

    @property
    def row(self) -> str:
        """The integers for a table in C."""
        return f"{self.multiplier}, {self.addend}, {self.post}"


def of_layer(rules: list, bounds: list[tuple[int, int]], largest: list[int], least: int | None) -> tuple[HighHalf, ...]:
    """Return the HighHalf of each output, all of one kind; () if one has none.

    bounds: least and largest sum of each output. largest: its weights' largest absolute value. least: the smallest element
    after clipping, None if negative results count (a leaky activation). What is below real 0 need not be rounded right then.
    """
    found = [_of(*each, least) for each in zip(rules, bounds, largest, strict=True)]
    halves = tuple(each for each in found if each is not None)
    if len(halves) < len(found):
        return ()
    kinds = {each.kind for each in halves}
    if FLOOR in kinds and len(kinds) > 1:
        return ()
    kind = SIGNED if SIGNED in kinds else kinds.pop()
    if kind == SIGNED and any(not each.post for each in halves):  # rounded once, and not away from zero
        return ()
    return tuple(HighHalf(kind, each.up, each.multiplier, each.addend, each.post) for each in halves)


def _of(rule: Requantisation | FixedPoint, bounds: tuple[int, int], largest: int, least: int | None) -> HighHalf | None:
    if not isinstance(rule, FixedPoint):
        return None
    made = _twice(rule, least) if rule.helper == "doubled" else _once(rule, max(abs(end) for end in bounds))
    if made is None:
        return None
    reach = max(abs(end) for end in bounds) << made.up
    fits = reach < INT32 and largest << made.up <= MOST_WEIGHT
    return made if fits and (reach * made.multiplier >> 32) + 2 + abs(made.addend) < INT32 else None


def _twice(rule: FixedPoint, least: int | None) -> HighHalf:
    """Rounded at the 31st bit, and then at the last: halves away from zero."""
    half = 1 << rule.right - 1 if rule.right else 0
    signed = rule.right > 0 and (least is None or least < rule.offset)
    kind, addend = SIGNED if signed else PLAIN, half + (rule.offset << rule.right)
    return HighHalf(kind, rule.left + 1, rule.multiplier, addend, rule.right)


def _once(rule: FixedPoint, reach: int) -> HighHalf | None:
    """Rounded at the last bit only. Halves to even are halves up where a half cannot come out."""
    if rule.helper == "rounded_even" and _halves(rule, reach):
        return None
    more = max(0, 2 - rule.right)  # so that the rounding's one bit is above the high half's last
    post = rule.right + more - 1
    return HighHalf(FLOOR, rule.left + more, rule.multiplier, (1 << post - 1) + (rule.offset << post), post)


def _halves(rule: FixedPoint, reach: int) -> bool:
    """Whether a product may end in just a half: it then has a factor of two for each bit shifted out but one."""
    zeros = (rule.multiplier & -rule.multiplier).bit_length() - 1
    return reach.bit_length() - 1 + rule.left + zeros >= 30 + rule.right


def raised(numbers: np.ndarray, halves: tuple[HighHalf, ...]) -> np.ndarray:
    """Weights or bias, outputs first, shifted up by the bits that each output's HighHalf asks for."""
    ups = np.array([each.up for each in halves], np.int64)
    return numbers << ups.reshape(-1, *[1] * (numbers.ndim - 1))
