"""Sums of two int8 values on the M7: the integer reference bit for bit, by high halves where the bounds allow it."""

import numpy as np
import pytest

from helpers.compiler import driver, interpreter
from helpers.compiler.backends.dsp.rewrite import for_dsp
from helpers.compiler.ir.graph import Graph, TensorType
from helpers.compiler.operators.base import elementwise
from helpers.inference.emulated_bundle import EmulatedBundle


def network(scales: tuple[float, float, float], offset: int, helper: str, shape=(1, 4, 5, 6)) -> Graph:
    """x + y, each of a scale of its own; y may have fewer elements than x."""
    graph, (first, second, result) = Graph("net"), scales
    types = [
        TensorType((1, 4, 5, 6), "int8", first, -7),
        TensorType(shape, "int8", second, 11),
        TensorType((1, 4, 5, 6), "int8", result, offset),
    ]
    inputs = [graph.add_placeholder(name, each) for name, each in zip("xy", types, strict=False)]
    node = graph.add("Add", "add", inputs, types[2:])
    node.set(**elementwise.sum_factors(*types, helper))
    graph.add_output("z", node.output)
    return graph


@pytest.mark.parametrize("helper", ["doubled", "rounded_even"])
@pytest.mark.parametrize("offset", [-128, 3])
@pytest.mark.parametrize("scales", [(0.02, 0.05, 0.06), (0.5, 0.001, 0.4), (0.25, 0.25, 0.5), (0.1, 0.1, 0.0001)])
@pytest.mark.parametrize("shape", [(1, 4, 5, 6), (1, 1, 1, 6)])
def test_a_sum_is_the_references(scales, offset, helper, shape, tmp_path):
    graph = network(scales, offset, helper, shape)
    random = np.random.default_rng(1)
    inputs = {"x": random.integers(-128, 128, (4, 4, 5, 6)).astype(np.int8)}
    inputs["y"] = random.integers(-128, 128, (4, *shape[1:])).astype(np.int8)
    expected = interpreter.run_many(graph, inputs)
    driver.emit_bundle(graph, tmp_path / "net", "net", driver.Target("cortex-m7"))
    assert np.array_equal(EmulatedBundle(tmp_path / "net", core="cortex-m7").run(inputs), expected)
    assert np.array_equal(interpreter.run_many(for_dsp(graph), inputs), expected)


def test_where_the_bounds_allow_it():
    kinds = [for_dsp(network(scales, 3, helper)).in_order()[0].kind for scales, helper in (
        ((0.02, 0.05, 0.06), "doubled"),
        ((0.25, 0.25, 0.5), "rounded_even"),  # a half may come out
        ((0.1, 0.1, 1e-9), "doubled"),  # the result's shift goes up
    )]  # fmt: skip
    assert kinds == ["HighAdd", "Add", "Add"]
