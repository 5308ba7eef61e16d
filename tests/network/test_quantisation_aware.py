"""Quantisation-aware training: it learns, repeats itself, and its integers are the TFLite interpreter's."""

import numpy as np
import pytest

from helpers.common import artifacts
from helpers.common.errors import BadParameter, Unsupported
from helpers.compiler import driver
from helpers.data import mnist
from helpers.evaluation.verify import floats, integers
from helpers.inference.emulated_bundle import EmulatedBundle
from helpers.network import cnn, quantisation_aware
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
    for number, figure in enumerate(made):
        figure.savefig(tmp_path / f"{number}.png")
        style.plt.close(figure)
        assert (tmp_path / f"{number}.png").stat().st_size > 5_000
