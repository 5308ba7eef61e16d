"""The notebooks of the road, described by their own metadata."""

import ast
import difflib
import re
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import nbformat

from helpers.common import artifacts, machine
from helpers.common.errors import BadInput, BadParameter, MissingPackage
from helpers.workbook.checks import metadata

NOTEBOOK_PATTERN = "[0-9][0-9]_*.ipynb"
# Exceptions of nbformat for files that are no notebooks; some are not part of its interface.
UNREADABLE = (OSError, ValueError, KeyError, TypeError, AttributeError, nbformat.ValidationError)


@dataclass(frozen=True)
class Notebook:
    """One stop of the road: a notebook file, and its metadata `workbook`."""

    path: Path
    content: nbformat.NotebookNode

    @property
    def name(self) -> str:
        """The file's name without its ending, such as 02_train."""
        return self.path.stem

    @property
    def metadata(self) -> dict:
        """The entry `workbook` of the notebook's metadata."""
        return self.content.metadata["workbook"]

    @property
    def reads(self) -> list[str]:
        """Names under build/ that it reads."""
        return self.metadata["reads"]

    @property
    def writes(self) -> list[str]:
        """Names under build/ that it writes, including those written only for some parameter values."""
        return self.metadata["writes"] + self.metadata.get("may_write", [])

    @property
    def promises(self) -> list[str]:
        """The names in `writes` that exist after every successful run."""
        return self.metadata["writes"]

    @property
    def needs_tensorflow(self) -> bool:
        """Whether it cannot run in the light environment."""
        return self.metadata.get("needs_tensorflow", False)

    @property
    def schema(self) -> dict[str, dict]:
        """Parameter to its JSON Schema, with the further words `unit` and `help`."""
        return self.metadata["parameters"]

    @property
    def code_cells(self) -> list:
        """The code cells, in order."""
        return [cell for cell in self.content.cells if cell.cell_type == "code"]

    @cached_property
    def title(self) -> str:
        """The text of its first heading."""
        lines = "\n".join(cell.source for cell in self.content.cells if cell.cell_type == "markdown").splitlines()
        return next((line.lstrip("# ").strip() for line in lines if line.startswith("# ")), self.name)

    @cached_property
    def promise(self) -> str:
        """The bold sentence below its title, which promises the reader a result; "" if there is none."""
        found = re.search(r"^\*\*(.+?)\*\*$", self.content.cells[0].source, re.MULTILINE)
        return found[1] if found else ""

    @cached_property
    def defaults(self) -> dict:
        """The default of each parameter, read from the cell tagged `parameters` without running it."""
        cells = [cell for cell in self.code_cells if "parameters" in cell.metadata.get("tags", [])]
        if len(cells) != 1:
            raise BadInput(f"has {len(cells)} cells tagged `parameters`", where=self.name, remedy="tag exactly one")
        try:
            assignments = ast.parse(cells[0].source).body
            return {line.targets[0].id: ast.literal_eval(line.value) for line in assignments}
        except (SyntaxError, ValueError, AttributeError) as error:
            raise BadInput(
                "its parameters cell holds more than assignments of plain values",
                where=self.name,
                remedy="write lines such as `epochs = 100`",
            ) from error


def read(path: Path) -> Notebook:
    """Read the notebook at `path`; raises BadInput if it is no notebook, or not part of this road."""
    try:
        content = nbformat.read(path, as_version=4)
        nbformat.validate(content)
    except UNREADABLE as error:
        raise BadInput("is not a notebook", where=artifacts.shown(path), remedy="restore it from git") from error
    if wrong := metadata.fault(content.metadata.get("workbook", {})):
        raise BadInput(wrong, where=artifacts.shown(path), remedy="restore it from git, or see CONTRIBUTING.md")
    return Notebook(path, content)


def discover(folder: Path | None = None) -> list[Notebook]:
    """Read the notebooks NN_name.ipynb of a folder (notebooks/ by default), in the order of the road."""
    return [read(path) for path in sorted((folder or artifacts.NOTEBOOKS).glob(NOTEBOOK_PATTERN))]


def find(road: list[Notebook], wanted: str) -> Notebook:
    """Find the notebook with this name or number; raises BadParameter with the nearest valid name."""
    wanted = Path(wanted).name.removesuffix(".ipynb")
    wanted = wanted.zfill(2) if wanted.isdecimal() else wanted
    for notebook in road:
        if wanted in (notebook.name, notebook.name[:2]):
            return notebook
    names = [notebook.name for notebook in road]
    near = difflib.get_close_matches(wanted, names, n=1, cutoff=0.3) or names
    raise BadParameter(f"there is no notebook {wanted!r}", remedy=f"perhaps you mean {near[0]}" if near else None)


def select(
    road: list[Notebook], only: list[str] | None = None, start: str | None = None, with_needs: bool = False
) -> list[Notebook]:
    """Choose the part of the road to run: `only` these, or from `start` to the end, or all; always in order.

    with_needs: also every earlier notebook whose artefacts a chosen one reads, directly or not.
    """
    chosen = [find(road, name) for name in only] if only else road[road.index(find(road, start)) :] if start else road
    if with_needs:
        chosen = _with_needs(road, chosen)
    return [notebook for notebook in road if notebook in chosen]


def _with_needs(road: list[Notebook], chosen: list[Notebook]) -> list[Notebook]:
    """Walk back along the road, and add each notebook whose output a later one needs."""
    needed: set[str] = set()
    taken = []
    for notebook in reversed(road):
        if notebook in chosen or needed & set(notebook.writes):
            taken.append(notebook)
            needed |= set(notebook.reads)
    return taken


def possible(books: list[Notebook], named: list[str] | None) -> list[Notebook]:
    """Leave out what needs TensorFlow where there is none, with one line about it.

    named: notebooks that the user asked for by name; raises MissingPackage if one of them needs TensorFlow.
    """
    lacking = [book for book in books if book.needs_tensorflow] if machine.is_light() else []
    asked = {find(books, name).name for name in named or ()}
    if refused := [book.name for book in lacking if book.name in asked]:
        what = "needs TensorFlow, which the light environment leaves out"
        raise MissingPackage(what, where=", ".join(refused), remedy=machine.FULL)
    if lacking:
        names = ", ".join(book.name[:2] for book in lacking)
        print(f"Left out, because there is no TensorFlow here: {names}. `make full` installs it.", file=sys.stderr)
    return [book for book in books if book not in lacking]
