"""Hand in, collect and grade: notebooks and grades in the layout of nbgrader, which an instructor may go on with.

nbgrader itself is not needed here: its course is folders, notebooks whose cells say what they are, and a table of scores.
"""

import csv
import io
import os
import re
import stat
from pathlib import Path

import nbformat

from helpers.common import artifacts
from helpers.common.errors import BadInput, BadParameter
from helpers.workbook import road
from helpers.workbook.road import Notebook
from helpers.workbook.seats.desk import progress, steps
from helpers.workbook.seats.desk.progress import PASSED, Progress

LARGEST = 20 << 20  # bytes of a notebook that is handed in
HANDED_IN = "handed_in"
# The columns that `nbgrader export` writes.
COLUMNS = (
    "assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email",
    "raw_score", "late_submission_penalty", "score", "max_score",
)  # fmt: skip


def hand_in(book: Notebook, copy: Path, desk: Path, seat: str) -> Path:
    """Copy a seat's notebook into the desk's folder; returns the copy. Raises BadInput for a file that is no notebook."""
    progress.check_name(seat)
    read(copy)
    return artifacts.write_bytes(desk / HANDED_IN / seat / book.path.name, copy.read_bytes())


def read(path: Path) -> nbformat.NotebookNode:
    """Read a notebook that somebody handed in; raises BadInput for anything but a plain file of a sound notebook."""
    where, remedy = progress.printable(path.name), "ask for it again"
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(handle, "rb") as file:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST:
                raise BadInput(f"is no plain file of at most {LARGEST >> 20} MB", where=where, remedy=remedy)
            text = file.read(LARGEST + 1)
        notebook = nbformat.reads(text.decode(), as_version=4)
        nbformat.validate(notebook)
    except (*road.UNREADABLE, RecursionError) as error:
        raise BadInput(f"is no notebook ({type(error).__name__})", where=where, remedy=remedy) from None
    return notebook


def collect(desk: Path, books: list[Notebook], course: Path) -> tuple[list[str], list[str]]:
    """Write what was handed in as a course for nbgrader: source/ and submitted/SEAT/NOTEBOOK/NOTEBOOK.ipynb.

    Returns what was collected as lines, and what was refused. Raises BadParameter for a desk without handed-in notebooks.
    """
    seats = desk / HANDED_IN
    if not seats.is_dir():
        raise BadParameter("nothing was handed in", where=desk, remedy="seats run `python -m helpers desk hand-in`")
    taken, refused = [], []
    with artifacts.replacing_folder(course) as fresh:
        (fresh / "nbgrader_config.py").write_text('c = get_config()\nc.CourseDirectory.course_id = "workbook"\n')
        for book in books:
            _write(fresh / "source" / book.name / book.path.name, marked(book.content))
        for folder in sorted(seats.iterdir()):
            for book in books:
                try:
                    _collect(folder, book, fresh, taken)
                except (BadInput, BadParameter) as error:
                    refused.append(f"{progress.printable(folder.name)}: {error}")
    return taken, refused


def _collect(folder: Path, book: Notebook, fresh: Path, taken: list[str]) -> None:
    progress.check_name(folder.name)
    if folder.is_symlink() or not os.path.lexists(folder / book.path.name):
        return
    _write(fresh / "submitted" / folder.name / book.name / book.path.name, marked(read(folder / book.path.name)))
    taken.append(f"{folder.name}: {book.name}")


def _write(path: Path, notebook: nbformat.NotebookNode) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)


def marked(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return the notebook with nbgrader's marks: the exercises' cells to write in, and their checks, a point each."""
    copy = nbformat.from_dict(notebook)
    for cell in copy.cells:
        cell.metadata.pop("nbgrader", None)
        tags = cell.metadata.get("tags", [])
        name = re.search(r"exercise\.check\((\w+)\)", cell.source) if cell.cell_type == "code" else None
        written = re.match(r"def (\w+)\(", cell.source) if "exercise" in tags else None
        if name:
            cell.source = f"verdict = exercise.check({name[1]})\nassert verdict.right, verdict.text"
            cell.metadata["nbgrader"] = _mark(f"{name[1]}_check", grade=True) | {"points": 1}
        elif written:
            cell.metadata["nbgrader"] = _mark(written[1], grade=False)
    return copy


def _mark(name: str, grade: bool) -> dict:
    """Return nbgrader's cell metadata, version 3 of its schema."""
    return {
        "grade": grade, "grade_id": name, "locked": grade, "schema_version": 3, "solution": not grade, "task": False,
    }  # fmt: skip


def grades(seats: list[Progress]) -> str:
    """Return the scores as `nbgrader export` writes them: for each seat and notebook with exercises a row, a point each."""
    rows = io.StringIO()
    writer = csv.DictWriter(rows, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    names = sorted({step.notebook for step in steps.steps().values() if step.is_exercise})
    for seat in seats:
        for name in names:
            every = steps.of(name, exercises=True)
            score = sum(each.name in seat.steps and seat.steps[each.name].state == PASSED for each in every)
            writer.writerow(
                {
                    "assignment": name,
                    "student_id": seat.seat,
                    "raw_score": f"{score:.1f}",
                    "late_submission_penalty": "0.0",
                    "score": f"{score:.1f}",
                    "max_score": f"{len(every):.1f}",
                }
            )
    return rows.getvalue()
