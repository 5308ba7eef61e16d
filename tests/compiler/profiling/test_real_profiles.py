"""A profile lists what real Glow's lists, operator by operator: the lowered nodes' names, ranges and histograms, the hash."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import onnx
import operator_networks
import pytest

from helpers.compiler import driver
from helpers.compiler.profiling import profile

REFERENCE = Path(__file__).parents[2] / "reference" / "glow" / "operators.json"
# Products and exponentials may be summed and rounded in another order there.
RELATIVE = 1e-6


@cache
def reference() -> dict:
    return json.loads(REFERENCE.read_text())


@pytest.fixture(scope="module", params=operator_networks.NETWORKS)
def both(request, tmp_path_factory):
    """The name of a network, the profile made here, and what real Glow's profile lists."""
    path = tmp_path_factory.mktemp("profiles") / "net.onnx"
    onnx.save(operator_networks.model(request.param), path)
    made = profile.measure(driver.float_graph(path, {}), operator_networks.inputs(request.param), bins=16)
    return request.param, made, reference()[request.param]


def test_names(both):
    _, made, real = both
    assert list(made.entries) == list(real["entries"])


def test_ranges_and_histograms(both):
    _, made, real = both
    for name, (low, high, histogram) in real["entries"].items():
        if name.startswith("init"):
            continue  # memory that Glow profiles before it writes it
        found = made.entries[name]
        assert [found.low, found.high] == pytest.approx([low, high], rel=RELATIVE, abs=RELATIVE * (high - low))
        assert sum(found.histogram) == sum(histogram)
        assert np.abs(np.array(found.histogram) - histogram).sum() <= 2, name  # one at the edge of two bins


def test_hash(both):
    _, made, real = both
    assert made.graph_hash == int(real["hash"], 16)
