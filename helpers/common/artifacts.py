"""Paths of the project's files, and writing that is atomic: a file is written whole or not at all."""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

from helpers.common import atomic_files, written_by
from helpers.common.errors import BadParameter, MissingInput

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "data"
NOTEBOOKS = ROOT / "notebooks"
PROJECTS = ROOT / "firmware_projects"

WRITTEN_BY = written_by.NOTEBOOKS | written_by.programs(PROJECTS)


if os.environ.get("WORKBOOK_BUILD"):  # resolve a relative path now: the process may change its working folder later
    os.environ["WORKBOOK_BUILD"] = os.path.abspath(os.environ["WORKBOOK_BUILD"])


def build(*parts: str) -> Path:
    """Return a path under build/, the folder for all output (or under WORKBOOK_BUILD, if a test sets it)."""
    return Path(os.environ.get("WORKBOOK_BUILD") or ROOT / "build").joinpath(*parts)


@contextlib.contextmanager
def building_in(folder: str | Path) -> Iterator[None]:
    """Use `folder` as build/ in this process and in those that it starts."""
    before = os.environ.get("WORKBOOK_BUILD")
    os.environ["WORKBOOK_BUILD"] = str(folder)
    try:
        yield
    finally:
        os.environ.pop("WORKBOOK_BUILD")
        if before is not None:
            os.environ["WORKBOOK_BUILD"] = before


def shown(path: str | Path) -> str:
    """Return a path as a reader should see it: relative to the project's root if inside it; build/ is always shown as build/."""
    path = Path(path)
    if path.is_relative_to(build()):
        return (Path("build") / path.relative_to(build())).as_posix()
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else str(path)


def need(*parts: str) -> Path:
    """Return the path of a file or folder under build/; raises MissingInput naming the notebook that writes it."""
    path = build(*parts)
    if not path.exists():
        notebook = WRITTEN_BY.get(parts[0])
        remedy = f"run notebooks/{notebook}.ipynb first" if notebook else None
        raise MissingInput("does not exist yet", where=shown(path), remedy=remedy)
    return path


def is_own_build() -> bool:
    """Whether build/ is the project's own folder, so that we made everything in it: no link, mounted disk or reader's folder."""
    folder = ROOT / "build"
    return build() == folder and folder.is_dir() and not folder.is_symlink() and not folder.is_mount()


def mark_build() -> Path:
    """Create build/ if needed, mark it as ours so that `reset` may remove it, and return it."""
    folder = build()
    check_build()
    if is_own_build():
        if not (folder / atomic_files.MARKER).exists():  # the project's own, whatever is in it
            (folder / atomic_files.MARKER).write_text(atomic_files.MARKER_TEXT)
    else:
        atomic_files.mark(folder)
    return folder


def check_build() -> None:
    """Raise BadParameter if build/, or what WORKBOOK_BUILD names, is a file."""
    folder = build()
    if folder.exists() and not folder.is_dir():
        remedy = "let WORKBOOK_BUILD name a folder" if folder != ROOT / "build" else "remove it, or move it away"
        raise BadParameter("is a file, but must be the folder for all output", where=folder, remedy=remedy)


def _prepare(path: Path) -> None:
    if path.is_relative_to(build()):
        mark_build()


@contextlib.contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path; on success it replaces the file `path` in one step: see atomic_files.replacing."""
    _prepare(Path(path))
    with atomic_files.replacing(path) as temporary:
        yield temporary


@contextlib.contextmanager
def replacing_folder(path: str | Path, names: str | None = None) -> Iterator[Path]:
    """Yield a new folder; on success it replaces the folder `path`, if that was made here: see atomic_files.replacing_folder."""
    _prepare(Path(path))
    with atomic_files.replacing_folder(path, names) as fresh:
        yield fresh


def emptied_folder(path: str | Path) -> Path:
    """Return an empty folder in place of one that we made; raises BadInput for one that we did not make."""
    with replacing_folder(path):
        pass
    return Path(path)


def write_bytes(path: str | Path, data: bytes) -> Path:
    """Write a file atomically."""
    with replacing(path) as temporary:
        temporary.write_bytes(data)
    return Path(path)


def write_text(path: str | Path, text: str) -> Path:
    """Write a UTF-8 text file with LF line ends atomically."""
    return write_bytes(path, text.encode())


def write_json(path: str | Path, value: object) -> Path:
    """Write JSON with sorted keys and no time stamp, atomically."""
    return write_text(path, json.dumps(value, indent=1, sort_keys=True) + "\n")


def digest(path: str | Path) -> str:
    """Return the SHA-256 of a file, or of a folder's files and their names in sorted order."""
    path, sha = Path(path), hashlib.sha256()
    files = (
        [path]
        if path.is_file()
        else sorted(p for p in path.rglob("*") if p.is_file() and p.name != atomic_files.MARKER)
    )
    for file in files:
        sha.update(file.relative_to(path).as_posix().encode() + b"\0" + file.read_bytes())
    return sha.hexdigest()
