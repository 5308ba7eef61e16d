"""What makes a notebook stale, and what does not."""

import pytest

from helpers.common import artifacts
from helpers.workbook import freshness, road
from tests.workbook.conftest import notebook


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project of four files."""
    names = ["helpers/network/cnn.py", "helpers/workbook/cli.py", "firmware_projects/ke16z/main.c", "data/mnist.npz"]
    for name in [*names, "requirements.lock"]:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    monkeypatch.setattr(artifacts, "ROOT", tmp_path)
    monkeypatch.setattr(artifacts, "PROJECTS", tmp_path / "firmware_projects")
    monkeypatch.setattr(artifacts, "DATA", tmp_path / "data")
    return tmp_path


@pytest.mark.parametrize(("name", "matters"), [
    ("helpers/network/cnn.py", True), ("firmware_projects/ke16z/main.c", True), ("requirements.lock", True),
    ("helpers/new.py", True), ("helpers/workbook/cli.py", False), ("data/mnist.npz", False),
    ("helpers/__pycache__/cnn.pyc", False),
])  # fmt: skip
def test_which_files_of_the_project_matter(project, name, matters):
    before = freshness.project_digest()
    (project / name).parent.mkdir(exist_ok=True)
    (project / name).write_text("changed")
    assert (freshness.project_digest() != before) == matters


@pytest.mark.parametrize("variable", freshness.VARIABLES)
def test_which_tools_and_data_are_used_matters(project, monkeypatch, variable):
    monkeypatch.delenv(variable, raising=False)
    before = freshness.project_digest()
    monkeypatch.setenv(variable, "elsewhere")
    assert freshness.project_digest() != before


def test_the_fingerprint_follows_code_parameters_and_inputs_but_not_outputs(tmp_path, build):
    def mark(code="print(1)", values=None, output=None):
        book = road.read(notebook(tmp_path / "01_a.ipynb", code, reads=["in.json"]))
        book.code_cells[1].outputs = output or []
        return freshness.fingerprint(book, values or {"x": 1}, "project")

    first = mark()
    assert mark() == first
    assert mark(output=[{"output_type": "stream", "name": "stdout", "text": "1\n"}]) == first
    assert mark(code="print(2)") != first
    assert mark(values={"x": 2}) != first
    artifacts.write_json(build / "in.json", 1)
    assert mark() != first


@pytest.mark.parametrize("content", ["", "{", "3"])
def test_a_damaged_record_means_running_again(tmp_path, build, content):
    book = road.read(notebook(tmp_path / "01_a.ipynb"))
    artifacts.write_text(freshness.record_path(book), content)
    assert not freshness.is_fresh(book, "anything")
