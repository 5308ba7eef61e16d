"""The line below a notebook's title that shows its place on the road: every notebook is a link, this one a box.

python -m helpers.workbook.publish.strip   writes it into all notebooks, after one was added or renamed
"""

import re
import sys
from itertools import pairwise

import nbformat

from helpers.common import artifacts
from helpers.workbook import road
from helpers.workbook.road import Notebook

LINE = re.compile(r"^(?:\[\d\d\]\(|<kbd>\d\d ).*$", re.MULTILINE)
NEXT, GAP = " · ", " ⋮ "  # between two notebooks, and where numbers are left out: beyond the note


def line(book: Notebook, books: list[Notebook]) -> str:
    """Return the strip for `book` on the road `books`, Markdown in one line."""
    parts = [_stop(other, other.name == book.name) for other in books]
    numbers = [int(other.name[:2]) for other in books]
    gaps = [NEXT if after == before + 1 else GAP for before, after in pairwise(numbers)]
    return "".join(part + gap for part, gap in zip(parts, [*gaps, ""], strict=True))


def _stop(book: Notebook, here: bool) -> str:
    if here:
        return f"<kbd>{book.title}</kbd>"
    number = book.name[:2]
    words = book.title.removeprefix(number).strip()
    return f'[{number}]({book.path.name} "{words}")'


def write(books: list[Notebook]) -> None:
    """Replace the strip in each notebook's first cell."""
    for book in books:
        first = book.content.cells[0]
        first.source = LINE.sub(lambda _: line(book, books), first.source, count=1)  # noqa: B023 (used at once)
        artifacts.write_text(book.path, nbformat.writes(book.content) + "\n")


if __name__ == "__main__":
    sys.exit(write(road.discover()))
