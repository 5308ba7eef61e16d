"""The exercises that are typed: the stub is open, the solution is right, and at least six notebooks have one."""

import re

import pytest

from helpers.widgets import exercise
from helpers.workbook import road
from helpers.workbook.checks import replay

BOOKS = road.discover()


def typed() -> list[tuple[str, str, str]]:
    """(notebook, stub, the texts after it) of every cell that is tagged as an exercise."""
    found = []
    for book in BOOKS:
        for number, cell in enumerate(book.content.cells):
            if "exercise" in cell.metadata.get("tags", []):
                after = "\n".join(
                    each.source for each in book.content.cells[number + 1 :] if each.cell_type == "markdown"
                )
                assert "exercise.check(" in book.content.cells[number + 1].source
                found.append((book.name, cell.source, after))
    return found


EXERCISES = typed()


def test_at_least_six_notebooks_have_one_and_each_is_used_once():
    assert len({name for name, _, _ in EXERCISES}) >= 6
    names = [re.search(r"def (\w+)\(", stub)[1] for _, stub, _ in EXERCISES]
    assert sorted(names) == sorted(exercise.EXERCISES)


@pytest.mark.parametrize(("name", "stub", "after"), EXERCISES, ids=[name for name, _, _ in EXERCISES])
def test_the_stub_is_open_and_its_solution_right(name, stub, after):
    function = re.search(r"def (\w+)\(", stub)[1]
    solution = next(code for code in replay.solutions(after) if f"def {function}(" in code)
    for source, right in ((stub, None), (solution, True)):
        space: dict = {}
        exec(source, space)
        assert exercise.check(space[function]).right is right
    assert "<details><summary>Hint" in after
