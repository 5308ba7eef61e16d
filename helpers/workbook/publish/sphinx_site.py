"""Build the course as static pages with a search, and as slides; both work offline, from a folder or a USB stick."""

import contextlib
import io
import re
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import nbformat
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

from helpers.common import artifacts
from helpers.common.errors import ToolFailed
from helpers.workbook import freshness
from helpers.workbook.checks import alt_text
from helpers.workbook.road import Notebook

TITLE = "From Keras to a microcontroller"
CONFIGURATION = {
    "project": TITLE,
    "extensions": ["myst_nb", "helpers.workbook.publish.mathml"],
    "html_title": TITLE,
    "html_math_renderer": "mathml",
    "html_copy_source": False,
    "html_show_sourcelink": False,
    "html_show_copyright": False,
    "html_show_search_summary": False,  # would be fetched, which a browser refuses for files
    "myst_enable_extensions": ["dollarmath"],
    "nb_execution_mode": "off",
    "nb_merge_streams": True,
    "nb_ipywidgets_js": {},  # would be fetched from the internet, and without a kernel a widget does nothing
    "suppress_warnings": ["myst.header", "myst.xref_missing", "mystnb.unknown_mime_type"],
}
# Best first.
SHOWN = ("image/svg+xml", "image/png", "image/jpeg", "text/html", "text/markdown", "text/latex", "text/plain")
BOOK = CONFIGURATION | {"html_theme": "furo", "html_static_path": ["_static"], "html_css_files": ["book.css"]}
SLIDES = CONFIGURATION | {
    "extensions": [*CONFIGURATION["extensions"], "sphinx_revealjs"],
    # myst-nb knows Sphinx's own builders only.
    "nb_mime_priority_overrides": [("revealjs", kind, rank) for rank, kind in enumerate(SHOWN, start=1)],
    "revealjs_style_theme": "white",
    "revealjs_static_path": ["_static"],
    "revealjs_css_files": ["slides.css"],
    "revealjs_js_files": ["slides.js"],
    "revealjs_script_conf": {"hash": True, "slideNumber": "c/t", "width": 1280, "height": 800, "transition": "none"},
}
STATIC = ("book.css", "slides.css", "slides.js")
PAGES = ("glossary", "networks", "trees_or_networks", "cycles")  # of docs/: what notebooks and these pages link to
DRAWING = """<iframe class="drawing" src="page/index.html" title="Draw a digit, and the network reads it"></iframe>

This is the network that the book takes from Keras to a microcontroller; its machine code runs in your browser. Scroll in
the frame for the time on each board, or <a href="page/index.html">open it alone</a>."""
TABLE = re.compile(r"<table.*?</table>", re.DOTALL)
BREAK = "```{revealjs-break}\n```"  # the next slide
ON_A_SLIDE = 7  # notebooks and their promises
# Parts for readers that slides leave out.
NOT_SHOWN = ("parameters", "setup", "exercise", "if you see this")


def write_book(books: list[Notebook]) -> Path:
    """Write the notebooks as build/book/index.html; returns its path. Raises ToolFailed where Sphinx fails.

    If build/page exists, a copy of it goes into the book, and the first page begins with it.
    """
    return _write(books, ("html", BOOK), artifacts.build("book"), lambda notebook: notebook, beside=drawing_page())


def drawing_page() -> Path | None:
    """Return the folder of the page on which one draws a digit; None if `make page` has not written it."""
    folder = artifacts.build("page")
    return folder if (folder / "index.html").is_file() else None


def write_slides(books: list[Notebook]) -> Path:
    """Write the notebooks as slides, build/slides/index.html; returns its path. Raises ToolFailed if Sphinx fails."""
    return _write(
        books, ("revealjs", SLIDES), artifacts.build("slides"), for_slides, without="dist/theme/(?!white).*css"
    )


def for_slides(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Cut a copy of a notebook into slides, one per section and code cell, without the parts that only a reader needs."""
    cells, shown = [], True
    for cell in notebook.cells:
        markdown = cell.cell_type == "markdown" and cell.source.startswith("##")
        heading = cell.source.lstrip("# ").lower() if markdown else ""
        if heading:
            shown = not heading.startswith(NOT_SHOWN)
        if not shown or "parameters" in cell.metadata.get("tags", []) or _passed(cell):
            continue
        for part in _one_table_each(cell):
            if cells and cells[-1].cell_type == "code" and not heading:
                cells.append(nbformat.v4.new_markdown_cell(BREAK))
            cells.append(part)
    return nbformat.v4.new_notebook(cells=cells, metadata=notebook.metadata)


def _one_table_each(cell: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    """Return the cell, or several if it shows several HTML tables: one is as much as a slide holds."""
    tables = [TABLE.findall(output.get("data", {}).get("text/html", "")) for output in cell.get("outputs", ())]
    if len(tables) != 1 or len(tables[0]) < 2:
        return [cell]
    parts = [nbformat.v4.new_code_cell(metadata={"tags": ["remove-input"]}) for _ in tables[0]]
    parts[0].source, parts[0].metadata = cell.source, cell.metadata
    for part, table in zip(parts, tables[0], strict=True):
        part.outputs = [nbformat.v4.new_output("display_data", {"text/html": table})]
    return parts


def _passed(cell: nbformat.NotebookNode) -> bool:
    """Whether a cell is a checkpoint without output."""
    return cell.cell_type == "code" and "assert " in cell.source and not cell.get("outputs")


def _write(
    books: list[Notebook],
    builder: tuple[str, dict],
    target: Path,
    shape: Callable,
    without: str = "^$",
    beside: Path | None = None,
) -> Path:
    """Run Sphinx over copies of the notebooks; the target folder is replaced when all is written.

    builder: name of Sphinx's builder, and its settings. without: a pattern of files to leave out: reveal.js's other
    themes fetch their fonts from the internet. beside: the folder of a page to copy beside the others and to begin with.
    """
    with tempfile.TemporaryDirectory() as scratch, artifacts.replacing_folder(target) as fresh:
        source = Path(scratch, "source")
        (source / "_static").mkdir(parents=True)
        for name in STATIC:
            shutil.copy(Path(__file__).with_name(name), source / "_static")
        most = ON_A_SLIDE if builder[0] == "revealjs" else len(books)
        (source / "index.md").write_text(_index(books, bool(beside), most))
        for page in PAGES:
            text = (artifacts.ROOT / "docs" / f"{page}.md").read_text()
            (source / f"{page}.md").write_text(text.replace("](../notebooks/", "]("))
        for book in books:
            nbformat.write(shape(_plain(nbformat.read(_latest(book), as_version=4))), source / book.path.name)
        _sphinx(source, fresh, Path(scratch, "doctrees"), *builder)
        for path in [fresh / ".buildinfo", *fresh.rglob("*.css")]:
            if path.name == ".buildinfo" or re.search(without, path.as_posix()):
                path.unlink(missing_ok=True)
        if beside:
            shutil.copytree(beside, fresh / beside.name)
    return target / "index.html"


def _plain(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Prepare a notebook for myst-nb: links to docs/, no nbval comments, and pictures' texts where it looks for them."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = cell.source.replace("](../docs/", "](")
        if cell.cell_type == "code":
            cell.source = cell.source.removeprefix("# NBVAL_CHECK_OUTPUT\n")
            for picture in alt_text.pictures(cell):
                cell.metadata["mystnb"] = {"image": {"alt": alt_text.of(*picture)}}
    return notebook


def _latest(book: Notebook) -> Path:
    """Return the copy that was last executed on this machine, else the committed one."""
    return freshness.executed(book) if freshness.record(book) else book.path


def _index(books: list[Notebook], has_page: bool, most: int) -> str:
    """The first page: the page to draw on, if there is one; what the book is; what each notebook promises.

    most: notebooks between two breaks, which only slides have.
    """
    names = "\n".join([*(book.name for book in books), *PAGES])
    rows = [f"- [{book.title}]({book.name}.ipynb): {book.promise}" for book in books]
    road = f"\n\n{BREAK}\n\n".join("\n".join(rows[at : at + most]) for at in range(0, len(rows), most))
    intro = "A neural network on a core with no FPU, step by step, as executed notebooks. Search with the field at the side;"
    intro += " the [glossary](glossary.md) has the words."
    drawing = f"{DRAWING}\n\n" if has_page else ""
    return f"# {TITLE}\n\n{drawing}{intro}\n\n{road}\n\n```{{toctree}}\n:hidden:\n\n{names}\n```\n"


def _sphinx(source: Path, target: Path, doctrees: Path, builder: str, settings: dict) -> None:
    """Run Sphinx quietly; warnings are errors, because readers could not fix them."""
    warnings = io.StringIO()
    with contextlib.redirect_stdout(io.StringIO()), patch_docutils(), docutils_namespace():
        app = Sphinx(source, None, target, doctrees, builder, confoverrides=settings, status=None, warning=warnings)
        app.build()
    lines = [line for line in warnings.getvalue().splitlines() if line.strip()]
    if app.statuscode or lines:
        raise ToolFailed(f"Sphinx: {lines[0] if lines else 'failed'}", where=target.name)
