"""Thirty seats at once, in a folder and at a port: the table says exactly who is where, and who is stuck on what."""

import re
import threading
import urllib.error
import urllib.request

import pytest

from helpers.common import artifacts
from helpers.widgets.exercise import Verdict
from helpers.workbook.seats.desk import cli, course, progress, server, table, watch
from tests.workbook.desk.conftest import CHECKS, EXERCISE, ran

WRONG, RIGHT = Verdict("largest: not yet.", False), Verdict("largest: right, in all 4 cases.", True)
# What the seats of a kind do, and the row that the desk must show.
KINDS = {
    "begins": ([("number = 4", None, None), (CHECKS[0], None, None)], "01_numbers  1/2  0/1  -"),
    "stuck": (
        [(CHECKS[0], None, None), *[(CHECKS[1], AssertionError("too large: use 8"), None)] * 3],
        "01_numbers  1/2  0/1  01.2  3 | 1. Numbers: too large: use 8",
    ),
    "solves": (
        [(CHECKS[0], None, None), (EXERCISE, None, WRONG), (EXERCISE, None, RIGHT), (CHECKS[1], None, None)],
        "01_numbers  2/2  1/1  -",
    ),
    "wrong": ([(EXERCISE, None, WRONG)], "01_numbers  0/2  0/1  01.E1  1 | 1. Numbers: largest: not yet."),
    "mends": (
        [(CHECKS[0], AssertionError("too small: use 1"), None), (CHECKS[0], None, None)],
        "01_numbers  1/2  0/1  -",
    ),
    "goes on": (
        [
            (CHECKS[0], None, None),
            ("more = 5", None, None),
            (CHECKS[0], NameError("name 'number' is not defined"), None),
        ],
        "02_more  0/2  -  02.2  1 | The stop 02_more: NameError: name 'number' is not defined",
    ),
}
SEATS = {f"{kind} {number}": kind for number in range(1, 6) for kind in KINDS}


def work(desk, seat, build):
    """One seat, with a build folder of its own as on its own machine."""
    with artifacts.building_in(build / seat):
        watched = watch.Watch(seat, desk)
    for source, error, result in KINDS[SEATS[seat]][0]:
        watched.after(ran(source, error, result))
    watched.close()


def expected():
    lines = []
    for seat in sorted(SEATS):
        cells, _, message = KINDS[SEATS[seat]][1].partition(" | ")
        lines += ["  ".join([seat, cells]), *([message] if message else [])]
    return [*lines, "30 seats, 15 stuck"]


def shown(text):
    """The lines of a table, however wide its columns."""
    return [re.sub(r"\s{2,}", "  ", line.strip()) for line in text.splitlines()][1:]


def test_thirty_seats_in_a_folder_give_exactly_the_expected_table(desk_road, build, tmp_path, capsys):
    folder = tmp_path / "shared"
    folder.mkdir()
    for seat in SEATS:
        work(str(folder), seat, build)
    assert cli.main(["show", str(folder), "--once"]) == 0
    printed = capsys.readouterr().out
    assert shown(printed) == expected() and all(len(line) <= 100 for line in printed.splitlines())


@pytest.fixture
def port(desk_road, tmp_path):
    folder = tmp_path / "served"
    folder.mkdir()
    desk = server.opened(folder, "127.0.0.1", 0)
    threading.Thread(target=desk.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{desk.server_address[1]}", folder
    desk.shutdown()
    desk.server_close()


def test_thirty_seats_at_a_port_give_exactly_the_expected_table(port, build):
    address, folder = port
    for seat in SEATS:
        work(address, seat, build)
    seats, refused = progress.gather(folder)
    assert shown(table.as_text([table.row(seat) for seat in seats], refused)) == expected()
    page = urllib.request.urlopen(address, timeout=5).read().decode()
    assert page.count('<tr class="stuck">') == 15 and "30 seats, 15 stuck" in page and "not shown" not in page


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{}", "application/json", 400),
        (b"[" * 30_000, "application/json", 400),
        (b"x" * 70_000, "application/json", 413),
        (b"{}", "text/plain", 404),
    ],
)
def test_the_port_takes_nothing_else(port, body, kind, status):
    address, folder = port
    request = urllib.request.Request(f"{address}/progress", body, {"Content-Type": kind}, method="POST")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=5)
    assert refused.value.code == status and list(folder.iterdir()) == []
    refused.value.close()


def test_a_desk_that_is_gone_does_not_stop_a_notebook(desk_road, build, tmp_path):
    for desk in (str(tmp_path / "nowhere" / "deeper"), "http://127.0.0.1:9"):
        (tmp_path / "nowhere").write_text("a file where the folder was") if not (
            tmp_path / "nowhere"
        ).exists() else None
        work(desk, "stuck 1", build)
    assert progress.read(build / "stuck 1" / "desk" / "stuck 1.json").steps["01.2"].tries == 6


def test_the_scores_are_a_table_as_nbgrader_exports_it(desk_road, build, tmp_path):
    folder = tmp_path / "shared"
    folder.mkdir()
    for seat in ("solves 1", "stuck 1"):
        work(str(folder), seat, build)
    assert cli.main(["grade", str(folder)]) == 0
    assert (build / "grades.csv").read_text().splitlines() == [
        ",".join(course.COLUMNS),
        "01_numbers,,,solves 1,,,,1.0,0.0,1.0,1.0",
        "01_numbers,,,stuck 1,,,,0.0,0.0,0.0,1.0",
    ]
