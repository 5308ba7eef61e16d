"""The report of a run: build/report/results.json for machines, index.html and the executed notebooks for people."""

import base64
import html
import re
from dataclasses import dataclass
from pathlib import Path

import jinja2
import nbformat
from nbconvert import HTMLExporter

from helpers.common import artifacts
from helpers.workbook import freshness
from helpers.workbook.publish import mathml, summary
from helpers.workbook.road import Notebook

TEMPLATE = Path(__file__).with_name("report.html.j2")
LINK = re.compile(r"\]\((\d\d_\w+)\.ipynb")
# Scripts from the internet that are not needed: formulas are MathML here, and widgets need a kernel.
OFFLINE = {"mathjax_url": "", "require_js_url": "", "jquery_url": "", "widget_renderer_url": ""}


@dataclass(frozen=True)
class Page:
    """One notebook in the report; it has no `href` until it has run successfully."""

    name: str
    title: str
    section: str
    href: str | None = None
    seconds: float | None = None
    parameters: str = ""
    picture: str | None = None


def write(road: list[Notebook]) -> str:
    """Write the report of everything that has run so far; return the text for the terminal."""
    results = summary.collect()
    artifacts.write_json(artifacts.build("report", "results.json"), results)
    with artifacts.replacing_folder(artifacts.build("report", "notebooks")) as folder:
        pages = {book.name: page(book, folder) for book in road}
    source = next((pages[book.name] for book in road if "table2.json" in book.writes), None)
    template = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined).from_string(TEMPLATE.read_text())
    index = artifacts.build("report", "index.html")
    artifacts.write_text(index, template.render(results=results, pages=pages.values(), source=source))
    table = summary.terminal_table(results["table2"]) if results["table2"] else "Table 2 comes with 10_results."
    return f"{table}\nReport: {artifacts.shown(index)}"


def page(book: Notebook, folder: Path) -> Page:
    """Write the executed notebook as folder/NAME.html, and describe it for the index."""
    told = {"name": book.name, "title": book.title, "section": book.metadata["section"]}
    last = freshness.record(book)
    if not last:
        return Page(**told)
    notebook = nbformat.read(freshness.executed(book), as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = mathml.in_markdown(LINK.sub(r"](\1.html", cell.source))
    body, _ = HTMLExporter(**OFFLINE).from_notebook_node(notebook, resources={"metadata": {"name": book.title}})
    (folder / f"{book.name}.html").write_text(body, encoding="utf-8")
    shown = ", ".join(f"{name}={value}" for name, value in last["parameters"].items())
    shown_picture = preview(notebook)
    told |= {"href": f"notebooks/{book.name}.html", "seconds": last["seconds"], "parameters": shown}
    return Page(**told, picture=f"data:image/png;base64,{html.escape(shown_picture)}" if shown_picture else None)


def chart(road: list[Notebook]) -> bytes | None:
    """Return the PNG of Table 2 as bars: the last figure of the executed notebook that writes it."""
    book = next((book for book in road if "table2.json" in book.writes), None)
    last = figures(nbformat.read(freshness.executed(book), as_version=4)) if book else []
    return base64.b64decode(last[-1]) if last else None


def preview(notebook) -> str | None:
    """The PNG that stands for a notebook, in base64: that of the cell with the tag `preview`, else its last figure."""
    tagged = [cell for cell in notebook.cells if "preview" in cell.metadata.get("tags", [])]
    found = figures(nbformat.v4.new_notebook(cells=tagged)) or figures(notebook)
    return found[-1] if found else None


def figures(notebook) -> list[str]:
    """Return the PNGs among the outputs of an executed notebook, in base64."""
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    return [output.data["image/png"].replace("\n", "") for output in outputs if "image/png" in output.get("data", {})]
