"""TFLite's two roundings on the M7: smmulr and a shift, bit for bit, where the bounds of the sums allow it."""

from dataclasses import replace

import numpy as np
import pytest

from helpers.compiler import driver, interpreter
from helpers.compiler.backends.dsp import rounding
from helpers.compiler.backends.dsp.rewrite import for_dsp
from helpers.compiler.ir.graph import Graph, TensorType
from helpers.compiler.ir.window import Window
from helpers.compiler.numerics.requantisation import FixedPoint, Requantisation, fixed_point
from helpers.inference.emulated_bundle import EmulatedBundle

RANDOM = np.random.default_rng(13438)
CHANNELS = 6


def network(rules: list[FixedPoint], weights: np.ndarray, bias: np.ndarray, depthwise: bool) -> Graph:
    """A convolution with a rule for each of its channels."""
    graph = Graph("net")
    x = graph.add_placeholder("x", TensorType((1, 5, 5, CHANNELS), "int8", 0.01, -3))
    inputs = [
        x,
        graph.add_constant("weights", weights, TensorType(weights.shape, "int8", 1.0)),
        graph.add_constant("bias", bias.astype(np.int32), TensorType(bias.shape, "int32", 1.0)),
    ]
    attributes = {
        "filters": [TensorType(weights.shape[1:], "int8", 1.0)] * CHANNELS, "requantisations": rules,
        "biases": [TensorType((), "int32", 1.0)] * CHANNELS, "bias_requantisations": [Requantisation(0, 0, 1)] * CHANNELS,
    }  # fmt: skip
    window, group = Window((3, 3), (1, 1), (1, 1, 1, 1)), CHANNELS if depthwise else 1
    result = TensorType((1, 5, 5, CHANNELS), "int8", 0.02, 5)
    kind = "ChannelwiseQuantizedConvolution"
    graph.add_output("y", graph.add(kind, "conv", inputs, [result], window=window, group=group, **attributes).output)
    return graph


def drawn(depthwise: bool) -> tuple[list[FixedPoint], np.ndarray, np.ndarray]:
    weights = RANDOM.integers(-128, 128, (CHANNELS, 3, 3, 1 if depthwise else CHANNELS)).astype(np.int8)
    return [fixed_point(0.002 * 1.7**n) for n in range(CHANNELS)], weights, RANDOM.integers(-9000, 9000, CHANNELS)


def code_of(graph: Graph, folder) -> str:
    """Compile for the M7, compare with the integers, and return the C."""
    driver.emit_bundle(graph, folder / "net", "net", driver.Target("cortex-m7"))
    inputs = RANDOM.integers(-128, 128, (4, 5, 5, CHANNELS)).astype(np.int8)
    expected = interpreter.run_many(graph, inputs)
    assert np.array_equal(interpreter.run_many(for_dsp(graph), inputs), expected)
    assert np.array_equal(EmulatedBundle(folder / "net", core="cortex-m7").run(inputs), expected)
    return (folder / "net" / "net.c").read_text()


@pytest.mark.parametrize("depthwise", [False, True])
@pytest.mark.parametrize("dead", [None, -(2**30), 2**30, 77])
def test_a_layer_with_a_dead_channel(depthwise, dead, tmp_path):
    rules, weights, bias = drawn(depthwise)
    if dead is not None:
        weights[2], bias[2], rules[2] = 0, dead, fixed_point(50 / 2**30 if abs(dead) > 77 else 0.3)
    assert "smmulr" in code_of(network(rules, weights, bias, depthwise), tmp_path)


@pytest.mark.parametrize("helper", ["doubled", "rounded_once", "rounded_even"])
@pytest.mark.parametrize("offset", [-128, 5])
def test_each_rounding_is_one_instruction(helper, offset, tmp_path):
    rules, weights, bias = drawn(False)
    rules = [replace(rule, helper=helper, offset=offset - 5) for rule in rules]  # the result's offset of 5 comes on top
    wanted = ("smmlar" if offset == -128 else "smmulr") if helper == "doubled" else "smmla "
    assert wanted in code_of(network(rules, weights, bias, False), tmp_path)


@pytest.mark.parametrize("what", ["a large bias", "a factor of 500", "a result rounded once among others"])
def test_what_does_not_fit_is_computed_in_64_bits(what, tmp_path):
    rules, weights, bias = drawn(False)
    if what == "a large bias":
        bias[1], rules[1] = 2**30, fixed_point(1e-6)
    elif what == "a factor of 500":
        rules[1] = fixed_point(500)
    else:
        rules[1] = fixed_point(0.9)
    text = code_of(network(rules, weights, bias, False), tmp_path)
    assert "smm" not in text and "doubled(" in text


def test_halves_to_even_are_halves_up_where_no_half_comes_out():
    odd, even = (FixedPoint(0, multiplier, 1, helper="rounded_even") for multiplier in (2**30 + 1, 2**30))
    assert rounding.of_layer([odd], [(-9999, 9999)], [9], None)
    assert not rounding.of_layer([even], [(-9999, 9999)], [9], None)


X = np.concatenate([RANDOM.integers(-(2**22), 2**22, 4000), [-1, 0, 1, 2**22, -(2**22)]])


@pytest.mark.parametrize("least", [None, 0, 3])
@pytest.mark.parametrize("multiplier", [2**30, 2**31 - 1, 1518500250, 0])
@pytest.mark.parametrize(("left", "right"), [(0, 0), (0, 1), (0, 7), (3, 1), (5, 2), (2, 0)])
def test_the_identities(left, right, multiplier, least):
    """Against TFLite's own steps: a nudge by sign and a division, and a comparison with the rest."""
    rule = FixedPoint(left, multiplier, right)
    product = (X << left) * multiplier
    nudged = product + np.where(product >= 0, 1 << 30, 1 - (1 << 30))
    high = np.sign(nudged) * (np.abs(nudged) >> 31)
    mask = (1 << right) - 1
    wanted = (high >> right) + ((high & mask) > (mask >> 1) + (high < 0))
    assert np.array_equal(rule.apply(X), wanted)
    (half,) = rounding.of_layer([rule], [(-(2**22), 2**22)], [1], least)
    high = ((X << half.up) * half.multiplier + 2**31) >> 32
    if half.kind == rounding.SIGNED:
        high += high >> 31
    got = (high + half.addend) >> half.post
    low = -(2**31) if least is None else least
    assert np.array_equal(np.maximum(got, low), np.maximum(wanted, low))


@pytest.mark.parametrize("multiplier", [2**30, 2**31 - 1, 1518500250, 0])
@pytest.mark.parametrize(("left", "right"), [(0, 0), (0, 1), (0, 7), (3, 1), (5, 2), (2, 0)])
def test_rounding_once(left, right, multiplier):
    rule = FixedPoint(left, multiplier, right, offset=3, helper="rounded_once")
    (half,) = rounding.of_layer([rule], [(-(2**22), 2**22)], [1], 0)
    high = ((X << half.up) * half.multiplier >> 32) + half.addend
    wanted = np.array([((int(x) << left) * multiplier + (1 << 30 + right) >> 31 + right) + 3 for x in X])
    assert half.kind == rounding.FLOOR and np.array_equal(high >> half.post, wanted)
