"""python -m helpers patch: apply the note's steps to main.c in your own project of MCUXpresso IDE or VS Code."""

import argparse
from pathlib import Path

from helpers.common import artifacts
from helpers.common.errors import MissingInput, command
from helpers.firmware.main_c import patching, source, vscode
from helpers.firmware.main_c.target import Target
from helpers.hardware.boards import WEIGHTS
from helpers.inference import bundle_header


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    line = argparse.ArgumentParser(prog="python -m helpers patch", description=__doc__.partition(": ")[2])
    line.add_argument("--project", type=Path, required=True, help="folder of the project in the workspace")
    line.add_argument("--bundle", type=Path, help="folder of the bundle (build/bundle_m7 if none is given)")
    line.add_argument("--weights", choices=WEIGHTS, default="ram", help="where the constant weights lie (ram)")
    line.add_argument("--dry-run", action="store_true", help="show what would change, and change nothing")
    return line


COPY = "  copy {name}.h, {name}.o, {name}.weights.txt and {image} into the folder of main.c"
TO_DO = """\
Still yours to do in the IDE (the note's steps 4 to 6 and 14; for another board, its M0+ steps 3 to 5 and 8 to 11):
{copy}
  Properties, C/C++ Build, Settings, MCU Linker, Miscellaneous, Other objects: add ${{ProjDirPath}}/source/{name}.o
  clean, build, and debug the project"""
TO_DO_IN_VS_CODE = """\
Still yours to do in VS Code (the note's steps 4, 5 and 14; for another board, its M0+ steps 3 to 5 and 8 to 11):
{copy}
  where {lists} names hello_world.c, name main.c in its place
  pristine build, and debug the project"""


@command
def main(argv=None) -> None:
    """Patch the project's main.c; if a hello_world.c is beside it, adapt main.c to that board too (the note's M0+ steps).

    In a project for VS Code, also add the object file to CMakeLists.txt.
    """
    options = parser().parse_args(argv)
    header = bundle_header.in_folder(options.bundle or artifacts.need("bundle_m7"))
    main_c = find_main(options.project)
    hello_world = main_c.with_name("hello_world.c")
    text = source.read(hello_world) if hello_world.exists() else ""
    target = Target(header, hello_world=text, weights=options.weights)
    steps = patching.steps_for(source.read(main_c), target)
    patched = patching.patch_file(main_c, target, steps, options.dry_run)
    print(*patched.outcomes, sep="\n")
    lists = vscode.lists_file(options.project)
    if lists:
        link(lists, main_c.with_name(f"{target.header.name}.o"), options.dry_run)
    print("nothing was written" if options.dry_run else f"{artifacts.shown(main_c)} is as the note wants it")
    copy = COPY.format(name=target.header.name, image=target.image)
    shown = artifacts.shown(lists) if lists else None
    print((TO_DO_IN_VS_CODE if lists else TO_DO).format(copy=copy, name=target.header.name, lists=shown))


def link(lists: Path, object_file: Path, dry_run: bool) -> None:
    """Make a CMakeLists.txt link the bundle's object file, and say so; raises what vscode.with_object raises."""
    text = vscode.with_object(lists, object_file)
    before = source.read(lists)
    if text != before and not dry_run:
        source.write(lists, text)
    done = "links it already" if text == before else "would link it" if dry_run else "links it now"
    print(f"step 6: the object file {object_file.name}: {artifacts.shown(lists)} {done}")


def find_main(project: Path) -> Path:
    """Find the file to patch: source/main.c, or the only C file there that includes a network's weights.

    A project for VS Code may have its sources beside its CMakeLists.txt. Raises MissingInput if there is no such project, or
    if it has none or several such files.
    """
    folder = project / "source"
    if not folder.is_dir() and vscode.lists_file(project):
        folder = project
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
