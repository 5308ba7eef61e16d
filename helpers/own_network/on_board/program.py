"""The program of a board that computes each input that arrives over its UART (firmware_projects/common/on_board.c)."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from helpers.common import artifacts
from helpers.firmware import main_c, projects
from helpers.firmware.projects import Project
from helpers.hardware import boards
from helpers.inference import bundle_header
from helpers.own_network import program

MAIN = artifacts.PROJECTS / "common" / "on_board.c"
BUILD_BYTES = 8


@dataclass(frozen=True)
class OnBoard:
    """A project that is built, and the number by which its program is known, 8 bytes."""

    project: Project
    build: bytes


def make(board: str, bundle, folder, **options) -> OnBoard:
    """Prepare and build the program of a bundle in `folder`; an older one is replaced. options: as for `firmware.build`.

    Raises BadParameter, MissingInput, BadInput (another core's bundle), DoesNotFit or ToolFailed.
    """
    facts, header = boards.load(board), bundle_header.in_folder(bundle)
    network = program.header_text(header, facts, "flash")
    main = main_c.read(MAIN)
    build = _build(board, main, network, header.beside(".o"), header.beside(".weights.txt"))
    sources = {"main.c": main, "own_network.h": network, "on_board.h": header_text(build)}
    project = projects.assemble(Path(folder), facts, "flash", header.file, sources)
    if project.target.hello_world:
        projects.patch(project, main_c.M0_STEPS)
    projects.build(project, **options)
    return OnBoard(project, build)


def header_text(build: bytes) -> str:
    """Return the text of on_board.h, which holds the number of the build."""
    numbers = ", ".join(f"0x{byte:02X}" for byte in build)
    head = "/* The number by which this program is known; written by helpers/own_network/on_board/program.py. */"
    return f"{head}\n#define ON_BOARD_BUILD {{{numbers}}}\n"


def _build(board: str, main: str, network: str, *files: Path) -> bytes:
    """Return a number that differs for another board, network or form."""
    digest = hashlib.sha256()
    for part in (board.encode(), main.encode(), network.encode(), *(file.read_bytes() for file in files)):
        digest.update(len(part).to_bytes(8, "little") + part)
    return digest.digest()[:BUILD_BYTES]
