"""Chains of products: they compute the products, and for what they are said to cost."""

import itertools

import pytest

from helpers.compiler.backends.thumb.arithmetic import products
from helpers.compiler.backends.thumb.assembler.assembly import Assembly
from tests.compiler.backends.thumb import thumb_steps

X = 1_000_003


def computed(steps) -> dict[int, int]:
    """What a chain adds to each channel for the input X."""
    product, sums = 0, {}
    for step in steps:
        made = {
            "multiply": step.amount * X, "shift": X << step.amount, "rescale": product << step.amount,
            "plus": product + X, "minus": product - X,
        }  # fmt: skip
        product = made.get(step.how, product)
        extra = {"with input": X, "less input": -X, "twice": product}.get(step.how, 0)
        share = (X if step.how == "input" else product) + extra
        sums[step.channel] = sums.get(step.channel, 0) + (share if step.weight > 0 else -share)
    return sums


@pytest.mark.parametrize("step", [1, 7, 31])
def test_chains_give_the_products(step):
    for weights in itertools.product(range(-60, 61, step * 5), (1, 16, -33), (0, 32, 17), (-1, 49)):
        steps = products.plan(tuple(enumerate(weights)))
        assert computed(steps) == {channel: w * X for channel, w in enumerate(weights) if w}


@pytest.mark.parametrize(
    ("weights", "cycles"),
    [((5,), 3), ((5, 5), 4), ((5, -6), 5), ((8,), 2), ((1, 1, 1, -1), 4), ((7, 14), 5), ((50, 30, 80), 8), ((0, 0), 0)],
)
def test_costs(weights, cycles):
    assert products.cost(products.plan(tuple(enumerate(weights)))) == cycles


@pytest.mark.parametrize("mul_cycles", [1, 32])
def test_sums_that_begin_with_their_first_product_are_the_same(mul_cycles):
    drawn = itertools.product((0, 1, -1, 59, -142), (-1, 83, 84, -59), (0, -83, 16, 142), (83, -32, 118))
    for weights, fresh in itertools.product(drawn, (set(), {0}, {1, 2}, {0, 1, 2, 3})):
        pairs = tuple((channel, weight) for channel, weight in enumerate(weights) if weight)
        asm, registers = Assembly("t", mul_cycles), {"r5": X, **{f"r{n}": 1000 * n + 7 for n in range(4)}}
        emitter = products.ProductEmitter(asm)
        emitter.fresh = set(fresh)
        emitter.emit("r5", pairs, {})
        before = dict(registers)
        taken = thumb_steps.run(asm.lines, registers)
        for channel, weight in pairs:
            begin = 0 if channel in fresh else before[f"r{channel}"]
            assert registers[f"r{channel}"] == (begin + weight * X) & thumb_steps.WORD
        begun = frozenset(fresh)
        if mul_cycles == 1:
            assert taken == products.cost(products.plan(pairs, 1, begun), begun)
            assert products.beginning(weights, begun, frozenset()) == taken


@pytest.mark.parametrize("mul_cycles", [1, 32])
def test_shares_of_some_channels_are_added_to_high_registers(mul_cycles):
    drawn = itertools.product((1, 59, 142, 2), (-1, 83, 84, -59), (0, -83, 16, 142), (83, 32, 118))
    for weights, empty in itertools.product(drawn, (set(), {"r9"}, {"r9", "lr"})):
        pairs = tuple((channel, weight) for channel, weight in enumerate(weights) if weight)
        aside, asm = {0: "r9", 3: "lr"}, Assembly("t", mul_cycles)
        registers = {"r5": X, **dict.fromkeys(("r0", "r1", "r2", "r3", "r9", "lr"), 11)}
        emitter = products.ProductEmitter(asm)
        emitter.fresh, emitter.empty = {0, 1, 2}, set(empty)
        emitter.emit("r5", pairs, aside)
        taken = thumb_steps.run(asm.lines, registers)
        for channel, weight in pairs:
            place = aside.get(channel, f"r{channel}")
            begin = 0 if channel in (1, 2) or place in empty else 11
            assert registers[place] == (begin + weight * X) & thumb_steps.WORD
        assert 0 in emitter.fresh
        if mul_cycles == 1:
            assert products.beginning(weights, frozenset({1, 2}), frozenset(aside)) == taken
