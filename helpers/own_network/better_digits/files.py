"""The better network as two files: NAME.onnx with weights on their marks, and NAME.yaml, a profile that holds the scales."""

import dataclasses
from pathlib import Path

import numpy as np

from helpers.common import artifacts
from helpers.common.errors import MissingInput
from helpers.compiler import driver
from helpers.compiler.ir.graph import Graph, Value
from helpers.compiler.profiling import profile
from helpers.compiler.profiling.profile import Entry
from helpers.compiler.quantisation.quantiser import Configuration

SHIPPED = artifacts.DATA / "better_digits"
SEEDS = (1, 2, 3)
CONFIGURATION = Configuration(schema="symmetric_with_power2_scale")
BATCH = {"N": 1}
PROFILED = 20  # images; the profile's ranges of the layers are then replaced by what training used
WEIGHTED, KEEP_SCALE = ("Convolution", "FullyConnected"), ("Relu", "MaxPool", "Reshape", "Transpose")


def path(seed: int, folder: Path | None = None) -> Path:
    """Return the path of a seed's .onnx; folder: None takes what comes with the workbook."""
    return (folder or SHIPPED) / f"seed{seed}.onnx"


def write(trained, images: np.ndarray, file: Path) -> Path:
    """Write a training.Trained as ONNX, and its profile beside it with the ending .yaml; returns the path of the ONNX.

    images: float32 [n, 28, 28, 1], for the histograms of the profile.
    """
    from helpers.network import onnx_export  # TensorFlow takes seconds to load

    proto = onnx_export.convert(trained.network).SerializeToString(deterministic=True)
    artifacts.write_bytes(file, proto)
    graph = driver.float_graph(file, BATCH)
    measured = profile.measure(graph, images[:PROFILED])
    entries = measured.entries | {name: _range(scale) for name, scale in _scales(graph, trained).items()}
    profile.write(file.with_suffix(".yaml"), dataclasses.replace(measured, entries=entries))
    return file


def _range(scale: float) -> Entry:
    """Return the range for which Glow's schema chooses this power of two as the scale, and 0 as the offset."""
    return Entry(-128 * scale, 127 * scale)


def _scales(graph: Graph, trained) -> dict[str, float]:
    """Return the scale of the input, of each layer's weights, and of each value, by the name that the profile has for it."""
    from helpers.network.better_digits import rounding

    chosen = trained.scales
    found = {value.name: rounding.INPUT_SCALE for node in graph.placeholders for value in _same(graph, node.output)}
    layers = [node for node in graph.in_order() if node.kind in WEIGHTED]
    for node, layer in zip(layers, rounding.weighted(trained.network), strict=True):
        found[node.inputs[1].name] = chosen.weights[layer.name]
        found |= {value.name: chosen.results[layer.name] for value in _same(graph, node.output)}
    return found


def _same(graph: Graph, value: Value):
    """Yield a value, and those made from it that keep its scale."""
    yield value
    for node in graph.users(value):
        if node.kind in KEEP_SCALE:
            yield from _same(graph, node.output)


def integer_graph(file: Path) -> Graph:
    """Return the integer graph of a network and the profile beside it. Raises MissingInput, and what the importers raise."""
    if not file.is_file():
        remedy = "train it: python -m helpers digits; or restore data/ from git"
        raise MissingInput("does not exist", where=artifacts.shown(file), remedy=remedy)
    ranges = profile.read(file.with_suffix(".yaml"))
    request = driver.Request(BATCH, ranges, CONFIGURATION, convert_placeholders=True)
    return driver.compiled_graph(file, request)
