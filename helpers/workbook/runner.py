"""Run the stale notebooks of the road in order under one progress bar, or list what would run."""

from collections.abc import Iterator

from tqdm import tqdm

from helpers.workbook import execution, freshness
from helpers.workbook.road import Notebook


def run(road: list[Notebook], values: dict[str, dict], force: bool = False) -> None:
    """Run the notebooks that are not fresh (with `force`, all); raises NotebookFailed at the first that stops."""
    project = freshness.project_digest()
    cells = {book.name: len(book.code_cells) + bool(execution.injected(book, values[book.name])) for book in road}
    with tqdm(total=sum(cells.values()), unit="cell", leave=False, disable=None) as bar:
        for book in road:
            bar.set_description(book.name)
            mark = freshness.fingerprint(book, values[book.name], project)
            if not force and freshness.is_fresh(book, mark):
                bar.update(cells[book.name])
                outcome = "fresh"
            else:
                outcome = f"{execution.run(book, values[book.name], mark, bar.update):.1f} s"
            bar.write(f"{book.name:<30}{outcome:>9}")


def preview(road: list[Notebook], values: dict[str, dict], force: bool = False) -> Iterator[tuple[Notebook, bool]]:
    """Yield each notebook and whether it would run: it is stale itself, or reads what a stale one will rewrite."""
    project = freshness.project_digest()
    renewed: set[str] = set()
    for book in road:
        mark = freshness.fingerprint(book, values[book.name], project)
        runs = force or bool(renewed & set(book.reads)) or not freshness.is_fresh(book, mark)
        renewed |= set(book.writes) if runs else set()
        yield book, runs
