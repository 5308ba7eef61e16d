"""The form fast is not slower than small-ram, whose kernels it could have as well: on random networks and on the peers' ones.

python tests/compiler/backends/thumb/test_fast_is_fastest.py FIRST COUNT tries more random networks and prints the slowest.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import pytest
import random_networks

from helpers.common.errors import Unsupported
from helpers.compiler import driver
from helpers.compiler.ir.graph import Graph
from helpers.inference.emulated_bundle import EmulatedBundle
from helpers.own_network import fit
from tests.peers import networks

SLOWER = 1.01  # how many times the cycles of small-ram, at most
OF_CALLS = 400  # cycles besides: smaller networks say little about kernels
SEEDS = range(40, 46)


def cycles(graph: Graph, folder: Path) -> dict[str, int]:
    """The cycles of both forms for one input; raises Unsupported where one of them has no code of its own."""
    shape, found = graph.placeholders[0].output.type.shape, {}
    image = np.random.default_rng(5).integers(-128, 128, shape[1:]).astype(np.int8)
    for form in ("fast", "small-ram"):
        target = driver.Target("cortex-m0plus", form=form)
        if driver.form_of(graph, target) != form:
            raise Unsupported(f"no code of the form {form}")
        driver.emit_bundle(graph, folder / form, "net", target)
        found[form] = EmulatedBundle(folder / form).measure(image).cycles
    return found


def made(seed: int) -> Graph:
    graph = random_networks.Maker(seed).network()
    if seed % 2:
        random_networks.varied(graph, seed)
    return graph


@pytest.mark.parametrize("kind", ["float", "int8"])
def test_fast_is_not_slower_on_the_peers_network(kind, tmp_path):
    model = networks.separable()
    onnx.save(networks.as_int8(model, tmp_path) if kind == "int8" else model, tmp_path / "net.onnx")
    found = cycles(fit.integer_graph(tmp_path / "net.onnx", {}), tmp_path)
    assert found["fast"] <= SLOWER * found["small-ram"]


@pytest.mark.parametrize("seed", SEEDS)
def test_fast_is_not_slower_on_random_networks(seed, tmp_path):
    try:
        found = cycles(made(seed), tmp_path)
    except Unsupported as error:
        pytest.skip(str(error))
    assert found["fast"] <= SLOWER * found["small-ram"] + OF_CALLS


def main(first: int, count: int) -> None:
    """Print the networks on which fast is slower."""
    for seed in range(first, first + count):
        with tempfile.TemporaryDirectory() as scratch:
            try:
                found = cycles(made(seed), Path(scratch))
            except Unsupported:
                continue
        if found["fast"] > found["small-ram"]:
            print(f"seed {seed}: {found}, {found['fast'] / found['small-ram']:.3f} times", flush=True)
    print(f"{count} networks tried")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
