"""python -m helpers patch: the note's steps on the main.c of a reader's own MCUXpresso project."""

import argparse
from pathlib import Path

from helpers import artifacts, bundle_header
from helpers.boards import WEIGHTS
from helpers.errors import MissingInput, command
from helpers.main_c import patching, source
from helpers.main_c.target import Target


def parser() -> argparse.ArgumentParser:
    """The command line."""
    line = argparse.ArgumentParser(prog="python -m helpers patch", description=__doc__.partition(": ")[2])
    line.add_argument("--project", type=Path, required=True, help="folder of the project, with source/main.c in it")
    line.add_argument("--bundle", type=Path, help="folder of the bundle (build/bundle_m7 if none is given)")
    line.add_argument("--weights", choices=WEIGHTS, default="ram", help="where the constant weights lie (ram)")
    line.add_argument("--dry-run", action="store_true", help="show what would change, and change nothing")
    return line


@command
def main(argv=None) -> None:
    """Patch DIR/source/main.c; with a hello_world.c beside it, adapt it to that board too (the note's M0+ steps)."""
    options = parser().parse_args(argv)
    folder = options.bundle or artifacts.need("bundle_m7")
    headers = sorted(folder.glob("*.h"))
    if len(headers) != 1:
        remedy = "name the folder that model-compiler wrote"
        raise MissingInput(f"holds {len(headers)} headers, not one", where=artifacts.shown(folder), remedy=remedy)
    main_c = options.project / "source" / "main.c"
    hello_world = main_c.with_name("hello_world.c")
    text = source.read(hello_world) if hello_world.exists() else ""
    target = Target(bundle_header.read(headers[0]), hello_world=text, weights=options.weights)
    steps = patching.M7_STEPS + (patching.M0_STEPS if text else ()) + patching.WEIGHTS_STEPS
    patched = patching.patch_file(main_c, target, steps, options.dry_run)
    print(*patched.outcomes, sep="\n")
    print("nothing was written" if options.dry_run else f"{artifacts.shown(main_c)} is as the note wants it")
