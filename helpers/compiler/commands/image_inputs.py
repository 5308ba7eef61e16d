"""Load image-classifier's inputs: images named one by one, by folder or by list."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from helpers.common.errors import BadInput, BadParameter, MissingInput
from helpers.compiler.ir.graph import TensorType
from helpers.data import images


def image_paths(given: list[str], folders: list[str], list_file: str | None) -> list[Path]:
    """Return all images in the given order; a folder's by name. Raises MissingInput or BadParameter if there is none."""
    paths = [Path(each) for each in given]
    for folder in folders:
        if not Path(folder).is_dir():
            raise MissingInput(
                "is not a folder", where=folder, remedy="name a folder of PNG files, or leave -input-image-dir out"
            )
        paths += sorted(Path(folder).glob("*.png"))
    if list_file:
        if not Path(list_file).is_file():
            raise MissingInput(
                "does not exist", where=list_file, remedy="name a text file with the path of an image on each line"
            )
        lines = Path(list_file).read_text("utf-8", errors="surrogateescape").splitlines()  # names may be of any bytes
        paths += [Path(line.strip()) for line in lines if line.strip()]
    if not paths:
        raise BadParameter(
            "no image was given", remedy="name PNG files, or use -input-image-dir or -input-image-list-file"
        )
    return paths


@dataclass(frozen=True)
class Preprocessing:
    """Pre-processing of pixels: the options of the same names. mean and stddev: one number per channel, or none."""

    mode: str = "0to255"
    layout: str = "NCHW"
    order: str = "BGR"
    mean: tuple[float, ...] = ()
    stddev: tuple[float, ...] = ()

    def apply(self, pixels: np.ndarray) -> np.ndarray:
        """Convert uint8 pixels (height, width, channels) to a float32 batch of one; BadParameter for wrong channels."""
        for name, numbers in (("mean", self.mean), ("stddev", self.stddev)):
            if numbers and len(numbers) != pixels.shape[2]:
                raise BadParameter(
                    f"-{name} has {len(numbers)} numbers, the image {pixels.shape[2]} channels",
                    remedy=f"give {pixels.shape[2]} numbers, comma separated",
                )
        mean, stddev = np.asarray(self.mean or 0, np.float32), np.asarray(self.stddev or 1, np.float32)
        return images.preprocess((pixels.astype(np.float32) - mean) / stddev, self.mode, self.layout, self.order)


def load_images(paths: list[Path], target: TensorType, preprocessing: Preprocessing) -> np.ndarray:
    """Load images as float32 [n, ...] in the network's input shape; raises BadInput for an image of another size."""
    if len(target.shape) != 4:
        raise BadInput(f"the network takes {list(target.shape)}, which is no image", remedy="use model-profiler")
    shape = target.shape[1:]
    size = (shape[0], shape[1]) if preprocessing.layout == "NHWC" else (shape[1], shape[2])
    loaded = []
    for path in paths:
        pixels = images.read_png(path)
        if pixels.shape[:2] != size:
            axis = {"NCHW": 1, "NHWC": 3}[preprocessing.layout]
            wanted = (
                f"{_sides(size)} as -image-layout={preprocessing.layout} has it, with the channels along axis {axis}"
            )
            what = f"is {_sides(pixels.shape)} pixels, not {wanted}"
            raise BadInput(what, where=path, remedy=remedy(pixels.shape, shape, preprocessing.layout))
        array = preprocessing.apply(pixels)
        if array.shape[1:] != shape:
            raise BadInput(
                f"gives an array of {list(array.shape[1:])}; the network takes {list(shape)}",
                where=path,
                remedy=remedy(pixels.shape, shape, preprocessing.layout),
            )
        loaded.append(array[0])
    return np.stack(loaded)


def _sides(size: tuple[int, ...]) -> str:
    return f"{size[0]} x {size[1]}"


def remedy(pixels: tuple[int, ...], shape: tuple[int, ...], layout: str, option: str = "-image-layout=") -> str:
    """Suggest a remedy for an image [height, width, channels] that does not match the network's shape [3] in a layout."""
    sizes = {
        "NHWC": shape,
        "NCHW": (*shape[1:], shape[0]),
    }  # the image [height, width, channels] that each layout wants
    likely = layout if sizes[layout][2] in images.CHANNEL_COUNTS else next(each for each in sizes if each != layout)
    ways = [] if likely == layout else [f"give {option}{likely}"]
    if pixels != tuple(sizes[likely]):
        kind = {1: "grey", 3: "RGB"}.get(sizes[likely][2], f"of {sizes[likely][2]} channels")
        ways.append(f"scale it to {_sides(sizes[likely])}, {kind}")
    return " and ".join(ways) or "use model-profiler"
