"""A tiny road of two real notebooks: 01 writes a number, 02 reads it and writes its double."""

import nbformat
import pytest

from helpers.common import artifacts
from helpers.workbook import freshness
from helpers.workbook.publish import summary

WRITE = """from helpers import artifacts
print("writing", number)
_ = artifacts.write_json(artifacts.build("number.json"), number)"""
DOUBLE = """import json
number = json.loads(artifacts.need("number.json").read_text())
_ = artifacts.write_json(artifacts.build("double.json"), number * factor)"""


def notebook(path, *code, parameters="", schema=None, reads=(), writes=(), minutes=(1, 2)):
    """Write a notebook with a title, a parameters cell and these code cells."""
    v4 = nbformat.v4
    cells = [
        v4.new_markdown_cell(f"# The stop {path.stem}"),
        v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}),
        *map(v4.new_code_cell, code),
    ]
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"
    told = {
        "section": "4",
        "minutes": {"quick": minutes[0], "full": minutes[1]},
        "reads": list(reads),
        "writes": list(writes),
        "parameters": schema or {},
    }
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    book = v4.new_notebook(cells=cells, metadata={"kernelspec": kernel, "workbook": told})
    nbformat.write(book, path)
    return path


@pytest.fixture
def tiny_road(tmp_path, monkeypatch):
    """The folder of the tiny road, which the runner takes for notebooks/."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    number = {"type": "integer", "minimum": 1, "maximum": 9, "unit": "apples", "help": "how many"}
    kind = {"type": "string", "enum": ["sweet", "sour"], "unit": "", "help": "taste"}
    notebook(
        folder / "01_write.ipynb",
        WRITE,
        parameters='number = 4\nkind = "sweet"',
        schema={"number": number, "kind": kind},
        writes=["number.json"],
    )
    notebook(
        folder / "02_double.ipynb",
        "from helpers import artifacts",
        DOUBLE,
        parameters="factor = 2.0",
        schema={"factor": {"type": "number", "minimum": 0, "unit": "", "help": "times"}},
        reads=["number.json"],
        writes=["double.json"],
    )
    monkeypatch.setattr(artifacts, "NOTEBOOKS", folder)
    monkeypatch.setattr(freshness, "project_digest", lambda: "the same project")
    monkeypatch.setattr(summary, "data_source", lambda: "no data at all")
    return folder
