"""Find the sentences of a Markdown text that are too long to read aloud in one breath."""

import re
from collections.abc import Iterator

LONGEST = 30  # words of a sentence

_LEFT_OUT = re.compile(r"```.*?```|\$\$.*?\$\$", re.DOTALL)
_TAG = re.compile(r"</?\w[^>]*>")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_CODE = re.compile(r"`[^`\n]*`")
_HEADING = re.compile(r"^(#+ .*)$", re.MULTILINE)
_BLOCK = re.compile(r"\n\s*\n|\n(?=\s*(?:[-*|>#]|\d+\.)\s?)")  # a new paragraph, item, row or heading
_MARKS = re.compile(r"^[\s>#*-]+|\*")
_END = re.compile(r"(?<=[.?!])[\"')*]*\s+")


def sentences(text: str) -> Iterator[str]:
    """Yield the sentences of a Markdown text in order, without code, formulas and markup; each table cell is separate."""
    text = _CODE.sub("code", _LINK.sub(r"\1", _LEFT_OUT.sub("\n\n", text)))
    for block in _BLOCK.split(_HEADING.sub(r"\1\n", _TAG.sub("\n\n", text))):
        for cell in block.split("|"):
            plain = " ".join(_MARKS.sub("", cell).split())
            yield from (sentence for sentence in _END.split(plain) if sentence)


def too_long(text: str) -> Iterator[tuple[int, str]]:
    """Yield the word count and text of each sentence with more than LONGEST words."""
    for sentence in sentences(text):
        count = len(sentence.split())
        if count > LONGEST:
            yield count, sentence
