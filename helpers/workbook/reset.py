"""The command `reset`: restore the state after installation, for the next group."""

import argparse
import shutil
from pathlib import Path

from helpers.common import artifacts, atomic_files
from helpers.common.errors import command


@command
def main(argv=None) -> int:
    """python -m helpers reset: remove build/ and JupyterLab's files among the notebooks; keep .venv, caches and MNIST.

    Notebooks that were changed are not touched: git restores those (`git checkout notebooks`). If build/ is a link
    or a mounted disk, it is only emptied. A folder that WORKBOOK_BUILD names is removed only if the workbook created it.
    """
    parser = argparse.ArgumentParser(prog="python -m helpers reset", description=main.__doc__.splitlines()[0])
    parser.add_argument("--dry-run", action="store_true", help="say what would be removed, remove nothing")
    only_say = parser.parse_args(argv).dry_run
    artifacts.check_build()
    build, removed = artifacts.build(), []
    if build.exists():
        if not artifacts.is_own_build():
            atomic_files.check_ours(build.resolve(), build)
        removed += [build] if _holds_anything(build) else []
    left = artifacts.NOTEBOOKS / ".ipynb_checkpoints"  # JupyterLab's copies
    removed += [left] if left.is_dir() and not left.is_symlink() else []
    for path in removed:
        size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
        if not only_say:
            _remove(path)
        print(f"{'would remove' if only_say else 'removed'} {artifacts.shown(path)} ({size / 1e6:.1f} MB)")
    if not removed:
        print("nothing to remove: no notebook has run")
    return 0


def _remove(path: Path) -> None:
    if path == artifacts.build():
        atomic_files.remove_folder(path)
    else:
        shutil.rmtree(path)


def _holds_anything(folder: Path) -> bool:
    """Whether a folder that cannot be removed itself holds more than the marker."""
    kept = folder.is_symlink() or folder.is_mount()
    return not kept or any(path.name != atomic_files.MARKER for path in folder.iterdir())
