"""Trimming the light environment: only the surplus, only files of pip's own record, only in the project's .venv."""

import sys

import pytest

from helpers.common import artifacts
from helpers.common.errors import BadParameter
from helpers.workbook.seats import trim


@pytest.fixture
def environment(tmp_path, monkeypatch):
    """An environment in which pip installed a package `unicorn` of four files; a fifth is not pip's."""
    site = tmp_path / ".venv" / "lib" / "site-packages"
    texts = {
        "unicorn/__init__.py": "", "unicorn/lib/libunicorn.a": "surplus " * 2000, "unicorn/lib/libunicorn.so.2": "needed",
        "unicorn/include/unicorn/unicorn.h": "surplus", "unicorn-2.dist-info/METADATA": "Name: unicorn\nVersion: 2\n",
    }  # fmt: skip
    for name, text in (texts | {"unicorn/lib/mine.a": "of the user"}).items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(text)
    (site / "unicorn-2.dist-info" / "RECORD").write_text("".join(f"{name},,\n" for name in texts))
    monkeypatch.setattr(sys, "path", [str(site), *sys.path])
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ".venv"))
    monkeypatch.setattr(artifacts, "ROOT", tmp_path)
    return site


def test_the_surplus_goes_and_all_else_stays(environment):
    assert trim.trim() >= 16_000
    left = sorted(path.relative_to(environment).as_posix() for path in environment.rglob("*") if path.is_file())
    assert left == [
        "unicorn-2.dist-info/METADATA", "unicorn-2.dist-info/RECORD", "unicorn/__init__.py", "unicorn/lib/libunicorn.so.2",
        "unicorn/lib/mine.a",
    ]  # fmt: skip
    assert not (environment / "unicorn" / "include").exists()
    assert trim.trim() == 0


def test_a_record_that_names_files_outside_removes_none_of_them(environment):
    outside = environment.parents[2] / "unicorn" / "include" / "precious.h"
    outside.parent.mkdir(parents=True)
    outside.write_text("not pip's")
    record = environment / "unicorn-2.dist-info" / "RECORD"
    record.write_text(record.read_text() + "../../../unicorn/include/precious.h,,\n")
    trim.trim()
    assert outside.exists()


@pytest.mark.parametrize("case", ["another", "full"])
def test_another_environment_is_left_alone(environment, monkeypatch, case):
    if case == "another":
        monkeypatch.setattr(sys, "prefix", str(environment))
    else:
        (artifacts.ROOT / ".venv" / ".ready").touch()
    with pytest.raises(BadParameter, match="is not the light environment of this project. Make it with `make light`"):
        trim.trim()
    assert (environment / "unicorn" / "lib" / "libunicorn.a").exists()
