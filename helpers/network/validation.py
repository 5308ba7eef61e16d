"""The note's validation script: choose a test image, save it as PNG, and classify it with the Keras network.

python -m helpers.network.validation -image=random -seed=3
"""

import argparse
import sys
from dataclasses import dataclass

import numpy as np

from helpers.common import artifacts, errors
from helpers.common.errors import BadParameter
from helpers.data import images, mnist
from helpers.data import photo as photos
from helpers.data.photo import Photo
from helpers.network import trained

SHIPPED_IMAGE = artifacts.DATA / "current_test_image.png"
SHIPPED_DIGIT = 7
CHOICES = ("shipped", "index", "random", "file")


@dataclass(frozen=True)
class Choice:
    """A test image: uint8 pixels (28, 28, 1), the digit it shows (None: unknown), and which image it is.

    photo: if the pixels come from a photo, that photo with its processing steps.
    """

    pixels: np.ndarray
    digit: int | None
    name: str
    photo: Photo | None = None

    @property
    def label(self) -> str:
        """The digit as a word, or a question mark."""
        return "?" if self.digit is None else str(self.digit)


def choose(image: str = "shipped", index: int = 0, seed: int = 0, file: str = "") -> Choice:
    """Choose the image that ships with the workbook (shipped), test image number `index`, or a random one drawn with `seed`.

    With image="file" it is your own photo or drawing: `file` is its path, relative to the project's folder (see data/photo.py).
    Raises BadParameter for another word or an index past the last test image, and for a file what photo.read raises.
    """
    if image not in CHOICES:
        raise BadParameter(f"{image!r} is no way to choose an image", remedy=f"use one of {', '.join(CHOICES)}")
    if image == "shipped":
        return Choice(images.read_png(SHIPPED_IMAGE, (28, 28)), SHIPPED_DIGIT, "the shipped image")
    if image == "file":
        return _from_file(file)
    for where, number in (("image_index", index), ("seed", seed)):
        if not isinstance(number, int) or isinstance(number, bool):
            raise BadParameter(f"is {number!r}", where=where, remedy="use a whole number without quotes, such as 7")
    data = mnist.load()
    count = len(data.x_test)
    if image == "index" and (not isinstance(index, int) or isinstance(index, bool)):
        raise BadParameter(
            f"is {index!r}, not a number", where="image_index", remedy=f"give a number from 0 to {count - 1}"
        )
    if image == "random":
        index = int(np.random.default_rng(seed).integers(count))
    if not 0 <= index < count:
        raise BadParameter(f"is {index}", where="image_index", remedy=f"use a number from 0 to {count - 1}")
    return Choice(data.x_test[index][..., None], int(data.y_test[index]), f"test image {index}")


def _from_file(file: str) -> Choice:
    if not file:
        raise BadParameter("names no file", where="image_file", remedy='use a path such as "my_digit.jpg"')
    shown = photos.read(artifacts.ROOT / file)
    return Choice(shown.prepared.pixels[..., None], None, f"the photo {file}", shown)


def answer(model, pixels: np.ndarray) -> np.ndarray:
    """Return the network's ten outputs (logits), float32 (10,), for uint8 pixels (28, 28, 1)."""
    return model.predict(trained.as_input(pixels[None, :, :, 0]), verbose=0)[0]


def keep(choice: Choice, outputs: np.ndarray):
    """Write build/current_test_image.png, and build/model_answer.json, with which later steps compare."""
    images.write_png(artifacts.build("current_test_image.png"), choice.pixels)
    logits = [round(float(value), 3) for value in outputs]
    found = {"image": choice.name, "digit": choice.digit, "top1": int(outputs.argmax()), "logits": logits}
    artifacts.write_json(artifacts.build("model_answer.json"), found)


@errors.command
def main(argv=None):
    """Choose, save and classify an image; prints the ten outputs and the class, as the note's script does."""
    line = argparse.ArgumentParser(prog="validation", description=__doc__.splitlines()[0], allow_abbrev=False)
    line.add_argument("-image", "--image", choices=CHOICES, default="random", help="how to choose the image")
    line.add_argument("-index", "--index", type=int, default=0, help="number of the test image, for -image=index")
    line.add_argument("-seed", "--seed", type=int, default=0, help="which random image, for -image=random")
    line.add_argument("-file", "--file", default="", help="a photo or drawing of your own, for -image=file")
    line.add_argument("-model", "--model", default=artifacts.DATA / "mnist.h5", help="the network to ask")
    options = line.parse_args(argv)
    choice = choose(options.image, options.index, options.seed, options.file)
    from helpers.network import cnn  # TensorFlow takes seconds to load

    outputs = answer(cnn.load_h5(options.model), choice.pixels)
    keep(choice, outputs)
    digit = "" if choice.digit is None else f", a {choice.digit},"
    print(f"{choice.name}{digit} is now build/current_test_image.png")
    for digit, value in enumerate(outputs):
        print(f"class {digit}: {value:8.3f}")
    print(f"Top1 class = {outputs.argmax()}")


if __name__ == "__main__":
    sys.exit(main())
