"""Division of small integers by a constant as a product and a shift, for cores without a divider.

With m = ceil(2**bits / d), the quotient floor(n / d) is n * m >> bits for every n with n * (m * d - 2**bits) < 2**bits
(Granlund and Montgomery, "Division by Invariant Integers using Multiplication", PLDI 1994, theorem 4.2).
"""

WORD = 2**32


def reciprocals(divisors: list[int], largest: list[int]) -> tuple[list[int], int] | None:
    """For each divisor d the factor m, and the one shift, that divide every n from 0 to d's `largest` within 32 bits, unsigned.

    None if no shift works for all of them.
    """
    for bits in range(32):
        factors = [-(-(1 << bits) // divisor) for divisor in divisors]
        cases = list(zip(factors, divisors, largest, strict=True))
        if all(n * m < WORD and n * (m * d - (1 << bits)) < 1 << bits for m, d, n in cases):
            return factors, bits
    return None
