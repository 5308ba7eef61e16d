"""The notebook lint finds each fault."""

import nbformat
import pytest

from helpers.common import artifacts
from helpers.workbook import road
from helpers.workbook.checks import lint as notebook_lint

V4 = nbformat.v4
PROSE = """# A stop
## What you will learn
| time, quick and full | needs | produces | the note |
|---|---|---|---|
| 60 s and 2 min | nothing | `out.json` | section 4 |
<kbd>A stop</kbd> · [02](02_next.ipynb "A stop")
![digit](digit.png) [web](https://example.org)
"""
END = """## Exercise 1
<details>x = 1</details>
## Exercise 2
<details>x = 2</details>
## If you see this
## Summary
Written: `out.json`. Next: [02 Next](02_next.ipynb)
"""


def good():
    """A notebook without a fault."""
    cells = [
        V4.new_markdown_cell(PROSE),
        V4.new_code_cell("epochs = 3", metadata={"tags": ["parameters"]}),
        V4.new_code_cell('print(epochs)\nassert epochs > 0, "none: set epochs"'),
        V4.new_markdown_cell(END),
    ]
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"
    cells[1].execution_count, cells[2].execution_count = 1, 2
    cells[2].outputs = [V4.new_output("stream", text="3\n")]
    epochs = {"type": "integer", "minimum": 1, "unit": "epochs", "help": "passes over the images"}
    told = {
        "section": "4",
        "minutes": {"quick": 1, "full": 2},
        "reads": [],
        "writes": ["out.json"],
        "parameters": {"epochs": epochs},
    }
    return V4.new_notebook(cells=cells, metadata={"workbook": told})


@pytest.fixture
def lint(tmp_path, monkeypatch):
    """A function that lints a notebook in a folder where its links lead somewhere."""
    monkeypatch.setitem(artifacts.WRITTEN_BY, "out.json", "01_stop")
    (tmp_path / "digit.png").touch()
    nbformat.write(good(), tmp_path / "02_next.ipynb")

    def run(book):
        nbformat.write(book, tmp_path / "01_stop.ipynb")
        return notebook_lint.problems(road.read(tmp_path / "01_stop.ipynb"))

    return run


def test_a_good_notebook_passes(lint):
    assert lint(good()) == []


def source(cell, text):
    return lambda book: book.cells[cell].update(source=text)


def told(key, value):
    return lambda book: book.metadata["workbook"].update({key: value})


def markdown(old, new):
    def change(book):
        for cell in book.cells:
            cell.source = cell.source.replace(old, new)

    return change


def output(**fields):
    return lambda book: book.cells[2].update(outputs=[V4.new_output(**fields)])


@pytest.mark.parametrize(("spoil", "words"), [
    (source(1, "epochs = 0"), "0 is less than the minimum of 1"),
    (source(1, "epochs = 3\nrate = 1"), "rate: is assigned but not described"),
    (source(1, "pass"), "more than assignments"),
    (lambda book: book.cells[1].metadata.pop("tags"), "has 0 cells tagged `parameters`"),
    (lambda book: book.metadata.workbook.parameters.epochs.pop("help"), "parameter epochs has no help"),
    (lambda book: book.metadata.workbook.parameters.update(rate={"type": "number"}), "rate is described but has no"),
    (told("minutes", {"quick": 3, "full": 2}), "minutes must be"),
    (told("writes", ["other.json"]), "writes other.json, but artifacts.WRITTEN_BY names None"),
    (source(0, "## What you will learn"), "the first cell is not the title"),
    (markdown("## Summary", "End"), "has no section 'summary'"),
    (markdown("## Exercise", "## More"), "has no section 'exercise'"),
    (markdown("<details>x = 1</details>", ""), "fewer than two exercises"),
    (markdown("</details>", ""), "one that is not closed"),
    (markdown("(02_next.ipynb)", "(#top)"), "does not end with a link to the next notebook, 02_next.ipynb"),
    (markdown("[02 Next](02_next.ipynb)", "[02](02_next.ipynb) [01](01_stop.ipynb)"), "does not end with a link to the next"),
    (markdown("| needs |", "| wants |"), "has no table of time, needs, produces"),
    (markdown("60 s and 2 min", "90 s and 2 min"), "does not say the minutes of its metadata, 1 and 2"),
    (markdown("60 s and 2 min", "60 s"), "does not say the minutes of its metadata, 1 and 2"),
    (markdown("Written: `out.json`", "Written: nothing"), "its last cell does not name out.json, which it writes"),
    (markdown("<kbd>A stop</kbd>", "A stop"), "has not the line of where it is"),
    (markdown("02_next.ipynb \"A stop\"", "02_next.ipynb \"next\""), "has not the line of where it is"),
    (markdown("## Summary", "## Summary\n" + "word " * 31 + "\n"), "a sentence has 31 words, more than 30: word word"),
    (output(output_type="stream", text="x" * 100 + "\n" + "x" * 101), "prints a line of 101 characters, more than 100"),
    (source(2, "x = 1\n" * 11 + 'assert x, "x"'), "code cell 2 has more than 10 lines"),
    (source(2, "%%bash\nls"), "code cell 2 is not plain Python"),
    (source(2, "print(1)"), "section 'What you will learn' has no checkpoint"),
    (lambda book: book.cells.insert(2, V4.new_markdown_cell("## 1. Look", id="look")), "section 'What you will learn' has no"),
    (source(2, 'assert epochs, "epochs must be set"'), "message 'epochs must be set' does not say how to fix it"),
    (source(2, 'assert epochs, f"{epochs} epochs"'), "message 'x epochs' does not say how to fix it"),
    (source(2, "assert epochs"), "has an assert without a message"),
    (source(2, "def f():\n" + "    x = 1\n" * 5 + 'assert f, "f"'), "defines f in more than 5 lines"),
    (source(2, "import nowhere_at_all"), "imports nowhere_at_all, which is not installed"),
    (source(2, "from helpers.workbook import road"), "imports the runner"),
    (lambda book: book.cells[2].update(execution_count=None), "was not executed from top to bottom"),
    (output(output_type="error", ename="KeyError", evalue="", traceback=[]), "code cell 2 holds an error: KeyError"),
    (output(output_type="stream", text="<Thing at 0x7f3a5c00>"), "shows a memory address"),
    (output(output_type="stream", text="saved /home/ada/x.h5"), "names a path of this machine: /home/a"),
    (output(output_type="stream", text="x" * 1_000_000), "bytes, more than 1,000,000"),
    (lambda book: book.cells[2].metadata.update(tags=["raises-exception"]), "has the tag raises-exception"),
    (markdown("![digit]", "![]"), "the picture digit.png has no alternative text"),
    (markdown("(digit.png)", "(nothing.png)"), "links to nothing.png, which is not there"),
    (markdown("## Summary", '## Summary\n<img src="a.png">'), "has an <img> without an alternative text"),
])  # fmt: skip
def test_each_fault_is_found(lint, spoil, words):
    book = good()
    spoil(book)
    found = lint(book)
    assert any(words in problem for problem in found), found


def test_what_is_read_must_be_written_before_and_by_one_notebook(tmp_path):
    books = []
    for name, reads, writes in (("01_a", ["x"], ["y"]), ("02_b", ["y"], ["x", "y"])):
        book = good()
        book.metadata["workbook"].update(reads=reads, writes=writes)
        nbformat.write(book, tmp_path / f"{name}.ipynb")
        books.append(road.read(tmp_path / f"{name}.ipynb"))
    assert notebook_lint.road_problems(books) == [
        "01_a: reads x, which no notebook before it writes",
        "02_b: writes y, as 01_a does",
    ]


def test_the_command_says_what_is_wrong(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(artifacts, "NOTEBOOKS", tmp_path)
    nbformat.write(good(), tmp_path / "01_stop.ipynb")
    assert notebook_lint.main([]) == 1
    assert "01_stop: writes out.json, but artifacts.WRITTEN_BY names None" in capsys.readouterr().err
    (tmp_path / "01_stop.ipynb").unlink()
    assert notebook_lint.main([]) == 0
