"""Which images the better network is trained on, and which are held out to choose by."""

import numpy as np

from helpers.data.mnist import Mnist

HELD_OUT = 12  # one training image in so many


def trained_on(data: Mnist) -> int:
    """Return how many of the training images are trained on: the first ones."""
    return len(data.x_train) - len(data.x_train) // HELD_OUT


def held_out(data: Mnist) -> tuple[np.ndarray, np.ndarray]:
    """Return the images and labels that training leaves out: the last twelfth of the training images."""
    first = trained_on(data)
    return data.x_train[first:], data.y_train[first:]
