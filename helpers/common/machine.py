"""Compare this machine with the workbook's pins: required and installed version of each package."""

import importlib.metadata
from dataclasses import dataclass

from packaging.requirements import Requirement

PROJECT = "glow-mcu-workbook"


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
    """Return every package that pyproject.toml pins for running the notebooks, by name; those for tests are left out."""
    pinned = [Requirement(text) for text in importlib.metadata.requires(PROJECT) or ()]
    needed = [each for each in pinned if each.marker is None or each.marker.evaluate({"extra": ""})]
    return [Package(each.name, str(each.specifier).lstrip("="), _installed(each.name)) for each in needed]


def _installed(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
