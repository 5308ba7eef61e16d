"""The estimates that choose a kernel, against cycles of the emulated Cortex-M0+: every kind of kernel for several layers.

An estimate divided by the cycles lies within RANGES. Plain C depends on what clang makes of it, and is far above all others.
"""

from dataclasses import replace

import int8_networks
import numpy as np
import pytest
import random_networks

from helpers.compiler import driver, targets
from helpers.compiler.backends.thumb import plan
from helpers.compiler.ir.graph import Graph
from helpers.inference.emulated_bundle import EmulatedBundle

RANGES = {
    "pixel": (0.9, 1.12), "pairs": (0.9, 1.12), "channel": (0.9, 1.16), "padded": (0.9, 1.15), "loop": (0.9, 1.15),
    "listed": (0.9, 1.15), "c": (0.3, 1.2),
}  # fmt: skip
# Height, width and channels of the input; outputs, None for a depthwise layer; kernel, stride.
LAYERS = [
    ((25, 10, 1), 16, (10, 4), 2),
    ((14, 14, 1), 8, (3, 3), 1),
    ((16, 16, 3), 8, (3, 3), 2),
    ((10, 10, 4), 12, (3, 3), 1),
    ((13, 5, 16), 16, (1, 1), 1),
    ((7, 7, 16), 24, (1, 1), 1),
    ((13, 5, 16), None, (3, 3), 1),
    ((14, 14, 8), None, (3, 3), 2),
    ((12, 12, 4), None, (5, 5), 1),
]
# Every layer with the factors of TFLite; every other one with Glow's, too.
CASES = [(layer, "doubled") for layer in LAYERS] + [(layer, "one for all") for layer in LAYERS[1::2]]


def network(layer: tuple, factors: str, monkeypatch) -> Graph:
    """One layer. factors: as FixedPoint has it, one for each channel; or one for all, as Glow has it."""
    shape, outputs, kernel, stride = layer
    with monkeypatch.context() as patched:
        if factors == "one for all":
            patched.setattr(random_networks, "by_channel", lambda *_: None)
        made = int8_networks.Maker(shape, factors)
        made.conv(outputs or shape[2], kernel, stride, depthwise=outputs is None)
    return made.finished()


def forced(kind: str, monkeypatch) -> list[float]:
    """Let one kind of kernel take every layer that it suits; the estimates go into the list."""
    real, found = plan.estimates, []

    def only(*arguments):
        every = real(*arguments)
        found.append(every.get(kind))
        return {kind: every[kind]} if kind in every else every

    def best(made, marks):
        return [replace(each, strip=each.strips[0]) if each.strips else each for each in made]

    monkeypatch.setattr(plan, "estimates", only)
    monkeypatch.setattr(plan.planned, "light", best)
    return found


def measured(graph: Graph, folder, form: str) -> int:
    driver.emit_bundle(graph, folder, "net", driver.Target("cortex-m0plus", form=form))
    image = np.random.default_rng(1).integers(-128, 128, graph.placeholders[0].output.type.shape[1:]).astype(np.int8)
    return EmulatedBundle(folder).measure(image).cycles


@pytest.mark.parametrize(("layer", "factors"), CASES, ids=str)
def test_estimates_are_near_the_cycles(layer, factors, tmp_path, monkeypatch):
    graph, wrong = network(layer, factors, monkeypatch), {}
    for kind, (low, high) in RANGES.items():
        with monkeypatch.context() as patched:
            estimated = forced(kind, patched)
            cycles = measured(graph, tmp_path / kind, targets.PLAIN if kind == "c" else targets.FAST)
            if kind == "c":
                plan.kernels(graph, targets.FORMS[targets.FAST])
        if estimated[0] is not None and estimated[0] != np.inf:
            ratio = estimated[0] / cycles
            wrong |= {} if low <= ratio <= high else {kind: (round(ratio, 3), cycles)}
    assert not wrong
