"""The cases of notebook 25: their data are what they say, and each network is the same on the core as in numpy."""

import numpy as np
import pytest

from helpers.common import artifacts
from helpers.common.errors import BadParameter
from helpers.compiler import driver
from helpers.evaluation.verify import integers
from helpers.inference.emulated_bundle import EmulatedBundle
from helpers.own_network.cases import anomaly, audio, case, vision

LOADERS = {"vision": vision.load, "audio": audio.load, "anomaly": anomaly.load}


@pytest.fixture(scope="module", params=LOADERS)
def loaded(request):
    return LOADERS[request.param]()


def test_the_data_are_in_range_and_the_same_every_time(loaded):
    again = LOADERS[loaded.name]()
    for name in ("x_train", "y_train", "x_test", "y_test"):
        assert (getattr(loaded, name) == getattr(again, name)).all()
    for x, y in ((loaded.x_train, loaded.y_train), (loaded.x_test, loaded.y_test)):
        assert x.dtype == np.float32 and len(x) == len(y) and 0 <= x.min() < x.max() <= 1
    assert set(loaded.y_test) == set(range(len(loaded.labels)))
    assert not (loaded.reconstructs and loaded.y_train.any())


def test_a_whistle_rises_where_its_label_says_so():
    first, last = ([], [])
    for label in range(2):
        picture = audio.spectrogram(audio.whistle(label, np.random.default_rng(4)))
        first.append(picture[0].argmax())
        last.append(picture[-1].argmax())
    assert last[0] > first[0] and last[1] < first[1]


def test_damage_is_heard_at_the_resonance():
    sound, damaged = (anomaly.bands(anomaly.vibration(each, np.random.default_rng(6))) for each in (False, True))
    assert abs((damaged - sound).argmax() - anomaly.RESONANCE // 125) <= 2
    assert anomaly.strikes_a_second(25) == pytest.approx(89.7, abs=0.1)


def test_the_core_gives_the_integers_of_the_reference(loaded, tmp_path):
    model = loaded.network()
    losses = case.train(loaded, model, 2)
    assert losses[1] < losses[0]
    file = case.save(model, tmp_path / "network.onnx")
    graph = integers.graph(file, {"N": 1}, loaded.x_train[:50], integers.DEFAULT)
    driver.emit_bundle(graph, tmp_path / "bundle", "network", driver.Target("cortex-m0plus", form="fast"))
    fed = integers.fed(graph, loaded.x_test[:20])
    outputs = EmulatedBundle(tmp_path / "bundle").run(fed)
    assert (outputs == integers.reference(graph, fed)).all() and len(np.unique(outputs)) > 4


def test_the_untrained_file_has_the_nodes_of_the_trained_one(tmp_path):
    loaded = anomaly.load()
    model = loaded.network()
    before = model.get_weights()
    files = [case.save(model, tmp_path / "untrained.onnx", trained=False)]
    assert all((a == b).all() for a, b in zip(before, model.get_weights(), strict=True))
    case.train(loaded, model, 1)
    files.append(case.save(model, tmp_path / "trained.onnx"))
    kinds = [[node.kind for node in driver.float_graph(file, {"N": 1}).in_order()] for file in files]
    assert kinds[0] == kinds[1]


@pytest.mark.parametrize("epochs", [0, 5000, 2.5])
def test_a_number_of_epochs_out_of_range(epochs):
    with pytest.raises(BadParameter, match="epochs: is"):
        case.train(None, None, epochs)


def test_profile_inputs_are_raw_floats_in_order(tmp_path):
    loaded = vision.load()
    folder = case.write_profile_inputs(loaded, tmp_path / "inputs", 3)
    files = sorted(folder.iterdir())
    assert [file.name for file in files] == ["0000.bin", "0001.bin", "0002.bin"]
    assert (np.frombuffer(files[2].read_bytes(), "<f4") == loaded.x_train[2].ravel()).all()
    assert artifacts.digest(folder) == artifacts.digest(case.write_profile_inputs(loaded, folder, 3))
