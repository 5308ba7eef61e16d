"""Table 2's rows, the console's text, and the accuracy."""

import json
from pathlib import Path

import numpy as np
import pytest

from helpers.common import artifacts
from helpers.common.errors import BadInput, MissingInput
from helpers.compiler import driver
from helpers.compiler.profiling import profile
from helpers.data import mnist
from helpers.evaluation import results
from helpers.inference.host_bundle import HostBundle

REFERENCE = Path(__file__).parents[1] / "reference"
CLASSES = "".join(f"class = {n}\r\nConfidence = {n - 5}\r\n" for n in range(10))
CONSOLE = f"{CLASSES}Top1 class = 9 \r\nInference time = 293 (us)\r\n"


@pytest.fixture
def build(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBOOK_BUILD", str(tmp_path))
    return tmp_path


def test_reads_what_main_c_prints():
    console = results.read_console(CONSOLE)
    assert console == results.Console(tuple(range(-5, 5)), 9, 293)


@pytest.mark.parametrize(
    "text", ["", "hello world\r\n", CONSOLE.replace("Top1", "Top"), CONSOLE.replace("(us)", "(ms)")]
)
def test_refuses_another_console(text):
    with pytest.raises(BadInput, match="not the ten classes"):
        results.read_console(text)


def test_names_the_notebook_when_nothing_is_built(build):
    with pytest.raises(MissingInput, match="notebooks/08"):
        results.table2(7)
    with pytest.raises(MissingInput, match="ke16z.elf.*notebooks/08"):
        results.table2(7, ["ke16z"])
    assert not (build / "table2.json").exists()


def test_keras_answer(build):
    with pytest.raises(MissingInput, match="05_test_image"):
        results.keras_answer()
    artifacts.write_json(build / "model_answer.json", {"top1": 7})
    assert results.keras_answer() == 7
    artifacts.write_json(build / "model_answer.json", ["7"])
    with pytest.raises(BadInput, match="05_test_image.ipynb again"):
        results.keras_answer()


@pytest.mark.parametrize("convert_placeholders", [True, False])
def test_accuracy_of_float_and_integer_network(build, convert_placeholders):
    model, ranges = REFERENCE / "MNIST_NXP.onnx", profile.read(REFERENCE / "profile.yaml")
    request = driver.Request({"N": 1}, ranges, convert_placeholders=convert_placeholders)
    driver.emit_bundle(driver.compiled_graph(model, request), build / "bundle", "mnist_nxp", driver.Target())
    found = results.accuracy(model, HostBundle(build / "bundle"), mnist.load())
    assert found == json.loads((build / "accuracy.json").read_text())
    assert found["float"] > 0.95 and abs(found["float"] - found["int8"]) < 0.01
    if found["images"] == 10_000:
        assert (found["float"], found["int8"]) == (0.9582, 0.9554)


def test_text_has_a_line_a_row():
    row = results.Row("ke16z", "cortex-m0plus", 48_000_000, "flash", 1, 2, 3, 4, 0.5, 7, True, None, 4012, 13.5)
    assert row.note_cycles == 648_000
    sizes, times = (block.splitlines() for block in results.as_text([row, row]).split("\n\n"))
    assert len(sizes) == 3 and sizes[1] == sizes[2] and "4,012" in sizes[1] and " - " in sizes[1]
    assert len(times) == 3 and times[1] == times[2] and "13.50" in times[1] and "648,000" in times[1]
    for block in (sizes, times):
        assert np.ptp([len(line) for line in block]) == 0 and len(block[0]) <= 100


def test_a_project_that_does_not_fit_has_a_row_that_says_so(build):
    artifacts.write_text(build / "firmware" / "ke02z40m-ram" / "does_not_fit.txt", "lacks 8 bytes of RAM\n")
    (row,) = results.table2(7)
    assert (row.board, row.weights, row.does_not_fit) == ("ke02z40m", "ram", "lacks 8 bytes of RAM")
    assert (row.flash_bytes, row.time_ms, row.agrees_with_keras, row.note_cycles) == (None, None, None, None)
    assert results.as_text([row]).splitlines()[1].split() == ["ke02z40m", "ram", "lacks", "8", "bytes", "of", "RAM"]
    assert json.loads((build / "table2.json").read_text())[0]["does_not_fit"] == "lacks 8 bytes of RAM"
