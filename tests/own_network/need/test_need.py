"""Trees, k-means and networks side by side: what the page says is what the command measures."""

import re

import numpy as np
import pytest

from helpers.common import artifacts
from helpers.hardware import boards
from helpers.own_network.need import candidates, cli

PAGE = (artifacts.ROOT / "docs" / "trees_or_networks.md").read_text()


def on_the_page(name: str) -> list[list[str]]:
    """The rows of a table of the page, without its head."""
    table = re.search(rf"<!-- {name}: begin -->\n(.*)\n<!-- {name}: end -->", PAGE, re.DOTALL)[1]
    return [line.strip("| ").split(" | ") for line in table.splitlines()[2:]]


@pytest.fixture(scope="module")
def tumours():
    return [cli.cells(row) for row in cli.measure("tumours", boards.load("ke16z"))]


def test_the_page_shows_what_is_measured(tumours):
    for measured, shown in zip(tumours, on_the_page("tumours"), strict=True):
        assert measured[0] == shown[0]
        if "tree" in measured[0]:  # nothing of it depends on how this machine rounds
            assert list(measured) == shown
        numbers, others = ([float(re.sub("[ %,]", "", cell)) for cell in cells[1:5]] for cells in (measured, shown))
        np.testing.assert_allclose(numbers, others, rtol=0.05)


def test_a_tree_is_the_cheapest_and_a_network_the_best(tumours):
    right = [float(row[1].rstrip(" %")) for row in tumours]
    cycles = [int(row[4].replace(",", "")) for row in tumours]
    assert cycles[0] == min(cycles) and right[2] == max(right)


def test_the_page_has_every_candidate_on_digits():
    names = [row[0] for row in on_the_page("digits")]
    source = (artifacts.ROOT / "helpers/own_network/need/candidates.py").read_text()
    assert len(names) == source[source.index("def digits") : source.index("def tumours")].count("Candidate(")


def test_another_data_set_is_refused(capsys):
    assert cli.main(["roses"]) != 0
    assert "there is no data set 'roses'. Use digits, tumours" in capsys.readouterr().err


def test_what_is_far_from_all_that_is_normal_is_an_anomaly():
    far = candidates._above(np.linspace(0, 1, 101), lambda outputs, _: outputs[:, 0])
    assert far(np.array([[0.94], [0.96]]), np.zeros((2, 1))).tolist() == [0, 1]
