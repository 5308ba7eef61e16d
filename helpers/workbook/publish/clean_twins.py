"""Clean twins of the notebooks, for those who want to type: the text, the set-up and the checkpoints, but no answers."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat

from helpers.common import artifacts
from helpers.common.errors import BadInput, command
from helpers.workbook import road
from helpers.workbook.road import Notebook

GIVEN = {"parameters", "given", "exercise"}  # tags of cells that stand in a twin as they are
DOTTED = re.compile(r"\w+(\.\w+)+")
SOLUTION = re.compile(r"\n*<details><summary>Solution</summary>.*?</details>", re.DOTALL)
NOTE = """> **Clean twin.** The cells that say `your turn` are yours to type; the checkpoints tell whether they are right.
> The full notebook has the answers and the solutions: [{name}](../{name}.ipynb)."""


def folder() -> Path:
    """Where the twins lie."""
    return artifacts.NOTEBOOKS / "clean"


def write(books: list[Notebook]) -> None:
    """Write the twin of every notebook to notebooks/clean/; raises what `check` does before anything is written."""
    check(books)
    for book in books:
        artifacts.write_text(folder() / book.path.name, text(book))


def check(books: list[Notebook]) -> None:
    """Raise BadInput if a twin that is there was run: somebody has typed answers in it, and they would be lost."""
    for path in (folder() / book.path.name for book in books):
        if path.is_file() and any(_was_run(cell) for cell in nbformat.read(path, as_version=4).cells):
            remedy = "copy it to another folder, and `git checkout` it"
            raise BadInput("was run, and holds what somebody typed", where=artifacts.shown(path), remedy=remedy)


def _was_run(cell: nbformat.NotebookNode) -> bool:
    return cell.cell_type == "code" and bool(cell.outputs or cell.execution_count)


def text(book: Notebook) -> str:
    """The twin of a notebook as the text of its file."""
    cells = list(_cells(book))
    cells.insert(1, nbformat.v4.new_markdown_cell(NOTE.format(name=book.name), id="clean-twin"))
    kept = ("kernelspec", "language_info", "workbook")
    metadata = {key: value for key, value in book.content.metadata.items() if key in kept}
    return nbformat.writes(nbformat.v4.new_notebook(cells=cells, metadata=metadata)) + "\n"


def _cells(book: Notebook) -> Iterator[nbformat.NotebookNode]:
    """The cells without outputs: set-up, parameters and checkpoints as they are, the others blanked."""
    setup = False
    for cell in book.content.cells:
        if cell.cell_type == "markdown":
            if cell.source.startswith("#"):
                setup = cell.source.lstrip("# ").lower().startswith("setup")
            source = from_the_twin(without_solutions(cell.source))
            yield nbformat.v4.new_markdown_cell(source, id=cell.id, attachments=cell.get("attachments", {}))
        else:
            tags = cell.metadata.get("tags", [])
            given = setup or GIVEN & set(tags) or _checks(cell.source)
            metadata = {"tags": tags} if tags else {}
            yield nbformat.v4.new_code_cell(cell.source if given else blank(cell.source), id=cell.id, metadata=metadata)


def without_solutions(source: str) -> str:
    """Markdown without the folded solutions of its exercises; hints and explanations stay."""
    return SOLUTION.sub("", source).rstrip("\n")


def from_the_twin(source: str) -> str:
    """Markdown with its links to what lies beside notebooks/, as they lead there from the twins' folder."""
    return source.replace("](../", "](../../")


def _checks(source: str) -> bool:
    """Whether a cell holds a checkpoint."""
    return any(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(source)))


def blank(source: str) -> str:
    """What stands in place of a cell: its imports, which names it has to make, and what it may call for it."""
    tree = ast.parse(source)
    imports = [ast.unparse(line) for line in tree.body if isinstance(line, ast.Import | ast.ImportFrom)]
    made = dict.fromkeys(_assigned(tree))
    called = [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    known = dict.fromkeys(name for name in called if DOTTED.fullmatch(name))
    lines = [*imports, "# your turn" + (f": make {', '.join(made)}" if made else "")]
    return "\n".join(lines + ([f"# with {', '.join(known)}"] if known else []))


def _assigned(node: ast.AST) -> Iterator[str]:
    """The names that are given a value, but for those that only go through a loop or a comprehension."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    left_out = [node.target] if isinstance(node, ast.For) else []
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.comprehension) and child not in left_out:
            yield from _assigned(child)


@command
def main(argv=None) -> None:
    """Write the twins anew."""
    write(road.discover())


if __name__ == "__main__":
    sys.exit(main())
