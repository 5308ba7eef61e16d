"""Shorter factors that give the same elements: found by search, and proved at every sum where the element changes.

A sum becomes an element by a step function, so two functions agree if they step at the same sums. Only elements count, not what
is clipped: that leaves freedom for a multiplier of fewer digits, and for one shift for all channels. The constant of a sum goes
into the addend.
"""

from dataclasses import dataclass

import numpy as np

from helpers.compiler.backends.thumb.arithmetic.factors import Digits, Factor
from helpers.compiler.backends.thumb.arithmetic.output_stage import Output
from helpers.compiler.backends.thumb.arithmetic.remembered import remembered

NEARBY = np.arange(-40, 41)  # multipliers to try around the rounded one
MOST_DIGITS = 3


@dataclass(frozen=True)
class _Steps:
    """Where a channel's elements change: elements k, the least sum of each, less the constant; and both ends with theirs."""

    elements: np.ndarray
    firsts: np.ndarray
    ends: tuple[int, int]
    end_elements: tuple[int, int]


@remembered
def shortened(output: Output, constants: np.ndarray) -> list[Digits] | None:
    """Return a factor for each channel, all of one number of digits and one shift, for sums less their constants.

    constants: [channels], what is to be added to what the factor gets. None if there are no such factors, or if a LeakyRelu
    needs more than elements.
    """
    if output.slope is not None:
        return None
    steps = [_steps(output, channel, int(constant)) for channel, constant in enumerate(constants)]
    largest = max(max(map(abs, each.ends)) for each in steps)
    high = max(max(map(abs, output.unclipped(channel))) for channel in range(len(steps)))
    shift, bits = 31 - (high + 2).bit_length(), 31 - max(largest, 1).bit_length()
    if min(shift, bits) < 4:
        return None
    for count in range(2, MOST_DIGITS + 1):
        made = []
        for each, factor in zip(steps, output.factors, strict=True):
            found = _search(each, _slope(factor), (count, bits, shift), output.largest_stored)
            if found is None:
                break
            made.append(found)
        else:
            return made
    return None


def _slope(factor: Factor) -> float:
    """The element's change with the sum."""
    if isinstance(factor, Digits):
        whole = sum(digit << factor.bits * index for index, digit in enumerate(factor.digits))
        return whole / 2.0 ** (factor.bits * (len(factor.digits) - 1) + factor.first + factor.shift)
    return factor.multiplier / 2.0 ** (factor.pre + factor.post)


def _steps(output: Output, channel: int, constant: int) -> _Steps:
    """By bisection, all steps of a channel at once."""
    factor, (low, high), top = output.factors[channel], output.sums[channel], output.largest_stored

    def element(sums: np.ndarray) -> np.ndarray:
        return np.clip(factor.steps(sums)[-1], 0, top)  # type: ignore[arg-type]

    first, last = (int(n) for n in element(np.array([low, high], np.int64)))
    elements = np.arange(first + 1, last + 1)
    below, reached = np.full(len(elements), low, np.int64), np.full(len(elements), high, np.int64)
    while (reached - below > 1).any():
        middle = (below + reached) // 2
        enough = element(middle) >= elements
        below, reached = np.where(enough, below, middle), np.where(enough, middle, reached)
    return _Steps(elements, reached - constant, (low - constant, high - constant), (first, last))


def _search(steps: _Steps, slope: float, how: tuple[int, int, int], top: int) -> Digits | None:
    """A factor of so many digits of so many bits, and a shift, that steps where `steps` does."""
    count, bits, shift = how
    multipliers = np.maximum(round(slope * 2.0 ** (shift + bits * (count - 1))) + NEARBY, 0)[:, None]
    digits = [multipliers >> bits * index & (1 << bits) - 1 for index in range(count - 1)]
    digits.append(multipliers >> bits * (count - 1))

    def product(sums: np.ndarray) -> np.ndarray:
        total = np.zeros((len(NEARBY), len(sums)), np.int64)
        for digit in digits:
            total = sums * digit + (total >> bits)
        return total

    ends = product(np.array(steps.ends))
    least, most = -(2**62) + ends[:, 0] * 0, 2**62 + ends[:, 0] * 0
    first, last = steps.end_elements
    if first > 0:
        least = np.maximum(least, (first << shift) - ends[:, 0])
    if last < top:
        most = np.minimum(most, (last + 1 << shift) - 1 - ends[:, 1])
    if len(steps.elements):
        wanted = steps.elements.astype(np.int64) << shift
        least = np.maximum(least, (wanted - product(steps.firsts)).max(1))
        most = np.minimum(most, (wanted - 1 - product(steps.firsts - 1)).min(1))
    best = int((most - least).argmax())
    if most[best] < least[best]:
        return None
    addend = int(least[best]) if least[best] > -(2**62) else min(int(most[best]), 0)
    found = Digits(tuple(int(digit[best, 0]) for digit in digits), bits, 0, addend, shift)
    return found if all(_fits(found, end) for end in steps.ends) else None


def _fits(factor: Digits, total: int) -> bool:
    """Whether 32 bits hold what is shifted; the product with the highest digit may wrap, as the addend takes that back."""
    *products, _, _, end, _ = factor.steps(total)
    return all(abs(number) < 2**31 for number in (*products, end))
