"""The benchmark's parts, on what is quick."""

import numpy as np
import pytest

from helpers import benchmark, sample_networks
from helpers.aot import compile as compiler
from helpers.aot import execute
from helpers.emulated_bundle import EmulatedBundle

MOST_CYCLES = 5  # a multiply-accumulate in the fast form


@pytest.mark.parametrize("name", ["depthwise separable", "perceptron"])
def test_other_networks_are_exact_and_quick(name, tmp_path):
    graph = sample_networks.NETWORKS[name]()
    compiler.emit_bundle(graph, tmp_path / "bundle", "net", compiler.Target("cortex-m0plus", form="fast"))
    bundle, shape = EmulatedBundle(tmp_path / "bundle"), graph.placeholders[0].output.type.shape
    images = np.random.default_rng(3).integers(-128, 128, (3, *shape[1:])).astype(np.int8)
    assert np.array_equal(bundle.run(images), execute.run(graph, {"input": images})["output"])
    total = sum(sample_networks.multiplications(graph).values())
    assert bundle.measure(images[0]).cycles <= MOST_CYCLES * total


def test_lenet_is_that_of_table_1():
    constants = sample_networks.lenet().constants
    assert sum(node.data.size for node in constants) == 1_256_080


def test_command_line_refuses_nonsense():
    with pytest.raises(SystemExit):
        benchmark.main(["--epochs", "many"])
