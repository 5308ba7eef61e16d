"""The steps of the road that a desk can show: checkpoints and coding exercises, found by the text of their cells."""

import functools
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from helpers.workbook import road
from helpers.workbook.road import Notebook

CHECK = "exercise.check("


@dataclass(frozen=True)
class Step:
    """A checkpoint or an exercise of a notebook.

    name: the notebook's number, and the step's within it: 06.3 is a checkpoint, 06.E1 an exercise. title: its section's heading.
    """

    notebook: str
    name: str
    title: str

    @property
    def is_exercise(self) -> bool:
        """Whether it is a coding exercise."""
        return ".E" in self.name


@dataclass(frozen=True)
class Place:
    """A code cell of the road: its notebook, and its step (None if it checks nothing)."""

    notebook: str
    step: Step | None


def digest(source: str) -> str:
    """Return the name of a cell's text, whatever blanks surround it."""
    return hashlib.sha256(source.strip().encode()).hexdigest()


@functools.cache
def places() -> dict[str, tuple[Place, ...]]:
    """Map the digest of each code cell of the road to the places where it stands."""
    found: dict[str, list[Place]] = {}
    for book in road.discover():
        for source, step in _cells(book):
            found.setdefault(digest(source), []).append(Place(book.name, step))
    return {name: tuple(where) for name, where in found.items()}


def find(source: str, notebook: str | None = None) -> Place | None:
    """Find a cell by its text; notebook: the one that the reader was in, if several have it. None for a cell of one's own."""
    where = places().get(digest(source), ())
    return next((place for place in where if place.notebook == notebook), where[0] if where else None)


@functools.cache
def steps() -> dict[str, Step]:
    """Return every step of the road by its name, in order."""
    return {step.name: step for book in road.discover() for _, step in _cells(book) if step}


def of(notebook: str, exercises: bool) -> list[Step]:
    """Return the checkpoints or the exercises of a notebook."""
    return [step for step in steps().values() if step.notebook == notebook and step.is_exercise == exercises]


def _cells(book: Notebook) -> Iterator[tuple[str, Step | None]]:
    title, checkpoints, exercises = book.title, 0, 0
    for cell in book.content.cells:
        if cell.cell_type == "markdown":
            headings = [line.lstrip("# ").strip() for line in cell.source.splitlines() if line.startswith("##")]
            title = headings[-1] if headings else title
            continue
        step = None
        if CHECK in cell.source:
            exercises += 1
            step = Step(book.name, f"{book.name[:2]}.E{exercises}", title)
        elif "assert " in cell.source:
            checkpoints += 1
            step = Step(book.name, f"{book.name[:2]}.{checkpoints}", title)
        yield cell.source, step
