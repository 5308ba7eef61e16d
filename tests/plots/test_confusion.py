"""The confusion matrix counts, and shows the images that it counts."""

import matplotlib
import numpy as np
import pytest

from helpers.plots import confusion, style

matplotlib.use("agg")
IMAGES = np.random.default_rng(0).integers(0, 256, (6, 28, 28), np.uint8)
LABELS, ANSWERS = np.array([1, 1, 2, 4, 4, 4]), np.array([1, 7, 2, 9, 9, 4])


@pytest.fixture(autouse=True)
def closed():
    yield
    style.plt.close("all")


def test_rows_are_digits_and_columns_answers():
    table = confusion.counts(LABELS, ANSWERS)
    assert table[1, 7] == 1 and table[7, 1] == 0 and table[4, 9] == 2 and table.sum() == 6


def test_the_most_frequent_come_first_and_what_never_happened_not_at_all():
    assert confusion.most_frequent(confusion.counts(LABELS, ANSWERS)) == [(4, 9), (1, 7)]
    assert confusion.most_frequent(confusion.counts(LABELS, LABELS)) == []


def test_numbers_and_images_are_drawn():
    figure = confusion.matrix(IMAGES, LABELS, ANSWERS)
    table, *pictures = (plot for part in figure.subfigs for plot in part.axes)
    assert sorted(text.get_text() for text in table.texts if text.get_text()) == ["1", "1", "1", "1", "2"]
    titles = [plot.get_title("left") for plot in pictures]
    assert [title for title in titles if title] == ["4 read as 9: 2 times", "1 read as 7: 1 time"]
    drawn = [plot.images[0].get_array() for plot in pictures if plot.images]
    assert all((image == IMAGES[index]).all() for image, index in zip(drawn, (3, 4, 1), strict=True))


def test_a_network_without_mistakes():
    confusion.matrix(IMAGES, LABELS, LABELS)
