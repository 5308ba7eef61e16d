"""Turn a photo of a digit on paper into an image like MNIST's.

Any PNG or JPEG will do: any size, mode and orientation, dark on light or light on dark, on grey or shaded paper. The photo is
turned grey, and the paper's shade is subtracted. Pixels that differ from the paper by more than a threshold are ink. The digit
is the largest connected piece of ink and all pieces of at least a twentieth of its size. Then strokes.prepare crops, scales and
centres it.
"""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter, ImageOps

from helpers.common import artifacts
from helpers.common.errors import BadInput, MissingInput
from helpers.data import strokes
from helpers.data.strokes import Prepared

FORMATS = ("PNG", "JPEG")
LARGEST_FILE = 30 << 20  # bytes
LARGEST_PHOTO = 60_000_000  # pixels
SIDE = 240  # pixels of the working copy's longer side: twelve for each of the digit's 20, if it fills the photo
FAINTEST = 24  # steps of 256 that ink must differ from paper
PEN = 0.11  # of the digit's longer side: the width of a line in MNIST, about
_REMEDY = "use a photo or drawing of one digit as PNG or JPEG"
_NOT_AN_IMAGE = (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError)


@dataclass(frozen=True)
class Photo:
    """The steps that turn a photo into 28 x 28 pixels, each uint8.

    grey: the upright photo, at most SIDE pixels long. contrast: difference of each pixel from the paper around it.
    ink: 255 for ink, 0 for paper. prepared: the remaining steps; prepared.pixels is the network's input. inverted: whether the
    photo shows dark ink on light paper.
    """

    grey: np.ndarray
    contrast: np.ndarray
    ink: np.ndarray
    prepared: Prepared
    inverted: bool


def read(source) -> Photo:
    """Find the digit in a photo; source: the path of a PNG or JPEG, or its bytes.

    Raises MissingInput, or BadInput if it is neither PNG nor JPEG, is too large, or shows no digit.
    """
    where = "the photo" if isinstance(source, bytes) else artifacts.shown(source)
    grey = _grey(_content(source, where), where)
    ink_is_dark = _ink_is_dark(grey)
    contrast = _contrast(grey, ink_is_dark)
    if contrast.max() < FAINTEST:
        raise BadInput("shows no digit", where=where, remedy="write with a dark pen on light paper, and come closer")
    ink = _pen_of_mnist(_digit(contrast > _threshold(contrast)))
    return Photo(grey, contrast, ink, strokes.prepare(_smoothed(ink)), ink_is_dark)


def _content(source, where: str) -> bytes:
    if isinstance(source, bytes):
        content = source
    else:
        path = Path(source)
        if not path.is_file():
            raise MissingInput("does not exist", where=where, remedy="check the name of the photo")
        if path.stat().st_size > LARGEST_FILE:
            raise BadInput(f"is larger than {LARGEST_FILE >> 20} MB", where=where, remedy="save the photo smaller")
        content = path.read_bytes()
    if len(content) > LARGEST_FILE:
        raise BadInput(f"is larger than {LARGEST_FILE >> 20} MB", where=where, remedy="save the photo smaller")
    return content


def _grey(content: bytes, where: str) -> np.ndarray:
    """Decode the photo upright and in grey, its longer side SIDE pixels; the size is checked before it is decoded."""
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            if image.width * image.height > LARGEST_PHOTO:
                raise BadInput(
                    f"has {image.width} x {image.height} pixels", where=where, remedy="save the photo smaller"
                )
            image.draft("L", (2 * SIDE, 2 * SIDE))  # a JPEG is decoded no larger than needed
            flat = _without_colour(ImageOps.exif_transpose(image))
    except _NOT_AN_IMAGE as error:
        raise BadInput("is no PNG or JPEG image", where=where, remedy=_REMEDY) from error
    scale = SIDE / max(flat.size)
    size = [max(1, round(side * scale)) for side in flat.size]
    return np.asarray(flat.resize(size, Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC))


def _without_colour(image: Image.Image) -> Image.Image:
    """Convert to 8-bit grey; 16 bits are scaled, and transparent pixels become paper."""
    if image.mode.startswith("I"):
        deep = np.asarray(image.convert("I"), np.int64)
        return Image.fromarray((deep // 257).clip(0, 255).astype(np.uint8))
    if image.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in image.info:
        layers = image.convert("LA")
        grey, opaque = (np.asarray(each, float) for each in layers.split())
        drawn = grey[opaque > 127]
        paper = 0.0 if len(drawn) and drawn.mean() > 127 else 255.0  # the opposite of the drawing's brightness
        return Image.fromarray((grey * opaque / 255 + paper * (1 - opaque / 255)).round().astype(np.uint8))
    return image.convert("L")


def _ink_is_dark(grey: np.ndarray) -> bool:
    """Whether the digit is darker than its paper: the border is paper, and most of it has one brightness."""
    edge = max(1, min(grey.shape) // 20)
    border = [grey[:edge], grey[-edge:], grey[:, :edge], grey[:, -edge:]]
    paper = np.median(np.concatenate([each.ravel() for each in border]))
    darkest, brightest = np.percentile(grey, [1, 99])
    return bool(paper - darkest >= brightest - paper)


def _contrast(grey: np.ndarray, ink_is_dark: bool) -> np.ndarray:
    """Return each pixel's difference from the paper around it; a shadow on the paper counts as paper."""
    positive = Image.fromarray(255 - grey if ink_is_dark else grey)
    calm = positive.filter(ImageFilter.MedianFilter(3)).filter(ImageFilter.GaussianBlur(1))
    # Paper is the lowest brightness in a neighbourhood wider than any line of the digit, smoothed. A quarter of the
    # size is enough for that: Pillow's rank filters take time with the square of their width.
    small = calm.resize([max(1, side // 4) for side in calm.size], Image.Resampling.BOX)
    width = 2 * (SIDE // 32) + 1
    paper = small.filter(ImageFilter.MinFilter(width)).filter(ImageFilter.MaxFilter(width))
    paper = paper.filter(ImageFilter.GaussianBlur(SIDE / 64)).resize(calm.size, Image.Resampling.BICUBIC)
    return (np.asarray(calm, np.int16) - np.asarray(paper, np.int16)).clip(0, 255).astype(np.uint8)


def _threshold(contrast: np.ndarray) -> int:
    """Return Otsu's threshold (IEEE Trans. SMC 9, 1979), which separates the two groups of pixels best."""
    counts = np.bincount(contrast.ravel(), minlength=256).astype(float)
    levels = np.arange(256)
    below, sums = counts.cumsum(), (counts * levels).cumsum()
    above = below[-1] - below
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = below * above * (sums / below - (sums[-1] - sums) / above) ** 2
    return max(FAINTEST // 2, int(np.nan_to_num(apart).argmax()))


def _digit(mask: np.ndarray) -> np.ndarray:
    """Keep the largest piece of ink and those of at least a twentieth of its size; drop specks and what touches the edge.

    What touches the edge is a table beside the paper or a shadow; it is kept only if there is nothing else.
    """
    pieces = _pieces(mask)
    inner = [piece for piece in pieces if not _at_edge(piece, mask.shape)] or pieces
    largest = max(len(piece) for piece in inner)
    kept = np.zeros(mask.shape, np.uint8)
    for piece in inner:
        if len(piece) >= max(4, largest / 20):
            kept[tuple(piece.T)] = 255
    return kept


def _pieces(mask: np.ndarray) -> list[np.ndarray]:
    """Return the connected pieces of a mask, each an array of (row, column).

    Every pixel of ink takes the smallest label among its neighbours, then that label's own label, until nothing changes.
    """
    outside = mask.size
    numbers = np.where(mask, np.arange(outside).reshape(mask.shape), outside)
    while True:
        wide = np.pad(numbers, 1, constant_values=outside)
        rows = np.minimum(np.minimum(wide[:-2], wide[1:-1]), wide[2:])
        least = np.minimum(np.minimum(rows[:, :-2], rows[:, 1:-1]), rows[:, 2:])
        least = np.where(mask, np.append(least.ravel(), outside)[np.where(mask, least, outside)], outside)
        if (least == numbers).all():
            break
        numbers = least
    places = np.argwhere(mask)
    owners = numbers[mask]
    order = np.argsort(owners, kind="stable")
    return np.split(places[order], np.flatnonzero(np.diff(owners[order])) + 1)


def _at_edge(piece: np.ndarray, shape: tuple[int, ...]) -> bool:
    return bool((piece == 0).any() or (piece == np.array(shape) - 1).any())


def _pen_of_mnist(ink: np.ndarray) -> np.ndarray:
    """Make the digit's lines as wide as MNIST's: thin ones would vanish when scaled to 20 pixels."""
    rows, columns = ink.any(1).nonzero()[0], ink.any(0).nonzero()[0]
    longest = max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1
    inner = np.asarray(Image.fromarray(ink).filter(ImageFilter.MinFilter(3)))
    outline = (ink > 0).sum() - (inner > 0).sum()
    width = 2 * (ink > 0).sum() / max(1, outline)  # an area is half its outline times its width
    grow = round((PEN * longest - width) / 2)
    if grow < 1:
        return ink
    return np.asarray(Image.fromarray(np.pad(ink, grow)).filter(ImageFilter.MaxFilter(2 * grow + 1)))


def _smoothed(ink: np.ndarray) -> np.ndarray:
    """Soften the edges, as a scanner does."""
    return np.asarray(Image.fromarray(np.pad(ink, 4)).filter(ImageFilter.GaussianBlur(1.5)))
