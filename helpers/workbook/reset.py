"""The command `reset`: back to the state after installation, for the next group."""

import argparse
import shutil

from helpers.common import artifacts
from helpers.common.errors import command


@command
def main(argv=None) -> int:
    """python -m helpers reset: remove build/, and what JupyterLab left between the notebooks; .venv, caches and MNIST stay.

    Notebooks that were changed are not touched: git restores those (`git checkout notebooks`).
    """
    parser = argparse.ArgumentParser(prog="python -m helpers reset", description=main.__doc__.splitlines()[0])
    parser.add_argument("--dry-run", action="store_true", help="say what would be removed, remove nothing")
    only_say = parser.parse_args(argv).dry_run
    found = [path for path in (artifacts.build(), artifacts.NOTEBOOKS / ".ipynb_checkpoints") if path.exists()]
    for path in found:
        size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
        print(f"{'would remove' if only_say else 'removed'} {artifacts.shown(path)} ({size / 1e6:.1f} MB)")
        if not only_say:
            shutil.rmtree(path)
    if not found:
        print("nothing to remove: no notebook has run")
    return 0
