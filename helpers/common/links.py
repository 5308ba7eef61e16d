"""Check links in Markdown: files and headings exist, web links are well-formed, pictures have alternative text."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat

LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)[^)]*\)")
FENCED = re.compile(r"```.*?```", re.DOTALL)
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


def problems(text: str, folder: Path, own: str | None = None) -> Iterator[str]:
    """Yield the problems with the links of a Markdown text in `folder`; own: the page's whole text, for #anchors."""
    text = CODE.sub("", text)
    for picture, words, target in LINK.findall(text):
        if picture and not words.strip():
            yield f"the picture {target} has no alternative text"
        yield from _wrong(target, folder, own or text)
    for tag in re.findall(r"<img\b[^>]*>", text):
        if not re.search(r"\balt=[\"'][^\"']", tag):
            yield "has an <img> without an alternative text"


def _wrong(target: str, folder: Path, own: str) -> Iterator[str]:
    """Yield the problems with one target."""
    parts = urlsplit(target)
    if parts.scheme or parts.netloc:
        if parts.scheme not in ("https", "http") or "." not in parts.netloc:
            yield f"links to {target}, which is no address"
        return
    place = folder / unquote(parts.path) if parts.path else None
    if place and not place.exists():
        yield f"links to {target}, which is not there"
    elif parts.fragment and parts.fragment not in anchors(markdown(place) if place else own):
        yield f"links to {target}, where there is no such heading"


def markdown(path: Path) -> str:
    """The markdown of a page or of a notebook's cells."""
    if path.suffix != ".ipynb":
        return path.read_text(encoding="utf-8")
    cells = nbformat.read(path, as_version=4).cells
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def anchors(text: str) -> set[str]:
    """Return the anchors of a page: its headings as JupyterLab (Words-with-dashes) and GitHub (in lower case) write them."""
    headings = re.findall(r"^#+ +(.+?) *$", FENCED.sub("", text), re.MULTILINE)
    dashed = {re.sub(r"[*`]", "", heading).replace(" ", "-") for heading in headings}
    return dashed | {re.sub(r"[^\w-]", "", each.lower()) for each in dashed}
