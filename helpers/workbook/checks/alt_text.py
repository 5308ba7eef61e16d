"""Alternative texts of the figures in a notebook's outputs, for those who do not see them."""

import re
import textwrap
from collections.abc import Iterator

import nbformat

PICTURES = ("image/png", "image/svg+xml", "image/jpeg")
MARKUP = re.compile(r"\$\$.*?\$\$|```.*?```|[*#>]|\[([^\]]*)\]\([^)]*\)", re.DOTALL)
LONGEST = 300  # characters


def describe(notebook: nbformat.NotebookNode) -> None:
    """Give every picture among the outputs an alternative text: the section it is in, and what is said just before it.

    Where nbconvert and JupyterLab look for it: the output's metadata, under the picture's type.
    """
    section = said = ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            heading, paragraph = _heading(cell.source), _last_paragraph(cell.source)
            section = heading or section
            said = paragraph or ("" if heading else said)  # what the section before ends with is not about this figure
            continue
        for output, kind in pictures(cell):
            text = f"Figure of the section {section!r}. {said}" if section else f"Figure. {said}"
            output.metadata[kind] = {
                **output.metadata.get(kind, {}),
                "alt": textwrap.shorten(text, LONGEST, placeholder=" ..."),
            }


def pictures(cell: nbformat.NotebookNode) -> Iterator[tuple[nbformat.NotebookNode, str]]:
    """The outputs of a cell of code that are pictures, and of which type."""
    for output in cell.outputs:
        for kind in PICTURES:
            if kind in output.get("data", {}):
                yield output, kind


def of(output: nbformat.NotebookNode, kind: str) -> str:
    """The alternative text of a picture, empty where it has none."""
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
