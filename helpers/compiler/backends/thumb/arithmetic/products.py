"""How one input word is multiplied by the weights of up to four channels with the fewest instructions.

A product stays in a register while it serves: an equal weight costs nothing more, a neighbour (the product plus or minus the
input) or a doubled one costs an instruction, where a product of its own costs two. Where a multiplication takes 32 cycles, a
product is made of shifts and additions (shift_add.py).
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from helpers.compiler.backends.thumb.arithmetic import shift_add
from helpers.compiler.backends.thumb.assembler.assembly import Assembly


@dataclass(frozen=True)
class Product:
    """Add a weight's share to one channel.

    how: "input" adds the input itself. "same" adds the product as it is. "multiply" (by `amount`), "shift" (the input left by
    `amount`), "rescale" (the product left by `amount`), "plus" and "minus" (the product and the input) make a new product and
    add it; so does "chain", by the steps of `chain`. "with input", "less input" and "twice" add product and input, or the product
    twice, and leave the product.
    """

    channel: int
    weight: int
    how: str
    amount: int = 0
    chain: shift_add.Chain = ()

    @property
    def begins_anew(self) -> bool:
        """Whether it makes a product of the input alone."""
        return self.how in ("multiply", "shift") or shift_add.begins_anew(self.chain)


COST = {
    "input": 1, "same": 1, "multiply": 3, "shift": 2, "rescale": 2, "plus": 2, "minus": 2,
    "with input": 2, "less input": 2, "twice": 2,
}  # fmt: skip


KEPT = ("input", "same", "with input", "less input", "twice")  # these leave the product as it is


def _power(n: int) -> int | None:
    return n.bit_length() - 1 if n > 0 and n & (n - 1) == 0 else None


def _kept(magnitude: int, product: int) -> str | None:
    return {2 * product: "twice", product + 1: "with input", product - 1: "less input"}.get(magnitude)


def _made(magnitude: int, product: int | None, mul_cycles: int) -> tuple[str, int, shift_add.Chain]:
    if mul_cycles > 1:
        chain = shift_add.chain(magnitude, product)
        return ("chain", 0, chain) if len(chain) <= mul_cycles else ("multiply", magnitude, ())
    return *_made_at_once(magnitude, product), ()


def _made_at_once(magnitude: int, product: int | None) -> tuple[str, int]:
    if product is not None and magnitude - product == 1:
        return "plus", 0
    if product is not None and product - magnitude == 1:
        return "minus", 0
    shift = _power(magnitude)
    if shift is not None:
        return "shift", shift
    ratio = magnitude // product if product and magnitude % product == 0 else 0
    rescale = _power(ratio)
    return ("rescale", rescale) if rescale else ("multiply", magnitude)


def _chain(order: tuple, keep: bool, mul_cycles: int) -> list[Product]:
    product: int | None = None
    steps: list[Product] = []
    for channel, weight in order:
        magnitude = abs(weight)
        if magnitude == product:
            steps.append(Product(channel, weight, "same"))
            continue
        kept = _kept(magnitude, product) if keep and product is not None else None
        if kept:
            steps.append(Product(channel, weight, kept))
            continue
        steps.append(Product(channel, weight, *_made(magnitude, product, mul_cycles)))
        product = magnitude
    return steps


@cache
def plan(
    weights: tuple[tuple[int, int], ...],
    mul_cycles: int = 1,
    fresh: frozenset[int] = frozenset(),
    aside: frozenset[int] = frozenset(),
) -> tuple[Product, ...]:
    """The cheapest chain for (channel, weight) pairs; zero weights cost nothing and do not appear.

    mul_cycles: cycles of a multiplication. fresh: channels whose sums begin here. aside: those of which nothing can be
    subtracted.
    """
    ones = [Product(channel, weight, "input") for channel, weight in weights if abs(weight) == 1]
    rest = tuple((channel, weight) for channel, weight in weights if abs(weight) > 1)
    chains = (
        _chain(order, keep, mul_cycles)
        for items in (rest, *_as_sums(rest))
        for order in itertools.permutations(items)
        for keep in (False, True)
    )
    only_added = (steps for steps in chains if all(_adds(step) for step in steps if step.channel in aside))
    return (*ones, *min(only_added, key=lambda steps: cost(steps, fresh)))


def _adds(step: Product) -> bool:
    return step.weight > 0 and step.how != "less input"


def _as_sums(items: tuple) -> Iterator[tuple]:
    """Plans in which one weight is the sum or difference of two others that are computed anyway."""
    for item in items:
        others = [each for each in items if each is not item]
        for (_, a), (_, b) in itertools.combinations(others, 2):
            for first, second in itertools.product((a, -a), (b, -b)):
                if first + second == item[1]:
                    yield (*others, (item[0], first), (item[0], second))


def cost(steps: Sequence[Product], fresh: frozenset[int] = frozenset()) -> int:
    """Cycles of a chain, a multiplication counted as one. fresh: channels whose sums begin here, which saves some."""
    taken = sum(len(step.chain) + 1 if step.how == "chain" else COST[step.how] for step in steps)
    if not fresh:
        return taken
    twice = {step.channel for step, other in itertools.combinations(steps, 2) if step.channel == other.channel}
    return taken - sum(_saved(step, step.channel in twice) for step in steps if step.channel in fresh)


def _saved(step: Product, twice: bool) -> bool:
    """Whether a sum's first share comes to be where the sum is. twice: another share of the same tap follows, or comes first."""
    positive = step.weight > 0
    if step.how in ("input", "same"):
        return False
    if step.how in KEPT:
        return not twice and (positive or step.how == "less input")
    return not twice and positive


@cache
def cycles(weights: tuple[int, ...]) -> int:
    """Cycles of one input's products with the weights of up to four channels, on a core that multiplies in one."""
    return cost(plan(tuple((channel, weight) for channel, weight in enumerate(weights) if weight)))


@cache
def beginning(weights: tuple[int, ...], fresh: frozenset[int], aside: frozenset[int]) -> int:
    """The same where the sums of some channels begin, and where shares of some go to sums of which nothing can be subtracted."""
    return cost(
        plan(tuple((channel, weight) for channel, weight in enumerate(weights) if weight), 1, fresh, aside), fresh
    )


class ProductEmitter:
    """Emits chains. `fresh` holds the channels whose accumulator has no value yet: their first share is moved, not added.

    So does `empty` of registers that sum taps aside.
    """

    PRODUCT = "r6"

    def __init__(self, asm: Assembly):
        self.asm = asm
        self.fresh: set[int] = set()
        self.empty: set[str] = set()
        self.aside: dict[int, str] = {}
        self.product, self.turned = self.PRODUCT, ""  # where the product is; an accumulator that is to be negated

    def emit(self, register: str, weights: Iterable[tuple[int, int]], aside: dict[int, str]) -> None:
        """Add `register` times each channel's weight to the accumulators r0 to r3; r6 is changed.

        aside: the high registers that some channels' shares are added to instead; their weights are positive.
        """
        self.aside = aside
        steps = plan(tuple(weights), self.asm.mul_cycles, frozenset(self.fresh - set(aside)), frozenset(aside))
        self.product, self.turned = self.PRODUCT, ""
        for index, step in enumerate(steps):
            self._step(register, step, steps[index + 1 :])
        self._turn()

    def _step(self, x: str, step: Product, later: tuple[Product, ...]) -> None:
        kept = step.how in KEPT
        if step.channel in self.aside:
            self._step_aside(x, step, self.aside[step.channel], kept)
            return
        accumulator, fresh = f"r{step.channel}", step.channel in self.fresh
        self.fresh.discard(step.channel)
        if fresh and not kept and all(each.channel != step.channel for each in later):
            self._make(x, step, accumulator)  # where it stays for those that need it
            self._turn()
            self.product, self.turned = accumulator, accumulator if step.weight < 0 else ""
            return
        if not kept:
            self._make(x, step, self.PRODUCT)
            self._turn()
            self.product = self.PRODUCT
        if fresh and self._at_once(accumulator, x, step):
            return
        self._add(accumulator, x if step.how == "input" else self.product, step.weight > 0, fresh)
        if step.how in ("with input", "less input", "twice"):
            second = self.product if step.how == "twice" else x
            self._add(accumulator, second, (step.weight > 0) == (step.how != "less input"), False)

    def _step_aside(self, x: str, step: Product, register: str, kept: bool) -> None:
        """Add a share to a high register."""
        if not kept:
            self._make(x, step, self.PRODUCT)
            self._turn()
            self.product = self.PRODUCT
        shares = [x if step.how == "input" else self.product]
        shares += {"with input": [x], "twice": [self.product]}.get(step.how, [])
        for share in shares:
            self.asm.emit(f"{'mov' if register in self.empty else 'add'} {register}, {share}")
            self.empty.discard(register)

    def _turn(self) -> None:
        """Negate the accumulator that held a product, now that no other channel needs it."""
        if self.turned:
            self.asm.emit(f"rsbs {self.turned}, {self.turned}, #0")
        self.turned = ""

    def _at_once(self, accumulator: str, x: str, step: Product) -> bool:
        """Move two shares to an accumulator in one instruction, if there is one for them."""
        positive, product = step.weight > 0, self.product
        how = {
            ("with input", True): f"adds {accumulator}, {product}, {x}",
            ("less input", True): f"subs {accumulator}, {product}, {x}",
            ("less input", False): f"subs {accumulator}, {x}, {product}",
            ("twice", True): f"lsls {accumulator}, {product}, #1",
        }.get((step.how, positive))
        if how:
            self.asm.emit(how)
        return how is not None

    def _make(self, x: str, step: Product, register: str) -> None:
        product = self.product
        if step.how == "chain":
            self.asm.emit(*shift_add.instructions(step.chain, x, product, register))
            return
        self.asm.emit(
            *{
                "multiply": (f"movs {register}, #{step.amount}", f"muls {register}, {x}, {register}"),
                "shift": (f"lsls {register}, {x}, #{step.amount}",),
                "rescale": (f"lsls {register}, {product}, #{step.amount}",),
                "plus": (f"adds {register}, {product}, {x}",),
                "minus": (f"subs {register}, {product}, {x}",),
            }[step.how]
        )

    def _add(self, accumulator: str, source: str, positive: bool, fresh: bool) -> None:
        if fresh:
            self.asm.emit(f"movs {accumulator}, {source}" if positive else f"rsbs {accumulator}, {source}, #0")
        else:
            self.asm.emit(f"{'adds' if positive else 'subs'} {accumulator}, {accumulator}, {source}")
