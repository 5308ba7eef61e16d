"""Quantisation-aware training: it learns, repeats itself, and its integers are the TFLite interpreter's."""

import numpy as np
import pytest

from helpers.common import artifacts
from helpers.common.errors import BadParameter, Unsupported
from helpers.compiler import driver
from helpers.compiler.ir.kinds import SUMS
from helpers.data import mnist
from helpers.evaluation import quantisation_choices
from helpers.evaluation.quantisation_choices import Choice, Outcome
from helpers.evaluation.verify import floats, integers
from helpers.inference.emulated_bundle import EmulatedBundle
from helpers.network import cnn, onnx_export, quantisation_aware
from helpers.network.keras import keras
from helpers.plots import quantisation_aware as figures
from helpers.plots import style
from tests.samples import noise

IMAGES = 400


def trained(epochs: int = 1) -> keras.Model:
    data = mnist.load()
    model = quantisation_aware.prepare(cnn.load_h5(artifacts.DATA / "mnist.h5"), cnn.as_input(data.x_train[:50]))
    quantisation_aware.fine_tune(model, data, IMAGES, epochs)
    return model


@pytest.fixture(scope="module")
def model():
    return trained()


@pytest.fixture(scope="module")
def file(model, tmp_path_factory):
    return artifacts.write_bytes(tmp_path_factory.mktemp("aware") / "network.tflite", quantisation_aware.convert(model))


@pytest.fixture(scope="module")
def graph(file):
    return driver.compiled_graph(file, driver.Request({}, convert_placeholders=True))


def test_the_same_seed_gives_the_same_network(model):
    for again, first in zip(trained().weights, model.weights, strict=True):
        assert again.name == first.name
        np.testing.assert_array_equal(again.numpy(), first.numpy())


def test_every_layer_is_int8_and_the_integers_are_tflites(graph, file, tmp_path):
    assert not integers.has_float_layers(graph) and graph.placeholders[0].output.type.element == "int8"
    data = mnist.load()
    inputs = cnn.as_input(data.x_test[:500])
    found = integers.reference(graph, integers.fed(graph, inputs))
    tflite = dict(floats.source(file, tmp_path).forms)["TFLite"](inputs)
    np.testing.assert_array_equal(integers.real(graph, found), tflite)
    assert (found.argmax(1) == data.y_test[:500]).mean() > 0.9


def test_the_emulated_core_computes_the_same(graph, tmp_path):
    driver.emit_bundle(graph, tmp_path, "network", driver.Target("cortex-m0plus", form="plain"))
    inputs = integers.fed(graph, cnn.as_input(mnist.load().x_test[:5]))
    np.testing.assert_array_equal(EmulatedBundle(tmp_path).run(inputs), integers.reference(graph, inputs))


def test_training_moves_weights_and_ranges(model):
    start = cnn.load_h5(artifacts.DATA / "mnist.h5")
    before, after = quantisation_aware.kernels(start), quantisation_aware.kernels(model)
    assert list(before) == list(after) == ["conv_1", "conv_2", "conv_3", "dense_1", "dense_2"]
    assert all(0 < np.abs(after[name] - before[name]).max() < 0.2 for name in before)
    learned, measured = (
        quantisation_aware.learned_ranges(model),
        quantisation_aware.measured_ranges(start, cnn.as_input(mnist.load().x_train[:50])),
    )
    assert list(learned) == list(measured) == list(before)
    for name, ends in measured.items():
        assert learned[name] != ends and learned[name] == pytest.approx(ends, rel=0.1, abs=0.1)


def test_rounding_has_marks_and_a_slope_inside_the_range():
    values, slope = quantisation_aware.rounded(np.linspace(-2, 2, 401), -1.0, 1.0, 3)
    assert len(np.unique(values)) == 8 and abs(values).max() < 1.2
    assert set(np.unique(slope)) == {0, 1} and slope[0] == slope[-1] == 0 and slope[200] == 1


@pytest.mark.parametrize("wrong", [{"images": 0}, {"images": 97}, {"epochs": 0}, {"batch_size": 17}, {"seed": -1}])
def test_numbers_out_of_range_are_refused(wrong):
    with pytest.raises(BadParameter, match=next(iter(wrong))):
        quantisation_aware.fine_tune(None, noise(), **({"images": 16, "epochs": 1, "batch_size": 16} | wrong))


def few_bits(bits: int) -> keras.Model:
    model = cnn.load_h5(artifacts.DATA / "mnist.h5")
    losses = quantisation_aware.fine_tune_few_bits(model, mnist.load(), bits, 1600, 2)
    assert len(losses) == 2 and losses[1] < losses[0]
    return model


def as_integers(model: keras.Model, bits: int, folder):
    """The graph of a network quantised with weights of so many bits."""
    file = artifacts.write_bytes(folder / "network.onnx", onnx_export.convert(model).SerializeToString())
    choice = Choice(profile_images=10, weight_bits=bits)
    return quantisation_choices.graph_of(file, choice, quantisation_choices.profile_over(file, 10))


@pytest.fixture(scope="module")
def two_bits():
    return few_bits(2)


def test_weights_of_two_bits_are_learned(two_bits, tmp_path):
    """Rounded afterwards, the network guesses; trained with rounding, it reads most digits, with the very integers."""
    data, right = mnist.load(), {}
    inputs = cnn.as_input(data.x_test[:1000])
    for name, model in {"afterwards": cnn.load_h5(artifacts.DATA / "mnist.h5"), "trained": two_bits}.items():
        graph = as_integers(model, 2, tmp_path)
        found = integers.reference(graph, integers.fed(graph, inputs))
        right[name] = (found.argmax(1) == data.y_test[:1000]).mean()
    assert right["afterwards"] < 0.4 and right["trained"] > 0.7, right
    for node in graph.in_order():
        if node.kind in SUMS:
            constant = node.inputs[1].node
            assert constant.data.min() >= -2 and constant.data.max() <= 1
    for kernel in quantisation_aware.kernels(two_bits).values():
        assert len(np.unique(kernel)) <= 4


def test_few_bits_again(two_bits):
    for again, first in zip(few_bits(2).weights, two_bits.weights, strict=True):
        np.testing.assert_array_equal(again.numpy(), first.numpy())


@pytest.mark.parametrize("bits", [2, 4, 8])
def test_marks_hold_zero_and_are_as_near_as_those_of_the_whole_range(bits):
    weights = np.random.default_rng(bits).normal(0.1, 1, 500).astype(np.float32)
    low, high = quantisation_aware.marks(weights, bits)
    step = (high - low) / (2**bits - 1)
    assert low <= 0 <= high and abs(low / step - round(low / step)) < 1e-9
    found, whole = (
        quantisation_aware.rounded(weights, *ends, bits)[0]
        for ends in ((low, high), (float(weights.min()), float(weights.max())))
    )
    assert ((found - weights) ** 2).sum() <= ((whole - weights) ** 2).sum() * 1.001
    assert quantisation_aware.marks(np.zeros(3, np.float32), bits) == (-1, 1)


@pytest.mark.parametrize("wrong", [{"bits": 1}, {"bits": 9}, {"images": 0}, {"epochs": 0}, {"seed": -1}])
def test_few_bits_out_of_range_are_refused(wrong):
    with pytest.raises(BadParameter, match=next(iter(wrong))):
        quantisation_aware.fine_tune_few_bits(None, noise(), **({"bits": 4, "images": 16, "epochs": 1} | wrong))


@pytest.mark.parametrize(("low", "high", "bits"), [(1.0, 2.0, 8), (0.0, 0.0, 8), (-1.0, 1.0, 1), (-1.0, 1.0, 17)])
def test_a_rounding_that_is_none(low, high, bits):
    with pytest.raises(BadParameter):
        quantisation_aware.rounded(np.zeros(3), low, high, bits)


def test_a_network_that_the_toolkit_does_not_take():
    inner = keras.Sequential([keras.layers.Dense(2, input_shape=(3,))])
    with pytest.raises(Unsupported, match="cannot be trained for int8"):
        quantisation_aware.prepare(keras.Sequential([inner, keras.layers.Dense(1)]), np.zeros((1, 3), np.float32))


def test_every_figure_draws(model, tmp_path):
    start = cnn.load_h5(artifacts.DATA / "mnist.h5")
    x = np.linspace(-2, 2, 401)
    made = [
        figures.staircase(x, *quantisation_aware.rounded(x, -1.0, 1.0, 3)),
        figures.weights(quantisation_aware.kernels(start), quantisation_aware.kernels(model)),
        figures.ranges(
            quantisation_aware.measured_ranges(start, np.zeros((1, 28, 28, 1))),
            quantisation_aware.learned_ranges(model),
        ),
    ]
    lines = [
        [Outcome(Choice(weight_bits=bits), 0.9, 0.9, 500 * bits, 900, 9000) for bits in each] for each in ((8, 4), (4,))
    ]
    made.append(figures.few_bits(dict(zip(("afterwards", "trained"), lines, strict=True))))
    for number, figure in enumerate(made):
        figure.savefig(tmp_path / f"{number}.png")
        style.plt.close(figure)
        assert (tmp_path / f"{number}.png").stat().st_size > 5_000
