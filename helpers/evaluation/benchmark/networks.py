"""Cycles per multiply-accumulate of other networks in the fast forms: Table 1's LeNet and some of other kinds."""

from pathlib import Path

import numpy as np

from helpers.compiler import driver, targets
from helpers.compiler.ir.graph import Graph
from helpers.evaluation import sample_networks
from helpers.inference.emulated_bundle import EmulatedBundle

LARGE = 1_000_000  # multiply-accumulates; a network with more is measured only on request
CORES = ("cortex-m0plus", "cortex-m7")


def measure(folder: Path, large: bool) -> dict[str, dict]:
    """Return each network's multiply-accumulates and, for each core, its total cycles and cycles per layer."""
    found = {}
    for name, make in sample_networks.NETWORKS.items():
        graph = make()
        layers = sample_networks.multiplications(graph)
        total = sum(layers.values())
        if total <= LARGE or large:
            cores = {cpu: _one(graph, layers, folder / "network", cpu) for cpu in CORES}
            found[name] = {"multiply_accumulates": total, **cores}
    return found


def _one(graph: Graph, layers: dict[str, int], folder: Path, cpu: str) -> dict:
    driver.emit_bundle(graph, folder, "net", driver.Target(cpu, form=targets.FAST))
    shape = graph.placeholders[0].output.type.shape
    image = np.random.default_rng(1).integers(-128, 128, shape[1:]).astype(np.int8)
    one = EmulatedBundle(folder, core=cpu).measure(image)
    each = {layer: round(_cycles(one.cycles_of, layer) / n, 2) for layer, n in layers.items()}
    return {
        "cycles": one.cycles,
        "cycles_each": round(one.cycles / sum(layers.values()), 2),
        "cycles_each_by_layer": each,
    }


def _cycles(cycles_of: dict[str, int], layer: str) -> int:
    """Add up the cycles of a layer's functions."""
    names = {f"net_{layer}", f"net_{layer}_input", f"{layer}_sums", f"{layer}_sums_row"}
    return sum(n for name, n in cycles_of.items() if name in names)
