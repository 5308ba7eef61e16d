"""The confusion matrix's Python side: a cell chosen, its images sent."""

import base64

import numpy as np
import pytest

from helpers.widgets.confusion import MOST, Confusion

IMAGES = np.random.default_rng(0).integers(0, 256, (50, 28, 28), np.uint8)
LABELS = np.array([3] * 45 + [4] * 5)
ANSWERS = np.array([3] * 5 + [8] * 40 + [4] * 4 + [9])


@pytest.fixture
def matrix():
    return Confusion(IMAGES, LABELS, ANSWERS)


def test_at_first_the_most_frequent_confusion_is_shown(matrix):
    assert matrix.chosen == [3, 8]
    assert matrix.cell["count"] == 40 and len(matrix.cell["indices"]) == MOST


@pytest.mark.parametrize(("chosen", "indices"), [([4, 9], [49]), ([3, 3], [0, 1, 2, 3, 4]), ([0, 0], [])])
def test_a_chosen_cell_brings_its_images(matrix, chosen, indices):
    matrix.chosen = chosen
    assert matrix.cell["indices"] == indices and matrix.cell["count"] == len(indices)
    assert matrix.cell["pixels"] == IMAGES[indices].tobytes()


@pytest.mark.parametrize("chosen", [[], [1], [1, 10], ["a", 2], [-1, 2], [1.5, 2], [None, 1]])
def test_what_is_no_cell_changes_nothing(matrix, chosen):
    before = matrix.cell
    matrix.chosen = chosen
    assert matrix.cell == before


def test_a_network_without_mistakes():
    assert Confusion(IMAGES, LABELS, LABELS).counts[3][3] == 45


def test_it_can_be_printed(matrix):
    data, _ = matrix._repr_mimebundle_()
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert data["text/plain"] == "<Confusion>"


def test_nothing_is_fetched_from_elsewhere():
    assert "://" not in str(Confusion._esm) + str(Confusion._css)
