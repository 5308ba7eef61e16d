"""Many parameter sets: which there are, what they share, what they are compared by."""

import json

import pytest
from distributed import LocalCluster

from helpers.common import artifacts
from helpers.common.errors import BadInput, BadParameter
from helpers.workbook import cli, duration, parameters, road
from helpers.workbook.grid import comparison, plan, run
from helpers.workbook.grid.plan import Outcome, Stage


def test_axes_are_combined_in_order_and_lists_are_joined_with_plus():
    assert plan.settings(["a=1,2", "boards=x+y,z"]) == [
        ("a=1", "boards=x,y"), ("a=1", "boards=z"), ("a=2", "boards=x,y"), ("a=2", "boards=z"),
    ]  # fmt: skip


@pytest.mark.parametrize("axes", [["a"], ["a="], ["a=1,1"], ["a=1", "a=2"], [f"a={','.join(map(str, range(1001)))}"]])
def test_a_grid_that_makes_no_sense_is_refused(axes):
    with pytest.raises(BadParameter):
        plan.settings(axes)


def stages(tiny_road, *axes, common=()):
    return plan.plan(road.discover(), {}, list(common), plan.settings(list(axes)))


def test_what_comes_before_the_first_difference_is_shared(tiny_road):
    planned = stages(tiny_road, "factor=1,2,3")
    assert [(stage.name, stage.parent, [book.name for book in stage.books]) for stage in planned] == [
        ("shared-1", None, ["01_write"]),
        ("factor-1", "shared-1", ["02_double"]),
        ("factor-2", "shared-1", ["02_double"]),
        ("factor-3", "shared-1", ["02_double"]),
    ]


def test_sets_that_agree_on_an_early_notebook_share_it_within_their_group(tiny_road):
    planned = stages(tiny_road, "number=1,2", "factor=1,3")
    assert [stage.name for stage in planned] == [
        "shared-1", "number-1.factor-1", "number-1.factor-3", "shared-2", "number-2.factor-1", "number-2.factor-3",
    ]  # fmt: skip
    assert sum(len(stage.books) for stage in planned) == 6


def test_every_value_is_checked_before_anything_runs(tiny_road, build, capsys):
    assert cli.run(["--grid", "number=1,77"]) == 2
    assert "01_write.number: 77 is greater than the maximum of 9" in capsys.readouterr().err
    assert not build.exists() or not any(build.iterdir())


def test_a_stage_is_a_command_that_anyone_can_type(tiny_road):
    shared, one, _ = stages(tiny_road, "factor=1,2", common=["number=7", "kind=sour"])
    assert plan.command(shared) == [
        "run", "--only", "01_write", "--set", "01_write.number=7", "--set", "01_write.kind=sour", "--no-report",
    ]  # fmt: skip
    assert plan.command(one) == ["run", "--only", "02_double", "--set", "02_double.factor=1"]


@pytest.mark.parametrize("value", [3, 2.5, True, "some text", ["a", "b"], [], "12"])
def test_a_value_as_text_reads_back(value):
    kinds = {int: "integer", float: "number", bool: "boolean", str: "string", list: "array"}
    schema = {"type": kinds[type(value)], "items": {"type": "string"}}
    assert parameters._parse(parameters.as_text(value), schema) == value


def test_the_dry_run_says_what_would_run_and_how_long(tiny_road, build, capsys):
    assert cli.run(["--grid", "factor=1,2", "--workers", "2", "--dry-run"]) == 0
    assert "2 sets in 3 stages; with 2 workers about 4 min." in capsys.readouterr().out
    cli.run(["--no-report"])
    capsys.readouterr()
    cli.run(["--force", "--dry-run"])
    assert "In all about" in capsys.readouterr().out and not (build / "report").exists()


def test_time_is_the_longest_chain_or_the_work_divided(tiny_road):
    planned = stages(tiny_road, "factor=1,2,3,4")
    assert duration.of_grid(planned, 8, quick=False) == 240
    assert duration.of_grid(planned, 1, quick=False) == 600
    assert [duration.in_words(each) for each in (40, 180, 7500)] == ["40 s", "3 min", "2 h 5 min"]


@pytest.mark.slow
def test_a_stage_that_fails_stops_only_what_builds_on_it(build, tmp_path):
    """With the real notebooks: 07 cannot run, as there is no image; 00 can."""
    books = {book.name[:2]: book for book in road.discover()}
    planned = [_stage(books["07"], "bad"), _stage(books["00"], "good"), _stage(books["00"], "after", parent="bad")]
    outcomes = run.run(planned, tmp_path / "grid", 2, None)
    assert list(outcomes) == ["bad", "good", "after"]
    assert "Run notebooks/05_test_image.ipynb first" in outcomes["bad"].error
    assert outcomes["after"].error == f"not run: {outcomes['bad'].error}"
    assert outcomes["good"].error == "" and (tmp_path / "grid" / "good" / "executed" / "00_start_here.ipynb").exists()


def _stage(book, name, parent=None):
    return Stage(name, parent, (book,), {book.name: dict(book.defaults)}, sets=2)


def test_a_scheduler_that_does_not_answer_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "PATIENCE", "1s")
    with pytest.raises(BadInput, match="tcp://127.0.0.1:9: no Dask scheduler answers"):
        run.run([], tmp_path, 1, "tcp://127.0.0.1:9")


def test_the_comparison_shows_figures_and_failures(build):
    row = {
        "board": "ke16z",
        "weights": "flash",
        "flash_bytes": 9000,
        "ram_bytes": 3000,
        "stack_bytes": 100,
        "cycles_zero_wait": 45000,
        "time_ms": 1.5,
        "does_not_fit": None,
    }
    folder = artifacts.build("grid")
    results = {"table2": [row], "accuracy": {"float": 0.96, "int8": 0.9554, "images": 10000}}
    artifacts.write_json(folder / "a-1" / "report" / "results.json", results)
    planned = [Stage("a-1", None, (), {}, ("a=1",)), Stage("a-2", None, (), {}, ("a=2",))]
    text = comparison.write(planned, {"a-1": Outcome("a-1"), "a-2": Outcome("a-2", "it <broke>")}, folder)
    assert "a=1: int8 accuracy 95.54 %; ke16z (flash) 9,000 B flash, 3,000 B RAM, 45,000 cycles" in text
    assert "a=2: FAILED: it <broke>" in text
    page = (folder / "index.html").read_text()
    assert "1 ran to the end, 1 failed" in page and "failed: it &lt;broke&gt;" in page and "45,000" in page
    assert [each["error"] for each in json.loads((folder / "comparison.json").read_text())] == ["", "it <broke>"]


@pytest.mark.slow
def test_a_cluster_runs_the_stages_too(tmp_path):
    """Two stages on a scheduler that is given by its address; they hold no notebook, which `run` refuses."""
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None, host="127.0.0.1") as cluster:
        outcomes = run.run([Stage("a", None, (), {}), Stage("b", "a", (), {})], tmp_path, 1, cluster.scheduler_address)
    assert "expected at least one argument" in outcomes["a"].error
    assert outcomes["b"].error == f"not run: {outcomes['a'].error}"


@pytest.mark.slow
def test_a_cluster_without_workers_is_refused(tmp_path):
    cluster = LocalCluster(n_workers=0, dashboard_address=None, host="127.0.0.1")
    with cluster, pytest.raises(BadInput, match="the scheduler has no workers. Start `dask worker`"):
        run.run([], tmp_path, 1, cluster.scheduler_address)
