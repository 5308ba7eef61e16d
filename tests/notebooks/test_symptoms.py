"""What "If you see this" quotes is what one can see: a message of the workbook's own code, or one of those listed here."""

import ast
import re
from functools import cache

import pytest

from helpers.common import artifacts
from helpers.workbook import road

BOOKS = road.discover()
OF_OTHERS = ("No module named", "Loading widget", "keras_tensor_", "unk__35")  # Python, JupyterLab, Keras, tf2onnx
LEAST = 8  # characters that two texts must share


def texts(source: str) -> set[str]:
    """The strings in a piece of code, those of f-strings without what is filled in."""
    nodes = ast.walk(ast.parse(source))
    return {node.value.strip() for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


@cache
def messages() -> set[str]:
    return set().union(*(texts(path.read_text()) for path in (artifacts.ROOT / "helpers").rglob("*.py")))


def quoted(book) -> list[str]:
    """The text in the first pair of backticks of each row's first column."""
    table = book.content.cells[-1].source.partition("## If you see this")[2].partition("\n## ")[0]
    return [found[1] for row in table.splitlines() if (found := re.match(r"\| `([^`]+)`", row))]


def shares(symptom: str, message: str) -> bool:
    pieces = [piece.strip() for piece in symptom.split("...")]
    return (len(message) >= LEAST and message in symptom) or any(
        len(piece) >= LEAST and piece in message for piece in pieces
    )


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.name)
def test_what_is_quoted_can_be_seen(book):
    known = messages().union(OF_OTHERS, *(texts(cell.source) for cell in book.code_cells))
    assert [each for each in quoted(book) if not any(shares(each, message) for message in known)] == []


def test_the_comparison_can_fail():
    assert not any(shares("frobnicates ... the gizmo", message) for message in messages())


def test_nearly_every_notebook_quotes_something():
    assert sum(bool(quoted(book)) for book in BOOKS) >= len(BOOKS) - 1
