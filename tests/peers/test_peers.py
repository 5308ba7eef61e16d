"""The page's rows of this compiler are what it measures today; the other tools' rows need their packages (make peers)."""

import pytest

from tests.peers import __main__ as peers


@pytest.mark.parametrize("name", ["the note's", "perceptron 64-32-16-10", "DS-CNN"])
def test_our_rows_are_those_of_the_page(name, tmp_path):
    rows = list(peers.our_rows(name, peers.task(name, tmp_path / "net")))
    _, _, *measured = peers.table(rows).splitlines()
    page = [line for line in peers.PAGE.read_text().splitlines() if line.startswith(f"| {name} | {peers.THIS}")]
    assert measured == page, "run make peers OPTIONS=--write"
