"""Keras files from outside: what is looked at before Keras may open them."""

import json
import shutil

import h5py
import numpy as np
import pytest

from helpers.common import artifacts
from helpers.common.errors import BadInput, MissingInput, Unsupported
from helpers.network.keras_files import description

SHIPPED = artifacts.DATA / "mnist.h5"


@pytest.fixture
def changed(tmp_path):
    """A function that copies the shipped network, lets a change loose on its layers, and returns the path."""

    def make(change):
        path = tmp_path / "mnist.h5"
        shutil.copy(SHIPPED, path)
        with h5py.File(path, "r+") as file:
            config = json.loads(file.attrs["model_config"])
            change(config["config"]["layers"], file)
            file.attrs["model_config"] = json.dumps(config)
        return path

    return make


def refused(path, error, match):
    with pytest.raises(error, match=match) as caught:
        description.read(path)
    text = str(caught.value)
    assert "\n" not in text and "mnist.h5" in text and text.count(". ") >= 1  # cause, file and remedy


def test_the_shipped_network():
    layers = description.read(SHIPPED).layers
    assert [layer["class_name"] for layer in layers][:3] == ["InputLayer", "MaxPooling2D", "Conv2D"]


def test_lambda_is_refused(changed):
    code = {"class_name": "Lambda", "config": {"name": "x", "function": ["4wEAAAA=", None, None]}}
    refused(changed(lambda layers, file: layers.insert(1, code)), Unsupported, "'Lambda', which may run code")


def test_a_custom_layer_is_refused(changed):
    refused(changed(lambda layers, file: layers[2].update(class_name="Mine>Conv2D")), Unsupported, "Mine>Conv2D")


def test_a_custom_object_inside_a_layer_is_refused(changed):
    evil = {"module": "os", "class_name": "system", "config": {}, "registered_name": None}
    refused(
        changed(lambda layers, file: layers[2]["config"].update(kernel_initializer=evil)), Unsupported, "custom object"
    )


def test_a_registered_object_is_refused(changed):
    mine = {"module": None, "class_name": "Mine", "config": {}, "registered_name": "Pack>Mine"}
    refused(
        changed(lambda layers, file: layers[2]["config"].update(bias_initializer=mine)), Unsupported, "custom object"
    )


def test_a_module_that_only_looks_like_keras_is_refused(changed):
    evil = {"module": "keras_evil", "class_name": "GlorotUniform", "config": {}, "registered_name": None}
    refused(
        changed(lambda layers, file: layers[2]["config"].update(kernel_initializer=evil)), Unsupported, "custom object"
    )


def test_a_layer_that_nothing_computes_is_not_called_code(changed):
    embedding = {"class_name": "Embedding", "config": {"name": "e"}}
    refused(
        changed(lambda layers, file: layers.insert(1, embedding)),
        Unsupported,
        "'Embedding', which nothing here computes",
    )


def test_a_stateful_layer_is_refused(changed):
    """Exported to ONNX it would begin with zeros at each inference, without a word."""
    lstm = {"class_name": "LSTM", "config": {"name": "l", "units": 4, "stateful": True}}
    refused(
        changed(lambda layers, file: layers.insert(1, lstm)), Unsupported, "layer l is stateful.*Set stateful=False"
    )


@pytest.mark.parametrize("function", ["io.write_file", "py_function", None])
def test_a_function_between_layers_that_is_not_arithmetic_is_refused(changed, function):
    op = {"class_name": "TFOpLambda", "config": {"name": "x", "function": function}}
    refused(changed(lambda layers, file: layers.insert(1, op)), Unsupported, "calls the function")


def test_a_lambda_inside_a_layer_is_refused(changed):
    inner = {"class_name": "TimeDistributed", "config": {"layer": {"class_name": "Lambda", "config": {}}}}
    refused(changed(lambda layers, file: layers.insert(1, inner)), Unsupported, "'Lambda', which may run code")


def test_an_unknown_activation_is_refused(changed):
    refused(
        changed(lambda layers, file: layers[2]["config"].update(activation="mine")), Unsupported, "activation 'mine'"
    )


@pytest.mark.parametrize("size", [10**9, -(10**9), float("inf"), float("nan")])
def test_a_size_beyond_reason_is_refused(changed, size):
    refused(changed(lambda layers, file: layers[2]["config"].update(filters=size)), BadInput, "a layer of size")


def test_a_link_out_of_the_file_is_refused(changed):
    def link(layers, file):
        file["model_weights/elsewhere"] = h5py.ExternalLink("/etc/passwd", "/")

    refused(changed(link), BadInput, "leads elsewhere")


def test_an_array_outside_the_file_is_refused(changed, tmp_path):
    def external(layers, file):
        place = [(str(tmp_path / "raw.bin"), 0, 400)]
        file.create_dataset("model_weights/x", (100,), np.float32, external=place)

    refused(changed(external), BadInput, "no plain numbers")


def test_a_named_type_in_place_of_an_array_is_refused(changed):
    def named(layers, file):
        file["a_type"] = np.dtype("f4")

    refused(changed(named), BadInput, "no plain numbers")


def test_an_array_that_claims_gigabytes_is_refused(changed):
    def huge(layers, file):
        file.create_dataset("model_weights/x", (1 << 33,), np.float32, chunks=(1 << 16,))

    refused(changed(huge), BadInput, "claims arrays of 34,")


@pytest.mark.parametrize(
    "text", ["", "null", "[]", '{"class_name": "Functional"}', '{"class_name": "Sequential"}', '{"class_name": "Mine"}']
)
def test_another_description(tmp_path, text):
    with h5py.File(tmp_path / "mnist.h5", "w") as file:
        file.attrs["model_config"] = text
    with pytest.raises(BadInput if "Mine" not in text else Unsupported):
        description.read(tmp_path / "mnist.h5")


def test_what_is_no_hdf5(tmp_path):
    (tmp_path / "mnist.h5").write_bytes(b"\x89PNG....")
    refused(tmp_path / "mnist.h5", BadInput, "no sound HDF5")


def test_every_truncation_is_one_clean_error(tmp_path):
    whole = SHIPPED.read_bytes()
    for length in range(0, len(whole) - 1000, 4999):
        (tmp_path / "mnist.h5").write_bytes(whole[:length])
        with pytest.raises(BadInput):
            description.read(tmp_path / "mnist.h5")


def test_a_missing_file(tmp_path):
    with pytest.raises(MissingInput, match=r"Run notebooks/02_train\.ipynb first"):
        description.read(tmp_path / "mnist.h5")
