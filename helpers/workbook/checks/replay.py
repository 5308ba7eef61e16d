"""Run nbval over the road: rerun every notebook, and compare cells marked NBVAL_CHECK_OUTPUT with their stored output."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
from papermill.iorw import load_notebook_node
from papermill.parameterize import parameterize_notebook

from helpers.common import artifacts, atomic_files, machine
from helpers.workbook import execution
from helpers.workbook.road import Notebook

FOLDED = re.compile(r"<details>(.*?)</details>", re.DOTALL)
CODE = re.compile(r"```python\n(.*?)```", re.DOTALL)
SANITIZE = Path(__file__).with_name("nbval_sanitize.cfg")


def prepare(books: list[Notebook], values: dict[str, dict], twice: bool = False) -> Path:
    """Write copies with parameters injected and outputs kept (nbval has no parameters); return their folder.

    The copies contain the exercises' solutions as cells, so that these run, too. twice: repeat every code cell.
    """
    folder = artifacts.emptied_folder(artifacts.build("nbval"))
    for book in books:
        copy = load_notebook_node(str(book.path))
        if changed := execution.injected(book, values[book.name]):
            copy = parameterize_notebook(copy, changed, kernel_name="python3", language="python")
        copy.cells = list(_with_solutions(copy.cells, twice))
        nbformat.write(copy, folder / book.path.name)
    return folder


def solutions(source: str) -> list[str]:
    """Return the Python code in the folded solutions of a Markdown cell."""
    return [code for folded in FOLDED.findall(source) for code in CODE.findall(folded)]


def _with_solutions(cells, twice: bool):
    """Yield the cells with each exercise's solution after it; code cells are repeated if asked."""
    for cell in cells:
        yield cell
        if cell.cell_type == "code" and twice:
            yield nbformat.v4.new_code_cell(cell.source)
        if cell.cell_type == "markdown":
            yield from map(nbformat.v4.new_code_cell, solutions(cell.source))


def lend(books: list[Notebook], place: Path) -> None:
    """Copy to `place` the artefacts that the books read but do not write, so that a part of the road can be replayed."""
    atomic_files.mark(place)
    written = {name for book in books for name in book.writes}
    for name in {name for book in books for name in book.reads} - written:
        source, target = artifacts.build(name), place / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True)
        elif source.exists():
            shutil.copyfile(source, target)


def run(books: list[Notebook], values: dict[str, dict], twice: bool = False) -> int:
    """Replay the books in order, up to the first that fails; return pytest's exit status.

    Their artefacts go to build/nbval/build; the reader's own are not changed.
    """
    if importlib.util.find_spec("nbval") is None:
        raise machine.missing(ModuleNotFoundError(name="nbval"), "nbval")
    folder = prepare(books, values, twice)
    lend(books, folder / "build")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-x",
        "-p",
        "no:cacheprovider",
        "--nbval-lax",
        "--nbval-current-env",
        "--nbval-sanitize-with",
        str(SANITIZE),
        *(str(folder / book.path.name) for book in books),
    ]
    environment = os.environ | {"WORKBOOK_BUILD": str(folder / "build")}
    return subprocess.run(command, cwd=artifacts.ROOT, env=environment).returncode
