"""Images as files and as arrays: read and write PNG, map pixels to the Glow tools' ranges, write .inc lists for C."""

import re
import struct
from pathlib import Path

import numpy as np
from PIL import Image

from helpers.common import artifacts
from helpers.common.errors import BadInput, BadParameter, MissingInput

MODES = ("0to255", "0to1", "neg1to1", "neg128to127")
LAYOUTS = ("NCHW", "NHWC")
CHANNEL_ORDERS = ("BGR", "RGB")

_LARGEST_FILE = 4 << 20  # bytes
_LARGEST_IMAGE = 1 << 20  # pixels
_CHANNELS = {"L": 1, "RGB": 3}
CHANNEL_COUNTS = tuple(_CHANNELS.values())  # that an image can have
_NOT_AN_IMAGE = (OSError, SyntaxError, ValueError, EOFError, struct.error, Image.DecompressionBombError)


def read_png(path, size: tuple[int, int] | None = None) -> np.ndarray:
    """Read the pixels of a grey or RGB PNG as uint8 (height, width, channels).

    size: (height, width) the image must have, or None for any.
    Raises MissingInput or BadInput; type, size and colours are checked before anything is decoded.
    """
    path, where = Path(path), artifacts.shown(path)
    if not path.is_file():
        raise MissingInput("does not exist", where=where, remedy="check the name of the image")
    if path.stat().st_size > _LARGEST_FILE:
        raise BadInput(f"is larger than {_LARGEST_FILE:,} bytes", where=where, remedy="use a small PNG")
    try:
        with Image.open(path, formats=["PNG"]) as image:
            _check_header(image, size, where)
            return np.asarray(image, np.uint8).reshape(image.height, image.width, _CHANNELS[image.mode])
    except _NOT_AN_IMAGE as error:
        raise BadInput("is not a whole PNG image", where=where, remedy="save the image as PNG again") from error


def _check_header(image: Image.Image, size: tuple[int, int] | None, where: str):
    found = (image.height, image.width)
    if size is not None and found != tuple(size):
        wanted = f"{size[0]} x {size[1]}"
        what = f"is {found[0]} x {found[1]} pixels, not {wanted}"
        raise BadInput(what, where=where, remedy=f"scale it to {wanted}")
    if image.height * image.width > _LARGEST_IMAGE:
        raise BadInput(f"has more than {_LARGEST_IMAGE:,} pixels", where=where, remedy="scale it down")
    if image.mode not in _CHANNELS:
        remedy = "save it as 8-bit grey, or as 8-bit RGB, without transparency"
        raise BadInput(f"has pixels of type {image.mode}", where=where, remedy=remedy)


def write_png(path, pixels: np.ndarray) -> Path:
    """Write uint8 pixels (height, width) or (height, width, 1 or 3) as PNG; equal pixels give equal bytes."""
    pixels = np.asarray(pixels)
    if pixels.dtype != np.uint8:
        raise BadParameter(f"pixels are {pixels.dtype}, not uint8", remedy="pass the image as it came from MNIST")
    flat = pixels[:, :, 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels
    with artifacts.replacing(path) as temporary:
        Image.fromarray(flat).save(temporary, format="PNG", optimize=True)
    return Path(path)


def preprocess(pixels: np.ndarray, mode="0to255", layout="NCHW", channel_order="BGR", dtype=np.float32) -> np.ndarray:
    """Turn pixels (height, width, channels) into a network's input: a batch of one, in `layout`.

    mode: the range that 0..255 is mapped to, in float32 arithmetic as Glow does it (0to1 is pixel * float32(1/255)).
    channel_order: order of three channels in the result; ignored for grey.
    dtype: float32; or, where every value is whole and fits, uint8 (0to255) or int8 (neg128to127).
    Raises BadParameter for an unknown word or a type that cannot hold the range.
    """
    for word, known in ((mode, MODES), (layout, LAYOUTS), (channel_order, CHANNEL_ORDERS)):
        if word not in known:
            raise BadParameter(f"{word!r} is none of {', '.join(known)}")
    wanted = {"uint8": "0to255", "int8": "neg128to127", "float32": mode}.get(np.dtype(dtype).name)
    if wanted != mode:
        remedy = f"use {wanted} with this type, or float32" if wanted else "use float32, int8 or uint8"
        raise BadParameter(f"{np.dtype(dtype).name} cannot hold the range {mode}", remedy=remedy)
    scaled = _scaled(pixels.astype(np.float32), mode)
    ordered = scaled[:, :, ::-1] if channel_order == "BGR" and scaled.shape[2] == 3 else scaled
    arranged = ordered.transpose(2, 0, 1) if layout == "NCHW" else ordered
    return np.ascontiguousarray(arranged[None]).astype(dtype)


def _scaled(pixels: np.ndarray, mode: str) -> np.ndarray:
    low, high = {"0to255": (0, 255), "0to1": (0, 1), "neg1to1": (-1, 1), "neg128to127": (-128, 127)}[mode]
    return pixels * np.float32((high - low) / 255) + np.float32(low)


def to_inc(values: np.ndarray, columns: int = 28) -> str:
    """Format values as text that C can #include between the braces of an array: comma separated, `columns` per line.

    If `columns` is the image's width, the text shows the image.
    """
    words = [str(value) if values.dtype.kind in "iu" else f"{value}f" for value in values.ravel()]
    width = max(map(len, words))
    lines = [words[start : start + columns] for start in range(0, len(words), columns)]
    return ",\n".join(", ".join(word.rjust(width) for word in line) for line in lines) + "\n"


def read_inc(path, dtype=np.int8) -> np.ndarray:
    """Read the values of an .inc file, (n,) of `dtype`; raises BadInput if it holds anything but numbers of that type."""
    path, where, dtype = Path(path), artifacts.shown(path), np.dtype(dtype)
    if not path.is_file():
        raise MissingInput("does not exist", where=where, remedy="run notebooks/07_image_to_array.ipynb first")
    if path.stat().st_size > _LARGEST_FILE:
        raise BadInput(f"is larger than {_LARGEST_FILE:,} bytes", where=where, remedy="make it again")
    words = path.read_text(encoding="ascii", errors="replace").split(",")
    if not words[-1].strip():
        words.pop()  # a comma after the last value is good C
    return np.array([_number(word.strip(), dtype, where) for word in words], dtype)


def _number(word: str, dtype: np.dtype, where: str):
    whole = dtype.kind in "iu"
    if not re.fullmatch(r"-?\d{1,3}" if whole else r"-?\d+(\.\d*)?(e-?\d+)?f?", word):
        raise BadInput(f"holds {word[:20]!r}, which is no {dtype.name}", where=where, remedy="make it again")
    value = int(word) if whole else float(word.rstrip("f"))
    if whole and not np.iinfo(dtype).min <= value <= np.iinfo(dtype).max:
        raise BadInput(f"holds {value}, which is no {dtype.name}", where=where, remedy="make it again")
    return value
