"""Small inputs that several tests share."""

import numpy as np

from helpers.mnist import Mnist


def noise(train: int = 96, test: int = 32, seed: int = 0) -> Mnist:
    """Images of noise whose digit is written into their brightness, so that a network can learn something."""
    random = np.random.default_rng(seed)
    labels = np.arange(train + test, dtype=np.uint8) % 10
    images = (random.random((train + test, 28, 28)) * (labels[:, None, None] + 1) * 25).astype(np.uint8)
    return Mnist(images[:train], labels[:train], images[train:], labels[train:], "noise", "for tests")
