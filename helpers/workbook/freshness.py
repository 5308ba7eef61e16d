"""Whether a notebook must run again: the fingerprint of all it depends on, and the record of its last good run."""

import hashlib
import json
import os
import platform
from pathlib import Path

from helpers.common import artifacts
from helpers.workbook.road import Notebook

# What changes the outcome and is no file of the project.
VARIABLES = ("GLOW_HOME", "WORKBOOK_MNIST")
# The runner itself, what was fetched, and what Python leaves behind change no outcome.
IGNORED = {"workbook", "__pycache__", "mnist.npz"}


def executed(notebook: Notebook) -> Path:
    """Where the executed copy lies."""
    return artifacts.build("executed", notebook.path.name)


def record_path(notebook: Notebook) -> Path:
    """Where the record of the last good run lies."""
    return executed(notebook).with_suffix(".json")


def project_digest() -> str:
    """SHA-256 of what every notebook depends on: helpers, firmware projects, shipped data, pins, Python, variables."""
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
    """SHA-256 of the notebook's cells (not their outputs), its parameters, what it reads, and `project_digest()`."""
    cells = [(cell.cell_type, cell.source, cell.metadata.get("tags", [])) for cell in notebook.content.cells]
    told = [cells, notebook.metadata, values, digests(notebook.reads), project]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def digests(names: list[str]) -> dict[str, str | None]:
    """Artefact to digest; None for one that is not there."""
    paths = {name: artifacts.build(name) for name in names}
    return {name: artifacts.digest(path) if path.exists() else None for name, path in paths.items()}


def record(notebook: Notebook) -> dict:
    """The record of the last good run, or {} without one that can be read."""
    try:
        value = json.loads(record_path(notebook).read_text())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def is_fresh(notebook: Notebook, mark: str) -> bool:
    """True if the last good run had this fingerprint and all that it wrote is still there, unchanged."""
    last = record(notebook)
    return (
        last.get("fingerprint") == mark
        and executed(notebook).exists()
        and last.get("writes") == digests(notebook.writes)
    )
