"""Named sets and single settings: what they change, and what is refused before anything runs."""

import json

import pytest

from helpers.common.errors import BadInput, BadParameter
from helpers.workbook import cli, parameters, road
from tests.workbook.conftest import notebook


@pytest.fixture
def books(tiny_road):
    return road.discover()


@pytest.mark.parametrize(("settings", "expected"), [
    ([], {"01_write": {"number": 4, "kind": "sweet"}, "02_double": {"factor": 2.0}}),
    (["number=7"], {"01_write": {"number": 7, "kind": "sweet"}, "02_double": {"factor": 2.0}}),
    (["01.kind=sour", "02_double.factor=0.5"],
     {"01_write": {"number": 4, "kind": "sour"}, "02_double": {"factor": 0.5}}),
])  # fmt: skip
def test_settings_win_over_defaults(books, settings, expected):
    assert parameters.resolve(books, {}, settings) == expected


def test_a_set_wins_over_defaults_and_settings_win_over_a_set(books):
    chosen = {"number": 6, "02_double.factor": 5, "09_elsewhere.epochs": 1}
    assert parameters.resolve(books, chosen, ["factor=9"]) == {
        "01_write": {"number": 6, "kind": "sweet"},
        "02_double": {"factor": 9},
    }


@pytest.mark.parametrize(("setting", "words"), [
    ("nubmer=3", ["nubmer: is no parameter", "Perhaps you mean number"]),
    ("02_double.number=3", ["02_double.number: is no parameter"]),
    ("number=0", ["01_write.number: 0 is less than the minimum", "Give an integer from 1 to 9 apples"]),
    ("number=three", ["01_write.number: 'three' is not of type 'integer'"]),
    ("number=2.5", ["2.5 is not of type 'integer'"]),
    ("number=true", ["True is not of type 'integer'"]),
    ("number", ["'number' has no value", "Write --set number=VALUE"]),
    ("kind=bitter", ["'bitter' is not one of ['sweet', 'sour']", "Give one of sweet, sour"]),
    ("factor=nan", ["'nan' is not of type 'number'"]),
])  # fmt: skip
def test_what_is_wrong_is_refused_in_one_line_before_anything_runs(tiny_road, build, capsys, setting, words):
    assert cli.run(["--set", setting]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert all(word in error for word in words), error
    assert not build.exists()


def test_lists_are_given_with_commas(tmp_path):
    schema = {"boards": {"type": "array", "items": {"type": "string", "enum": ["ke16z", "rt1060"]}}}
    notebook(tmp_path / "09_boards.ipynb", parameters='boards = ["ke16z"]', schema=schema)
    books = road.discover(tmp_path)
    assert parameters.resolve(books, {}, ["boards=rt1060, ke16z"])["09_boards"]["boards"] == ["rt1060", "ke16z"]
    with pytest.raises(BadParameter, match="'ke17z' is not one of .*Give a list, with commas, of one of ke16z, rt1060"):
        parameters.resolve(books, {}, ["boards=ke17z"])


def test_a_wrong_notebook_is_refused_with_the_nearest(tiny_road, capsys):
    assert cli.run(["--only", "02_duoble"]) == 2
    assert "there is no notebook '02_duoble'. Perhaps you mean 02_double." in capsys.readouterr().err


@pytest.mark.parametrize("code", ["number = int('4')", "for x in []: pass", "number += 1", "a = b = 1; c"])
def test_a_parameters_cell_holds_plain_values_only(tmp_path, code):
    book = road.read(notebook(tmp_path / "01_odd.ipynb", parameters=code))
    with pytest.raises(BadInput, match="more than assignments of plain values"):
        _ = book.defaults


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"cells": 3}', "\0", '{"nbformat": 4, "cells": [{}]}'])
def test_a_broken_notebook_is_one_line(tmp_path, content):
    (tmp_path / "01_broken.ipynb").write_text(content)
    with pytest.raises(BadInput, match="01_broken.ipynb"):
        road.discover(tmp_path)


def test_the_listing_shows_what_is_allowed_and_the_value(tiny_road, capsys):
    assert cli.run(["--list", "--set", "number=9"]) == 0
    text = capsys.readouterr().out
    assert "01_write  (1 min with --quick, 2 min with --full)" in text
    assert "number = 9  (an integer from 1 to 9 apples)\n        how many" in text


@pytest.mark.parametrize("name", ["quick", "full"])
def test_the_named_sets_fit_the_notebooks(name):
    books = road.discover()
    chosen = parameters.named_set(name)
    unknown = [key for key in chosen if not any(parameters._holders(books, key))]
    assert unknown == []
    assert parameters.resolve(books, chosen, [])


@pytest.mark.parametrize("wanted", ["2", "02", "02_double", "notebooks/02_double.ipynb"])
def test_a_notebook_is_named_by_its_number_or_its_name(tiny_road, wanted):
    assert road.find(road.discover(), wanted).name == "02_double"


def test_what_a_notebook_needs_can_run_first(tiny_road, build):
    assert [book.name for book in road.select(road.discover(), ["2"], with_needs=True)] == ["01_write", "02_double"]
    assert cli.run(["--only", "2", "--with-needs", "--no-report"]) == 0
    assert (build / "double.json").exists()


def test_a_board_that_is_not_there_is_refused_before_anything_runs(capsys):
    assert cli.run(["--only", "9", "--set", "boards=foo", "--dry-run"]) == 2
    line = capsys.readouterr().err
    assert line.startswith("error: 09_cortex_m0_firmware.boards: 'foo' is not a 'Cortex-M0 board'. Give a list")
    assert "ke16z" in line and "rt1060" not in line and len(line.splitlines()) == 1


def test_the_time_of_training_follows_the_epochs(capsys):
    times = {}
    for epochs in (2, 51, 100):
        assert cli.run(["--only", "2", "--set", f"epochs={epochs}", "--force", "--dry-run"]) == 0
        times[epochs] = capsys.readouterr().out.splitlines()[-1]
    assert times[2] == "In all about 42 s." and times[100] == "In all about 10 min."
    assert times[51] == "In all about 5 min."


DAMAGE = {
    "no dictionary": lambda told: [],
    "no minutes": lambda told: told | {"minutes": None},
    "minutes as text": lambda told: told | {"minutes": {"quick": "1", "full": 2}},
    "a minute too few": lambda told: told | {"minutes": {"quick": 1}},
    "reads as text": lambda told: told | {"reads": "mnist.h5"},
    "writes as a number": lambda told: told | {"writes": 3},
    "a list of numbers": lambda told: told | {"reads": [1, 2]},
    "parameters as a list": lambda told: told | {"parameters": ["number"]},
    "a parameter without a type": lambda told: told | {"parameters": {"number": {"minimum": 1}}},
    "a parameter of no known type": lambda told: told | {"parameters": {"number": {"type": "apple"}}},
    "a list of nothing": lambda told: told | {"parameters": {"number": {"type": "array"}}},
    "a bound that is no number": lambda told: told | {"parameters": {"number": {"type": "integer", "minimum": "low"}}},
    "a pattern that is none": lambda told: told | {"parameters": {"number": {"type": "string", "pattern": "("}}},
    "a choice that is no list": lambda told: told | {"parameters": {"number": {"type": "string", "enum": "a"}}},
    "a section of numbers": lambda told: told | {"section": 4},
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
@pytest.mark.parametrize("words", [["--list"], ["--dry-run"]], ids=" ".join)
def test_damaged_metadata_is_one_line(tiny_road, build, capsys, damage, words):
    path = tiny_road / "01_write.ipynb"
    content = json.loads(path.read_text())
    content["metadata"]["workbook"] = damage(content["metadata"]["workbook"])
    path.write_text(json.dumps(content))
    assert cli.run(words) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ") and "01_write" in line
