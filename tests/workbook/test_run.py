"""The runner on real, tiny notebooks: order, parameters, freshness, failure and resumption, outputs in place."""

import json

import nbformat

from helpers.workbook import cli, execution, freshness, road
from tests.workbook.conftest import notebook


def written(build, name):
    return json.loads((build / name).read_text())


def outcomes(text):
    """Notebook to `fresh`, `runs` or a time, from what the runner printed."""
    return {line.split()[0]: line.split()[1] for line in text.splitlines() if line[:2].isdigit()}


def test_the_road_runs_in_order_then_is_fresh_then_follows_a_change(tiny_road, build, capsys):
    assert cli.run([]) == 0
    assert written(build, "double.json") == 8
    assert (build / "report" / "index.html").exists()
    assert cli.run([]) == 0
    assert outcomes(capsys.readouterr().out.split("Report")[1]) == {"01_write": "fresh", "02_double": "fresh"}
    assert cli.run(["--set", "number=5", "--dry-run"]) == 0
    assert outcomes(capsys.readouterr().out) == {"01_write": "runs", "02_double": "runs"}
    assert cli.run(["--set", "number=5", "--set", "02_double.factor=3"]) == 0
    assert written(build, "double.json") == 15


def test_a_deleted_or_changed_artefact_is_made_again(tiny_road, build, capsys):
    cli.run([])
    (build / "double.json").write_text("7\n")
    capsys.readouterr()
    cli.run(["--dry-run"])
    assert outcomes(capsys.readouterr().out) == {"01_write": "fresh", "02_double": "runs"}


def test_a_failure_stops_the_road_with_one_line_and_the_next_run_resumes(tiny_road, build, capsys):
    good = (tiny_road / "02_double.ipynb").read_bytes()
    notebook(tiny_road / "02_double.ipynb", "print('so far')", "1 / 0", reads=["number.json"], writes=["double.json"])
    assert cli.run([]) == 1
    lines = capsys.readouterr().err.strip().splitlines()
    assert lines[-1].startswith("error: 02_double, cell [2]: ZeroDivisionError: division by zero.")
    left = sorted(path.name for path in (build / "executed").iterdir())
    assert left == ["01_write.ipynb", "01_write.json", "02_double.failed.ipynb"]
    (tiny_road / "02_double.ipynb").write_bytes(good)
    assert cli.run([]) == 0
    assert outcomes(capsys.readouterr().out)["01_write"] == "fresh"
    assert not (build / "executed" / "02_double.failed.ipynb").exists()


def test_a_forced_run_that_fails_is_not_fresh_afterwards(tiny_road, build):
    cli.run([])
    book = road.discover()[0]
    notebook(tiny_road / "01_write.ipynb", "raise SystemError", writes=["number.json"])
    assert cli.run(["--force"]) == 1
    assert freshness.record(book) == {}


def test_a_notebook_before_the_one_it_needs_says_so(tiny_road, build, capsys):
    assert cli.run(["--only", "02"]) == 1
    error = capsys.readouterr().err
    assert "02_double, cell [3]: MissingInput: " in error and "number.json: does not exist yet" in error
    assert not (build / "double.json").exists()


def test_a_notebook_that_writes_nothing_of_what_it_promises_fails(tiny_road, capsys):
    notebook(tiny_road / "01_write.ipynb", "print('done')", writes=["number.json"])
    assert cli.run(["--only", "01"]) == 1
    assert "01_write: ended without writing number.json" in capsys.readouterr().err


def test_only_the_parameters_that_differ_are_injected(tiny_road, build):
    cli.run(["--only", "01", "--set", "number=4"])
    tags = [cell.metadata.get("tags") for cell in nbformat.read(build / "executed" / "01_write.ipynb", 4).cells]
    assert ["injected-parameters"] not in tags
    cli.run(["--only", "01", "--set", "number=5"])
    cells = nbformat.read(build / "executed" / "01_write.ipynb", 4).cells
    injected = [cell.source for cell in cells if cell.metadata.get("tags") == ["injected-parameters"]]
    assert injected == ["# Parameters\nnumber = 5\n"]


def test_the_executed_copy_tells_nothing_of_the_run_or_the_machine(tiny_road, build):
    cli.run(["--only", "01"])
    text = (build / "executed" / "01_write.ipynb").read_text()
    assert "writing 4" in text
    for noise in ("papermill", "start_time", "iopub", str(build.parent)):
        assert noise not in text


def test_notebooks_are_stored_in_place_only_if_all_ran_and_the_same_each_time(tiny_road, build):
    before = (tiny_road / "01_write.ipynb").read_bytes()
    notebook(tiny_road / "02_double.ipynb", "1 / 0")
    assert cli.notebooks([]) == 1
    assert (tiny_road / "01_write.ipynb").read_bytes() == before
    (tiny_road / "02_double.ipynb").unlink()
    assert cli.notebooks([]) == 0
    stored = nbformat.read(tiny_road / "01_write.ipynb", 4)
    assert stored.cells[2].outputs[0].text == "writing 4\n"
    once = (tiny_road / "01_write.ipynb").read_bytes()
    assert cli.notebooks([]) == 0
    assert (tiny_road / "01_write.ipynb").read_bytes() == once
    assert not (build / "number.json").exists()


def test_outputs_do_not_make_a_notebook_stale(tiny_road, capsys):
    cli.run(["--only", "01"])
    cli.notebooks([])
    capsys.readouterr()
    cli.run(["--only", "01", "--dry-run"])
    assert outcomes(capsys.readouterr().out) == {"01_write": "fresh"}


def test_a_kernel_that_dies_is_one_line(tiny_road, capsys):
    notebook(tiny_road / "01_write.ipynb", "import os\nos._exit(3)", writes=["number.json"])
    assert cli.run(["--only", "01"]) == 1
    assert "01_write: the kernel stopped" in capsys.readouterr().err


def test_any_folder_name_will_do(tmp_path, monkeypatch, tiny_road):
    odd = tmp_path / "a {brace}, a space and ü"
    monkeypatch.setenv("WORKBOOK_BUILD", str(odd))
    assert cli.run(["--only", "01"]) == 0
    assert written(odd, "number.json") == 4


def test_of_a_widget_its_printed_form_is_stored(tiny_road, build):
    widget = f'{{"{execution.WIDGET}": {{"model_id": "1"}}}}'
    show = f"display({widget}, raw=True)", f"display({widget} | {{'image/png': 'iVBO'}}, raw=True)"
    notebook(tiny_road / "03_widget.ipynb", *show)
    assert cli.run(["--only", "03"]) == 0
    stored = nbformat.read(build / "executed" / "03_widget.ipynb", as_version=4)
    assert [[list(output.data) for output in cell.outputs] for cell in stored.cells[2:]] == [[], [["image/png"]]]
    assert "widgets" not in stored.metadata
