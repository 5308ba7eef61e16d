"""Factors of 31 bits in two digits in place of three or more, where every sum of a layer still gives the same element.

An element is a staircase over the sums: with 256 steps at most, fewer bits of the factor put every step at the same sum. This is
proved step by step, not tried sum by sum.
"""

import numpy as np

from helpers.compiler.backends.thumb.arithmetic.factors import INT32, Digits, fits

NEAR = (0, -1, 1, -2, 2)  # from the nearest multiplier
TRIED = 3  # powers of two that the multiplier is tried with, from the largest down


def shorten(
    factors: list[Digits], sums: list[tuple[int, int]], largest: int, largest_stored: int
) -> list[Digits] | None:
    """The factors of a layer's channels in two digits; None where one of them needs more, or has no more.

    sums: least and largest sum of each channel; largest: the largest magnitude of all. Elements are clipped to 0..largest_stored.
    """
    if any(len(factor.digits) == 2 for factor in factors):
        return None
    bits = (INT32[1] // max(largest, 1)).bit_length() - 1
    every: dict[Digits, tuple[int, int]] = {}  # channels that share a factor go on sharing one
    for factor, (low, high) in zip(factors, sums, strict=True):
        before = every.get(factor, (low, high))
        every[factor] = (min(low, before[0]), max(high, before[1]))
    made: dict[Digits, Digits] = {}
    for factor, ends in every.items():
        short = _short(factor, ends, largest_stored, bits)
        if short is None:
            return None
        made[factor] = short
    return [made[factor] for factor in factors]


def _short(factor: Digits, ends: tuple[int, int], largest_stored: int, bits: int) -> Digits | None:
    """A channel's factor in two digits of so many bits."""
    steps = _steps(factor, ends, largest_stored)
    elements = np.arange(1, largest_stored + 1)
    exponent = (len(factor.digits) - 1) * factor.bits + factor.first + factor.shift
    multiplier = _multiplier(factor)
    top = min(2 * bits - multiplier.bit_length() + exponent, bits + 31)
    for power in range(top, max(top - TRIED, bits - 1), -1):
        nearest = (multiplier << power >> exponent - 1) + 1 >> 1
        for near in NEAR:
            # Of x * wanted + addend: not below an element's power of two at its step, and below it one sum earlier.
            wanted = nearest + near
            at_step = (elements << power) - steps * wanted
            low, high = at_step[steps <= ends[1]], at_step[steps > ends[0]] + wanted - 1
            addend = -(-int(low.max()) >> bits) if low.size else int(high.min()) >> bits
            short = Digits((wanted & (1 << bits) - 1, wanted >> bits), bits, 0, addend, power - bits)
            suits = not high.size or addend << bits <= high.min()
            if suits and all(fits(short, total) for total in ends):
                return short
    return None


def _multiplier(factor: Digits) -> int:
    return sum(digit << factor.bits * place for place, digit in enumerate(factor.digits))


def _steps(factor: Digits, ends: tuple[int, int], largest_stored: int) -> np.ndarray:
    """For each element from 1 on, the least sum that gives it or more; one above the largest sum where none does."""
    elements = np.arange(1, largest_stored + 1)
    low, high = np.full(largest_stored, ends[0]), np.full(largest_stored, ends[1] + 1)
    while (low < high).any():
        middle = (low + high) >> 1
        enough = _elements(factor, middle) >= elements
        low, high = np.where(enough, low, middle + 1), np.where(enough, middle, high)
    return low


def _elements(factor: Digits, sums: np.ndarray) -> np.ndarray:
    """What a factor makes of sums, before clipping: as Digits.steps, in 64 bits."""
    t = sums * _multiplier(factor) >> (len(factor.digits) - 1) * factor.bits
    if factor.first:
        t = (t + (1 << factor.first - 1)) >> factor.first
        t = t - (t < 0)
    return (t + factor.addend) >> factor.shift
