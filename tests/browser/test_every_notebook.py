"""Every notebook of the road, opened and run in JupyterLab, in order. Long: `make browser` runs it, `make test` does not."""

import os

import pytest

from helpers.workbook import road
from tests.browser import lab
from tests.browser.test_touch import PICTURES

pytestmark = [
    pytest.mark.skipif(not lab.chromium(), reason="NO BROWSER: install chromium, or set WORKBOOK_CHROMIUM"),
    pytest.mark.skipif(os.environ.get("WORKBOOK_BROWSER") != "all", reason="the long form: make browser"),
]
BOOKS = road.discover()
WIDGETS = {"03_training_curves": ".confusion", "24_draw_a_digit": ".drawn-digit"}


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """JupyterLab over all notebooks as --quick runs them, with a build folder that is empty at first."""
    folder, build, scratch = (tmp_path_factory.mktemp(name) for name in ("notebooks", "build", "lab"))
    for book in BOOKS:
        lab.lend(book.name, folder, "quick")
    with lab.opened(folder, build, scratch) as window:
        yield window


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.name)
def test_a_notebook_runs_in_the_browser(opened, book):
    opened.open(f"{book.name}.ipynb")
    opened.run_all()
    if widget := WIDGETS.get(book.name):
        opened.page.locator(widget).first.scroll_into_view_if_needed()
    opened.screenshot(PICTURES / f"{book.name}.png")
    broken = opened.page.get_by_text("Error displaying widget").count() + opened.page.get_by_text("Loading widget").count()
    assert broken == 0
    assert opened.elsewhere == []
    opened.close_kernel()
