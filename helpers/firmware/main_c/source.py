"""C source as text: find and replace in its code and never in its comments, with its own line ends."""

import re
from collections.abc import Callable
from pathlib import Path

from helpers.common import artifacts
from helpers.common.errors import BadInput, MissingInput

LARGEST_FILE = 1 << 20  # bytes

_COMMENT_OR_STRING = re.compile(r'//[^\r\n]*|/\*.*?\*/|"(?:\\.|[^"\\\r\n])*"|\'(?:\\.|[^\'\\\r\n])*\'', re.DOTALL)


def read(path) -> str:
    """A C file with its line ends and any foreign bytes kept; raises MissingInput or BadInput."""
    path, where = Path(path), artifacts.shown(path)
    if not path.is_file():
        raise MissingInput("does not exist", where=where)
    if path.stat().st_size > LARGEST_FILE:
        raise BadInput(f"is larger than {LARGEST_FILE:,} bytes", where=where)
    content = path.read_bytes()
    if b"\0" in content:
        raise BadInput("is not a text file", where=where)
    return content.decode("utf-8", "surrogateescape")


def write(path, text: str) -> Path:
    """What `read` gave, changed or not, back to a file."""
    return artifacts.write_bytes(path, text.encode("utf-8", "surrogateescape"))


def code(text: str) -> str:
    """The text with its comments blanked out, character for character, so that positions stay the same."""

    def blank(match: re.Match) -> str:
        word = match.group()
        return re.sub(r"[^\r\n]", " ", word) if word.startswith("/") else word

    return _COMMENT_OR_STRING.sub(blank, text)


def newline(text: str) -> str:
    """The line end that the text uses."""
    return "\r\n" if "\r\n" in text else "\n"


def find(text: str, pattern: str) -> list[re.Match]:
    """All matches of a pattern in the text's code."""
    return list(re.finditer(pattern, code(text)))


def replace(text: str, pattern: str, new: str | Callable[[re.Match], str]) -> tuple[str, int]:
    """Replace the group named `this` of every match in the code; returns the text and the number of matches."""
    matches = find(text, pattern)
    for match in reversed(matches):
        start, end = match.span("this")
        text = text[:start] + (new if isinstance(new, str) else new(match)) + text[end:]
    return text, len(matches)


def indentation(text: str, position: int) -> str:
    """The blanks in front of the line that holds the position."""
    line = text[text.rfind("\n", 0, position) + 1 :]
    return re.match(r"[ \t]*", line).group()


def includes(text: str) -> dict[str, re.Match]:
    """The headers (.h) that the text includes, in order, each with the match of its whole line."""
    lines = find(text, r'(?m)^[ \t]*#[ \t]*include[ \t]*[<"](?P<name>[^>"\r\n]+\.h)[>"][ \t]*\r?\n')
    return {line["name"]: line for line in lines}
