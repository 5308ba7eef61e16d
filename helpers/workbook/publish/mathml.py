"""Convert formulas to MathML, which every browser shows without scripts or internet; also a Sphinx extension."""

import re

from latex2mathml.converter import convert


def setup(app) -> dict:
    """Register `mathml` as a value of Sphinx's html_math_renderer."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def as_mathml(text: str, block: bool = False) -> str:
    """Convert a LaTeX formula to a MathML element."""
    return convert(text, display="block" if block else "inline")


def in_markdown(text: str) -> str:
    """Convert the formulas of Markdown, $$ ... $$ and $ ... $ outside of code, to MathML."""
    return _MARKED.sub(_formula, text)


_MARKED = re.compile(r"(```.*?```|`[^`\n]*`)|\$\$(.+?)\$\$|(?<![\w$])\$(?! )([^$\n]+?)(?<! )\$(?![\w$])", re.DOTALL)


def _formula(found: re.Match) -> str:
    code, block, inline = found.groups()
    return code or as_mathml(block or inline, block=bool(block))


def _inline(translator, node) -> None:
    translator.body.append(as_mathml(node.astext()))
    _written()


def _block(translator, node) -> None:
    translator.body.append(f"<div>{as_mathml(node.astext(), block=True)}</div>")
    _written()


def _written() -> None:
    """Tell docutils that a node is written; docutils comes with Sphinx, which the report does without."""
    from docutils import nodes

    raise nodes.SkipNode
