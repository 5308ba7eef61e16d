"""The cost models that choose a kernel, against cycles of the emulated Cortex-M0+."""

import numpy as np
import pytest
import random_networks

from helpers.compiler import driver, targets
from helpers.compiler.backends.thumb import plan
from helpers.compiler.ir.graph import Graph, TensorType
from helpers.compiler.ir.window import Window
from helpers.inference.emulated_bundle import EmulatedBundle

MODELS = {"c": "_plain_cycles", "pixel": "_pixel_cycles", "channel": "_channel_cycles"}
RANGES = {"c": (0.7, 1.1), "pixel": (1.0, 2.4), "channel": (1.0, 2.0), "loop": (0.8, 1.2)}  # estimate divided by cycles
LAYERS = [(4, 4, 3), (8, 8, 1)]  # channels, outputs, kernel


def network(channels: int, outputs: int, kernel: int) -> Graph:
    """A convolution without a border."""
    maker = random_networks.Maker(channels + outputs)
    graph, window = maker.graph, Window((kernel, kernel))
    x = graph.add_placeholder("x", TensorType((1, 8, 8, channels), "int8", 0.01, -128))
    constants = maker.constants((outputs, kernel, kernel, channels), outputs)
    result = TensorType((1, *window.output_size(8, 8), outputs), "int8", 0.01, -128)
    rules = maker.rules(constants[0], channels * kernel**2, result)
    y = graph.add("Convolution", "layer", [x, *constants], [result], window=window, group=1, **rules).output
    graph.add_output("y", y)
    return graph


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("layer", LAYERS, ids=str)
def test_an_estimate_is_near_the_cycles(layer, kind, tmp_path, monkeypatch):
    graph, estimates = network(*layer), []
    for other, name in MODELS.items():
        model = getattr(plan, name)

        def cheapest(*arguments, model=model, chosen=other == kind):
            estimates.extend([model(*arguments)] if chosen else [])
            return 0.0 if chosen else np.inf

        monkeypatch.setattr(plan, name, cheapest)
    driver.emit_bundle(graph, tmp_path / "fast", "net", driver.Target("cortex-m0plus", form=targets.FAST))
    form = targets.PLAIN if kind == "c" else targets.FAST
    driver.emit_bundle(graph, tmp_path / form, "net", driver.Target("cortex-m0plus", form=form))
    cycles = EmulatedBundle(tmp_path / form).measure(random_networks.inputs((1, 8, 8, layer[0]), 1)[0]).cycles
    low, high = RANGES[kind]
    assert low <= estimates[0] / cycles <= high


def test_the_estimate_of_a_loop_over_channels_is_near_the_cycles(tmp_path):
    """A depthwise layer, whose factors are TensorFlow Lite's."""
    maker = random_networks.Maker(3)
    graph, window = maker.graph, Window((3, 3), pads=(1, 1, 1, 1))
    x = graph.add_placeholder("x", TensorType((1, 9, 8, 16), "int8", 0.01, -128))
    constants = maker.constants((16, 3, 3, 1), 16)
    result = TensorType((1, 9, 8, 16), "int8", 0.01, -128)
    node = graph.add(
        "Convolution",
        "layer",
        [x, *constants],
        [result],
        window=window,
        group=16,
        **maker.rules(constants[0], 9, result),
    )
    random_networks.by_channel(node, "doubled", maker.random)
    graph.add_output("y", node.output)
    assert [kernel.kind for kernel in plan.kernels(graph, targets.FORMS[targets.FAST])] == ["loop"]
    driver.emit_bundle(graph, tmp_path, "net", driver.Target("cortex-m0plus", form=targets.FAST))
    cycles = EmulatedBundle(tmp_path).measure(random_networks.inputs((1, 9, 8, 16), 1)[0]).cycles
    low, high = RANGES["loop"]
    assert low <= plan.plane_plan.cycles(window, (9, 8, 16), 9 * 8 * 16) / cycles <= high
