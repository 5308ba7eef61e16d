"""Weights as bytes: windows and sums of every size equal the reference; layers of a variant share a function."""

import int8_networks
import numpy as np
import pytest
import random_networks

from helpers.compiler import driver, interpreter
from helpers.compiler.backends.thumb import plan
from helpers.compiler.backends.thumb.channel_lanes.unpacked import layer
from helpers.compiler.targets import FORMS
from helpers.inference.emulated_bundle import EmulatedBundle

WINDOWS = [((5, 4, 3), 5, (3, 3), 1), ((7, 6, 1), 4, (4, 3), 2), ((6, 3, 4), 9, (1, 1), 1), ((3, 2, 2), 1, (5, 5), 1)]


def same(graph, folder) -> EmulatedBundle:
    """The bundle of the form small-flash, whose outputs are the reference's."""
    inputs = random_networks.inputs(graph.placeholders[0].output.type.shape, 1)
    driver.emit_bundle(graph, folder / "net", "net", driver.Target("cortex-m0plus", form="small-flash"))
    bundle = EmulatedBundle(folder / "net")
    assert np.array_equal(bundle.run(inputs), interpreter.run(graph, {"input": inputs})["output"])
    return bundle


@pytest.mark.parametrize("window", WINDOWS, ids=str)
@pytest.mark.parametrize("helper", ["doubled", "rounded_once"])
def test_windows(window, helper, tmp_path):
    shape, outputs, kernel, stride = window
    maker = int8_networks.Maker(shape, helper)
    maker.conv(outputs, kernel, stride)
    graph = maker.finished()
    assert [kernel.kind for kernel in plan.kernels(graph, FORMS["small-flash"])] == ["bytes"]
    same(graph, tmp_path)


@pytest.mark.parametrize(("taps", "digits"), [(30, 4), (2000, 5)])
def test_large_sums_take_more_digits(taps, digits, tmp_path):
    maker = int8_networks.Maker((taps,))
    maker.dense(5)
    graph = maker.finished()
    node = next(node for node in graph.in_order() if node.kind == "RowwiseQuantizedFullyConnected")
    assert layer.planned(node).variant.digits == digits
    same(graph, tmp_path)


def test_layers_of_a_variant_share_a_function(tmp_path):
    names = same(int8_networks.autoencoder(), tmp_path).functions
    assert sum("bytes" in name for name in names) == 1
