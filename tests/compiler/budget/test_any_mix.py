"""Any mix of forms computes the reference's bits, whether or not it is one that a budget leads to.

More of them: python tests/compiler/budget/test_any_mix.py FIRST COUNT
"""

import random
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

import every_form

from helpers.common import named_arrays
from helpers.compiler import driver
from helpers.compiler.backends.thumb import plan
from helpers.compiler.targets import AUTO, FAST, FORMS, Mix
from helpers.inference.emulated_bundle import EmulatedBundle

FEW = 4


def mixed(graph, seed: int) -> driver.Target:
    """A target with forms for the layers at random, with or without bands of any size, and inputs overwritten or not."""
    chance = random.Random(seed)
    names = sorted({node.name for node in graph.in_order()})
    kinds = {name: chance.choice(["fast", "small", "plain"]) for name in names}
    small, plain = (frozenset(name for name in names if kinds[name] == kind) for kind in ("small", "plain"))
    most, reuse = chance.choice([None, 0, 100, 1000, 10_000]), chance.random() < 0.5
    form = replace(
        FORMS[FAST], name=AUTO, small=small, plain=plain, rows=most is not None, most=most, reuses_inputs=reuse
    )
    return driver.Target("cortex-m0plus", form=AUTO, mix=Mix(form, ()), reuse_inputs=reuse)


def disagreement(seed: int) -> str | None:
    """What is wrong with one mix of one network; None where every output is the reference's."""
    graph, what, inputs, expected = every_form.network(seed, seed % 2 == 1, seed % 4 >= 2)
    target = mixed(graph, seed)
    if not plan.suits(graph, FORMS[FAST]):
        return None
    with tempfile.TemporaryDirectory() as scratch:
        driver.emit_bundle(graph, Path(scratch, "net"), "net", target)
        got = EmulatedBundle(Path(scratch, "net")).run(inputs)
    pairs = zip(named_arrays.in_order(got), named_arrays.in_order(expected), strict=True)
    wrong = sum(int((one != other).sum()) for one, other in pairs)
    return f"seed {seed}: {wrong} outputs differ: {what}" if wrong else None


@pytest.mark.parametrize("seed", range(500, 500 + FEW))
def test_any_mix_agrees_with_the_integer_reference(seed):
    assert disagreement(seed) is None


def test_most_networks_have_a_mix():
    assert sum(plan.suits(every_form.network(seed)[0], FORMS[FAST]) for seed in range(500, 500 + FEW)) > FEW // 2


if __name__ == "__main__":
    first, count = map(int, sys.argv[1:])
    found = [each for seed in range(first, first + count) if (each := disagreement(seed))]
    print(*found, f"{count - len(found)} of {count} mixes agree", sep="\n")
    sys.exit(bool(found))
