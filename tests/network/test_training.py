"""Training: the same as Keras's fit, repeatable, and not spoilt by an interrupt."""

import numpy as np
import pytest

from helpers.common import artifacts
from helpers.common.errors import BadInput, BadParameter
from helpers.network import cnn, history, training
from helpers.network.keras import keras
from tests import samples


@pytest.fixture(scope="module", autouse=True)
def without_xla():
    """XLA takes seconds to compile, for each run anew: only one test here takes that time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "_SMALL", 0)
        yield


@pytest.fixture(scope="module")
def data():
    return samples.noise(96, 32)


@pytest.fixture(scope="module")
def uninterrupted(data, tmp_path_factory):
    """Three epochs in one go, in a build folder of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBOOK_BUILD", str(tmp_path_factory.mktemp("build")))
        return training.train("note", data, epochs=3)


def same(one, other) -> bool:
    weights = zip(one.model.get_weights(), other.model.get_weights(), strict=True)
    return one.history == other.history and all((a == b).all() for a, b in weights)


def checkpoints():
    return list(artifacts.build("training").glob("*.npz"))


def test_a_run_is_repeatable(data, uninterrupted):
    again = training.train("note", data, epochs=3)
    assert same(again, uninterrupted) and not again.interrupted


def test_a_flag_that_is_a_text_is_refused(data):
    """As papermill -p resume false gives it."""
    with pytest.raises(BadParameter, match="resume: is 'false'. Use True or False, spelt so"):
        training.train("note", data, epochs=1, resume="false")


def test_a_resumed_run_ends_where_an_uninterrupted_one_does(data, uninterrupted):
    training.train("note", data, epochs=1)
    trained = set()
    resumed = training.train("note", data, epochs=3, on_progress=lambda progress: trained.add(progress.epoch))
    assert trained == {2, 3} and same(resumed, uninterrupted)


def test_an_interrupt_keeps_whole_epochs(data, uninterrupted):
    def interrupt(progress):
        if progress.epoch == 3:
            raise KeyboardInterrupt

    run = training.train("note", data, epochs=3, on_progress=interrupt)
    assert run.interrupted and run.history.epochs == 2
    assert run.history.loss == uninterrupted.history.loss[:2]
    assert same(training.train("note", data, epochs=3), uninterrupted)


def test_fewer_epochs_than_kept_start_over_and_keep_what_is_there(data, uninterrupted):
    training.train("note", data, epochs=3)
    (kept,) = checkpoints()
    before = kept.read_bytes()
    short = training.train("note", data, epochs=1)
    assert short.history.loss == uninterrupted.history.loss[:1]
    assert kept.read_bytes() == before


def test_other_settings_have_another_checkpoint(data):
    for settings in ({}, {"seed": 2}, {"batch_size": 16}):
        training.train("note", data, epochs=1, **settings)
    training.train("note", samples.noise(96, 32, seed=1), epochs=1)
    assert len(checkpoints()) == 4


def test_a_damaged_checkpoint_names_the_way_out(data, uninterrupted):
    training.train("note", data, epochs=1)
    checkpoints()[0].write_bytes(b"damaged")
    with pytest.raises(BadInput, match="no sound .npz"):
        training.train("note", data, epochs=3)
    assert same(training.train("note", data, epochs=3, resume=False), uninterrupted)


def test_a_checkpoint_of_another_network(data):
    training.train("note", data, epochs=1)
    np.savez(checkpoints()[0], curves=np.zeros((4, 1)), variable_000=np.zeros(3))
    with pytest.raises(BadInput, match=r"no checkpoint of this network\. Set resume=False"):
        training.train("note", data, epochs=2)


def test_every_image_is_seen_once_an_epoch_also_in_a_last_small_batch():
    order = np.random.default_rng(0).permutation(100).astype(np.int32)
    calls = list(training._calls(order, 32))
    assert [call.shape for call in calls] == [(3, 32), (1, 4)]
    assert sorted(np.concatenate([call.ravel() for call in calls])) == list(range(100))


def test_the_notes_epoch_is_cut_into_calls_of_one_shape():
    assert {call.shape for call in training._calls(np.zeros(60_000, np.int32), 32)} == {(125, 32)}


@pytest.mark.parametrize("small", [0, pytest.param(100_000, marks=pytest.mark.slow)], ids=["plain", "xla"])
def test_steps_are_those_of_fit(data, monkeypatch, small):
    """The same batches in the same order, without dropout, give fit's weights and fit's averages."""
    monkeypatch.setattr(training, "_SMALL", small)
    monkeypatch.setattr(training, "_forward", lambda model, images, seed: model(images, training=False))
    run = training.train("note", data, epochs=1, seed=5)
    model = cnn.build("note", 5)
    model.get_layer("dropout").rate = 0.0
    order = np.random.default_rng([5, 0]).permutation(len(data.x_train))
    x, y = cnn.as_input(data.x_train[order]), data.y_train[order]
    fit = model.fit(
        x, y, batch_size=32, shuffle=False, verbose=0, validation_data=(cnn.as_input(data.x_test), data.y_test)
    )
    for ours, theirs in zip(run.model.get_weights(), model.get_weights(), strict=True):
        assert ours == pytest.approx(theirs, abs=2e-6)
    for curve in history.CURVES:
        assert getattr(run.history, curve) == pytest.approx(fit.history[curve], abs=1e-5)


def test_dropout_drops_a_fifth_and_differs_from_step_to_step():
    model = keras.Sequential([keras.layers.Dropout(0.2, input_shape=(10_000,))])
    ones = np.ones((1, 10_000), np.float32)
    first, again, other = (training._forward(model, ones, [1, step]).numpy() for step in (7, 7, 8))
    assert (first == 0).mean() == pytest.approx(0.2, abs=0.02) and first.mean() == pytest.approx(1, abs=0.03)
    assert (first == again).all() and (first != other).any()


def test_the_saved_network_evaluates_as_in_training(data, uninterrupted, build):
    training.save(uninterrupted)
    x_test = cnn.as_input(data.x_test)
    for model in (keras.models.load_model(build / "mnist.h5"), cnn.load_h5(build / "mnist.h5")):
        _, accuracy = model.evaluate(x_test, data.y_test, verbose=0)
        assert accuracy == pytest.approx(uninterrupted.history.val_accuracy[-1])
    assert history.read(build / "history.json") == uninterrupted.history


def test_the_same_run_gives_the_same_files(data, uninterrupted, build, tmp_path):
    training.save(uninterrupted)
    training.save(training.train("note", data, epochs=3), tmp_path / "again.h5", tmp_path / "again.json")
    assert (tmp_path / "again.h5").read_bytes() == (build / "mnist.h5").read_bytes()
    assert (tmp_path / "again.json").read_bytes() == (build / "history.json").read_bytes()


@pytest.mark.parametrize("setting", [{"epochs": 0}, {"batch_size": 97}, {"seed": -1}, {"epochs": 1.5}])
def test_numbers_out_of_range(data, setting):
    with pytest.raises(BadParameter, match=f"{next(iter(setting))}: is .* Use a whole number from"):
        training.train("note", data, **setting)


def test_the_network_learns(data):
    run = training.train("note", data, epochs=30, batch_size=16)
    assert run.history.loss[-1] < 0.9 * run.history.loss[0]


@pytest.mark.slow
def test_the_lenet_trains_too():
    run = training.train("lenet", samples.noise(64, 16), epochs=2)
    assert run.history.epochs == 2 and np.isfinite(run.history.loss).all()
