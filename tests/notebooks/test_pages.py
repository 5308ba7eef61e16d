"""README.md and docs/ show what the committed notebooks show."""

import nbformat
import pytest

from helpers.common import artifacts


@pytest.fixture(scope="module")
def table() -> list[str]:
    """The lines of Table 2 as notebook 10 prints them."""
    notebook = nbformat.read(artifacts.NOTEBOOKS / "10_results.ipynb", as_version=4)
    printed = [
        output.text for cell in notebook.cells for output in cell.get("outputs", ()) if output.output_type == "stream"
    ]
    printed += [text for cell in notebook.cells for output in cell.get("outputs", ()) for text in _plain(output)]
    text = next(text for text in printed if "cycles, no waits" in text and "ke16z" in text)
    return [line.strip() for line in text.splitlines() if line.strip()]


def _plain(output) -> list[str]:
    return [output.data["text/plain"]] if "text/plain" in output.get("data", {}) else []


def lines(*path: str) -> set[str]:
    return {line.strip() for line in artifacts.ROOT.joinpath(*path).read_text().splitlines()}


def test_the_page_shows_the_table_of_notebook_10(table):
    missing = [line for line in table if line not in lines("docs", "against_the_note.md")]
    assert missing == [], "copy notebook 10's table to docs/against_the_note.md"


def test_the_front_page_shows_rows_of_that_table(table):
    rows = [line for line in lines("README.md") if line.split()[1:2] in (["flash"], ["ram"])]
    assert len(rows) >= 5
    assert set(rows) <= set(table), "copy these rows from notebook 10 to README.md"


def test_the_front_page_is_short():
    assert len((artifacts.ROOT / "README.md").read_text().split()) <= 900
