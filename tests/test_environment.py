"""The pins stand in one place; whatever repeats them must not drift."""

import json
import os
import re
import sys
import tomllib

import nbformat
import pytest
import yaml

from helpers.__main__ import COMMANDS
from helpers.common import artifacts

PROJECT = tomllib.loads((artifacts.ROOT / "pyproject.toml").read_text())["project"]
PINS = PROJECT["dependencies"] + PROJECT["optional-dependencies"]["test"]


def normal(name: str) -> str:
    """A package's name as the index writes it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(file: str = "requirements.lock") -> dict[str, list[str]]:
    """Name to versions in a lock file; a package may have one for each Python."""
    versions: dict[str, list[str]] = {}
    for line in (artifacts.ROOT / file).read_text().splitlines():
        if found := re.match(r"([A-Za-z0-9._-]+)==([^ ;]+)", line):
            versions.setdefault(normal(found[1]), []).append(found[2])
    return versions


@pytest.mark.parametrize("pin", PINS)
def test_every_dependency_is_pinned_and_locked(pin):
    name, version = pin.split("==")
    assert version in locked()[normal(name)], "run `make lock`"


def test_environment_yml_has_the_same_pins():
    environment = yaml.safe_load((artifacts.ROOT / "environment.yml").read_text())
    pip = next(item["pip"] for item in environment["dependencies"] if isinstance(item, dict))
    options = ["--constraint requirements.lock", "-e ."]
    assert environment["name"] == PROJECT["name"]
    assert [line for line in pip if line not in options] == PINS
    assert [line for line in pip if line in options] == options


def test_the_python_versions_agree():
    environment = yaml.safe_load((artifacts.ROOT / "environment.yml").read_text())
    assert "python=3.11" in environment["dependencies"]
    assert PROJECT["requires-python"] == ">=3.11,<3.14"
    assert "(3, 11) <= sys.version_info[:2] <= (3, 13)" in (artifacts.ROOT / "Makefile").read_text()
    assert (3, 11) <= sys.version_info[:2] <= (3, 13)


def test_the_light_lock_is_a_part_of_the_whole_one():
    groups = tomllib.loads((artifacts.ROOT / "pyproject.toml").read_text())["dependency-groups"]
    pinned = {normal(pin.split("==")[0]) for pin in PROJECT["dependencies"]}
    light, whole = locked("requirements-light.lock"), locked()
    assert {normal(name) for name in groups["light"]} <= set(light) & pinned
    assert {name: versions for name, versions in light.items() if not set(versions) <= set(whole.get(name, ()))} == {}
    heavy = {"tensorflow", "tf-keras", "keras", "scipy", "pandas", "scikit-learn", "sphinx", "distributed"}
    assert not heavy & set(light)


def targets() -> set[str]:
    """The targets of the Makefile."""
    return set(re.findall(r"^([a-z][a-z-]*)(?=[a-z, -]*:)", (artifacts.ROOT / "Makefile").read_text(), re.MULTILINE))


def made(text: str) -> list[str]:
    """What a script asks make for."""
    return re.findall(r"\bmake ([a-z-]+) PYTHON=", text)


@pytest.mark.parametrize(("file", "target"), [("devcontainer.json", "light"), ("full/devcontainer.json", "full")])
def test_a_development_container_asks_for_a_target_that_exists(file, target):
    described = json.loads((artifacts.ROOT / ".devcontainer" / file).read_text())
    assert made(described["postCreateCommand"]) == [target] and target in targets()


def test_binder_has_our_widgets_and_makes_the_light_environment():
    folder = artifacts.ROOT / ".binder"
    lines = [line for line in (folder / "requirements.txt").read_text().splitlines() if not line.startswith("#")]
    assert lines and set(lines) <= set(PINS)
    assert (folder / "runtime.txt").read_text() == "python-3.11\n"
    assert os.access(folder / "postBuild", os.X_OK) and made((folder / "postBuild").read_text()) == ["light"]


def test_the_page_for_colab_asks_for_what_there_is():
    page = nbformat.read(artifacts.ROOT / "docs" / "colab.ipynb", as_version=4)
    nbformat.validate(page)
    code = "\n".join(cell.source for cell in page.cells if cell.cell_type == "code")
    assert made(code) == ["light"] and all(not cell.get("outputs") for cell in page.cells)
    assert set(re.findall(r"-m helpers (\w+)", code)) == {"run", "fit"} <= set(COMMANDS)
