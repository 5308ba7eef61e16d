"""Weights of 4 and 2 bits share bytes in plain and small-flash: less flash, every output the reference's; fast is as it was."""

from dataclasses import dataclass

import int8_networks
import numpy as np
import pytest
import random_networks

from helpers.compiler import driver, interpreter
from helpers.compiler.backends.plain_c import packed_sums
from helpers.compiler.backends.thumb import plan
from helpers.compiler.backends.thumb.channel_lanes.packing import LANE_BITS
from helpers.compiler.backends.thumb.channel_lanes.plan import ChannelPlan
from helpers.compiler.backends.thumb.channel_lanes.unpacked import widths
from helpers.compiler.ir.graph import Graph, TensorType
from helpers.compiler.ir.window import Window
from helpers.compiler.numerics.requantisation import requantisation
from helpers.compiler.targets import FORMS
from helpers.inference.emulated_bundle import EmulatedBundle
from helpers.inference.host_bundle import HostBundle

FORM_NAMES = ("plain", "small-flash")
GROWTH = 1.03  # what figures may grow by before the test fails
# The autoencoder's bytes of flash and cycles by bits of a weight and form: update them from what a failing test prints.
HELD = {
    (8, "plain"): (22_380, 184_917), (8, "small-flash"): (21_680, 106_574),
    (4, "plain"): (13_392, 202_237), (4, "small-flash"): (12_488, 117_146),
    (2, "plain"): (8832, 197_323), (2, "small-flash"): (8304, 117_238),
}  # fmt: skip


def same(graph, form: str, folder, cpu: str = "cortex-m0plus") -> EmulatedBundle:
    """The bundle of a form, whose outputs are the reference's."""
    (placeholder,), (name, _) = graph.placeholders, graph.outputs[0]
    inputs = random_networks.inputs(placeholder.output.type.shape, 1)
    driver.emit_bundle(graph, folder / form, "net", driver.Target(cpu, form=form))
    bundle = EmulatedBundle(folder / form, 1, cpu)
    assert np.array_equal(bundle.run(inputs), interpreter.run(graph, {placeholder.name: inputs})[name])
    return bundle


@dataclass(frozen=True)
class Layer:
    """A layer with Glow's requantisation.

    own: what is added to its weights of so many bits; offset: that of the weights.
    """

    kind: str
    x: tuple
    outputs: int
    own: int = 0
    offset: int = 0
    stride: int = 1
    x_offset: int = -128


def one_layer(layer: Layer, bits: int) -> Graph:
    """A network of one layer."""
    kind, x, outputs, own, offset = layer.kind, layer.x, layer.outputs, layer.own * (bits < 8), layer.offset
    random, graph, half = np.random.default_rng(bits), Graph("one"), 2 ** (bits - 1)
    value = graph.add_placeholder("x", TensorType(x, "int8", 0.02, layer.x_offset))
    dense, taps = kind == "FullyConnected", x[-1]
    weights = (random.integers(-half, half, (taps, outputs) if dense else (outputs, 1, 1, taps)) + own).astype(np.int8)
    weights.reshape(-1)[:2] = own - half, own + half - 1
    constants = [
        graph.add_constant("weights", weights, TensorType(weights.shape, "int8", 0.1, offset)),
        graph.add_constant(
            "bias", random.integers(-500, 500, outputs).astype(np.int32), TensorType((outputs,), "int32", 0.002)
        ),
    ]
    sums = 70 * np.sqrt(taps) * (np.abs(weights - float(offset)).mean() + 0.1)
    rules = {
        "requantisation": requantisation(np.float32(60 / sums), -5),
        "bias_requantisation": requantisation(np.float32(1)),
    }
    window = {} if dense else {"window": Window((1, 1), (layer.stride, layer.stride)), "group": 1}
    rows = (x[0], outputs) if dense else (x[0], *(-(-n // layer.stride) for n in x[1:3]), outputs)
    node = graph.add(kind, "layer", [value, *constants], [TensorType(rows, "int8", 0.1, -5)], **rules, **window)
    graph.add_output("y", node.output)
    return graph


LAYERS = {
    "dense": Layer("FullyConnected", (1, 130), 9),
    "an odd number of taps": Layer("FullyConnected", (1, 31), 40),
    "1x1": Layer("Convolution", (1, 3, 4, 33), 14),
    "1x1 in strides": Layer("Convolution", (1, 5, 4, 40), 13, stride=2),
    "weights around another offset": Layer("FullyConnected", (1, 130), 9, 60, 57),
    "an input that goes both ways": Layer("Convolution", (1, 3, 4, 33), 14, 0, 1, x_offset=3),
}
DENSE = LAYERS["dense"]


@pytest.mark.parametrize("form", FORM_NAMES)
@pytest.mark.parametrize("bits", [4, 2])
@pytest.mark.parametrize("name", LAYERS)
def test_layers_with_glows_factors(name, bits, form, tmp_path):
    layer = LAYERS[name]
    narrow, wide = (same(one_layer(layer, each), form, tmp_path / str(each)) for each in (bits, 8))
    saved = layer.x[-1] * layer.outputs * (8 - bits) // 8
    assert narrow.flash_bytes < wide.flash_bytes - saved + 200


@pytest.mark.parametrize("bits", [4, 2])
def test_weights_far_from_their_offset(bits, tmp_path):
    """Few of their products fit in half a register."""
    for form in FORM_NAMES:
        same(one_layer(Layer("FullyConnected", (1, 130), 9, 100, -100), bits), form, tmp_path)


@pytest.mark.parametrize("form", FORM_NAMES)
@pytest.mark.parametrize("helper", ["doubled", "rounded_once"])
@pytest.mark.parametrize("bits", [4, 3, 2])
def test_layers_with_tflites_factors(bits, helper, form, tmp_path):
    made = int8_networks.Maker((4, 5, 7), helper, bits)
    for outputs, kernel in ((37, (1, 1)), (9, (3, 2)), (50, (1, 1))):
        made.conv(outputs, kernel)
    made.dense(11)
    same(made.finished(), form, tmp_path)


@pytest.mark.parametrize(("bits", "form"), HELD)
def test_the_autoencoder(bits, form, tmp_path):
    bundle = same(int8_networks.autoencoder(bits), form, tmp_path)
    image = np.random.default_rng(3).integers(-128, 128, (1, 128)).astype(np.int8)
    found = bundle.flash_bytes, bundle.measure(image[0]).cycles
    assert all(each <= most * GROWTH for each, most in zip(found, HELD[bits, form], strict=True)), found


def test_weights_that_share_bytes_are_taken_where_they_fit():
    assert (
        widths.fits(np.array([-8, 7]), 4)
        and not widths.fits(np.array([-8, 8]), 4)
        and not widths.fits(np.array([-9]), 4)
    )
    for bits, kinds in ((8, [8, 8, 8, 8]), (4, [4, 4, 4, 4]), (2, [2, 2, 2, 2])):
        made = plan.kernels(int8_networks.autoencoder(bits), FORMS["small-flash"])
        assert [kernel.bits for kernel in made] == kinds


def test_a_function_more_must_save_more_than_it_takes():
    """One small layer of 4 bits behind a large one of 8 shares the function of 8 bits; a large one has its own."""
    for outputs, bits in ((4, 8), (40, 4)):
        made = int8_networks.Maker((100,))
        made.dense(100)
        made.bits = 4
        made.dense(outputs)
        kernels = plan.kernels(made.finished(), FORMS["small-flash"])
        assert [kernel.bits for kernel in kernels] == [8, bits]


@pytest.mark.parametrize("form", ["fast", "small-ram", "skip-blank"])
def test_other_forms_are_as_before(form, monkeypatch, tmp_path):
    seen, planned = [], ChannelPlan.__init__
    monkeypatch.setattr(
        ChannelPlan, "__init__", lambda self, *given: (planned(self, *given), seen.append(self.bits))[0]
    )
    for graph in (one_layer(DENSE, 4), int8_networks.autoencoder(4)):
        assert all(kernel.bits == 8 for kernel in plan.kernels(graph, FORMS[form]))
        same(graph, form, tmp_path / str(len(seen)))
    assert seen and set(seen) == {LANE_BITS}


def test_several_rows_at_once(tmp_path):
    """A dense layer of TFLite may see many rows; C then repeats its loops."""
    graph = one_layer(Layer("FullyConnected", (3, 131), 9), 4)
    inputs = np.random.default_rng(5).integers(-128, 128, (3, 131)).astype(np.int8)
    driver.emit_bundle(graph, tmp_path, "net", driver.Target())
    wanted = interpreter.run(graph, {"x": inputs})["y"]
    assert "bits_of(w" in (tmp_path / "net.c").read_text()
    assert np.array_equal(HostBundle(tmp_path).run(inputs), wanted)


@pytest.mark.parametrize("bits", [4, 2])
def test_the_reference_of_packed_layers(bits):
    """The rewritten graph computes what the graph before does."""
    for name, layer in LAYERS.items():
        graph = one_layer(layer, bits)
        made = packed_sums.with_packed_weights(graph)
        assert [node.kind for node in made.nodes] == ["PackedSums"], name
        inputs = {"x": random_networks.inputs(layer.x, 2)}
        assert np.array_equal(interpreter.run(made, inputs)["y"], interpreter.run(graph, inputs)["y"])


def test_packed_and_back():
    numbers = np.random.default_rng(2).integers(-8, 8, (3, 7))
    stored = packed_sums.packed(numbers, 4)
    assert stored.shape == (3, 4) and np.array_equal(packed_sums.unpacked(stored, 4)[:, :7], numbers)
    assert packed_sums.packed(np.array([[1, -2]]), 4).view(np.uint8).tolist() == [[0xE1]]
