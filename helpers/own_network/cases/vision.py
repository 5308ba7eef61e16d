"""Vision: the real handwritten digits of 8 x 8 pixels that come with scikit-learn."""

import numpy as np
from sklearn import datasets

from helpers.network.keras import keras
from helpers.own_network.cases.case import Case

TEST = 360  # of 1,797 images
_BRIGHTEST = 16  # these images have 17 greys


def load() -> Case:
    """Load 1,437 digits to train on and 360 to test on, float32 [n, 8, 8, 1] in 0..1."""
    digits = datasets.load_digits()
    order = np.random.default_rng(1).permutation(len(digits.target))
    x = (digits.images[order, ..., None] / _BRIGHTEST).astype(np.float32)
    y = digits.target[order].astype(np.int64)
    labels = tuple(str(label) for label in range(10))
    origin = "real: UCI's optical digits, as in scikit-learn"
    return Case("vision", origin, labels, x[TEST:], y[TEST:], x[:TEST], y[:TEST], layers)


def layers() -> list:
    """Return the layers: two convolutions and a dense layer."""
    make = keras.layers
    return [
        make.Conv2D(8, (3, 3), padding="same", activation="relu", name="conv_1"),
        make.MaxPooling2D((2, 2), name="max_pooling_1"),
        make.Conv2D(12, (3, 3), padding="same", activation="relu", name="conv_2"),
        make.MaxPooling2D((2, 2), name="max_pooling_2"),
        make.Flatten(name="flatten"),
        make.Dense(10, name="dense_1"),
    ]
