"""What every test shares: a build folder of its own, so that no test reads or spoils the reader's."""

import pytest


@pytest.fixture(scope="session", autouse=True)
def session_build(tmp_path_factory):
    """The build folder of whatever is made once for many tests."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("build")
        patch.setenv("WORKBOOK_BUILD", str(folder))
        yield folder


@pytest.fixture(autouse=True)
def build(session_build, tmp_path, monkeypatch):
    """An empty build folder for this test."""
    folder = tmp_path / "build"
    monkeypatch.setenv("WORKBOOK_BUILD", str(folder))
    return folder


@pytest.fixture(scope="session")
def board_road(tmp_path_factory):
    """A build folder with all that a drawn digit needs (see samples.board_road), made once."""
    from tests.samples import board_road

    folder = tmp_path_factory.mktemp("board")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBOOK_BUILD", str(folder))
        board_road()
    return folder


@pytest.fixture
def on_board_road(board_road, build, monkeypatch):
    """This test works in the folder of `board_road`."""
    monkeypatch.setenv("WORKBOOK_BUILD", str(board_road))
    return board_road
