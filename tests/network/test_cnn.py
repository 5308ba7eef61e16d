"""The networks, their costs, and the way from a file to one."""

import json
import shutil

import h5py
import numpy as np
import pytest

from helpers.common import artifacts
from helpers.common.errors import BadInput, BadParameter, MissingInput
from helpers.data import mnist
from helpers.network import cnn
from helpers.network.keras import keras

SHIPPED = artifacts.DATA / "mnist.h5"


def test_the_networks_have_the_notes_sizes():
    assert cnn.build("note").count_params() == 1662
    assert cnn.build("lenet").count_params() == 1_256_080


def test_the_notes_network_is_the_shipped_one_layer_by_layer():
    ours, shipped = cnn.build("note"), cnn.load_h5(SHIPPED)
    assert ours.name == shipped.name and ours.input_names == shipped.input_names == ["max_pooling_1_input"]
    for mine, theirs in zip(ours.layers, shipped.layers, strict=True):
        assert type(mine) is type(theirs) and mine.get_config() == theirs.get_config()


def test_costs_by_hand():
    table = {layer.name: layer for layer in cnn.cost(cnn.build("note"))}
    assert table["conv_1"].macs == 14 * 14 * 4 * 3 * 3 * 1 and table["conv_2"].macs == 7 * 7 * 4 * 3 * 3 * 4
    assert table["dense_1"].macs == 36 * 28 and table["dense_1"].parameters == 36 * 28 + 28
    assert table["max_pooling_3"].activations == 36 and table["dropout"].macs == 0
    assert sum(layer.macs for layer in table.values()) == 16_696


def test_a_seed_gives_the_same_first_weights():
    first, again, other = (cnn.build("note", seed).get_weights() for seed in (1, 1, 2))
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert (first[0] != other[0]).any()


def test_the_loss_is_from_logits():
    logits = np.zeros((1, 10), np.float32)
    assert float(cnn.build("note").loss(np.array([3]), logits)) == pytest.approx(np.log(10))


def test_unknown_names():
    with pytest.raises(BadParameter, match="use one of note, lenet|Use one of note, lenet"):
        cnn.build("resnet")
    with pytest.raises(BadParameter, match="Use one of shipped, own"):
        cnn.file_of("mine")


def test_the_files_of_a_choice(build):
    assert cnn.file_of("shipped") == SHIPPED
    with pytest.raises(MissingInput, match=r"Run notebooks/02_train\.ipynb first"):
        cnn.file_of("own")


@pytest.mark.slow
def test_the_shipped_network_is_as_accurate_as_it_should_be():
    data = mnist.load()
    _, accuracy = cnn.load_h5(SHIPPED).evaluate(cnn.as_input(data.x_test), data.y_test, batch_size=1000, verbose=0)
    assert accuracy == pytest.approx(0.9582, abs=1e-4) if len(data.x_test) == 10_000 else accuracy > 0.94


def test_pre_processing_is_the_notes():
    images = np.arange(784, dtype=np.int64).astype(np.uint8).reshape(1, 28, 28)
    found = cnn.as_input(images)
    assert found.shape == (1, 28, 28, 1) and found.dtype == np.float32
    assert found == pytest.approx(np.expand_dims(images / 255.0, 3), abs=1e-7)


def test_activations_end_in_the_answer():
    model, image = cnn.load_h5(SHIPPED), np.random.default_rng(0).random((28, 28, 1), np.float32)
    found = cnn.activations(model, image)
    assert list(found) == [layer.name for layer in model.layers] and found["conv_1"].shape == (14, 14, 4)
    assert found["dense_2"] == pytest.approx(model.predict(image[None], verbose=0)[0], abs=1e-5)


def test_weights_that_are_no_numbers(tmp_path):
    shutil.copy(SHIPPED, tmp_path / "mnist.h5")
    with h5py.File(tmp_path / "mnist.h5", "r+") as file:
        file["model_weights/dense_2/dense_2/bias:0"][0] = np.nan
    with pytest.raises(BadInput, match="weights that are no numbers"):
        cnn.load_h5(tmp_path / "mnist.h5")


def test_a_network_too_large_is_refused_before_it_is_built(tmp_path, monkeypatch):
    shutil.copy(SHIPPED, tmp_path / "mnist.h5")
    with h5py.File(tmp_path / "mnist.h5", "r+") as file:
        config = json.loads(file.attrs["model_config"])
        for layer in config["config"]["layers"][:2]:
            layer["config"]["batch_input_shape"] = [None, 9000, 9000, 1]
        file.attrs["model_config"] = json.dumps(config)
    monkeypatch.setattr(keras.models, "load_model", lambda *arguments, **options: pytest.fail("Keras opened it"))
    with pytest.raises(BadInput, match="far too large"):
        cnn.load_h5(tmp_path / "mnist.h5")


def test_weights_that_do_not_fit_the_layers(tmp_path):
    shutil.copy(SHIPPED, tmp_path / "mnist.h5")
    with h5py.File(tmp_path / "mnist.h5", "r+") as file:
        del file["model_weights/conv_2/conv_2/kernel:0"]
        file["model_weights/conv_2/conv_2/kernel:0"] = np.zeros((2, 2), np.float32)
    with pytest.raises(BadInput, match="no network that Keras can rebuild") as error:
        cnn.load_h5(tmp_path / "mnist.h5")
    assert "\n" not in str(error.value)
