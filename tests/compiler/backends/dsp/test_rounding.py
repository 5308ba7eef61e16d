"""TFLite's two roundings on the M7: smmulr and a shift, bit for bit, where the bounds of the sums allow it."""

import numpy as np
import pytest

from helpers.compiler import driver, interpreter
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


@pytest.mark.parametrize("what", ["a large bias", "a factor of one half or more"])
def test_what_does_not_fit_is_computed_in_64_bits(what, tmp_path):
    rules, weights, bias = drawn(False)
    if what == "a large bias":
        bias[1], rules[1] = 2**30, fixed_point(1e-6)
    else:
        rules[1] = fixed_point(0.9)
    text = code_of(network(rules, weights, bias, False), tmp_path)
    assert "smmulr" not in text and "doubled(" in text


def test_the_identities():
    """Against TFLite's own steps: a nudge by sign and a division, and a comparison with the rest."""
    x = np.concatenate([RANDOM.integers(-(2**23), 2**23, 4000), [-1, 0, 1, 2**23, -(2**23)]])
    for left, right in ((0, 1), (0, 7), (3, 1), (5, 2)):
        for multiplier in (2**30, 2**31 - 1, 1518500250, 0):
            rule = FixedPoint(left, multiplier, right)
            product = (x << left) * multiplier
            nudged = product + np.where(product >= 0, 1 << 30, 1 - (1 << 30))
            high = np.sign(nudged) * (np.abs(nudged) >> 31)
            mask = (1 << right) - 1
            wanted = (high >> right) + ((high & mask) > (mask >> 1) + (high < 0))
            assert np.array_equal(rule.apply(x), wanted)
            shift, factor, half, post = (int(n) for n in rule.doubled_row.split(", "))
            rounded = ((x << shift) * factor + 2**31) >> 32  # smmulr
            assert np.array_equal((rounded + (rounded >> 31) + half) >> post, wanted)
