"""The images over which a profile is measured, as PNG files that any Glow tool can read."""

import numpy as np

from helpers.common import artifacts
from helpers.data import images, mnist


def names(count: int) -> list[str]:
    """Return the names under build/ of `count` images: the test image alone for 1, else evenly spaced training images.

    The other test images are never used, because the accuracy is measured on them.
    """
    if count == 1:
        return ["current_test_image.png"]
    with artifacts.replacing_folder(artifacts.build("profile_images")) as folder:
        for number, pixels in enumerate(training(count)):
            images.write_png(folder / f"{number:04d}.png", pixels)
    return [f"profile_images/{number:04d}.png" for number in range(count)]


def training(count: int) -> np.ndarray:
    """Return `count` evenly spaced training images: uint8 [count, 28, 28]."""
    data = mnist.load()
    return data.x_train[np.linspace(0, len(data.x_train) - 1, count).astype(int)]
