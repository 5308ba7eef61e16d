"""A LeakyRelu in a convolution or a dense layer: every kind of kernel computes it, to the bit, and faster than plain C."""

import numpy as np
import pytest
import random_networks

from helpers.compiler import driver, interpreter
from helpers.compiler.backends.thumb import plan
from helpers.compiler.ir.graph import Graph, TensorType
from helpers.compiler.ir.window import Window
from helpers.compiler.operators.leaky_relu import LeakyReluAttributes
from helpers.compiler.targets import FORMS
from helpers.inference.emulated_bundle import EmulatedBundle

LAYERS = {  # input, kernel, outputs, whether each channel is one of its own, whether a pool follows
    "pixel": ((6, 6, 1), 3, 5, False, True),
    "pairs": ((9, 9, 3), 3, 8, False, False),
    "channel": ((7, 7, 24), 3, 9, False, False),
    "listed": ((6, 7, 8), 3, 8, True, False),
    "loop": ((6, 7, 40), 3, 40, True, False),
}


def network(name: str, by_channel: bool, alpha: float) -> Graph:
    """A convolution with the activation, and a pool behind it if the layer has one."""
    shape, side, outputs, alone, pooled = LAYERS[name]
    maker = random_networks.Maker(outputs)
    graph, window = maker.graph, Window((side, side), (1, 1), (1, 1, 1, 1))
    value = graph.add_placeholder("x", TensorType((1, *shape), "int8", 0.01, -7))
    weights = maker.constants((outputs, side, side, 1 if alone else shape[2]), outputs)
    result = TensorType((1, *window.output_size(*shape[:2]), outputs), "int8", 0.01, -90)
    rules = maker.rules(weights[0], weights[0].type.size // outputs, result)
    node = graph.add(
        "Convolution", "layer", [value, *weights], [result], window=window, group=outputs if alone else 1, **rules
    )
    if by_channel:
        random_networks.by_channel(node, "doubled", maker.random)
    node.set(fused="LeakyRelu", fused_arguments=LeakyReluAttributes(alpha=alpha))
    graph.add_output("y", maker.pool_of(node.output, Window((2, 2), (2, 2))) if pooled else node.output)
    return graph


@pytest.mark.parametrize(("by_channel", "alpha"), [(False, 0.1), (True, 0.25)])
@pytest.mark.parametrize("name", LAYERS)
def test_every_kind_of_kernel(name, by_channel, alpha, tmp_path):
    graph, cycles = network(name, by_channel, alpha), {}
    assert by_channel or plan.kernels(graph, FORMS["fast"])[0].kind == name
    inputs = random_networks.inputs(graph.placeholders[0].output.type.shape, 3)
    expected = interpreter.run_many(graph, inputs)
    assert len(np.unique(expected)) > 20
    for form in ("fast", "plain"):
        driver.emit_bundle(graph, tmp_path / form, "net", driver.Target("cortex-m0plus", form=form))
        bundle = EmulatedBundle(tmp_path / form)
        assert np.array_equal(bundle.run(inputs), expected), form
        cycles[form] = bundle.measure(inputs[0]).cycles
    assert cycles["fast"] < 0.7 * cycles["plain"]
