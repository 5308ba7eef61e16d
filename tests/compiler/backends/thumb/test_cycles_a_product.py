"""Other networks than the note's take at most five cycles a multiply-accumulate, whatever their factors."""

import numpy as np
import pytest
import random_networks

from helpers.compiler import driver
from helpers.compiler.ir.kinds import CONVOLUTIONS, DENSE
from helpers.evaluation import sample_networks
from helpers.inference.emulated_bundle import EmulatedBundle

MOST = 5.0


@pytest.mark.parametrize("factors", ["one for all", "short", "doubled"])
@pytest.mark.parametrize(
    "name", [pytest.param("LeNet of Table 1", marks=pytest.mark.slow), "depthwise separable", "perceptron"]
)
def test_five_cycles_a_product(name, factors, tmp_path):
    graph, random = sample_networks.NETWORKS[name](), np.random.default_rng(2)
    products = sum(sample_networks.multiplications(graph).values())
    for node in graph.nodes:
        if node.kind in CONVOLUTIONS + DENSE and factors != "one for all":
            random_networks.by_channel(node, factors, random)
    driver.emit_bundle(graph, tmp_path / "net", "net", driver.Target("cortex-m0plus", form="fast"))
    image = random.integers(-128, 128, graph.placeholders[0].output.type.shape[1:]).astype(np.int8)
    assert EmulatedBundle(tmp_path / "net").measure(image).cycles <= MOST * products
