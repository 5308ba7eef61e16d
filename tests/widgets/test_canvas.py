"""The sheet's Python side: strokes in, the board's console out; mistakes as one line in its place."""

import base64
import io

import pytest

from helpers.data import strokes
from helpers.evaluation import drawn_digit
from helpers.widgets.canvas import Canvas
from tests.data import photographs


@pytest.fixture
def canvas(on_board_road):
    return Canvas(drawn_digit.Reader(), digit=3)


def test_the_first_drawing_is_read_at_once(canvas):
    assert canvas.strokes == strokes.examples()[3]
    assert canvas.answer.console.top1 == 3
    assert (
        canvas.reply["console"].startswith("class = 0\r\nConfidence = ")
        and "Inference time = " in canvas.reply["console"]
    )
    assert canvas.reply["pixels"] == canvas.answer.prepared.pixels.ravel().tolist()
    assert canvas.reply["seconds"] > 0


def test_the_answer_is_one_large_line(canvas):
    assert canvas.reply["answer"] == "3, 1.3 ms"


def test_a_photo_is_read_in_place_of_a_drawing(canvas):
    content = io.BytesIO()
    photographs.paper(strokes.examples()[5]).convert("RGB").save(content, "JPEG")
    canvas.set_state({"photo": memoryview(content.getvalue())})  # as a page sends it
    assert canvas.reply["answer"].startswith("5, ") and canvas.answer.photo.inverted
    canvas.photo = b"no photo"
    assert canvas.answer is None and canvas.reply["answer"] == ""
    assert canvas.reply["console"].startswith("the photo: is no PNG or JPEG image. Use a photo")


def test_each_reply_is_a_new_one(canvas):
    """The page waits for a change: the same drawing twice must give two replies."""
    first = canvas.reply
    canvas.strokes = []
    canvas.strokes = strokes.examples()[3]
    assert canvas.reply["console"] == first["console"] and canvas.reply["number"] > first["number"]


def test_a_cleared_sheet_has_no_answer_and_no_complaint(canvas):
    canvas.strokes = []
    assert canvas.answer is None and canvas.reply["console"] == "" and canvas.reply["pixels"] == []


def test_a_wrong_message_is_one_line_on_the_console(canvas):
    canvas.strokes = [[[9, 9]]]
    assert canvas.answer is None
    assert canvas.reply["console"] == "drawing: leaves the sheet. Give lists of points (x, y) from 0 to 1."


@pytest.mark.parametrize("digit", [3, None])
def test_it_can_be_printed(canvas, digit):
    canvas.strokes = strokes.examples()[digit] if digit else []
    data, _ = canvas._repr_mimebundle_()
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert "application/vnd.jupyter.widget-view+json" in data
    assert data["text/plain"] == "<Canvas>"


def test_the_page_draws_as_python_does():
    script = str(Canvas._esm)
    assert f"const SIDE = {strokes.SIDE};" in script and f"const PEN = {strokes.PEN};" in script


def test_nothing_is_fetched_from_elsewhere():
    assert "://" not in str(Canvas._esm) + str(Canvas._css)


def test_a_sheet_that_is_cleared_after_a_photo_shows_nothing(canvas):
    content = io.BytesIO()
    photographs.paper(strokes.examples()[5]).convert("RGB").save(content, "JPEG")
    canvas.set_state({"strokes": [], "photo": memoryview(content.getvalue())})  # as a page sends both
    assert canvas.reply["answer"].startswith("5, ")
    canvas.set_state({"strokes": [], "photo": memoryview(b"")})
    assert (canvas.reply["answer"], canvas.reply["console"]) == ("", "")
