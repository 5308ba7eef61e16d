"""The figures of notebook 00: what they say, and that no text leaves them."""

import matplotlib
import pytest

from helpers.evaluation import first_digit
from helpers.plots import start, style

matplotlib.use("agg")


@pytest.fixture(autouse=True)
def closed():
    yield
    style.plt.close("all")


def texts(figure) -> str:
    return "\n".join(text.get_text() for plot in figure.axes for text in plot.texts)


def inside(figure) -> bool:
    """Whether every text lies within the figure."""
    figure.draw_without_rendering()
    frame = figure.bbox
    boxes = [text.get_window_extent() for plot in figure.axes for text in plot.texts if text.get_text()]
    return all(frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1 for box in boxes)


def test_the_first_picture_shows_board_console_and_answer():
    figure = start.read(first_digit.read())
    words = texts(figure)
    for wanted in ("FRDM-KE02Z40M", "Top1 class = 7", "RAM 3,232 of 4,096 bytes", "1.6 ms"):
        assert wanted in words
    assert inside(figure)


def test_the_road_names_each_notebook():
    figure = start.road()
    assert all(number in texts(figure) for number in ("01", "02, 03", "04, 05", "06", "07 to 09", "10"))
    assert inside(figure)
