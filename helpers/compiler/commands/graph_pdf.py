"""Draw the graph: each layer with its type, scale and offset. The file's ending selects PDF, PNG, SVG or dot."""

from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from helpers.common import artifacts
from helpers.compiler.bundle.header_text import type_text
from helpers.compiler.ir.attributes import values_of
from helpers.compiler.ir.graph import Graph, Node, Value

COLOURS = {"Placeholder": "#56B4E9", "Output": "#56B4E9", "Constant": "#F0E442"}  # Okabe-Ito
LAYER_COLOUR = "#DDDDDD"

# Text stays text, which is small and can be searched; ids do not depend on the day. A PDF's reader has Helvetica: to
# embed a font would take longer than to draw.
_SETTINGS: dict[str, Any] = {
    ".svg": {"svg.fonttype": "none", "svg.hashsalt": "workbook"},
    ".pdf": {
        "pdf.use14corefonts": True, "font.family": "Helvetica", "font.weight": "medium", "axes.formatter.use_mathtext": True,
    },
}  # fmt: skip


def draw(graph: Graph, path: str | Path) -> None:
    """Draw a graph into a file; equal graphs give equal bytes."""
    path = Path(path)
    if path.suffix not in (".pdf", ".png", ".svg"):
        artifacts.write_text(path, dot(graph))
        return
    dates = {".pdf": {"CreationDate": None}, ".svg": {"Date": None}}.get(path.suffix, {})
    with artifacts.replacing(path) as temporary, matplotlib.rc_context(_SETTINGS.get(path.suffix)):
        figure = picture(graph)
        FigureCanvasAgg(figure)
        figure.savefig(temporary, format=path.suffix[1:], metadata=dates)


def _details(node: Node) -> list[str]:
    known, lines = values_of(node.attributes), []
    if window := known.get("window"):
        pads = ", ".join(str(n) for n in window.pads)
        lines.append(
            f"kernel {window.kernel[0]}x{window.kernel[1]}, strides {window.strides[0]}x{window.strides[1]}, pads {pads}"
        )
    if "fused" in known:
        lines.append(f"with {known['fused']}")
    return lines


def _rows(graph: Graph) -> list[tuple[str, list[str], list]]:
    """Return the rows from top to bottom: kind, lines of text, and the constants that enter there."""
    rows: list[tuple[str, list[str], list[Value]]] = [
        ("Placeholder", [node.name, type_text(node.output.type)], []) for node in graph.placeholders
    ]
    for node in graph.in_order():
        constants = [value for value in node.inputs if value is not None and value.node.kind == "Constant"]
        rows.append(
            (node.kind, [node.name, *_details(node), *(type_text(value.type) for value in node.outputs)], constants)
        )
    return rows + [("Output", [name, type_text(value.type)], []) for name, value in graph.outputs]


def picture(graph: Graph) -> Figure:
    """Draw a column of layers, top to bottom, with the constants that enter each on the right."""
    rows = _rows(graph)
    heights = [max(0.28 * (len(lines) + 1), 0.55 * len(constants)) + 0.1 for _, lines, constants in rows]
    total = sum(heights) + 0.35 * len(rows)
    figure = Figure(figsize=(11, total + 0.4))
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, 11), ylim=(0, total + 0.4))
    axes.set_axis_off()
    top, centres = total + 0.1, {}
    for (kind, lines, constants), height in zip(rows, heights, strict=True):
        _box(axes, (0.3, top - height, 5.2, height), kind, lines)
        for index, value in enumerate(constants):
            y = top - (index + 0.5) * height / len(constants)
            _box(axes, (6.0, y - 0.22, 4.7, 0.44), "Constant", [value.node.name, type_text(value.type)], small=True)
            axes.annotate("", (5.5, y), (6.0, y), arrowprops={"arrowstyle": "->"})
        centres[lines[0]] = (top, top - height)
        top -= height + 0.35
    _arrows(axes, graph, centres)
    return figure


def _box(
    axes: Axes, place: tuple[float, float, float, float], kind: str, lines: list[str], small: bool = False
) -> None:
    x, y, width, height = place
    colour = COLOURS.get(kind, LAYER_COLOUR)
    style = "round,pad=0,rounding_size=0.08"
    axes.add_patch(
        FancyBboxPatch((x, y), width, height, boxstyle=style, facecolor=colour, edgecolor="black", linewidth=0.8)
    )
    text = "\n".join(lines if small else [kind, *lines])
    axes.text(
        x + width / 2, y + height / 2, text, ha="center", va="center", fontsize=6.5 if small else 8, linespacing=1.25
    )


def _arrows(axes: Axes, graph: Graph, centres: dict) -> None:
    """Draw arrows from each layer to its readers; arrows between distant layers pass on the left."""
    links = [(value.node.name, node.name) for node in graph.in_order() for value in node.inputs if value is not None]
    links += [(value.node.name, name) for name, value in graph.outputs]
    order = list(centres)
    for source, target in links:
        if source not in centres:
            continue
        near = order.index(target) - order.index(source) == 1
        start, end = (2.9, centres[source][1]), (2.9, centres[target][0])
        curve = {} if near else {"connectionstyle": "arc3,rad=0.45"}
        x = 2.9 if near else 0.9
        axes.annotate("", (x, end[1]), (x, start[1]), arrowprops={"arrowstyle": "->", **curve})


def dot(graph: Graph) -> str:
    """Return the graph in Graphviz's language."""
    lines = ["digraph network {", "  node [shape=box];"]
    for node in [*graph.placeholders, *graph.constants, *graph.in_order()]:
        label = "\\n".join([node.kind, node.name, *_details(node), *(type_text(value.type) for value in node.outputs)])
        lines.append(f'  "{node.name}" [label="{label}"];')
    for node in graph.in_order():
        lines += [f'  "{value.node.name}" -> "{node.name}";' for value in node.inputs if value is not None]
    for name, value in graph.outputs:
        lines += [f'  "{name}" [label="Output\\n{name}"];', f'  "{value.node.name}" -> "{name}";']
    return "\n".join([*lines, "}"]) + "\n"
