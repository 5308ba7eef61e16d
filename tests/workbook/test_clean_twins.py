"""The clean twins: as the notebooks are, with the answers left to type."""

import nbformat
import pytest

from helpers.common import links
from helpers.workbook import road
from helpers.workbook.publish import clean_twins

BOOKS = road.discover()


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.name)
def test_the_committed_twin_is_up_to_date(book):
    assert (clean_twins.folder() / book.path.name).read_text() == clean_twins.text(book), "run `make twins`"


def test_there_is_no_twin_without_a_notebook():
    assert [path.name for path in sorted(clean_twins.folder().glob("*.ipynb"))] == [book.path.name for book in BOOKS]


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.name)
def test_a_twin_keeps_text_and_checkpoints_and_hides_answers(book):
    twin = nbformat.reads(clean_twins.text(book), as_version=4)
    nbformat.validate(twin)
    cells = [cell for number, cell in enumerate(twin.cells) if number != 1]
    pairs = list(zip(cells, book.content.cells, strict=True))
    texts = [(ours.source, full.source) for ours, full in pairs if full.cell_type == "markdown"]
    assert all(ours.replace("](../../", "](../") == clean_twins.without_solutions(full) for ours, full in texts)
    assert all(
        ours.source == full.source for ours, full in pairs if full.cell_type == "code" and "assert " in full.source
    )
    assert [cell.source for cell in cells if "parameters" in cell.metadata.get("tags", [])] == [
        cell.source for cell in book.content.cells if "parameters" in cell.metadata.get("tags", [])
    ]
    assert sum("# your turn" in ours.source for ours, _ in pairs) >= 3
    assert not any(cell.outputs for cell in cells if cell.cell_type == "code")


def test_a_blanked_cell_says_what_to_make_and_with_what():
    source = "from helpers import images\nx = images.read(path)\nfor row in x:\n    print([y for y in row])\n"
    assert clean_twins.blank(source) == "from helpers import images\n# your turn: make x\n# with images.read"


def test_a_twin_has_hints_and_no_solutions():
    hint, solution = (f"<details><summary>{name}</summary>\n\n{name}.\n</details>" for name in ("Hint", "Solution"))
    assert (
        clean_twins.without_solutions(f"Do it.\n\n{hint}\n\n{solution}\n\nAnd:\n\n{solution}")
        == f"Do it.\n\n{hint}\n\nAnd:"
    )


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.name)
def test_the_links_of_a_twin_lead_somewhere(book):
    path = clean_twins.folder() / book.path.name
    text = links.markdown(path)
    assert "<summary>Solution" not in text
    assert list(links.problems(text, path.parent, text)) == []
