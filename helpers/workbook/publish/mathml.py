"""Formulas as MathML, which every browser shows without a script or the internet; as a Sphinx extension, too."""

import re

from docutils import nodes
from latex2mathml.converter import convert


def setup(app) -> dict:
    """Sphinx's hook: make `mathml` a value of html_math_renderer."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def as_mathml(text: str, block: bool = False) -> str:
    """A formula in LaTeX as a MathML element."""
    return convert(text, display="block" if block else "inline")


def in_markdown(text: str) -> str:
    """Markdown with its formulas, $$ ... $$ and $ ... $ outside of code, as MathML."""
    return _MARKED.sub(_formula, text)


_MARKED = re.compile(r"(```.*?```|`[^`\n]*`)|\$\$(.+?)\$\$|(?<![\w$])\$(?! )([^$\n]+?)(?<! )\$(?![\w$])", re.DOTALL)


def _formula(found: re.Match) -> str:
    code, block, inline = found.groups()
    return code or as_mathml(block or inline, block=bool(block))


def _inline(translator, node) -> None:
    translator.body.append(as_mathml(node.astext()))
    raise nodes.SkipNode


def _block(translator, node) -> None:
    translator.body.append(f"<div>{as_mathml(node.astext(), block=True)}</div>")
    raise nodes.SkipNode
