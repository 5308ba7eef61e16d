"""The notebooks as committed: nothing that the lint finds, and names that the design gives them."""

import pytest

from helpers.common import artifacts
from helpers.workbook import road
from helpers.workbook.checks import lint

BOOKS = road.discover()
NAMES = [
    "00_start_here", "01_design_cnn", "02_train", "03_training_curves", "04_convert_to_onnx", "05_test_image",
    "06_profile_and_compile", "07_image_to_array", "08_cortex_m7_firmware", "09_cortex_m0_firmware", "10_results",
]  # fmt: skip


def test_the_road_has_all_its_stops():
    assert [book.name for book in BOOKS][: len(NAMES)] == NAMES


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.name)
def test_a_committed_notebook_is_as_it_should_be(book):
    assert lint.problems(book) == []


def test_each_stop_reads_what_an_earlier_one_wrote():
    assert lint.road_problems(BOOKS) == []


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.name)
def test_the_readme_gives_its_durations(book):
    minutes = book.metadata["minutes"]
    row = f"| [{book.name}](notebooks/{book.path.name}) | {minutes['quick']} / {minutes['full']} |"
    assert row in (artifacts.ROOT / "README.md").read_text()
