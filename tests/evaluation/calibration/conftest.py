"""The program for the KE16Z, built once."""

import pytest

from helpers.evaluation.calibration import program
from helpers.hardware import boards


@pytest.fixture(scope="package")
def made(tmp_path_factory):
    return program.make("ke16z", tmp_path_factory.mktemp("calibrate") / "ke16z")


@pytest.fixture(scope="package")
def costs(made):
    return program.costs(made.project.elf, boards.load("ke16z"))
