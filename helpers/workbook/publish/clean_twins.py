"""Clean twins of the notebooks, for attendees who want to type: text, set-up and checkpoints, but no answers."""

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
    """Return the folder of the twins."""
    return artifacts.NOTEBOOKS / "clean"


def write(books: list[Notebook]) -> None:
    """Write the twin of every notebook to notebooks/clean/; `check` runs before anything is written."""
    check(books)
    for book in books:
        artifacts.write_text(folder() / book.path.name, text(book))


def check(books: list[Notebook]) -> None:
    """Raise BadInput if an existing twin was run: somebody typed answers in it, which would be lost."""
    for path in (folder() / book.path.name for book in books):
        if path.is_file() and any(_was_run(cell) for cell in nbformat.read(path, as_version=4).cells):
            remedy = "copy it to another folder, and `git checkout` it"
            raise BadInput("was run, and holds typed answers", where=artifacts.shown(path), remedy=remedy)


def _was_run(cell: nbformat.NotebookNode) -> bool:
    return cell.cell_type == "code" and bool(cell.outputs or cell.execution_count)


def text(book: Notebook) -> str:
    """Return the text of a notebook's twin."""
    cells = list(_cells(book))
    cells.insert(1, nbformat.v4.new_markdown_cell(NOTE.format(name=book.name), id="clean-twin"))
    kept = ("kernelspec", "language_info", "workbook")
    metadata = {key: value for key, value in book.content.metadata.items() if key in kept}
    return nbformat.writes(nbformat.v4.new_notebook(cells=cells, metadata=metadata)) + "\n"


def _cells(book: Notebook) -> Iterator[nbformat.NotebookNode]:
    """Yield the cells without outputs: set-up, parameters and checkpoints unchanged, the others blanked."""
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
    """Remove the folded solutions of exercises from Markdown; hints and explanations stay."""
    return SOLUTION.sub("", source).rstrip("\n")


def from_the_twin(source: str) -> str:
    """Adapt Markdown links that leave notebooks/ to the twins' folder."""
    return source.replace("](../", "](../../")


def _checks(source: str) -> bool:
    """Whether a cell holds a checkpoint."""
    return any(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(source)))


def blank(source: str) -> str:
    """Return the text in place of a cell: its imports, the names to assign, and the functions to call."""
    tree = ast.parse(source)
    imports = [ast.unparse(line) for line in tree.body if isinstance(line, ast.Import | ast.ImportFrom)]
    made = dict.fromkeys(_assigned(tree))
    called = [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    known = dict.fromkeys(name for name in called if DOTTED.fullmatch(name))
    lines = [*imports, "# your turn" + (f": make {', '.join(made)}" if made else "")]
    return "\n".join(lines + ([f"# with {', '.join(known)}"] if known else []))


def _assigned(node: ast.AST) -> Iterator[str]:
    """Yield the assigned names, except loop and comprehension variables."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    left_out = [node.target] if isinstance(node, ast.For) else []
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.comprehension) and child not in left_out:
            yield from _assigned(child)


@command
def main(_argv=None) -> None:
    """Rewrite the twins."""
    write(road.discover())


if __name__ == "__main__":
    sys.exit(main())
