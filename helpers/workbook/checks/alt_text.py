"""Alternative texts of the figures in a notebook's outputs, for readers who cannot see them."""

import re
import textwrap
from collections.abc import Iterator

import nbformat

PICTURES = ("image/png", "image/svg+xml", "image/jpeg")
MARKUP = re.compile(r"\$\$.*?\$\$|```.*?```|[*#>]|\[([^\]]*)\]\([^)]*\)", re.DOTALL)
LONGEST = 300  # characters


def describe(notebook: nbformat.NotebookNode) -> None:
    """Give every picture among the outputs an alternative text: its section's title and the text just before it.

    nbconvert and JupyterLab look for it in the output's metadata, under the picture's type.
    """
    section = said = ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            heading, paragraph = _heading(cell.source), _last_paragraph(cell.source)
            section = heading or section
            said = paragraph or ("" if heading else said)  # the end of the previous section is not about this figure
            continue
        for output, kind in pictures(cell):
            text = f"Figure of the section {section!r}. {said}" if section else f"Figure. {said}"
            output.metadata[kind] = {
                **output.metadata.get(kind, {}),
                "alt": textwrap.shorten(text, LONGEST, placeholder=" ..."),
            }


def pictures(cell: nbformat.NotebookNode) -> Iterator[tuple[nbformat.NotebookNode, str]]:
    """Yield the outputs of a code cell that are pictures, with their type."""
    for output in cell.outputs:
        for kind in PICTURES:
            if kind in output.get("data", {}):
                yield output, kind


def of(output: nbformat.NotebookNode, kind: str) -> str:
    """Return the alternative text of a picture, empty if it has none."""
    found = output.get("metadata", {}).get(kind, {})
    return found.get("alt", "") if isinstance(found, dict) else ""


def _heading(source: str) -> str:
    lines = [line for line in source.splitlines() if line.startswith("#")]
    return lines[-1].lstrip("# ").strip() if lines else ""


def _last_paragraph(source: str) -> str:
    prose = "\n".join(line for line in source.splitlines() if not line.startswith(("#", "|")))
    plain = MARKUP.sub(lambda found: found[1] or " ", prose)
    paragraphs = [" ".join(each.split()) for each in plain.split("\n\n") if each.strip()]
    return paragraphs[-1] if paragraphs else ""
