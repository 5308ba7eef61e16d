"""Files from seats are hostile until checked: what is refused, in one line each, and what is then shown."""

import json
import os

import nbformat
import pytest

from helpers.common import artifacts
from helpers.common.errors import BadInput, BadParameter
from helpers.workbook.seats import lab
from helpers.workbook.seats.desk import cli, course, progress, table, watch
from helpers.workbook.seats.desk.progress import Outcome, Progress

SOUND = {"format": 1, "seat": "ada", "notebook": "01_numbers", "last": "", "steps": {}}
TRY = {"state": "failed", "tries": 1, "message": ""}


def test_a_file_is_read_as_it_was_written(tmp_path):
    seat = Progress("Zoë 2", "01_numbers").after("01.1", "failed", "too\n  small").after("01.1", "failed", "x" * 900)
    assert progress.read(progress.write(tmp_path, seat)) == seat
    assert seat.steps["01.1"] == Outcome("failed", 2, "x" * 200)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"seat": "../ada"}, "seat is wrong"),
        ({"seat": "a/b"}, "seat is wrong"),
        ({"seat": "ada\u202e"}, "seat is wrong"),
        ({"seat": ""}, "seat is wrong"),
        ({"seat": ["ada"]}, "seat is wrong"),
        ({"seat": "bob"}, "has the name of another seat, bob"),
        ({"more": 1}, "it is wrong"),
        ({"notebook": "<b>"}, "notebook is wrong"),
        ({"steps": {"01.1": TRY | {"tries": 10**30}}}, "steps.01.1.tries is wrong"),
        ({"steps": {"01.1": TRY | {"message": "\x1b[2J"}}}, "has signs that cannot be shown"),
        ({"steps": {"01.1": TRY | {"message": "x" * 201}}}, "steps.01.1.message is wrong"),
        ({"steps": {"nothing": TRY}}, "steps is wrong"),
        ({"steps": {f"01.{number}": TRY for number in range(500)}}, "steps is wrong"),
    ],
)
def test_what_is_wrong_in_a_file_is_named(tmp_path, changes, why):
    (tmp_path / "ada.json").write_text(json.dumps(SOUND | changes))
    with pytest.raises(BadInput) as error:
        progress.read(tmp_path / "ada.json")
    assert why in str(error.value) and str(error.value).startswith("ada.json: ") and str(error.value).isprintable()


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[" * 60_000, b"1" * 70_000, b'{"a": NaN', b"null"])
def test_what_is_no_json_is_refused(tmp_path, content):
    (tmp_path / "ada.json").write_bytes(content)
    with pytest.raises(BadInput, match=r"^ada\.json: (is not JSON|has more than 64 KB|is no progress file)"):
        progress.read(tmp_path / "ada.json")


def test_links_pipes_and_folders_are_refused_and_the_rest_is_shown(desk_road, tmp_path, capsys):
    folder = tmp_path / "shared"
    folder.mkdir()
    progress.write(folder, Progress("ada", "01_numbers").after("01.1", "failed", "<script>alert(1)</script>"))
    (tmp_path / "secret.json").write_text(json.dumps(SOUND | {"seat": "link"}))
    (folder / "link.json").symlink_to(tmp_path / "secret.json")
    os.mkfifo(folder / "pipe.json")
    (folder / "folder.json").mkdir()
    (folder / "notes.txt").write_text("not a seat's")
    assert cli.main(["show", str(folder), "--once"]) == 0
    printed = capsys.readouterr().out
    assert printed.count("not shown: ") == 3 and "1 seats, 1 stuck" in printed and "notes" not in printed
    page = table.as_page(*map_rows(folder))
    assert "<script>" not in page and "&lt;script&gt;" in page


def map_rows(folder):
    seats, refused = progress.gather(folder)
    return [table.row(seat) for seat in seats], refused


@pytest.mark.parametrize("name", ["", ".hidden", "a/b", "..", "x" * 41, "ada ", "a\nb"])
def test_a_name_that_no_file_can_have(name):
    with pytest.raises(BadParameter, match="is no name for a seat"):
        progress.check_name(name)


def test_nothing_is_told_unless_both_are_given(tmp_path, build, capsys):
    assert lab._told(None, None) == {} and capsys.readouterr().out == ""
    with pytest.raises(BadParameter, match="--desk and --name go together"):
        lab._told(str(tmp_path), None)
    assert lab._told(str(tmp_path), "ada") == {"WORKBOOK_DESK": str(tmp_path), "WORKBOOK_SEAT": "ada"}
    assert "The desk" in capsys.readouterr().out


def test_a_name_that_another_seat_has_is_taken(tmp_path, build):
    progress.write(tmp_path, Progress("ada", "01_numbers"))
    with pytest.raises(BadParameter, match="the name 'ada' is taken"):
        watch.asked(str(tmp_path), "ada")
    progress.write(build / "desk", Progress("ada", "01_numbers"))
    assert watch.asked(str(tmp_path), "ada")["WORKBOOK_SEAT"] == "ada"


def test_notebooks_are_handed_in_and_collected_as_a_course(desk_road, build, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(artifacts, "ROOT", tmp_path / "project")
    copies = tmp_path / "project" / lab.FOLDER
    copies.mkdir(parents=True)
    for path in desk_road.glob("*.ipynb"):
        (copies / path.name).write_bytes(path.read_bytes())
    desk = tmp_path / "shared"
    desk.mkdir()
    assert cli.main(["hand-in", str(desk), "--name", "ada", "--only", "01"]) == 0
    (desk / course.HANDED_IN / "bob").mkdir()
    (desk / course.HANDED_IN / "bob" / "01_numbers.ipynb").write_text("not a notebook")
    assert cli.main(["collect", str(desk), "--only", "01"]) == 1
    printed = capsys.readouterr().out
    assert "ada: 01_numbers" in printed and "refused: bob: 01_numbers.ipynb: is no notebook" in printed
    written = sorted(path.relative_to(build / "course").as_posix() for path in (build / "course").rglob("*.ipynb"))
    assert written == ["source/01_numbers/01_numbers.ipynb", "submitted/ada/01_numbers/01_numbers.ipynb"]
    marks = [
        cell.metadata["nbgrader"]
        for cell in nbformat.read(build / "course" / written[1], 4).cells
        if "nbgrader" in cell.metadata
    ]
    assert [(mark["grade_id"], mark["grade"], mark["solution"], mark.get("points")) for mark in marks] == [
        ("largest", False, True, None), ("largest_check", True, False, 1)
    ]  # fmt: skip
