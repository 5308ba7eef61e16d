""".keras files from outside: what is looked at before Keras may open them."""

import io
import json
import zipfile

import h5py
import pytest

from helpers.common.errors import BadInput, BadParameter, Unsupported
from helpers.network.keras_files import description

DENSE = {"module": "keras.layers", "class_name": "Dense", "config": {"name": "d", "units": 3, "activation": "relu"}}
INPUT = {"module": "keras.layers", "class_name": "InputLayer", "config": {"name": "i", "batch_shape": [None, 4]}}


def network(*layers) -> dict:
    inner = {"name": "s", "layers": list(layers)}
    return {"module": "keras", "class_name": "Sequential", "config": inner, "registered_name": None}


def weights() -> bytes:
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        file["layers/dense/vars/0"] = [[0.5, 1, 2]] * 4
    return content.getvalue()


@pytest.fixture
def archive(tmp_path):
    """A function that writes a .keras of files by name, in place of those that Keras writes."""

    def make(config=None, **others):
        path = tmp_path / "net.keras"
        files = {
            "metadata.json": json.dumps({"keras_version": "3.15.1"}),
            "config.json": json.dumps(config or network(INPUT, DENSE)),
        }
        files |= {"model.weights.h5": weights()} | {name.replace("__", "."): each for name, each in others.items()}
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as written:
            for name, content in files.items():
                if content is not None:
                    written.writestr(name, content)
        return path

    return make


def refused(path, error, match):
    with pytest.raises(error, match=match) as caught:
        description.read(path)
    assert "\n" not in str(caught.value) and "net.keras" in str(caught.value)


def test_a_sound_one(archive):
    found = description.read(archive())
    assert found.keras == 3 and [layer["class_name"] for layer in found.layers] == ["InputLayer", "Dense"]


def test_of_keras_2(archive):
    assert description.read(archive(metadata__json='{"keras_version": "2.15.0"}')).keras == 2


@pytest.mark.parametrize("name", ["assets/vocabulary.txt", "../evil.py", "model.py"])
def test_other_files_are_refused(archive, name):
    refused(archive(**{name: "x"}), BadInput, "holds '.*', which plain layers do not need")


@pytest.mark.parametrize("missing", ["metadata__json", "config__json", "model__weights__h5"])
def test_what_lacks_a_file(archive, missing):
    refused(archive(**{missing: None}), BadInput, "no sound archive")


def test_a_description_that_would_fill_the_memory(archive):
    refused(archive(config__json=b" " * ((1 << 20) + 1)), BadInput, "config.json of more than")


def test_weights_that_lead_elsewhere(archive):
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        file["x"] = h5py.ExternalLink("/etc/passwd", "/")
    refused(archive(model__weights__h5=content.getvalue()), BadInput, "leads elsewhere")


def test_what_is_no_archive(tmp_path):
    (tmp_path / "net.keras").write_bytes(b"PK\x03\x04....")
    refused(tmp_path / "net.keras", BadInput, "no sound archive")


def test_every_truncation_is_one_clean_error(archive):
    path = archive()
    whole = path.read_bytes()
    for length in range(0, len(whole) - 1, 97):
        path.write_bytes(whole[:length])
        with pytest.raises(BadInput):
            description.read(path)


@pytest.mark.parametrize(
    "change",
    [
        {"class_name": "Lambda"}, {"class_name": "Mine", "registered_name": "Mine"}, {"module": "os", "class_name": "system"},
        {"registered_name": "Package>Dense"}, {"module": "keras.src.layers.core.lambda_layer", "class_name": "Lambda"},
        {"module": "keras.src.ops.numpy", "class_name": "Vectorize"}, {"class_name": "__lambda__"},
    ],
)  # fmt: skip
def test_code_is_refused(archive, change):
    refused(archive(network(INPUT, {**DENSE, **change})), Unsupported, "which may run code of its own")


def test_a_function_as_activation_is_refused(archive):
    mine = {"module": "builtins", "class_name": "function", "config": "mine", "registered_name": "function"}
    refused(
        archive(network(INPUT, {**DENSE, "config": {"units": 3, "activation": mine}})),
        Unsupported,
        "may run code of its own",
    )


def test_a_class_of_somebodys_own_is_refused(archive):
    config = {"module": "mine", "class_name": "Network", "config": {}, "registered_name": "Network"}
    refused(archive(config), Unsupported, "which may run code of its own")


def test_another_ending(tmp_path):
    (tmp_path / "net.bin").write_bytes(b"x")
    with pytest.raises(BadParameter, match="no Keras file by its name"):
        description.read(tmp_path / "net.bin")
