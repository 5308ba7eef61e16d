"""Turn the strokes of a drawn digit into ink on a sheet, and ink into an image like MNIST's."""

import json
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from helpers.common import artifacts
from helpers.common.errors import BadInput

SIDE = 280  # pixels of the sheet, ten for each of MNIST's
PEN = 22  # pixels of the pen's line: 2 of MNIST's in a digit that fills the sheet
BOX = 20  # a digit fits into 20 x 20 pixels ...
FIELD = 28  # ... is placed in a field of 28 x 28 ...
CENTRE = 14  # ... with its centre of mass on this pixel (the mean over MNIST's test images is 14.0 both ways)
MOST_POINTS = 20_000
EXAMPLES = artifacts.DATA / "drawn_digits.json"

Stroke = list[tuple[float, float]]


@dataclass(frozen=True)
class Prepared:
    """The steps that turn a drawing into 28 x 28 pixels, each uint8 with 255 for ink.

    ink: the sheet. cropped: the sheet without its blank border. boxed: scaled to fit 20 x 20, in proportion.
    pixels: (28, 28), the centre of mass in the middle.
    """

    ink: np.ndarray
    cropped: np.ndarray
    boxed: np.ndarray
    pixels: np.ndarray


def examples() -> dict[int, list[Stroke]]:
    """Return the example drawing of each digit that ships with the workbook, as strokes for `ink`."""
    return {int(digit): strokes for digit, strokes in json.loads(EXAMPLES.read_text()).items()}


def ink(strokes: list[Stroke]) -> np.ndarray:
    """Draw strokes on a sheet, uint8 (280, 280), 255 for ink.

    strokes: lists of points (x, y), from (0, 0), upper left, to (1, 1). Raises BadInput for anything else.
    """
    sheet = Image.new("L", (SIDE, SIDE))
    pen = ImageDraw.Draw(sheet)
    for stroke in _checked(strokes):
        points = [tuple(point) for point in stroke * SIDE]
        pen.line(points, fill=255, width=PEN, joint="curve")
        for x, y in points:
            pen.ellipse((x - PEN / 2, y - PEN / 2, x + PEN / 2, y + PEN / 2), fill=255)
    return np.asarray(sheet)


def _checked(strokes) -> list[np.ndarray]:
    remedy = "give lists of points (x, y) from 0 to 1"
    try:
        found = [np.asarray(stroke, float).reshape(-1, 2) for stroke in strokes]
    except (TypeError, ValueError):
        raise BadInput("holds strokes that are not lists of points", where="drawing", remedy=remedy) from None
    if sum(map(len, found)) > MOST_POINTS:
        raise BadInput(f"has more than {MOST_POINTS:,} points", where="drawing", remedy="draw a digit")
    if not all(((stroke >= 0) & (stroke <= 1)).all() for stroke in found):
        raise BadInput("leaves the sheet", where="drawing", remedy=remedy)
    return [stroke for stroke in found if len(stroke)]


def prepare(sheet: np.ndarray) -> Prepared:
    """Prepare ink, uint8 (height, width), as MNIST's makers prepared scanned digits; raises BadInput for an empty sheet."""
    rows, columns = (sheet.any(axis).nonzero()[0] for axis in (1, 0))
    if not len(rows):
        raise BadInput("holds no ink", where="drawing", remedy="draw a digit")
    cropped = sheet[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = BOX / max(cropped.shape)
    size = [max(1, round(side * scale)) for side in reversed(cropped.shape)]
    boxed = np.asarray(Image.fromarray(cropped).resize(size, Image.Resampling.BILINEAR))
    return Prepared(sheet, cropped, boxed, _centred(boxed))


def _centred(boxed: np.ndarray) -> np.ndarray:
    """Place an image in the field so that its centre of mass is in the middle, to the nearest pixel."""
    field = np.zeros((FIELD, FIELD), np.uint8)
    top, left = (_start(boxed.sum(axis), boxed.shape[1 - axis]) for axis in (1, 0))
    field[top : top + boxed.shape[0], left : left + boxed.shape[1]] = boxed
    return field


def _start(mass: np.ndarray, length: int) -> int:
    """Return the start along one axis that puts the centre of `mass` on CENTRE and keeps everything in the field."""
    centre = (np.arange(length) * mass).sum() / mass.sum()
    return int(np.clip(round(CENTRE - centre), 0, FIELD - length))


def pixels(strokes: list[Stroke]) -> np.ndarray:
    """Turn strokes into an image like MNIST's: uint8 (28, 28)."""
    return prepare(ink(strokes)).pixels
