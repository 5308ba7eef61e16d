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
