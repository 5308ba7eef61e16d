"""Every term of the glossary is linked in the notebook that needs it first."""

import re

import pytest

from helpers.common import artifacts
from helpers.workbook import road

ROW = re.compile(r"\| (.+?) \| .+ \| (\d\d|-) ?\|")
LINK = re.compile(r"\[([^\]]+)\]\(([^)]+)\)")
BOOKS = {book.name[:2]: book for book in road.discover()}


def rows() -> list[tuple[str, str]]:
    """The terms of each row, and the notebook it names."""
    lines = (artifacts.ROOT / "docs" / "glossary.md").read_text().splitlines()
    return [(LINK.sub(r"\1", match[1]), match[2]) for line in lines if (match := ROW.fullmatch(line))]


def linked(words: str, book) -> bool:
    """Whether one of a row's words is the text of a link, to the glossary or to the thing's own page."""
    texts = [text.lower() for cell in book.content.cells for text, _ in LINK.findall(cell.source)]
    names = [re.escape(word.strip(" `").lower()) for word in words.split(",")]
    return any(re.search(rf"(?<!\w){name}(e?s)?(?!\w)", text) for name in names for text in texts)


def test_every_row_is_read():
    table = [
        line for line in (artifacts.ROOT / "docs" / "glossary.md").read_text().splitlines() if line.startswith("| ")
    ]
    assert len(rows()) == len([line for line in table if not line.startswith("| word")]) > 70


@pytest.mark.parametrize(("words", "notebook"), [row for row in rows() if row[1] != "-"])
def test_a_term_is_linked_where_it_is_needed_first(words, notebook):
    assert linked(words, BOOKS[notebook]), f"link {words!r} in {notebook}, or name another notebook in docs/glossary.md"
