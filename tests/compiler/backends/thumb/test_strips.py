"""Layers with pixel lanes in strips of rows, and of pairs of rows: equal to the reference to the bit; the note's has none."""

from dataclasses import replace

import numpy as np
import pytest
import random_networks

from helpers.compiler import driver, interpreter, targets
from helpers.compiler.backends.thumb import kernels, plan
from helpers.compiler.backends.thumb.pixel_lanes import strips
from helpers.compiler.ir.graph import Graph, TensorType
from helpers.compiler.ir.window import SMALL_POOL, Window
from helpers.inference.emulated_bundle import EmulatedBundle

SAME = (1, 1, 1, 1)
LAYERS = [
    ((12, 8, 3), 8, Window((3, 3), pads=SAME), False),
    ((12, 9, 6), 5, Window((3, 3), (2, 2), (0, 0, 1, 1)), False),
    ((16, 8, 2), 6, Window((3, 3), pads=SAME), True),
    ((15, 7, 5), 12, Window((1, 1)), False),
    ((14, 6, 7), 3, Window((5, 3), pads=(4, 1, 0, 1)), False),
    ((24, 10, 1), 4, Window((4, 4), (2, 2), SAME), True),
]
PAIRS = [
    *(layer for layer in LAYERS if not layer[3]),
    ((25, 10, 1), 6, Window((10, 4), (2, 2), (4, 1, 5, 1)), False),
    ((21, 10, 2), 5, Window((7, 4), (4, 2), (3, 1, 3, 1)), False),
    ((13, 5, 17), 9, Window((1, 1)), False),
    ((1, 1, 40), 7, Window((1, 1)), False),
    ((3, 2, 33), 3, Window((1, 1)), False),
    ((1, 9, 3), 4, Window((1, 3), pads=(0, 1, 0, 1)), False),
]


def network(shape: tuple, outputs: int, window: Window, pooled: bool, factors: str) -> Graph:
    """A convolution behind another, which has the same shape, and a pool behind it if `pooled`; a dense layer comes last."""
    maker = random_networks.Maker(sum(shape) + outputs)
    value = maker.graph.add_placeholder("x", TensorType((1, *shape), "int8", 0.01, -128))
    for number, (own, depth) in enumerate(((Window((1, 1)), shape[2]), (window, outputs))):
        constants = maker.constants((depth, *own.kernel, value.type.shape[3]), depth)
        size = own.output_size(*value.type.shape[1:3])
        result = TensorType((1, *size, depth), "int8", 0.01, -128)
        rules = maker.rules(constants[0], own.kernel[0] * own.kernel[1] * shape[2], result)
        inputs = [value, *constants]
        node = maker.graph.add("Convolution", f"conv{number}", inputs, [result], window=own, group=1, **rules)
        if factors != "one for all":
            random_networks.by_channel(node, factors, maker.random)
        value = node.output
    value = maker.pool_of(value, SMALL_POOL) if pooled else value
    maker.graph.add_output("y", maker.dense(value))
    return maker.graph


def _only(kind: str, monkeypatch) -> None:
    """One kind of kernel wherever it can be."""
    real = plan.estimates

    def only(*arguments):
        every = real(*arguments)
        return {kind: every[kind]} if kind in every else every

    monkeypatch.setattr(plan, "estimates", only)


@pytest.fixture
def in_strips(monkeypatch):
    """Pixel lanes wherever they can be, and strips wherever these can be."""
    _only("pixel", monkeypatch)
    monkeypatch.setattr(kernels, "light", lambda made, marks: [kernel.lighter or kernel for kernel in made])


@pytest.mark.usefixtures("in_strips")
@pytest.mark.parametrize("mul_cycles", [1, 32])
@pytest.mark.parametrize("factors", ["one for all", "doubled"])
@pytest.mark.parametrize("layer", LAYERS, ids=str)
def test_strips_equal_the_reference(layer, factors, mul_cycles, tmp_path):
    graph, form = network(*layer, factors), replace(targets.FORMS[targets.FAST], mul_cycles=mul_cycles)
    assert ("strips" if layer[3] else "pairs") in [kernel.kind for kernel in plan.kernels(graph, form)]
    inputs = random_networks.inputs((1, *layer[0]), 1)[2:]
    driver.emit_bundle(graph, tmp_path, "net", driver.Target("cortex-m0plus", form=targets.FAST, mul_cycles=mul_cycles))
    assert np.array_equal(EmulatedBundle(tmp_path, mul_cycles).run(inputs), interpreter.run_many(graph, {"x": inputs}))


@pytest.mark.parametrize("strip", [0, -1])
@pytest.mark.parametrize("factors", ["one for all", "doubled"])
@pytest.mark.parametrize("layer", PAIRS, ids=str)
def test_pairs_of_rows_equal_the_reference(layer, factors, strip, tmp_path, monkeypatch):
    """In the strips with the fewest cycles, and in those with the least memory."""
    graph = network(*layer, factors)
    _only("pairs", monkeypatch)
    real = kernels.light
    monkeypatch.setattr(
        kernels,
        "light",
        lambda made, marks: [
            replace(each, strip=each.strips[strip]) if each.strips else each for each in real(made, marks)
        ],
    )
    assert [each.kind for each in plan.kernels(graph, targets.FORMS[targets.FAST])][1] == "pairs"
    inputs = random_networks.inputs((1, *layer[0]), 1)[2:]
    driver.emit_bundle(graph, tmp_path, "net", driver.Target("cortex-m0plus", form=targets.FAST))
    assert np.array_equal(EmulatedBundle(tmp_path).run(inputs), interpreter.run_many(graph, {"x": inputs}))


def test_a_strip_has_few_rows_and_copies_few_twice():
    assert strips.rows_of(48, 24, 1, 1) == 1  # a window of one row: nothing is copied twice
    assert strips.rows_of(48, 24, 2, 3) == 1
    assert strips.rows_of(48, 24, 1, 3) == 3
    assert strips.rows_of(7, 8, 1, 3) == 7  # a prime: one strip
    assert strips.rows_of(8, 1, 1, 1) == 4  # too few windows


def test_the_notes_network_has_no_strips(note):
    graph = driver.compiled_graph(*note)
    assert {kernel.kind for kernel in plan.kernels(graph, targets.FORMS[targets.FAST])} == {"pixel", "pool", "channel"}
