"""The sum of two values: two products and a shift give what the operator's roundings give, for every pair."""

import numpy as np
import pytest

from helpers.compiler import driver, interpreter
from helpers.compiler.backends.thumb import plan
from helpers.compiler.backends.thumb.pools import addition
from helpers.compiler.ir.graph import Graph, TensorType
from helpers.compiler.numerics import short_sums
from helpers.compiler.numerics.requantisation import fixed_point, requantisation
from helpers.compiler.targets import FORMS
from helpers.inference.emulated_bundle import EmulatedBundle

PAIRS = np.stack(np.meshgrid(np.arange(-128, 128), np.arange(-128, 128)), -1).reshape(-1, 2).astype(np.int8)


def network(kind: str, scales, offsets, count: int = 1, relu: bool = False) -> Graph:
    """Two inputs of `count` elements, their sum or difference, and a Relu."""
    graph, types = Graph("sum"), [TensorType((1, count), "int8", *pair) for pair in zip(scales, offsets, strict=True)]
    values = [graph.add_placeholder(name, each) for name, each in zip("ab", types, strict=False)]
    twice = 2 * max(scales[:2])
    rules = {
        "left": fixed_point(scales[0] / twice, 0, 20),
        "right": fixed_point(scales[1] / twice, 0, 20),
        "sum": fixed_point(twice / (2**20 * scales[2]), offsets[2]),
    }
    made = graph.add(kind, "sum", values, [types[2]], **rules).output
    if relu:
        rule = requantisation(np.float32(1), offsets[2])
        made = graph.add("Relu", "relu", [made], [types[2]], requantisation=rule).output
    graph.add_output("y", made)
    return graph


@pytest.mark.parametrize("seed", range(8))
def test_every_pair(seed):
    random = np.random.default_rng(seed)
    scales, offsets = random.uniform(0.01, 0.1, 3), [int(n) for n in random.integers(-128, 128, 3)]
    graph = network("Add", scales, offsets)
    made = addition.planned(next(node for node in graph.in_order() if node.kind == "Add"))
    x, y = PAIRS[:, :1].astype(np.int64), PAIRS[:, 1:].astype(np.int64)
    totals = (made.left * x + made.right * y + made.addend) >> made.shift
    expected = interpreter.run_many(graph, {"a": PAIRS[:, :1], "b": PAIRS[:, 1:]})
    assert np.array_equal(np.clip(totals, 0, made.largest) + made.low, np.reshape(expected, (-1, 1)))


@pytest.mark.parametrize("kind", ["Add", "Sub"])
@pytest.mark.parametrize(("count", "relu"), [(1, False), (6, True), (37, True)])
def test_on_the_core(kind, count, relu, tmp_path):
    graph, random = network(kind, (0.05, 0.03, 0.06), (-20, 4, -100), count, relu), np.random.default_rng(count)
    kernels = plan.kernels(graph, FORMS["fast"])
    assert [kernel.kind for kernel in kernels] == ["sum"]
    fed = {name: random.integers(-128, 128, (5, count)).astype(np.int8) for name in "ab"}
    driver.emit_bundle(graph, tmp_path / "net", "net", driver.Target("cortex-m0plus", form="fast"))
    assert np.array_equal(EmulatedBundle(tmp_path / "net").run(fed), interpreter.run_many(graph, fed))


def test_a_sum_over_time(tmp_path):
    """As a residual block of one-dimensional convolutions has it: three axes."""
    graph, random = network("Add", (0.05, 0.03, 0.06), (-20, 4, -100), 24), np.random.default_rng(3)
    for value in (*(node.output for node in graph.placeholders), graph.nodes[0].output):
        value.type = value.type.with_shape((1, 6, 4))
    assert [kernel.kind for kernel in plan.kernels(graph, FORMS["fast"])] == ["sum"]
    fed = {name: random.integers(-128, 128, (5, 6, 4)).astype(np.int8) for name in "ab"}
    for form in ("fast", "small-ram"):
        driver.emit_bundle(graph, tmp_path / form, "net", driver.Target("cortex-m0plus", form=form))
        assert np.array_equal(EmulatedBundle(tmp_path / form).run(fed), interpreter.run_many(graph, fed)), form


def test_a_sum_of_rounded_parts_stays_in_c():
    """Glow rounds each input to the result's scale: no two products do that."""
    graph = network("Add", (0.05, 0.03, 0.06), (0, 0, 0))
    node = next(node for node in graph.in_order() if node.kind == "Add")
    node.set(left=requantisation(np.float32(0.8)), right=requantisation(np.float32(0.5)), sum=None)
    assert not addition.suits(node)


def test_equal_sums_are_searched_once():
    """Every form asks for every sum, and a network unrolled over time repeats its own."""
    short_sums.of_pairs.cache_clear()
    for _ in range(3):
        addition.planned(network("Add", (0.05, 0.03, 0.06), (-20, 4, -100)).nodes[0])
    assert short_sums.of_pairs.cache_info().misses == 1
    made = addition.planned(network("Sub", (0.05, 0.03, 0.06), (-20, 4, -100)).nodes[0])
    assert made.right < 0 and short_sums.of_pairs.cache_info().misses == 2
