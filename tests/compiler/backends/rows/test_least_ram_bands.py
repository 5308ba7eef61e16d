"""The form least-ram on TFLite's layers: bands of C and of weights as bytes, sums to which rows are added, residual blocks."""

import int8_networks
import numpy as np
import pytest
from int8_networks import Maker
from test_bands import replayed

from helpers.common import named_arrays
from helpers.compiler import driver, interpreter, targets
from helpers.compiler.backends.rows import dense_sums, means, shortcuts
from helpers.compiler.backends.rows import program as rows
from helpers.compiler.backends.rows.bands import Band
from helpers.inference.emulated_bundle import EmulatedBundle

# Bytes of activations, inputs and outputs: each network is larger than these as a whole.
RAM = {"note": 444, "separable": 960, "autoencoder": 212, "residual": 1900, "speech": 500}


def bands(graph) -> list:
    """The bands of a network, its blocks joined."""
    apart = rows._Builder(graph, targets.LEAST, "net")
    return rows._Builder(graph, targets.LEAST, "net", shortcuts.joined(apart.kernels, apart.outputs)).cutter.bands()


def ran(graph, folder):
    """The layout of a network's bundle; its outputs are the reference's."""
    shape = graph.placeholders[0].output.type.shape
    inputs = np.random.default_rng(5).integers(-128, 128, (6, *shape[1:])).astype(np.int8)
    inputs[-2], inputs[-1] = -128, 127
    layout = driver.emit_bundle(graph, folder, "net", driver.Target("cortex-m0plus", form="least-ram"))
    expected = interpreter.run_many(graph, inputs)
    got = EmulatedBundle(folder).run(inputs)
    assert np.array_equal(got, expected.reshape(got.shape))
    return layout


@pytest.mark.parametrize("name", int8_networks.NETWORKS)
def test_networks_take_little_ram(name, tmp_path):
    layout = ran(int8_networks.NETWORKS[name](), tmp_path)
    assert layout.mutable_bytes + layout.activations_bytes <= RAM[name]


@pytest.mark.parametrize("name", int8_networks.NETWORKS)
def test_every_row_is_there_when_it_is_read(name):
    graph = dense_sums.split(means.split(int8_networks.NETWORKS[name]()))
    found = [each for each in bands(graph) if isinstance(each, Band)]
    for band in found:
        replayed(band)
    assert bool(found) == (name != "autoencoder")


def test_rings_that_are_empty_in_turn_share_bytes():
    """A 1x1 layer reads each row as soon as it is there, so that the rows of all such layers take one place."""
    made = Maker((60, 12, 4))
    for outputs in (8, 8, 8, 8):
        made.conv(made.value.type.shape[3], (3, 3), depthwise=True)
        made.conv(outputs, (1, 1))
    made.pool(4)
    made.dense(3)
    band = next(each for each in bands(made.finished()) if isinstance(each, Band))
    rings = [step.ring.bytes for step in band.steps[1:]]
    points = [at for at, step in zip(band.places[0], band.steps[1:], strict=True) if step.needs.held == step.needs.step]
    assert band.places[1] < sum(rings) and len(set(points)) < len(points)


def test_a_mean_of_the_image_takes_rows(tmp_path):
    """The image of 6,400 bytes is never there as a whole: the sums are 64 bytes."""
    made = Maker((20, 20, 1))
    made.conv(16, (3, 3))
    x = made.value
    value = made.graph.add(
        "AvgPool", "mean", [x], [x.type.with_shape((1, 1, 1, 16))], window=_whole(20), count_padding=False
    )
    driver._settle(value)
    made.value = value.output
    made.dense(4)
    graph = made.finished()
    assert [node.kind for node in means.split(graph).in_order()][1:3] == ["ChannelSums", "MeansOfSums"]
    assert ran(graph, tmp_path).activations_bytes < 500


def _whole(size: int):
    return int8_networks.Window((size, size), (size, size))


def test_what_splits_gives_the_same_integers():
    """The two halves in numpy, too: of a mean, and of a dense layer over an image."""
    graph = int8_networks.NETWORKS["speech"]()
    inputs = (
        np.random.default_rng(1).integers(-128, 128, (4, *graph.placeholders[0].output.type.shape[1:])).astype(np.int8)
    )
    apart = dense_sums.split(graph)
    kinds = {node.kind for node in apart.in_order()}
    assert {"DenseSums", "ElementsOfSums"} <= kinds and "RowwiseQuantizedFullyConnected" not in kinds
    expected = interpreter.run_many(graph, inputs)
    assert np.array_equal(interpreter.run_many(apart, inputs).reshape(expected.shape), expected)


def test_a_shortcut_that_callers_read_stays_apart(tmp_path):
    """So does one whose sum is of a value with itself."""
    for seen, twice in ((True, False), (False, True)):
        made = Maker((9, 9, 2))
        start = made.conv(4, (3, 3))
        short = made.conv(6, (1, 1))
        made.value = start
        made.conv(5, (3, 3))
        last = made.conv(6, (3, 3))
        made.value = short if twice else last
        made.add(short)
        graph = made.finished()
        if seen:
            graph.add_output("short", short)
        assert not any(kernel.shortcut for band in bands(graph) if isinstance(band, Band) for kernel in band.kernels)
        shape = graph.placeholders[0].output.type.shape
        inputs = np.random.default_rng(2).integers(-128, 128, (3, *shape[1:])).astype(np.int8)
        driver.emit_bundle(graph, tmp_path / f"{seen}", "net", driver.Target("cortex-m0plus", form="least-ram"))
        got, expected = EmulatedBundle(tmp_path / f"{seen}").run(inputs), interpreter.run_many(graph, inputs)
        for one, other in zip(named_arrays.in_order(got), named_arrays.in_order(expected), strict=True):
            assert np.array_equal(one, other.reshape(one.shape))


@pytest.mark.parametrize(("stride", "outputs"), [(1, 6), (2, 6), (1, 4), (2, 9)])
@pytest.mark.parametrize("swapped", [False, True])
def test_the_sum_of_a_block_is_made_over_its_input(stride, outputs, swapped, tmp_path):
    """The shortcut is the input itself, or a 1x1 layer with the block's strides."""
    made = Maker((13, 11, 2))
    start = made.conv(4, (3, 3))
    other, layer = start, (stride, outputs) != (1, 4)
    if layer:
        other = made.conv(outputs, (1, 1), stride)
    made.value = start
    made.conv(5, (3, 3), stride)
    made.conv(outputs, (3, 3))
    if swapped:
        made.value, other = other, made.value
    made.add(other)
    made.pool(2)
    made.dense(3)
    graph = made.finished()
    band = next(each for each in bands(graph) if isinstance(each, Band) and each.lag)
    assert band.lag == stride and len(band.kernels) == 3
    assert bool(band.kernels[-1].shortcut) == layer
    ran(graph, tmp_path)
