"""python -m helpers patch: the note's steps on the main.c of a reader's own MCUXpresso project."""

import argparse
from pathlib import Path

from helpers.common import artifacts
from helpers.common.errors import MissingInput, command
from helpers.firmware.main_c import patching, source
from helpers.firmware.main_c.target import Target
from helpers.hardware.boards import WEIGHTS
from helpers.inference import bundle_header


def parser() -> argparse.ArgumentParser:
    """The command line."""
    line = argparse.ArgumentParser(prog="python -m helpers patch", description=__doc__.partition(": ")[2])
    line.add_argument("--project", type=Path, required=True, help="folder of the project in the workspace")
    line.add_argument("--bundle", type=Path, help="folder of the bundle (build/bundle_m7 if none is given)")
    line.add_argument("--weights", choices=WEIGHTS, default="ram", help="where the constant weights lie (ram)")
    line.add_argument("--dry-run", action="store_true", help="show what would change, and change nothing")
    return line


TO_DO = """\
Still yours to do in the IDE (the note's steps 4 to 6 and 14; for another board, its M0+ steps 3 to 5 and 8 to 11):
  copy {name}.h, {name}.o, {name}.weights.txt and {image} into the project's source folder
  Properties, C/C++ Build, Settings, MCU Linker, Miscellaneous, Other objects: add ${{ProjDirPath}}/source/{name}.o
  clean, build, and debug the project"""


@command
def main(argv=None) -> None:
    """Patch the project's main.c; with a hello_world.c beside it, adapt it to that board too (the note's M0+ steps)."""
    options = parser().parse_args(argv)
    header = bundle_header.in_folder(options.bundle or artifacts.need("bundle_m7"))
    main_c = find_main(options.project)
    hello_world = main_c.with_name("hello_world.c")
    text = source.read(hello_world) if hello_world.exists() else ""
    target = Target(header, hello_world=text, weights=options.weights)
    steps = patching.steps_for(source.read(main_c), target)
    patched = patching.patch_file(main_c, target, steps, options.dry_run)
    print(*patched.outcomes, sep="\n")
    print("nothing was written" if options.dry_run else f"{artifacts.shown(main_c)} is as the note wants it")
    print(TO_DO.format(name=target.header.name, image=target.image))


def find_main(project: Path) -> Path:
    """The file to patch: source/main.c, or the one C file there that includes a network's weights.

    Raises MissingInput where there is no such project, or none or several such files in it.
    """
    folder = project / "source"
    if not folder.is_dir():
        remedy = "name a project's folder in the MCUXpresso workspace, the one that holds .project and source"
        raise MissingInput("holds no folder source", where=artifacts.shown(project), remedy=remedy)
    if (folder / "main.c").exists():
        return folder / "main.c"
    found = [path for path in sorted(folder.glob("*.c")) if "constantWeight" in source.code(source.read(path))]
    if len(found) != 1:
        remedy = "import NXP's Glow example, or copy its main.c there (the note's M0+ step 4)"
        what = f"holds no main.c, and {len(found) or 'no'} other C files with a network's constantWeight"
        raise MissingInput(what, where=artifacts.shown(folder), remedy=remedy)
    return found[0]
