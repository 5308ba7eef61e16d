"""Strokes become ink, and ink becomes an image as MNIST's are."""

import numpy as np
import onnxruntime
import pytest
from PIL import Image

from helpers.common import artifacts
from helpers.common.errors import BadInput
from helpers.data import mnist
from helpers.data import strokes as drawing

REFERENCE = artifacts.ROOT / "tests" / "reference"
LINE = [[(0.5, 0.2), (0.5, 0.8)]]


def answers(pixels: np.ndarray) -> np.ndarray:
    """The float network's classes for uint8 images (n, 28, 28)."""
    session = onnxruntime.InferenceSession(REFERENCE / "MNIST_NXP.onnx", providers=["CPUExecutionProvider"])
    scaled = pixels[..., None].astype(np.float32) * np.float32(1 / 255)
    return session.run(None, {session.get_inputs()[0].name: scaled})[0].argmax(1)


def test_the_network_reads_every_example():
    drawn = np.stack([drawing.pixels(strokes) for strokes in drawing.examples().values()])
    assert answers(drawn).tolist() == list(drawing.examples()) == list(range(10))


def test_ink_is_where_the_pen_was():
    ink = drawing.ink(LINE)
    assert ink.shape == (drawing.SIDE, drawing.SIDE) and ink.dtype == np.uint8
    rows, columns = ink.nonzero()
    assert abs(columns.mean() - 140) < 1 and columns.max() - columns.min() == pytest.approx(drawing.PEN, abs=2)
    assert abs(rows.min() - (0.2 * 280 - 11)) < 2 and abs(rows.max() - (0.8 * 280 + 11)) < 2


def test_a_single_touch_is_a_dot():
    assert drawing.ink([[(0.5, 0.5)]])[140, 140] == 255


def test_size_and_place_on_the_sheet_do_not_matter():
    eight = np.asarray(Image.fromarray(drawing.ink(drawing.examples()[8])))
    moved = np.roll(eight, (17, -31), (0, 1))
    assert (drawing.prepare(moved).pixels == drawing.prepare(eight).pixels).all()
    larger = np.asarray(Image.fromarray(eight).resize((420, 420)))
    assert np.abs(drawing.prepare(larger).pixels.astype(int) - drawing.prepare(eight).pixels).mean() < 4


@pytest.mark.parametrize("digit", range(10))
def test_the_image_has_mnists_box_and_centre(digit):
    prepared = drawing.prepare(drawing.ink(drawing.examples()[digit]))
    assert max(prepared.boxed.shape) == drawing.BOX
    assert prepared.pixels.shape == (28, 28) and prepared.pixels.dtype == np.uint8
    weights = prepared.pixels / prepared.pixels.sum()
    centre = [(np.arange(28) * weights.sum(axis)).sum() for axis in (1, 0)]
    assert centre == pytest.approx([14, 14], abs=0.51)


def test_mnist_itself_passes_nearly_unchanged():
    """Its digits went this way already, so doing it again to a larger copy of them must change few answers."""
    data = mnist.load()
    images, digits = data.x_test[:400], data.y_test[:400]
    sheets = np.stack(
        [np.asarray(Image.fromarray(each).resize((196, 196), Image.Resampling.BICUBIC)) for each in images]
    )
    again = np.stack([drawing.prepare(np.where(sheet < 30, 0, sheet).astype(np.uint8)).pixels for sheet in sheets])
    assert np.abs(again.astype(int) - images).mean() < 12
    assert (answers(again) == digits).mean() > (answers(images) == digits).mean() - 0.03


def test_a_dash_does_not_leave_the_field():
    assert drawing.pixels([[(0.1, 0.9), (0.9, 0.9)]]).any()


@pytest.mark.parametrize(
    ("strokes", "what"),
    [
        ([], "holds no ink. Draw a digit"),
        ([[]], "holds no ink"),
        ([[(0.5, 1.5)]], "leaves the sheet"),
        ([[(float("nan"), 0.5)]], "leaves the sheet"),
        ([["a"]], "not lists of points"),
        ([[0.1, 0.2, 0.3]], "not lists of points"),
        (7, "not lists of points"),
        ([[(0.5, 0.5)] * 20_001], "more than 20,000 points"),
    ],
)
def test_what_is_no_drawing(strokes, what):
    with pytest.raises(BadInput, match=what):
        drawing.pixels(strokes)
