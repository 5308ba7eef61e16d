"""nbval over tiny notebooks: equal outputs pass, a different one fails, parameters and artefacts are those asked for."""

import json

import nbformat
import pytest

from helpers.workbook import cli
from tests.workbook.conftest import DOUBLE, notebook


@pytest.fixture
def stored(tiny_road):
    """The tiny road with a checked cell in 02, executed and stored."""
    notebook(
        tiny_road / "02_double.ipynb",
        "from helpers import artifacts",
        DOUBLE,
        "# NBVAL_CHECK_OUTPUT\nprint(number)",
        parameters="factor = 2.0",
        reads=["number.json"],
        schema={"factor": {"type": "number", "minimum": 0}},
        writes=["double.json"],
    )
    assert cli.notebooks([]) == 0 and cli.run([]) == 0
    return tiny_road


def test_equal_outputs_pass_and_the_readers_artefacts_stay(stored, build):
    before = (build / "double.json").read_bytes()
    assert cli.nbval(["--set", "factor=3"]) == 0
    assert (build / "double.json").read_bytes() == before
    assert json.loads((build / "nbval" / "build" / "double.json").read_text()) == 12


def test_a_part_of_the_road_reads_copies_of_the_readers_artefacts(stored, build):
    assert cli.nbval(["--only", "02"]) == 0
    assert json.loads((build / "nbval" / "build" / "double.json").read_text()) == 8


def test_a_different_output_fails(stored, capfd):
    book = nbformat.read(stored / "02_double.ipynb", 4)
    book.cells[-1].outputs[0].text = "5\n"
    nbformat.write(book, stored / "02_double.ipynb")
    assert cli.nbval(["--only", "02"]) == 1
    assert "Notebook cell execution failed" in capfd.readouterr().out
