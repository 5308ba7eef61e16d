"""The network without TensorFlow: numpy computes what Keras computes, and the shipped file is what the converter writes."""

import numpy as np
import pytest

from helpers.common import artifacts, machine
from helpers.common.errors import MissingPackage
from helpers.network import cnn, onnx_export, trained
from helpers.network.keras import keras
from helpers.network.keras_files import stored

SHIPPED = artifacts.DATA / "mnist.h5"


@pytest.fixture
def light(monkeypatch):
    monkeypatch.setattr(machine, "is_light", lambda: True)


def test_numpy_computes_what_keras_computes():
    ours, theirs = stored.read(SHIPPED), cnn.load_h5(SHIPPED)
    images = np.random.default_rng(3).random((200, 28, 28, 1), np.float32)
    wanted = theirs.predict(images, verbose=0)
    assert np.abs(ours.predict(images) - wanted).max() < 1e-4 < wanted.std()
    assert ours.count_params() == theirs.count_params() == 1662
    assert [layer.name for layer in ours.layers] == [layer.name for layer in theirs.layers]
    assert [bool(layer.weights) for layer in ours.layers] == [bool(layer.weights) for layer in theirs.layers]


def test_without_tensorflow_the_export_is_the_same_bytes(light, build, monkeypatch):
    difference = trained.export("shipped", build / "light.onnx")
    monkeypatch.undo()
    monkeypatch.setenv("WORKBOOK_BUILD", str(build))
    onnx_export.export(SHIPPED, build / "full.onnx")
    assert (build / "light.onnx").read_bytes() == (build / "full.onnx").read_bytes() and difference < 1e-4
    assert trained.computed_by() == "Keras"


def test_a_network_of_ones_own_needs_tensorflow(light, build):
    artifacts.write_bytes(build / "mnist.h5", SHIPPED.read_bytes())
    with pytest.raises(MissingPackage, match=r"needs TensorFlow.*make full.*set network = \"shipped\""):
        trained.load("own")


def test_a_layer_that_numpy_does_not_compute_is_named(tmp_path):
    layers = keras.layers
    model = keras.Sequential([layers.Input((8, 8, 1)), layers.Conv2D(2, 3, padding="valid", name="narrow")])
    model.save(tmp_path / "net.h5")
    with pytest.raises(MissingPackage, match="has a layer narrow of kind Conv2D"):
        stored.read(tmp_path / "net.h5")
