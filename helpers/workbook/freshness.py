"""Decide whether a notebook must run again, from a fingerprint of its dependencies and the record of its last good run."""

import hashlib
import json
import os
import platform
from pathlib import Path

from helpers.common import artifacts
from helpers.workbook.road import Notebook

# Variables that change the outcome and are no files of the project.
VARIABLES = ("GLOW_HOME", "WORKBOOK_MNIST")
# The runner itself, downloads, and Python's caches do not change the outcome.
IGNORED = {"workbook", "__pycache__", "mnist.npz"}


def executed(notebook: Notebook) -> Path:
    """Return the path of the executed copy."""
    return artifacts.build("executed", notebook.path.name)


def record_path(notebook: Notebook) -> Path:
    """Return the path of the record of the last good run."""
    return executed(notebook).with_suffix(".json")


def project_digest() -> str:
    """Return the SHA-256 of every notebook's dependencies: helpers, firmware projects, shipped data, pins, Python, variables."""
    sha = hashlib.sha256(platform.python_version().encode())
    folders = [artifacts.ROOT / "helpers", artifacts.PROJECTS, artifacts.DATA]
    files = [artifacts.ROOT / "requirements.lock", *(path for folder in folders for path in folder.rglob("*"))]
    for path in sorted(files):
        relative = path.relative_to(artifacts.ROOT)
        if path.is_file() and not IGNORED & set(relative.parts):
            sha.update(relative.as_posix().encode() + artifacts.digest(path).encode())
    sha.update(json.dumps({name: os.environ.get(name) for name in VARIABLES}, sort_keys=True).encode())
    return sha.hexdigest()


def fingerprint(notebook: Notebook, values: dict, project: str) -> str:
    """Return the SHA-256 of a notebook's cells (without outputs), its parameters and inputs, and `project_digest()`."""
    cells = [(cell.cell_type, cell.source, cell.metadata.get("tags", [])) for cell in notebook.content.cells]
    told = [cells, notebook.metadata, values, digests(notebook.reads), project]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def digests(names: list[str]) -> dict[str, str | None]:
    """Return the digest of each artefact; None for a missing one."""
    paths = {name: artifacts.build(name) for name in names}
    return {name: artifacts.digest(path) if path.exists() else None for name, path in paths.items()}


def record(notebook: Notebook) -> dict:
    """Return the record of the last good run, or {} if there is no readable one."""
    try:
        value = json.loads(record_path(notebook).read_text())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def is_fresh(notebook: Notebook, mark: str) -> bool:
    """Whether the last good run had this fingerprint and its outputs still exist unchanged."""
    last = record(notebook)
    return (
        last.get("fingerprint") == mark
        and executed(notebook).exists()
        and last.get("writes") == digests(notebook.writes)
    )
