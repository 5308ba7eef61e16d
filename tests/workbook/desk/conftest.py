"""A road of two notebooks with checkpoints and an exercise, whose cells seats run, right or wrong."""

from types import SimpleNamespace

import nbformat
import pytest

from helpers.common import artifacts
from helpers.workbook.seats.desk import steps
from tests.workbook.conftest import notebook

CHECKS = ("assert number > 0, 'too small: use 1'", "assert number < 9, 'too large: use 8'")
EXERCISE = "exercise.check(largest)"


@pytest.fixture
def desk_road(tmp_path, monkeypatch):
    folder = tmp_path / "notebooks"
    folder.mkdir()
    monkeypatch.setattr(artifacts, "NOTEBOOKS", folder)
    notebook(folder / "01_numbers.ipynb", "number = 4", *CHECKS, EXERCISE)
    notebook(folder / "02_more.ipynb", "more = 5", "assert more == 5, 'not five: run it again'", CHECKS[0])
    book = nbformat.read(folder / "01_numbers.ipynb", 4)
    book.cells.insert(2, nbformat.v4.new_markdown_cell("## 1. Numbers", id="title"))
    book.cells.insert(
        5, nbformat.v4.new_code_cell("def largest(values):\n    ...", id="own", metadata={"tags": ["exercise"]})
    )
    book.cells[-1].metadata["tags"] = ["given"]
    nbformat.write(book, folder / "01_numbers.ipynb")
    for cached in (steps.places, steps.steps):
        cached.cache_clear()
    yield folder
    for cached in (steps.places, steps.steps):
        cached.cache_clear()


def ran(source, error=None, result=None):
    """What IPython tells its hooks about a cell."""
    info = SimpleNamespace(raw_cell=source)
    return SimpleNamespace(info=info, error_before_exec=None, error_in_exec=error, result=result)
