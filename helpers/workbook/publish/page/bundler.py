"""rp2040js and the page's own JavaScript as one file, by Node.js, npm and esbuild, whose versions package-lock.json pins."""

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from helpers.common import artifacts
from helpers.common.errors import MissingInput, ToolFailed

HERE = Path(__file__).parent
PACKAGES = ("package.json", "package-lock.json")
SCRIPTS = ("page.js", "machine.js", "prepare.js")
PATIENCE_S = 300


def need_node() -> None:
    """Raise MissingInput, which says what to install, where Node.js or npm is not on PATH."""
    lacking = [title for name, title in (("node", "Node.js"), ("npm", "npm")) if shutil.which(name) is None]
    if lacking:
        what = f"{' and '.join(lacking)} not installed"
        raise MissingInput(what, where="page", remedy="install Node.js 18 or newer, which has npm (https://nodejs.org)")


def installed() -> Path:
    """The folder with the packages, .cache/page, installed once for each lock file; npm checks its hashes.

    Raises MissingInput without Node.js, ToolFailed where npm cannot fetch them.
    """
    need_node()
    folder = artifacts.ROOT / ".cache" / "page"
    lock = (HERE / "package-lock.json").read_bytes()
    if not (folder / "package-lock.json").is_file() or (folder / "package-lock.json").read_bytes() != lock:
        with artifacts.replacing_folder(folder) as fresh:
            for name in PACKAGES:
                shutil.copyfile(HERE / name, fresh / name)
            _run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], fresh, "check the connection to npm")
    return folder


def bundled() -> str:
    """page.js with all that it imports, as one minified script that a page opened from a file may run.

    Raises as `installed`, and ToolFailed where esbuild stops.
    """
    packages = installed() / "node_modules"
    with tempfile.TemporaryDirectory() as scratch:
        for name in SCRIPTS:
            shutil.copyfile(HERE / name, Path(scratch, name))
        esbuild = [
            "node",
            packages / "esbuild" / "bin" / "esbuild",
            "page.js",
            "--bundle",
            "--minify",
            "--charset=ascii",
        ]
        options = ["--format=iife", "--target=es2020", "--legal-comments=none", "--log-level=error"]
        return _run([*esbuild, *options], Path(scratch), None, NODE_PATH=str(packages))


def version(package: str) -> str:
    """The version of a package that is installed."""
    return json.loads((installed() / "node_modules" / package / "package.json").read_text())["version"]


def licences() -> str:
    """The licence texts of what is in the bundle."""
    name, text = "rp2040js", (installed() / "node_modules" / "rp2040js" / "LICENSE").read_text().strip()
    return (
        f"page.js contains {name} {version(name)} (https://github.com/wokwi/rp2040js), under this licence:\n\n{text}\n"
    )


def _run(command: list, folder: Path, remedy: str | None, **variables: str) -> str:
    """Run one of Node's programs; returns what it printed."""
    words, tool = [str(word) for word in command], Path(command[0]).name
    try:
        done = subprocess.run(
            words, cwd=folder, env=os.environ | variables, capture_output=True, text=True, timeout=PATIENCE_S
        )
    except subprocess.TimeoutExpired:
        raise ToolFailed(f"{tool} has not ended within {PATIENCE_S} s", where="page", remedy=remedy) from None
    if done.returncode:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()] or ["it printed nothing"]
        raise ToolFailed(f"{tool} stopped: {lines[0]}", where="page", remedy=remedy)
    return done.stdout
