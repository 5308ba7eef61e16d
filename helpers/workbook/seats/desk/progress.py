"""The progress of a seat: what it has passed, and where it is stuck; files of it are checked before anything of them is used."""

import dataclasses
import json
import os
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path

import jsonschema

from helpers.common import artifacts
from helpers.common.errors import BadInput, BadParameter

LARGEST = 64 << 10  # bytes of a file
MOST_SEATS = 500
LONGEST = 200  # characters of a message
PASSED, FAILED, OPEN = "passed", "failed", "open"
NAME = r"^[^\W_][\w .'-]{0,39}$"  # letters and digits of any script
STEP = r"^[0-9]{2}\.E?[0-9]{1,3}$"
SCHEMA = {
    "type": "object",
    "required": ["format", "seat", "notebook", "last", "steps"],
    "additionalProperties": False,
    "properties": {
        "format": {"const": 1},
        "seat": {"type": "string", "pattern": NAME},
        "notebook": {"type": "string", "pattern": r"^[0-9]{2}_\w{1,60}$"},
        "last": {"type": "string", "pattern": r"^([0-9]{2}\.E?[0-9]{1,3})?$"},
        "steps": {
            "type": "object",
            "maxProperties": 400,
            "additionalProperties": False,
            "patternProperties": {
                STEP: {
                    "type": "object",
                    "required": ["state", "tries", "message"],
                    "additionalProperties": False,
                    "properties": {
                        "state": {"enum": [PASSED, FAILED, OPEN]},
                        "tries": {"type": "integer", "minimum": 1, "maximum": 100_000},
                        "message": {"type": "string", "maxLength": LONGEST},
                    },
                }
            },
        },
    },
}
_VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


@dataclass(frozen=True)
class Outcome:
    """How a step went: passed, failed, or open (an exercise that is not written yet); the tries so far, and the last message."""

    state: str
    tries: int
    message: str = ""


@dataclass(frozen=True)
class Progress:
    """What a seat shows of itself. notebook: where it worked last; last: the step that it tried last, "" before the first."""

    seat: str
    notebook: str
    last: str = ""
    steps: dict[str, Outcome] = field(default_factory=dict)

    def after(self, step: str, state: str, message: str = "") -> "Progress":
        """Return the progress after one more try of a step."""
        tries = self.steps[step].tries + 1 if step in self.steps else 1
        steps = self.steps | {step: Outcome(state, min(tries, 100_000), printable(message))}
        return dataclasses.replace(self, last=step, steps=steps)

    def as_json(self) -> str:
        """Return the text of its file."""
        return json.dumps({"format": 1, **dataclasses.asdict(self)}, indent=1, sort_keys=True) + "\n"


def printable(message: str) -> str:
    """Return the beginning of a message as one line that no terminal or page obeys."""
    line = " ".join(message.split())
    return "".join(sign if sign.isprintable() else "?" for sign in line)[:LONGEST]


def check_name(seat: str) -> str:
    """Return a seat's name; raises BadParameter for one that no file can have."""
    if not re.fullmatch(NAME, seat) or seat != seat.strip(" ."):
        remedy = "use up to 40 letters, digits, blanks, dots and hyphens, beginning with a letter or digit"
        raise BadParameter(f"{printable(seat)!r} is no name for a seat", remedy=remedy)
    return seat


def parse(text: bytes, where) -> Progress:
    """Check and read a file's content; raises BadInput."""
    if len(text) > LARGEST:
        raise BadInput(f"has more than {LARGEST >> 10} KB", where=where, remedy=_REMEDY)
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        raise BadInput("is not JSON", where=where, remedy=_REMEDY) from None
    if error := jsonschema.exceptions.best_match(_VALIDATOR.iter_errors(given)):
        place = ".".join(map(str, error.absolute_path))[:60] or "it"
        raise BadInput(f"is no progress file ({printable(place)} is wrong)", where=where, remedy=_REMEDY)
    outcomes = {name: Outcome(**given["steps"][name]) for name in sorted(given["steps"])}
    texts = [given["seat"], *(each.message for each in outcomes.values())]
    if not all(text.isprintable() for text in texts) or given["seat"] != given["seat"].strip(" ."):
        raise BadInput("has signs that cannot be shown", where=where, remedy=_REMEDY)
    return Progress(given["seat"], given["notebook"], given["last"], outcomes)


_REMEDY = "remove it; a seat writes a new one"


def read(path: Path) -> Progress:
    """Read a seat's file; raises BadInput for anything but a small plain file named after its seat."""
    where = printable(path.name)
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise BadInput("is not a plain file", where=where, remedy=_REMEDY)
            found = parse(file.read(LARGEST + 1), where)
    except OSError as error:
        raise BadInput(f"cannot be read ({error.strerror})", where=where, remedy=_REMEDY) from None
    if path.name != file_name(found.seat):
        raise BadInput(f"has the name of another seat, {found.seat}", where=where, remedy=_REMEDY)
    return found


def file_name(seat: str) -> str:
    """Return the name of a seat's file."""
    return f"{seat}.json"


def write(folder: Path, progress: Progress) -> Path:
    """Write a seat's file into a folder, whole or not at all."""
    return artifacts.write_text(folder / file_name(progress.seat), progress.as_json())


def gather(folder: Path) -> tuple[list[Progress], list[str]]:
    """Read every seat's file of a folder, by name; returns what was refused as lines, too. Raises BadParameter."""
    if not folder.is_dir():
        raise BadParameter("is no folder", where=folder, remedy="name the folder that the seats write to")
    paths = sorted(path for path in folder.iterdir() if path.suffix == ".json")
    seats, refused = [], []
    for path in paths[:MOST_SEATS]:
        try:
            seats.append(read(path))
        except BadInput as error:
            refused.append(str(error))
    if len(paths) > MOST_SEATS:
        refused.append(f"{len(paths) - MOST_SEATS} more files than {MOST_SEATS} seats are not shown.")
    return seats, refused
