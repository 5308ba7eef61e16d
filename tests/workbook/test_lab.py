"""`lab` works on copies: tracked notebooks stay as they are, and what a reader wrote is never lost."""

import json
import subprocess

import nbformat
import pytest

from helpers.common import artifacts
from helpers.common.errors import BadParameter
from helpers.workbook.seats import lab


@pytest.fixture
def project(tiny_road, tmp_path, monkeypatch):
    """A project with the tiny road's notebooks, and a home of its own for Jupyter's signatures."""
    monkeypatch.setattr(artifacts, "ROOT", tmp_path / "project")
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))
    return tmp_path / "project" / lab.FOLDER


def first(project):
    return sorted(path for path in project.glob("*.ipynb"))[0]


def edit(path, source):
    """Write another first cell of code."""
    book = nbformat.read(path, as_version=4)
    next(cell for cell in book.cells if cell.cell_type == "code").source = source
    nbformat.write(book, path)


def test_what_autosave_changes_is_not_work(project):
    lab.copy()
    path = first(project)
    book = nbformat.read(path, as_version=4)
    book.metadata["widgets"] = {}
    nbformat.write(book, path)
    edit(artifacts.NOTEBOOKS / path.name, "newer = 2")
    assert lab.copy() == [] and "newer = 2" in path.read_text()


def test_every_notebook_is_copied_once(project):
    assert lab.copy() == [] and lab.copy() == []
    names = {path.name for path in artifacts.NOTEBOOKS.glob("*.ipynb")}
    assert names == {path.name for path in project.glob("*.ipynb")}


def test_what_was_worked_on_stays_and_the_rest_follows_the_original(project):
    lab.copy()
    one, other = sorted(project.glob("*.ipynb"))[:2]
    edit(one, "mine = 1")
    for path in (one, other):
        edit(artifacts.NOTEBOOKS / path.name, "newer = 2")
    (line,) = lab.copy()
    assert line == f"my_notebooks/{one.name} is yours and stays; there is a newer original: --restore {one.name[:2]}"
    assert other.read_bytes() == (artifacts.NOTEBOOKS / other.name).read_bytes()


def test_restore_keeps_what_was_written(project):
    lab.copy()
    path = first(project)
    original = path.read_bytes()
    for number in ("", "1"):
        path.write_text(f"mine {number}")
        assert lab.restore([path.name[:2]]) == [
            f"my_notebooks/{path.name} is as it was; yours is now {path.stem}.mine{number}.ipynb"
        ]
        assert path.read_bytes() == original
        assert (project / f"{path.stem}.mine{number}.ipynb").read_text() == f"mine {number}"
    assert lab.restore([]) == ["nothing to restore: no copy was changed"]
    with pytest.raises(BadParameter, match="there is no notebook '77'"):
        lab.restore(["77"])


def test_the_server_is_rooted_at_the_project_and_fetches_no_news(project, monkeypatch):
    called = []
    monkeypatch.setattr(
        subprocess, "run", lambda words, **_: called.append(words) or subprocess.CompletedProcess(words, 0)
    )
    name = sorted(artifacts.NOTEBOOKS.glob("*.ipynb"))[0].name
    assert lab.main(["--open", name[:2], "--no-browser"]) == 0
    (words,) = called
    assert f"--ServerApp.root_dir={artifacts.ROOT}" in words and "--no-browser" in words
    assert f"--LabApp.default_url=/lab/tree/my_notebooks/{name}" in words
    defaults = json.loads((artifacts.build("lab") / "overrides.json").read_text())
    assert defaults["@jupyterlab/apputils-extension:notification"]["fetchNews"] == "false"


def test_a_copy_is_trusted(project):
    lab.copy()
    assert lab.NotebookNotary().check_signature(nbformat.read(first(project), as_version=4))
