"""Find, check and write to the drive that a board's boot loader shows on USB.

The boot loader says what it is in the file INFO_UF2.TXT (github.com/microsoft/uf2, README.md); the RP2040's drive is RPI-RP2.
"""

import os
import re
import shutil
import string
from pathlib import Path

from helpers.common import artifacts
from helpers.common.errors import BadInput, BadParameter, ToolFailed
from helpers.firmware import uf2
from helpers.hardware.boards import Board

LABELS = {0xE48BFF56: "RPI-RP2"}  # of the drive, and the "Board-ID" in INFO_UF2.TXT, by family
INFO = "INFO_UF2.TXT"
INFO_LIMIT = 4096


def places() -> list[Path]:
    """Return the folders under which Linux, macOS and Windows mount a drive, its own name last."""
    user = os.environ.get("USER", "")
    folders = [Path("/media", user), Path("/run/media", user), Path("/media"), Path("/mnt"), Path("/Volumes")]
    found = {path for folder in folders for path in _inside(folder)}
    if os.name == "nt":
        found |= {Path(f"{letter}:/") for letter in string.ascii_uppercase[2:]}
    return sorted(found)


def _inside(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:  # not there, or another user's
        return []


def find(board: Board, named: Path | None = None) -> Path:
    """Find the drive of a board that waits for a program; `named`: the drive to use, whose INFO_UF2.TXT is checked.

    Raises ToolFailed if none is mounted, BadParameter if several are, BadInput if the one named is not such a drive.
    """
    label = LABELS[board.uf2_family]
    if named:
        found = identity(named)
        if found != label:
            what = (
                f"says in {INFO} that it is {found!r}, not {label}"
                if found
                else f"is no drive {label}: no {INFO} there"
            )
            raise BadInput(what, where=named, remedy=f"name the folder where the drive {label} is mounted")
        return named
    drives = [path for path in places() if identity(path) == label]
    if not drives:
        remedy = f"hold BOOTSEL while you plug {board.title} in, or name the folder where it is mounted with --drive"
        raise ToolFailed(f"no drive {label} is mounted", remedy=remedy)
    if len(drives) > 1:
        raise BadParameter(
            f"{len(drives)} drives {label} are mounted", remedy=f"choose one with --drive: {_list(drives)}"
        )
    return drives[0]


def _list(drives: list[Path]) -> str:
    return ", ".join(map(str, drives))


def identity(drive: Path) -> str | None:
    """Return the Board-ID in a drive's INFO_UF2.TXT; None if there is none."""
    try:
        with (drive / INFO).open("rb") as stream:
            text = stream.read(INFO_LIMIT).decode("ascii", "replace")
    except OSError:
        return None
    found = re.search(r"^Board-ID:\s*(\S+)\s*$", text, re.MULTILINE)
    return found[1] if found else None


def write(file: Path, board: Board, drive: Path) -> None:
    """Copy a UF2 file to the drive; the board then flashes and starts the program. Raises what uf2.read raises, or ToolFailed."""
    uf2.read(file, board)
    try:
        shutil.copyfile(file, drive / file.name)
    except OSError as error:
        what = f"did not take {artifacts.shown(file)} ({error.strerror})"
        raise ToolFailed(what, where=drive, remedy="plug the board in again with BOOTSEL held") from None
