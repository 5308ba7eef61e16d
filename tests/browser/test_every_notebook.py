"""Every notebook of the road, opened and run in JupyterLab, in order. Long: `make browser` runs it, `make test` does not."""

import os

import pytest

from helpers.workbook import road
from tests.browser import lab
from tests.browser.test_touch import (
    PICTURES,
    SEVEN,
    answered,
    cleared,
    console,
    draw,
    explore_the_choices,
    unfold_the_solutions,
)

pytestmark = [
    pytest.mark.skipif(not lab.chromium(), reason="NO BROWSER: install chromium, or set WORKBOOK_CHROMIUM"),
    pytest.mark.skipif(os.environ.get("WORKBOOK_BROWSER") != "all", reason="the long form: make browser"),
]
BOOKS = road.discover()
NO_WIDGET = ("Error displaying widget", "Loading widget")  # what JupyterLab shows where a widget does not come


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """JupyterLab over all notebooks as --quick runs them, with a build folder that is empty at first."""
    folder, build, scratch = (tmp_path_factory.mktemp(name) for name in ("notebooks", "build", "lab"))
    for book in BOOKS:
        lab.lend(book.name, folder, "quick")
    with lab.opened(folder, build, scratch) as window:
        yield window


def press_a_cell(opened) -> None:
    """A 4 read as 9: as many images as the cell says, up to 30."""
    button = opened.page.locator(".confusion button[aria-label^='4 read as 9']")
    button.click()
    opened.wait_for(
        "document.querySelector('.confusion .caption').textContent.startsWith('4 read as 9')", "the cell is shown"
    )
    assert opened.page.locator(".confusion figure").count() == min(30, int(button.inner_text() or 0))


def draw_a_seven(opened) -> None:
    """A stroke of the mouse, and the board's console."""
    sheet = opened.page.locator(".drawn-digit .sheet")
    cleared(opened)
    sheet.scroll_into_view_if_needed()
    draw(opened.page, sheet, SEVEN)
    answered(opened)
    assert "Top1 class = 7" in console(opened.page)


TOUCHES = {
    "03_training_curves": press_a_cell,
    "22_quantisation_choices": explore_the_choices,
    "24_draw_a_digit": draw_a_seven,
}


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.name)
def test_a_notebook_runs_in_the_browser_and_its_widget_can_be_touched(opened, book):
    opened.open(f"{book.name}.ipynb")
    opened.run_all()
    if touch := TOUCHES.get(book.name):
        touch(opened)
    opened.screenshot(PICTURES / f"{book.name}.png")
    unfold_the_solutions(opened)
    outputs = opened.page.locator(".jp-OutputArea")
    assert [words for words in NO_WIDGET if outputs.get_by_text(words).count()] == []
    assert opened.elsewhere == []
    opened.close_kernel()
