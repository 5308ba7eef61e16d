"""The light environment: what runs without TensorFlow, and what is said where something does not."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from helpers import __main__ as entry
from helpers.common import artifacts, machine
from helpers.common.errors import MissingPackage
from helpers.workbook import cli, road

ALONE = Path(__file__).with_name("without_tensorflow.py")


@pytest.fixture
def light(monkeypatch):
    monkeypatch.setattr(machine, "is_light", lambda: True)


def test_the_notebooks_say_rightly_whether_they_need_tensorflow(build):
    environment = os.environ | {"PYTHONPATH": str(artifacts.ROOT), "MPLBACKEND": "agg"}
    done = subprocess.run([sys.executable, ALONE], env=environment, capture_output=True, text=True, cwd=build.parent)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert sorted(told["refused"]) == [book.name for book in road.discover() if book.needs_tensorflow]
    assert set(told["refused"].values()) == {
        "TensorFlow is not installed: the light environment leaves it out. Run `make full`, which installs everything (3.5 GB)."
    }
    assert told["ran"] == ["04_convert_to_onnx", "05_test_image"]
    assert (build / "MNIST_NXP.onnx").read_bytes() == (artifacts.DATA / "MNIST_NXP.onnx").read_bytes()
    assert json.loads((build / "model_answer.json").read_text())["top1"] == 7


def test_the_road_leaves_out_what_needs_tensorflow_and_says_so(light, capsys):
    assert cli.run(["--quick", "--dry-run"]) == 0
    told = capsys.readouterr()
    needy = [book.name for book in road.discover() if book.needs_tensorflow]
    assert needy and not any(name in told.out for name in needy)
    numbers = ", ".join(name[:2] for name in needy)
    assert told.err == f"Left out, because there is no TensorFlow here: {numbers}. `make full` installs it.\n"


def test_a_notebook_asked_for_by_name_is_refused_before_anything_runs(light, build, capsys):
    assert cli.run(["--only", "04", "2"]) == 2
    assert capsys.readouterr().err.startswith(
        "error: 02_train: needs TensorFlow, which the light environment leaves out."
    )
    assert not build.exists()


def test_a_command_that_lacks_a_package_says_so_in_one_line(monkeypatch, capsys):
    monkeypatch.setitem(entry.COMMANDS, "book", ("sphinx_of_nowhere.application:book", "as if it were not installed"))
    assert entry.main(["book"]) == 2
    told = capsys.readouterr().err
    assert told.startswith("error: book: needs the package sphinx_of_nowhere, ") and told.count("\n") == 1


def test_only_the_packages_of_the_light_lock_are_asked_for(light):
    names = {package.name for package in machine.packages()}
    assert {"onnx", "PyYAML", "pyyaml"} & names and "tensorflow" not in names and "distributed" not in names


def test_a_failed_import_names_the_package():
    with pytest.raises(MissingPackage, match="^fit: needs the package nowhere, "):
        raise machine.missing(ModuleNotFoundError("No module", name="nowhere.inside"), "fit")
