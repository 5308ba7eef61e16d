"""Check that CMake, Ninja and the compilers can build in a path."""

import os
from pathlib import Path

from helpers.common import artifacts
from helpers.common.errors import BadInput

# CMake splits lists at `;`, Ninja rules at `:` and `|`; `[` is a pattern to CMake, `"` and a backslash end or escape words.
# zig cannot build its own library if the path of its cache holds a `%`.
STOPPERS = ';:|["\\%' if os.name != "nt" else ';["%'


def check(folder: Path) -> None:
    """Raise BadInput if the path of a project or of this checkout holds a character with which no build works."""
    for place in (Path(folder).absolute(), artifacts.ROOT):
        stoppers = [character for character in STOPPERS if character in str(place)]
        if stoppers:
            what = f"its path holds {' and '.join(stoppers)}, where CMake and the compilers stop"
            other = ", or let WORKBOOK_BUILD name one" if place != artifacts.ROOT else ""
            raise BadInput(what, where=place, remedy=f"move it to a path without them{other}")
