"""Find and replace in C code, never in its comments, and keep its line ends."""

import functools
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from helpers.common import artifacts
from helpers.common.errors import BadInput, MissingInput

LARGEST_FILE = 1 << 20  # bytes

_BODY = {quote: rf"{quote}(?:\\.|[^{quote}\\\r\n])*+" for quote in "\"'"}  # a literal without its closing quote
_UNCLOSED = {quote: re.compile(body, re.DOTALL) for quote, body in _BODY.items()}
_LITERALS = re.compile(f"(?:{'|'.join(body + quote for quote, body in _BODY.items())})++", re.DOTALL)
_LINE = re.compile(r"[^\r\n]*")


def read(path) -> str:
    """Read a C file; line ends and non-UTF-8 bytes are kept. Raises MissingInput or BadInput."""
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
    """Write a text from `read`, changed or not, to a file."""
    return artifacts.write_bytes(path, text.encode("utf-8", "surrogateescape"))


@functools.lru_cache(maxsize=8)
def code(text: str) -> str:
    """Return the text with its comments blanked out, character for character, so that positions stay the same."""
    parts, end = [], 0
    for start, stop in _comments(text):
        parts += [text[end:start], re.sub(r"[^\r\n]", " ", text[start:stop])]
        end = stop
    return "".join([*parts, text[end:]])


def _comments(text: str) -> Iterator[tuple[int, int]]:
    """Yield the start and end of each comment; text in string and character literals is no comment.

    An unclosed quote or `/*` is ordinary text. None of its kind is closed up to where the search for its end stopped, so none
    is searched up to there (`dead`): the time grows with the length of the text, not with its square.
    """
    position, dead = 0, {'"': 0, "'": 0, "/*": 0}
    while position < len(text):
        pattern = _opening(tuple(kind for kind, until in dead.items() if until <= position))
        limit = min((until for until in dead.values() if until > position), default=len(text))
        opening = pattern.search(text, position, limit)
        if opening is None:
            position = limit
            continue
        start, kind = opening.start(), opening.group()
        stop, seen = _end(text, start, kind)
        if stop is None:
            dead[kind] = seen
            position = start + 1
            continue
        if kind in ("//", "/*"):
            yield start, stop
        position = stop


@functools.cache
def _opening(alive: tuple[str, ...]) -> re.Pattern:
    """Return a pattern for the openings of comments and literals of the live kinds."""
    return re.compile("|".join(["//", *map(re.escape, alive)]))


def _end(text: str, start: int, kind: str) -> tuple[int | None, int]:
    """Return the end of a comment or a run of literals, or None if it is unclosed; and the end of the searched text."""
    if kind == "//":
        stop = _LINE.match(text, start).end()
        return stop, stop
    if kind == "/*":
        stop = text.find("*/", start + 2)
        return (stop + 2, stop + 2) if stop >= 0 else (None, len(text))
    literals = _LITERALS.match(text, start)
    return (literals.end(), literals.end()) if literals else (None, _UNCLOSED[kind].match(text, start).end())


def newline(text: str) -> str:
    """Return the text's line end."""
    return "\r\n" if "\r\n" in text else "\n"


def find(text: str, pattern: str) -> list[re.Match]:
    """Return all matches of a pattern in the text's code."""
    return list(re.finditer(pattern, code(text)))


def replace(text: str, pattern: str, new: str | Callable[[re.Match], str]) -> tuple[str, int]:
    """Replace the group named `this` of every match in the code; returns the text and the number of matches."""
    matches = find(text, pattern)
    for match in reversed(matches):
        start, end = match.span("this")
        text = text[:start] + (new if isinstance(new, str) else new(match)) + text[end:]
    return text, len(matches)


def indentation(text: str, position: int) -> str:
    """Return the indentation of the line at a position."""
    line = text[text.rfind("\n", 0, position) + 1 :]
    return re.match(r"[ \t]*", line).group()


def includes(text: str) -> dict[str, re.Match]:
    """Return the headers (.h) that the text includes, in order, each with the match of its whole line."""
    lines = find(text, r'(?m)^[ \t]*#[ \t]*include[ \t]*[<"](?P<name>[^>"\r\n]+\.h)[>"][ \t]*\r?\n')
    return {line["name"]: line for line in lines}
