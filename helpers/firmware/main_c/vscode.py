"""Add a bundle's object file to the CMakeLists.txt of a project of MCUXpresso for VS Code (the note's step 6).

NXP's CMake code calls the program's target ${MCUX_SDK_PROJECT_NAME}, in the projects of an SDK package (armgcc/CMakeLists.txt) as
in those of a west workspace (CMakeLists.txt, with project(... PROJECT_BOARD_PORT_PATH ...)).
"""

import os
import re
from pathlib import Path

from helpers.common import artifacts
from helpers.common.errors import BadInput
from helpers.firmware.main_c import source

LISTS = ("CMakeLists.txt", "armgcc/CMakeLists.txt")
TARGET = "${MCUX_SDK_PROJECT_NAME}"
STEP = """\
{end}# The network's object file (the note's step 6).
target_link_libraries({target} PRIVATE ${{CMAKE_CURRENT_LIST_DIR}}/{path})
"""


def lists_file(project: Path) -> Path | None:
    """Return the CMakeLists.txt that builds a project's program; None for a project of MCUXpresso IDE."""
    found = [project / name for name in LISTS if (project / name).is_file()]
    return next((path for path in found if TARGET in _code(source.read(path)) or _is_nxps(source.read(path))), None)


def _code(text: str) -> str:
    """Return the text of a CMakeLists.txt without its comments."""
    return re.sub(r"#.*", "", text)


def _is_nxps(text: str) -> bool:
    return "mcux.cmake" in _code(text)


def with_object(lists: Path, object_file: Path) -> str:
    """Make a CMakeLists.txt link an object file beside main.c; return its text, unchanged if it already names that file.

    Raises BadInput if the path holds a character that CMake would not read literally.
    """
    text = source.read(lists)
    if re.search(rf"(?:^|[\s/\"]){re.escape(object_file.name)}\b", _code(text)):
        return text
    path = Path(os.path.relpath(object_file, lists.parent)).as_posix()
    if re.search(r'[\s;"$\\]', path):
        raise BadInput(f"lies at {path!r}, which CMake would take apart", where=artifacts.shown(object_file))
    end = source.newline(text)
    step = STEP.format(end="\n", target=TARGET, path=path).replace("\n", end)
    return text + ("" if not text or text.endswith(("\n", "\r")) else end) + step
