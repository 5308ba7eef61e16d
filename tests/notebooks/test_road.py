"""The whole road, truly run: by papermill through the runner, by nbval, and each notebook before the one it needs."""

import json
import os
import subprocess
import sys

import pytest

from helpers.common import artifacts
from helpers.workbook import cli, execution, parameters, road

BOOKS = road.discover()
NEEDY = [book for book in BOOKS if book.reads]


@pytest.fixture(scope="module")
def quick_run(tmp_path_factory):
    """One run of `python -m helpers run --quick` in a new build folder, from some other working folder."""
    build = tmp_path_factory.mktemp("road") / "build"
    environment = os.environ | {"WORKBOOK_BUILD": str(build)}
    command = [sys.executable, "-m", "helpers", "run", "--quick"]
    done = subprocess.run(command, cwd=build.parent, env=environment, capture_output=True, text=True)
    return build, done


@pytest.mark.slow
def test_the_road_runs_to_table_2(quick_run):
    _, done = quick_run
    assert done.returncode == 0, done.stderr
    printed = [line.split()[0] for line in done.stdout.splitlines() if line.strip()]
    assert printed[: len(BOOKS)] == [book.name for book in BOOKS]
    assert "Table 2" in done.stdout and "index.html" in done.stdout
    assert "Warning" not in done.stderr


@pytest.mark.slow
def test_the_report_is_complete(quick_run):
    build, _ = quick_run
    results = json.loads((build / "report" / "results.json").read_text())
    rows = {(row["board"], row["weights"]): row for row in results["table2"]}
    assert {(board, weights) for board in ("ke16z", "rt1060") for weights in ("flash", "ram")} <= set(rows)
    too_small = {key for key, row in rows.items() if row["does_not_fit"]}
    assert too_small == {("ke02z40m", "ram"), ("ke04z", "ram")}
    assert all(row["agrees_with_keras"] is True for key, row in rows.items() if key not in too_small)
    assert 0.9 < results["accuracy"]["int8"] < 1 and results["accuracy"]["images"] >= 1000
    index = (build / "report" / "index.html").read_text()
    assert "has not run" not in index
    assert all((build / "report" / "notebooks" / f"{book.name}.html").exists() for book in BOOKS)


@pytest.mark.slow
def test_the_next_run_finds_everything_fresh(quick_run, monkeypatch, capsys):
    build, _ = quick_run
    monkeypatch.setenv("WORKBOOK_BUILD", str(build))
    assert cli.run(["--quick", "--dry-run"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines[:-1]] == [[book.name, "fresh"] for book in BOOKS]
    assert lines[-1] == "In all about 0 s."


@pytest.mark.slow
def test_nbval_finds_the_stored_outputs(build, capfd):
    assert cli.nbval(["--quick"]) == 0, capfd.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("book", NEEDY, ids=lambda book: book.name)
def test_a_notebook_before_the_one_it_needs_names_it(book, build):
    own = {"network": "own"} if "network" in book.schema else {}
    values = parameters.resolve([book], own, [])[book.name]
    with pytest.raises(execution.NotebookFailed, match="does not exist yet") as failure:
        execution.run(book, values, "mark")
    assert any(f"Run notebooks/{artifacts.WRITTEN_BY[name]}.ipynb first" in str(failure.value) for name in book.reads)
    assert [name for name in book.writes if (build / name).exists()] == []
