"""Compare this machine with the workbook's pins: required and installed version of each package."""

import importlib.metadata
import importlib.util
import re
from dataclasses import dataclass

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from helpers.common import artifacts
from helpers.common.errors import MissingPackage

PROJECT = "glow-mcu-workbook"
FULL = "run `make full`, which installs everything (3.5 GB)"
LIGHT_LOCK = artifacts.ROOT / "requirements-light.lock"


@dataclass(frozen=True)
class Package:
    """A package that the workbook needs: the pinned version, and the installed one (None if it is missing)."""

    name: str
    wanted: str
    found: str | None

    @property
    def right(self) -> bool:
        """Whether the pinned version is installed."""
        return self.found == self.wanted


def packages() -> list[Package]:
    """Return every package that pyproject.toml pins for running the notebooks, by name; those for tests are left out.

    In the light environment only those of requirements-light.lock.
    """
    pinned = [Requirement(text) for text in importlib.metadata.requires(PROJECT) or ()]
    needed = [each for each in pinned if each.marker is None or each.marker.evaluate({"extra": ""})]
    if is_light():
        kept = {canonicalize_name(name) for name in re.findall(r"^([\w.-]+)==", LIGHT_LOCK.read_text(), re.MULTILINE)}
        needed = [each for each in needed if canonicalize_name(each.name) in kept]
    return [Package(each.name, str(each.specifier).lstrip("="), _installed(each.name)) for each in needed]


def is_light() -> bool:
    """Whether this is the light environment: TensorFlow is not installed. Imports nothing."""
    return importlib.util.find_spec("tensorflow") is None


def environment() -> str:
    """Name this environment, and what the light one lacks."""
    return (
        f"light environment: no TensorFlow, no book and no slides. For those {FULL}"
        if is_light()
        else "full environment"
    )


def missing(error: ModuleNotFoundError, command: str) -> MissingPackage:
    """Say in one line which package a command needs; error: a failed import of a package that is not ours."""
    name = (error.name or str(error)).partition(".")[0]
    why = "which the light environment leaves out" if is_light() else "which is not installed"
    return MissingPackage(f"needs the package {name}, {why}", where=command, remedy=FULL)


def _installed(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
