"""The report: results.json for machines, index.html and Table 2 for people."""

import base64
import json
import re

import nbformat
import pytest

from helpers.common import artifacts
from helpers.common.errors import BadInput
from helpers.workbook import cli, road
from helpers.workbook.publish import report, summary
from tests.workbook.conftest import notebook

ROW = {
    "board": "ke16z", "core": "cortex-m0plus", "clock_hz": 48_000_000, "weights": "flash", "flash_bytes": 20_001,
    "ram_bytes": 3_001, "stack_bytes": 301, "cycles_zero_wait": 430_001, "time_ms": 12.25, "top1": 7,
    "agrees_with_keras": True, "note_flash_bytes": 25_308, "note_ram_bytes": 4_012, "note_time_ms": 13.5,
    "cycles_with_waits": 588_000, "network_flash_bytes": 6_001, "network_ram_bytes": 1_984, "time_ratio": 0.9074,
    "does_not_fit": None, "form": "plain",
}  # fmt: skip
TOO_SMALL = ROW | dict.fromkeys(
    ("flash_bytes", "ram_bytes", "stack_bytes", "cycles_zero_wait", "time_ms", "top1", "agrees_with_keras",
     "cycles_with_waits", "network_flash_bytes", "network_ram_bytes", "time_ratio")
) | {"does_not_fit": "lacks 8 bytes of RAM"}  # fmt: skip


@pytest.fixture
def measured(tiny_road, build):
    artifacts.write_json(build / "table2.json", [ROW, ROW | {"weights": "ram", "note_time_ms": None}])
    artifacts.write_json(build / "accuracy.json", {"float": 0.9582, "int8": 0.9554, "images": 10_000, "more": 1})


def test_results_for_machines(measured, build):
    report.write([])
    results = json.loads((build / "report" / "results.json").read_text())
    assert set(results) == {"table2", "accuracy", "versions", "glow", "toolchain", "data"}
    assert results["table2"][0] == ROW
    assert results["accuracy"] == {"float": 0.9582, "int8": 0.9554, "images": 10_000}
    assert results["versions"]["onnx"] and results["toolchain"]["zig"]
    assert results["glow"] == "built-in"
    assert results["data"] == "no data at all"


def test_before_the_notebooks_ran_the_report_says_what_is_missing(tiny_road, build):
    shown = report.write(road.discover())
    results = json.loads((build / "report" / "results.json").read_text())
    assert results["table2"] == [] and results["accuracy"] == {"float": None, "int8": None, "images": None}
    assert "Table 2 comes with 10_results." in shown
    assert (build / "report" / "index.html").read_text().count("has not run") == 2


def test_the_terminal_shows_table_2_with_the_notes_figures(measured):
    lines = report.write([]).splitlines()
    assert lines[0].startswith("Table 2")
    assert {"ke16z", "flash", "20,001", "25,308"} <= set(lines[2].split())
    assert {"ke16z", "flash", "12.25", "13.50"} <= set(lines[6].split())
    assert lines[7].split()[-2] == "-"
    assert lines[8] == "Every board gives the class that Keras gives."


def test_a_board_that_is_too_small_is_told_and_disagrees_with_nobody(build, tiny_road):
    shown = summary.terminal_table([ROW, TOO_SMALL])
    assert shown.splitlines()[3].split() == ["ke16z", "flash", "lacks", "8", "bytes", "of", "RAM"]
    assert shown.endswith("Every board gives the class that Keras gives.")
    artifacts.write_json(build / "table2.json", [TOO_SMALL])
    report.write([])
    assert "lacks 8 bytes of RAM</td>" in (build / "report" / "index.html").read_text()


def test_a_disagreement_is_loud():
    assert "UNLIKE Keras: ke16z (flash)." in summary.terminal_table([ROW | {"agrees_with_keras": False}])


@pytest.mark.parametrize(("name", "content", "words"), [
    ("table2.json", "[{}]", "a row lacks, or should not have, agrees_with_keras, board"),
    ("table2.json", "{}", "is not a list"),
    ("accuracy.json", "{", "is not JSON"),
])  # fmt: skip
def test_a_damaged_artefact_is_one_line(tiny_road, build, name, content, words):
    artifacts.write_text(build / name, content)
    with pytest.raises(BadInput, match=words):
        report.write([])


def test_the_index_links_every_executed_notebook(measured, build):
    assert cli.run(["--only", "01"]) == 0
    index = (build / "report" / "index.html").read_text()
    links = re.findall(r'href="(notebooks/[^"]+)"', index)
    assert links and all((build / "report" / link).exists() for link in links)
    page = (build / "report" / "notebooks" / "01_write.html").read_text()
    assert "writing 4" in page
    assert "The stop 01_write" in index and "number=4" in index


def test_links_between_notebooks_become_links_between_pages(tiny_road):
    assert report.LINK.sub(r"](\1.html", "[next](05_test_image.ipynb#top)") == "[next](05_test_image.html#top)"


PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
DRAW = f"""import base64
from IPython.display import Image
from helpers import artifacts
_ = artifacts.write_json(artifacts.build("table2.json"), [])
Image(base64.b64decode("{PNG}"))"""


def test_the_last_figure_of_the_results_is_the_chart_of_readme_and_report(tiny_road, build, tmp_path, monkeypatch):
    for path in tiny_road.iterdir():
        path.unlink()
    notebook(tiny_road / "10_results.ipynb", DRAW, writes=["table2.json"])
    assert cli.run([]) == 0
    monkeypatch.setattr(artifacts, "ROOT", tmp_path)
    assert cli.notebooks([]) == 0
    assert (tmp_path / "docs" / "table2.png").read_bytes() == base64.b64decode(PNG)
    assert f"data:image/png;base64,{PNG}" in (build / "report" / "index.html").read_text()


def test_a_tagged_cell_stands_for_its_notebook():
    book = nbformat.v4.new_notebook()
    for picture, tags in (("first", []), ("second", ["preview"]), ("third", [])):
        output = nbformat.v4.new_output("display_data", {"image/png": picture})
        book.cells.append(nbformat.v4.new_code_cell("", outputs=[output], metadata={"tags": tags}))
    assert report.preview(book) == "second"
    book.cells[1].metadata.tags = []
    assert report.preview(book) == "third"
    assert report.preview(nbformat.v4.new_notebook()) is None
