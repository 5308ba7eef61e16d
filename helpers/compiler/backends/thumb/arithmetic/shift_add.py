"""Products with a constant made of shifts and additions, for cores whose multiplication takes 32 cycles."""

from functools import cache

# Steps on a register: ("input", n) makes it the input left by n, ("left", n) shifts it, ("plus", 0) and ("minus", 0) add the
# input or take it off.
Chain = tuple[tuple[str, int], ...]


@cache
def chain(amount: int, product: int | None = None) -> Chain:
    """The fewest steps that make the input times `amount` (1 or more), from nothing or from the input times `product`."""
    if amount == product:
        return ()
    bits = (amount & -amount).bit_length() - 1
    if amount == 1 << bits:
        return (("input", bits),)
    ways = []
    if product is not None and amount - product in (1, -1):
        return (("plus" if amount > product else "minus", 0),)
    if product and amount % product == 0 and (ratio := amount // product) & (ratio - 1) == 0:
        return (("left", ratio.bit_length() - 1),)
    if bits:
        ways.append((*chain(amount >> bits, product), ("left", bits)))
    else:
        ways.append((*chain(amount - 1, product), ("plus", 0)))
        if amount & 3 == 3:  # only then does it save anything, and the recursion ends
            ways.append((*chain(amount + 1, product), ("minus", 0)))
    return min(ways, key=len)


def begins_anew(steps: Chain) -> bool:
    """Whether a chain makes its product of the input alone."""
    return bool(steps) and steps[0][0] == "input"


def instructions(steps: Chain, x: str, product: str, register: str) -> list[str]:
    """Thumb-1 instructions that leave the product in `register`. x: the input; product: what a chain may begin from."""
    made, source = [], product
    for how, bits in steps:
        if how in ("input", "left"):
            begin = x if how == "input" else source
            made.append(f"lsls {register}, {begin}, #{bits}" if bits else f"movs {register}, {begin}")
        else:
            made.append(f"{'adds' if how == 'plus' else 'subs'} {register}, {source}, {x}")
        source = register
    return made
