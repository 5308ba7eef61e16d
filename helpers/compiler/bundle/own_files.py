"""Recognise the files of a folder that belong to a bundle: only those are written, replaced and removed."""

import re
from pathlib import Path

from helpers.common import file_sets
from helpers.common.errors import BadParameter

# What follows a network's name in a bundle's files, in the order in which they are replaced: the header comes last, since
# it is what other programs look for.
ENDINGS = (".c", "_kernels.S", "_layers.c", ".s", ".o", ".weights.bin", ".weights.txt", ".h")
_OPENINGS = ('/* The network "', "/* The plain form, to read")  # of every .c that the compiler writes
LARGEST_HEADER = 1 << 20  # bytes


def check(folder: Path, name: str) -> None:
    """Raise BadParameter if a folder is a file, or holds files of a network's name that are not a bundle's."""
    if folder.exists() and not folder.is_dir():
        raise BadParameter(
            "-emit-bundle names a file, not a folder", where=folder, remedy="name a folder for the bundle"
        )
    there = [folder / f"{name}{ending}" for ending in ENDINGS if (folder / f"{name}{ending}").exists()]
    if not there or file_sets.journal(folder, name).is_file():
        return
    header, source = folder / f"{name}.h", folder / f"{name}.c"
    foreign = there[0] if not _is_header(header, name) else source if not _is_source(source) else None
    if foreign:
        remedy = "choose another -network-name or folder, or move the file away"
        raise BadParameter("is there already, and the compiler did not write it", where=foreign, remedy=remedy)


def _is_header(path: Path, name: str) -> bool:
    if not path.is_file() or path.stat().st_size > LARGEST_HEADER:
        return False
    text = path.read_text(errors="replace")
    return re.search(rf"^#ifndef _GLOW_BUNDLE_{name.upper()}_H\b", text, re.MULTILINE) is not None


def _is_source(path: Path) -> bool:
    if not path.is_file():
        return not path.exists()
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.read(len(max(_OPENINGS, key=len))).startswith(_OPENINGS)


def replace(folder: Path, name: str, contents: dict[str, bytes]) -> None:
    """Replace a network's bundle files with new ones, given by ending; all or none.

    Files that an earlier compilation wrote and this one does not are removed. Raises what `check` does.
    """
    check(folder, name)
    ordered = {f"{name}{ending}": contents[ending] for ending in ENDINGS if ending in contents}
    stale = [
        f"{name}{ending}" for ending in ENDINGS if ending not in contents and (folder / f"{name}{ending}").exists()
    ]
    file_sets.replace(folder, name, ordered, stale)
