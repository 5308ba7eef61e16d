"""A Sphinx extension that sets formulas as MathML, which every browser shows without a script or the internet."""

from docutils import nodes
from latex2mathml.converter import convert


def setup(app) -> dict:
    """Sphinx's hook: make `mathml` a value of html_math_renderer."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def as_mathml(text: str, block: bool = False) -> str:
    """A formula in LaTeX as a MathML element."""
    return convert(text, display="block" if block else "inline")


def _inline(translator, node) -> None:
    translator.body.append(as_mathml(node.astext()))
    raise nodes.SkipNode


def _block(translator, node) -> None:
    translator.body.append(f"<div>{as_mathml(node.astext(), block=True)}</div>")
    raise nodes.SkipNode
