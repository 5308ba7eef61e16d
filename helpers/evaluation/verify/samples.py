"""The samples on which forms are compared: images or arrays, with their labels if known."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from helpers.common.errors import BadInput, BadParameter
from helpers.common.named_arrays import Arrays
from helpers.compiler.commands import image_inputs
from helpers.compiler.ir.names import legal_name
from helpers.data import images, mnist, npz


@dataclass(frozen=True)
class Samples:
    """Samples of a network's input.

    arrays: float32 [n, ...] in the shape of the network's input, by name if there are several; labels: int [n], or
    None; names: the name of each sample.
    """

    arrays: Arrays
    labels: np.ndarray | None
    names: tuple[str, ...]


@dataclass(frozen=True)
class Loading:
    """How samples are read.

    count: how many at most; mode, layout: as image-classifier's options (no layout: inferred from the shape); labels: the correct
    classes, if they are not in the file.
    """

    count: int = 100
    mode: str = "0to1"
    layout: str | None = None
    labels: np.ndarray | None = None


DEFAULT = Loading()


def load(
    words: list[str], shapes: tuple[int, ...] | Mapping[str, tuple[int, ...]], loading: Loading = DEFAULT
) -> Samples:
    """Load samples for a network with inputs of `shapes` (the batch first; by name if it has several inputs).

    words: PNG files and folders, `mnist`, or one .npz file. An .npz has x (or x_test), uint8 pixels
    [n, height, width(, channels)] or float32 inputs [n, ...], and y (or y_test) if the labels are known. For several inputs it
    must be an .npz, with an array under the name of each. Raises MissingInput, BadInput or BadParameter.
    """
    named = shapes if isinstance(shapes, Mapping) else {"x": shapes}
    for shape in named.values():
        if shape[:1] != (1,):
            what = f"an input of shape {list(shape)} does not take one sample at a time"
            raise BadParameter(what, remedy="export the network with a batch of 1, or a named one")
    found = _loaded(words, *named.values(), loading) if len(named) == 1 else _of_several(words, named, loading)
    if loading.labels is None:
        return found
    if len(loading.labels) < len(found.names):
        raise BadParameter(
            f"{len(loading.labels)} labels for {len(found.names)} images",
            remedy="give a label for each image, comma separated",
        )
    return replace(found, labels=loading.labels[: len(found.names)])


def _of_several(words: list[str], shapes: Mapping[str, tuple[int, ...]], loading: Loading) -> Samples:
    """Load samples from an .npz with an array for each input."""
    if len(words) != 1 or not words[0].endswith(".npz"):
        what = f"the network has the inputs {', '.join(shapes)}"
        raise BadParameter(what, remedy="give one .npz file with an array under the name of each")
    (where,), arrays = words, {legal_name(name): array for name, array in npz.read(words[0]).items()}
    y = next((arrays[name] for name in ("y", "y_test") if name in arrays and name not in shapes), None)
    found = {}
    for name, shape in shapes.items():
        x = _checked(arrays.get(name), y, where, name, tuple(shapes))
        found[name] = _of_arrays(x, y, "sample", shape, loading)
    counts = {name: len(each.names) for name, each in found.items()}
    if len(set(counts.values())) != 1:
        listed = ", ".join(f"{count} of {name}" for name, count in counts.items())
        raise BadInput(
            f"has samples of unequal counts: {listed}", where=where, remedy="save as many samples of each input"
        )
    return replace(next(iter(found.values())), arrays={name: each.arrays for name, each in found.items()})


def _loaded(words: list[str], shape: tuple[int, ...], loading: Loading) -> Samples:
    single = words[0] if len(words) == 1 else ""
    if single == "mnist":
        data = mnist.load()
        return _of_arrays(data.x_test, data.y_test, "test image", shape, loading)
    if single.endswith(".npz"):
        arrays = npz.read(single)
        x, y = (next((arrays[name] for name in (each, f"{each}_test") if name in arrays), None) for each in "xy")
        return _of_arrays(_checked(x, y, single, "x", ("x",)), y, "sample", shape, loading)
    folders = [word for word in words if Path(word).is_dir()]
    paths = image_inputs.image_paths([word for word in words if word not in folders], folders, None)[: loading.count]
    fed = [_fed(images.read_png(path), shape, loading, path.name) for path in paths]
    return Samples(np.stack(fed), None, tuple(path.name for path in paths))


def _checked(x: np.ndarray | None, y: np.ndarray | None, where: str, name: str, names: tuple[str, ...]) -> np.ndarray:
    """Return and check the inputs that an .npz holds under one of `names`; see `load`."""
    given = ", ".join(f"{each}=inputs" for each in names)
    if x is None or x.dtype not in (np.uint8, np.float32) or x.ndim < 2 or not len(x):
        raise BadInput(
            f"has no array {name} of uint8 pixels or float32 inputs [n, ...]",
            where=where,
            remedy=f"save them as np.savez('samples.npz', {given})",
        )
    if x.dtype == np.uint8 and x.ndim not in (3, 4):
        raise BadInput(f"has pixels of shape {list(x.shape)}", where=where, remedy="use [n, height, width, channels]")
    if x.dtype == np.float32 and not np.isfinite(x).all():
        raise BadInput(
            "holds numbers that are not finite", where=where, remedy="leave out the samples with a NaN or an infinity"
        )
    if y is not None and (y.shape != (len(x),) or y.dtype.kind not in "iu"):
        raise BadInput(
            "has labels y that are not one whole number a sample",
            where=where,
            remedy="save y as whole numbers, one a sample",
        )
    return x


def _of_arrays(x: np.ndarray, y: np.ndarray | None, noun: str, shape: tuple, loading: Loading) -> Samples:
    x, y = x[: loading.count], None if y is None else y[: loading.count].astype(int)
    names = tuple(f"{noun} {index}" for index in range(len(x)))
    if x.dtype == np.uint8:
        x = x.reshape(*x.shape[:3], -1)
        x = np.stack([_fed(pixels, shape, loading, name) for pixels, name in zip(x, names, strict=True)])
    return Samples(_shaped(x, shape, noun), y, names)


def _fed(pixels: np.ndarray, shape: tuple, loading: Loading, where: str) -> np.ndarray:
    """Convert uint8 pixels (height, width, channels) to the network's input."""
    layout = loading.layout or ("NHWC" if shape[-1] in (1, 3) else "NCHW")
    array = image_inputs.Preprocessing(loading.mode, layout).apply(pixels)
    if len(shape) == 4 and array.shape[1:] != tuple(shape[1:]):
        what = f"is {list(array.shape[1:])} as {layout}; the network takes {list(shape[1:])}"
        remedy = image_inputs.remedy(pixels.shape, tuple(shape[1:]), layout, "--image-layout ")
        raise BadInput(what, where=where, remedy=remedy)
    return _shaped(array, shape, where)[0]


def _shaped(x: np.ndarray, shape: tuple, where: str) -> np.ndarray:
    if x[0].size != np.prod(shape[1:]):
        raise BadInput(
            f"holds {x[0].size} numbers; the network takes {np.prod(shape[1:])}",
            where=where,
            remedy=f"save samples of shape {list(shape[1:])}",
        )
    if x.ndim == len(shape) == 4 and x.shape[1:] != tuple(shape[1:]) and 1 not in shape[1:]:
        return _channels_moved(x, shape, where)
    return x.reshape(len(x), *shape[1:])


def _channels_moved(x: np.ndarray, shape: tuple, where: str) -> np.ndarray:
    """Move the channels of images from the last axis to the first, or the other way round, as the network needs."""
    for order in ((0, 3, 1, 2), (0, 2, 3, 1)):
        if tuple(x.shape[axis] for axis in order[1:]) == tuple(shape[1:]):
            return np.ascontiguousarray(x.transpose(order))
    what = f"has samples of {list(x.shape[1:])}; the network takes {list(shape[1:])}, its channels along axis "
    first = shape[1] <= min(shape[2:])
    raise BadInput(what + ("1 (NCHW)" if first else "3 (NHWC)"), where=where, remedy="scale them to that")
