"""The command `lab`: open JupyterLab on copies of the notebooks, so that saving them changes no tracked file."""

import argparse
import contextlib
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import nbformat
from nbformat.sign import NotebookNotary

from helpers.common import artifacts
from helpers.common.errors import BadParameter, command
from helpers.workbook import road
from helpers.workbook.seats.desk import watch

FOLDER = "my_notebooks"  # beside notebooks/, so that links to docs/ and README.md still work
RECORD = ".copied.json"  # path of each copy to the SHA-256 of its original
# Defaults only: the user's own JupyterLab settings take precedence.
DEFAULTS = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
}


def folder() -> Path:
    """Return the folder of the copies."""
    return artifacts.ROOT / FOLDER


def _originals() -> dict[str, Path]:
    """Return the tracked notebooks and their clean twins, by their path below notebooks/."""
    found = sorted([*artifacts.NOTEBOOKS.glob("*.ipynb"), *artifacts.NOTEBOOKS.glob("clean/*.ipynb")])
    return {path.relative_to(artifacts.NOTEBOOKS).as_posix(): path for path in found}


def copy() -> list[str]:
    """Copy new notebooks, and update unedited copies of changed ones; returns lines to print.

    An edited copy is not changed.
    """
    record, lines = _record(), []
    for name, original in _originals().items():
        target, digest = folder() / name, _digest(original)
        worked_on = target.exists() and _digest(target) != record.get(name)
        if worked_on and record.get(name) != digest:
            lines.append(f"{FOLDER}/{name} is yours and stays; there is a newer original: --restore {target.stem[:2]}")
        elif not worked_on and (not target.exists() or record.get(name) != digest):
            _put(original, target)
            record[name] = digest
    artifacts.write_json(folder() / RECORD, record)
    return lines


def restore(names: list[str]) -> list[str]:
    """Replace the copies of these notebooks (numbers or names; all if empty) with the originals; returns lines to print.

    An edited copy is kept under another name. Raises BadParameter for a name that no notebook has.
    """
    books = road.discover()
    wanted = {road.find(books, name).path.name for name in names} or {book.path.name for book in books}
    record, lines = _record(), []
    for name, original in _originals().items():
        target = folder() / name
        if original.name not in wanted or not target.exists():
            continue
        if _digest(target) != record.get(name):
            kept = _free(target)
            target.rename(kept)
            lines.append(f"{FOLDER}/{name} is as it was; yours is now {kept.name}")
        _put(original, target)
        record[name] = _digest(original)
    artifacts.write_json(folder() / RECORD, record)
    return lines or ["nothing to restore: no copy was changed"]


def _digest(path: Path) -> str:
    """Return the SHA-256 of a notebook's cells, without the outputs and metadata that autosave changes."""
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        written = json.dumps([[cell["cell_type"], "".join(cell["source"])] for cell in cells]).encode()
    except (ValueError, KeyError, TypeError):
        written = path.read_bytes()  # no notebook any more: then it was worked on
    return hashlib.sha256(written).hexdigest()


def _record() -> dict[str, str]:
    with contextlib.suppress(OSError, ValueError):
        found = json.loads((folder() / RECORD).read_text())
        return found if isinstance(found, dict) else {}
    return {}


def _put(original: Path, target: Path) -> None:
    """Copy one notebook and mark it as trusted, so that Jupyter shows its tables and drawings at once."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(original, target)
    with contextlib.suppress(OSError, sqlite3.Error):  # a home that cannot be written: then they come when a cell runs
        NotebookNotary().sign(nbformat.read(target, as_version=4))


def _free(target: Path) -> Path:
    """Return an unused name beside `target`."""
    names = (target.with_name(f"{target.stem}.mine{number or ''}.ipynb") for number in range(1000))
    return next(path for path in names if not path.exists())


def server(start: str, more: list[str]) -> list[str]:
    """Return the command line of a JupyterLab that is rooted at the project and opens one of the copies."""
    settings = artifacts.build("lab")
    artifacts.write_json(settings / "overrides.json", DEFAULTS)
    options = {
        "ServerApp.root_dir": artifacts.ROOT,
        "LabApp.default_url": f"/lab/tree/{FOLDER}/{start}",
        "LabApp.app_settings_dir": settings,
    }
    return [sys.executable, "-m", "jupyterlab", *(f"--{name}={value}" for name, value in options.items()), *more]


def _told(desk: str | None, name: str | None) -> dict[str, str]:
    """Return the variables for kernels that report to a desk, and say what is reported; {} if none was asked for."""
    if bool(desk) != bool(name):
        raise BadParameter("--desk and --name go together", remedy="give both, or none to show nothing")
    if not desk:
        return {}
    variables = watch.asked(desk, name)
    print(f"The desk {desk} sees of {name}: the notebook, and how each checkpoint and exercise went, with its message.")
    return variables


@command
def main(argv=None) -> int:
    """python -m helpers lab: start JupyterLab with copies of the notebooks in my_notebooks/; other options are JupyterLab's.

    --restore puts originals back, and keeps edited copies under another name.
    """
    parser = argparse.ArgumentParser(prog="python -m helpers lab", description=main.__doc__.splitlines()[0])
    parser.add_argument("--open", default="00", metavar="NOTEBOOK", help="the one to open, by number or name")
    parser.add_argument(
        "--restore", nargs="*", metavar="NOTEBOOK", help="put the originals of these (or all) back, and end"
    )
    parser.add_argument(
        "--desk", metavar="WHERE", help="show my progress at this desk: a folder, or http://ADDRESS:PORT"
    )
    parser.add_argument("--name", help="what the desk shall call this seat")
    options, more = parser.parse_known_args(argv)
    if options.restore is not None:
        print("\n".join(restore(options.restore)))
        return 0
    told = _told(options.desk, options.name)
    start = road.find(road.discover(), options.open).path.name
    print("\n".join([f"The notebooks are copied to {FOLDER}/; save as you like.", *copy()]), flush=True)
    with contextlib.suppress(KeyboardInterrupt):  # how one ends it
        return subprocess.run(server(start, more), cwd=artifacts.ROOT, env=os.environ | told).returncode
    return 0
