"""The course as a book and as slides: complete, and without the internet."""

import re
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

import nbformat
import pytest

from helpers.common import artifacts
from helpers.workbook import road
from helpers.workbook.publish import cli, mathml, sphinx_site

FETCHED = re.compile(
    r"<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=[\"']?(?:https?:)?//[^\"'>]*|@import[^;]*//[^;]*|url\([\"']?https?:[^)]*"
)


def fetched(folder):
    """What the pages of a folder would fetch from elsewhere."""
    return [
        found
        for page in [*folder.rglob("*.html"), *folder.rglob("*.css")]
        for found in FETCHED.findall(page.read_text())
    ]


class Page(HTMLParser):
    """What a page's links name, the places in it that a link may name, and its elements in order."""

    def __init__(self, text):
        super().__init__()
        self.targets, self.places, self.elements = [], set(), []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.elements.append(tag)
        self.places |= {value for name, value in attributes if name in ("id", "name")}
        self.targets += [value for name, value in attributes if name in ("href", "src") and value]


def broken(folder):
    """The links within a folder of pages that lead nowhere: to no file, or to no place in its page."""
    pages = {path.resolve(): Page(path.read_text()) for path in folder.rglob("*.html")}
    found = []
    for path, page in pages.items():
        for target in page.targets:
            parts = urlsplit(target)
            goal = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            place = unquote(parts.fragment)
            here = goal.exists() and (not place or goal not in pages or place in pages[goal].places)
            if not (parts.scheme or parts.netloc or here):
                found.append(f"{path.name}: {target}")
    return found


@pytest.mark.slow
def test_the_book_has_every_notebook_a_search_and_needs_no_internet(build, capsys):
    assert cli.book([]) == 0
    folder = build / "book"
    assert all((folder / f"{each.name}.html").exists() for each in road.discover())
    assert "offset" in (folder / "searchindex.js").read_text()
    assert fetched(folder) == []
    assert broken(folder) == []
    first = (folder / "index.html").read_text().replace("’", "'")
    assert all(each.promise[:12] in first for each in road.discover()) and "book.css" in first
    assert 'href="glossary.html' in (folder / "00_start_here.html").read_text() and (folder / "glossary.html").exists()
    page = (folder / "07_image_to_array.html").read_text()
    assert "<math" in page and "NBVAL_CHECK_OUTPUT" not in page and "<img" in page


@pytest.mark.slow
def test_the_book_begins_with_the_page_where_there_is_one(build, capsys):
    assert cli.book(["--only", "07"]) == 0
    assert "make page" in capsys.readouterr().out
    assert "iframe" not in Page((build / "book" / "index.html").read_text()).elements
    artifacts.write_text(artifacts.build("page") / "index.html", "the page")
    assert cli.book(["--only", "07"]) == 0
    assert "make page" not in capsys.readouterr().out
    first = (build / "book" / "index.html").read_text()
    after_title = Page(first[first.index("</h1>") :])
    assert after_title.elements[:2] == ["iframe", "p"] and after_title.targets[0] == "page/index.html"
    assert (build / "book" / "page" / "index.html").read_text() == "the page"


def test_a_broken_link_is_found(tmp_path):
    (tmp_path / "a.html").write_text('<a href="b.html#here">1</a> <a href="b.html#there">2</a> <a href="c.html">3</a>')
    (tmp_path / "b.html").write_text('<p id="here"><a href="https://example.org/x">4</a> <a href="a.html">5</a></p>')
    assert broken(tmp_path) == ["a.html: b.html#there", "a.html: c.html"]


@pytest.mark.slow
def test_slides_leave_out_what_only_a_reader_needs(build):
    assert cli.slides(["--only", "07"]) == 0
    page = (build / "slides" / "07_image_to_array.html").read_text()
    assert "reveal" in page and page.count("<section") > 8
    assert "Exercise 1" not in page and "If you see this" not in page
    assert fetched(build / "slides") == []


def test_slides_end_after_each_cell_of_code():
    v4 = nbformat.v4
    cells = [
        v4.new_markdown_cell("# A"),
        v4.new_markdown_cell("## Setup"),
        v4.new_code_cell("import os"),
        v4.new_markdown_cell("## One"),
        v4.new_code_cell("1"),
        v4.new_markdown_cell("text"),
        v4.new_code_cell("2"),
    ]
    shown = sphinx_site.for_slides(v4.new_notebook(cells=cells)).cells
    assert [cell.source for cell in shown] == ["# A", "## One", "1", "```{revealjs-break}\n```", "text", "2"]


def test_slides_leave_out_checkpoints_that_show_nothing():
    v4 = nbformat.v4
    silent, speaking = v4.new_code_cell('assert x, "y: z"'), v4.new_code_cell('print(1)\nassert x, "y: z"')
    speaking.outputs = [v4.new_output("stream", text="1\n")]
    shown = sphinx_site.for_slides(v4.new_notebook(cells=[v4.new_markdown_cell("## One"), silent, speaking])).cells
    assert [cell.source for cell in shown] == ["## One", speaking.source]


def test_formulas_become_mathml_and_code_stays():
    text = mathml.in_markdown("cost $5 or `$a$`: $x^2$ and $$\\frac{1}{2}$$ and 6$")
    assert text.startswith("cost $5 or `$a$`: <math") and text.count("<math") == 2 and 'display="block"' in text
    assert text.endswith("6$")


@pytest.mark.parametrize("each", road.discover(), ids=lambda each: each.name)
def test_every_formula_of_the_notebooks_can_be_set(each):
    text = "\n".join(cell.source for cell in each.content.cells if cell.cell_type == "markdown")
    assert "$$" not in mathml.in_markdown(text)


def test_what_breaks_the_build_is_told_in_one_line(build, tmp_path):
    broken = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# A\n\n```{nonsense}\n```")])
    nbformat.write(broken, tmp_path / "01_a.ipynb")
    with pytest.raises(sphinx_site.ToolFailed, match="Unknown directive type: 'nonsense'"):
        sphinx_site.write_book([road.Notebook(tmp_path / "01_a.ipynb", broken)])
    assert not artifacts.build("book").exists()


def test_a_cell_with_two_tables_becomes_two_slides():
    v4 = nbformat.v4
    two = v4.new_code_cell(
        "table", outputs=[v4.new_output("display_data", {"text/html": "<table>1</table>\n<table>2</table>"})]
    )
    shown = sphinx_site.for_slides(v4.new_notebook(cells=[v4.new_markdown_cell("## One"), two])).cells
    assert [cell.source for cell in shown if cell.cell_type == "code"] == ["table", ""]
    tables = [cell.outputs[0].data["text/html"] for cell in shown if cell.cell_type == "code"]
    assert tables == ["<table>1</table>", "<table>2</table>"] and "revealjs-break" in shown[2].source
