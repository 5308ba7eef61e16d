"""From files of Keras 2 and Keras 3, as they are saved, to ONNX and the compiler: what Keras computes."""

import io
import zipfile

import h5py
import networks
import numpy as np
import pytest

from helpers.common.errors import BadInput, Unsupported
from helpers.compiler import driver, interpreter
from helpers.network import cnn, onnx_export
from helpers.network.keras import keras as keras2
from helpers.network.keras import of_version
from helpers.network.keras_files import loading

KERAS = of_version(3)


def inputs(model) -> np.ndarray:
    return np.random.default_rng(1).standard_normal((6, *model.input_shape[1:])).astype(np.float32)


@pytest.mark.parametrize("ending", ["h5", "keras"])
@pytest.mark.parametrize("name", sorted(networks.NETWORKS))
def test_keras_3(name, ending, tmp_path):
    KERAS.utils.set_random_seed(1)
    made = networks.NETWORKS[name](KERAS)
    made.save(tmp_path / f"net.{ending}")
    model = cnn.load_h5(tmp_path / f"net.{ending}")
    assert loading.is_newer(model)
    agrees(model, made.predict(inputs(made), verbose=0), tmp_path)


@pytest.mark.parametrize("ending", ["h5", "keras"])
def test_functional_networks_of_keras_2_with_loops_and_operations_on_tensors(ending, tmp_path):
    keras2.utils.set_random_seed(1)
    layers, x = keras2.layers, keras2.Input((5, 3), name="input")
    made = keras2.Model(x, layers.Dense(2)(layers.LSTM(4)(x) + layers.GRU(4)(x)))
    made.save(tmp_path / f"net.{ending}")
    model = cnn.load_h5(tmp_path / f"net.{ending}")
    assert not loading.is_newer(model)
    agrees(model, made.predict(inputs(made), verbose=0), tmp_path)


def test_weights_that_keras_2_saved_on_windows(tmp_path):
    """Its groups are named layers\\dense there, which Keras elsewhere does not find."""
    keras2.utils.set_random_seed(1)
    made = keras2.Sequential([keras2.Input((3,)), keras2.layers.Dense(4, "relu"), keras2.layers.Dense(2)])
    made.save(tmp_path / "here.keras")
    with zipfile.ZipFile(tmp_path / "here.keras") as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    weights = io.BytesIO(contents["model.weights.h5"])
    with h5py.File(weights, "r+") as file:
        for group in ("layers", "optimizer"):
            for name in list(file.get(group, ())):
                file.move(f"{group}/{name}", f"{group}\\{name}")
            file.pop(group, None)
        assert {"layers\\dense", "layers\\dense_1"} <= set(file)
    with zipfile.ZipFile(tmp_path / "net.keras", "w") as archive:
        for name, content in (contents | {"model.weights.h5": weights.getvalue()}).items():
            archive.writestr(name, content)
    before = (tmp_path / "net.keras").read_bytes()
    agrees(cnn.load_h5(tmp_path / "net.keras"), made.predict(inputs(made), verbose=0), tmp_path)
    assert (tmp_path / "net.keras").read_bytes() == before


def agrees(model, expected, folder):
    """Keras, ONNX Runtime and the compiler's float32 give the same."""
    x, proto = inputs(model), onnx_export.convert(model)
    assert np.abs(onnx_export.run(proto, x) - expected).max() < 1e-5
    path = folder / "net.onnx"
    path.write_bytes(proto.SerializeToString())
    graph = driver.float_graph(path, {onnx_export.BATCH: 1})
    assert np.abs(interpreter.run_many(graph, x) - expected).max() < 1e-5


def test_the_same_network_gives_the_same_bytes(tmp_path):
    networks.residual(KERAS).save(tmp_path / "net.keras")
    first, again = (onnx_export.convert(cnn.load_h5(tmp_path / "net.keras")) for _ in range(2))
    assert first.SerializeToString(deterministic=True) == again.SerializeToString(deterministic=True)


def test_a_network_too_large_is_refused_before_it_is_built(tmp_path, monkeypatch):
    dense = KERAS.layers.Dense(2)
    made = networks.chain(KERAS, (4,), dense)
    made.save(tmp_path / "net.keras")
    config = made.get_config()
    config["layers"][0]["config"]["batch_shape"] = (None, 9000)
    config["layers"][1]["config"]["units"] = 9000
    config["layers"][1]["build_config"] = {"input_shape": (None, 9000)}
    config["build_input_shape"] = (None, 9000)
    rewrite(tmp_path / "net.keras", config)
    monkeypatch.setattr(KERAS.models, "load_model", lambda *arguments, **options: pytest.fail("Keras opened it"))
    with pytest.raises(BadInput, match="far too large"):
        cnn.load_h5(tmp_path / "net.keras")


def rewrite(path, config):
    """Another description in a .keras."""
    import json
    import zipfile

    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    whole = json.loads(files["config.json"])
    files["config.json"] = json.dumps({**whole, "config": config}).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)


def test_an_open_number_of_steps_is_refused(tmp_path):
    networks.chain(KERAS, (None, 3), KERAS.layers.LSTM(4), KERAS.layers.Dense(2)).save(tmp_path / "net.keras")
    with pytest.raises((Unsupported, BadInput), match="steps is open|cannot rebuild|Keras can rebuild"):
        onnx_export.convert(cnn.load_h5(tmp_path / "net.keras"))


def test_lambda_is_refused(tmp_path):
    networks.chain(KERAS, (4,), KERAS.layers.Lambda(lambda x: x * 2), KERAS.layers.Dense(2)).save(
        tmp_path / "net.keras"
    )
    with pytest.raises(Unsupported, match="'Lambda', which may run code of its own"):
        cnn.load_h5(tmp_path / "net.keras")
