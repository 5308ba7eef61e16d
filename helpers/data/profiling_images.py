"""The images that a profile is taken over, as PNG files that any Glow tool reads."""

import numpy as np

from helpers.common import artifacts
from helpers.data import images, mnist


def names(count: int) -> list[str]:
    """File names under build/ of `count` images: the test image alone for 1, else training images, evenly spaced.

    Never test images: the accuracy is measured on those.
    """
    if count == 1:
        return ["current_test_image.png"]
    with artifacts.replacing_folder(artifacts.build("profile_images")) as folder:
        for number, pixels in enumerate(training(count)):
            images.write_png(folder / f"{number:04d}.png", pixels)
    return [f"profile_images/{number:04d}.png" for number in range(count)]


def training(count: int) -> np.ndarray:
    """`count` training images, evenly spaced: uint8 [count, 28, 28]."""
    data = mnist.load()
    return data.x_train[np.linspace(0, len(data.x_train) - 1, count).astype(int)]
