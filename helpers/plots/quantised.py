"""Figures of notebook 06: the ruler of 256 marks, the ranges of the layers, and a bundle's sizes."""

from pathlib import Path

import numpy as np

from helpers.common import artifacts
from helpers.common.errors import BadParameter
from helpers.compiler import driver
from helpers.compiler.backends import memory_plan
from helpers.compiler.commands import graph_pdf
from helpers.compiler.ir.graph import Graph
from helpers.compiler.profiling.profile import Profile
from helpers.compiler.quantisation import quantiser
from helpers.evaluation import layer_names
from helpers.inference import bundle_header
from helpers.plots import streaming, style


def constant(model, part: str) -> np.ndarray:
    """Return the first constant of an ONNX model whose name holds `part`, float32; raises BadParameter if there is none."""
    for node in driver.float_graph(Path(model), {"N": 1}).constants:
        if part.replace("/", "_") in node.name:
            return node.data
    raise BadParameter(f"no constant's name holds {part!r}", where=artifacts.shown(model))


def ruler(values: np.ndarray, scale: float, offset: int):
    """Draw real numbers above, and the marks that represent them below."""
    figure, plot = style.axes(8, 2)
    marks = scale * (np.arange(-128, 128) - offset)
    plot.vlines(marks, 0, 0.12, color=style.GREY, linewidth=0.6)
    labelled = np.arange(-128, 128, 32)
    for mark in [*labelled, 127]:
        plot.text(scale * (mark - offset), -0.1, str(mark), ha="center", va="top", fontsize=8)
    plot.vlines(scale * (0 - 0), 0, 0.45, color=style.VERMILION, linewidth=1.5)
    plot.text(0, 0.48, f"real 0 is mark {offset}", ha="center", fontsize=8, color=style.VERMILION)
    plot.plot(values.ravel(), np.full(values.size, 0.25), "o", color=style.BLUE, markersize=5, alpha=0.6)
    plot.set(
        yticks=[], ylim=(-0.3, 0.6), xlabel="real value (dots: weights); numbers under the ruler: q, every 32nd mark"
    )
    plot.spines["left"].set_visible(False)
    plot.set_title(f"scale {scale:.6f} between two marks")
    return figure


def ranges_of_layers(profile: Profile):
    """Draw the range of every layer's result, in the order of the network."""
    wanted = ("input", "_MaxPool__1", "_Relu__1", "dense_1_MatMul__1", "dense_1_Relu", "dense_2_MatMul__1")
    chosen = {name: entry for name, entry in profile.entries.items() if name.split(":")[0].endswith(wanted)}
    order = sorted(chosen, key=lambda name: (_depth(name), name))
    figure, plot = style.axes(8, 0.35 * len(order) + 1)
    for row, name in enumerate(order):
        low, high = chosen[name].low, chosen[name].high
        plot.barh(row, high - low, left=low, color=style.SKY, edgecolor=style.BLACK, linewidth=0.6)
        plot.text(high, row, f"  {low:.2f} to {high:.2f}", va="center", fontsize=8)
    plot.set_yticks(range(len(order)), layer_names.distinct(order), fontsize=8)
    plot.invert_yaxis()
    plot.use_sticky_edges = False
    plot.margins(x=0.2)
    plot.set(xlabel="real value")
    return figure


def _depth(name: str) -> int:
    """Return the position of a layer in the note's network, counted from the input."""
    steps = ("input", "pooling_1", "conv_1", "pooling_2", "conv_2", "pooling_3", "conv_3", "dense_1", "dense_2")
    return next((index for index, step in enumerate(steps) if step in name), len(steps))


def bundle_files(folders: list[Path]):
    """Draw the files of each bundle with their sizes."""
    figure, plots = style.axes(9, 2.4, 1, len(folders))
    for plot, folder in zip(np.atleast_1d(plots), folders, strict=True):
        name = bundle_header.in_folder(folder).name
        files = sorted(path for path in folder.iterdir() if path.name.startswith((f"{name}.", f"{name}_")))
        sizes = [path.stat().st_size for path in files]
        plot.barh([path.name for path in files], sizes, color=style.SKY, edgecolor=style.BLACK, linewidth=0.6)
        for row, size in enumerate(sizes):
            plot.text(size, row, f" {size:,}", va="center", fontsize=8)
        plot.set(title=f"{folder.name}/", xlabel="bytes")
        plot.tick_params(labelsize=8)
        plot.locator_params(axis="x", nbins=4)  # so that numbers of five digits stand apart
        plot.margins(x=0.25)
    return figure


def _compiled(model, profile: Profile, schema: str) -> Graph:
    request = driver.Request({"N": 1}, profile, quantiser.Configuration(schema), convert_placeholders=True)
    return driver.compiled_graph(Path(model), request)


def lifetimes(model, profile: Profile, schema: str = "asymmetric"):
    """Draw the bytes of the activations' region that are in use while each layer runs, in the plain form's layout."""
    graph = _compiled(model, profile, schema)
    return streaming.whole_images(memory_plan.plan(graph), [node.name for node in graph.in_order()])


class Picture:
    """A drawing shown as SVG, or as PNG if the notebook is not trusted, is printed, or is on a page without scripts."""

    def __init__(self, svg: Path, png: Path):
        self._svg, self._png = svg.read_text(encoding="utf-8"), png.read_bytes()

    def __repr__(self) -> str:
        return "<Picture of the quantised graph>"

    def _repr_svg_(self) -> str:
        return self._svg

    def _repr_png_(self) -> bytes:
        return self._png


def graph(model, profile: Profile, schema: str = "asymmetric") -> Picture:
    """Draw the quantised graph for a notebook, as -dump-graph-DAG does."""
    compiled = _compiled(model, profile, schema)
    paths = [artifacts.build(f"quantized_graph.{kind}") for kind in ("svg", "png")]
    for path in paths:
        graph_pdf.draw(compiled, path)
    return Picture(*paths)


def snap(weight: float, scale: float, offset: int):
    """Draw one real number between the marks of the ruler, the mark that it snaps to, and the resulting error."""
    mark = int(np.clip(round(weight / scale) + offset, -128, 127))
    nearest = scale * (mark - offset)
    figure, plot = style.axes(8, 2.1)
    for q in range(mark - 3, mark + 4):
        place = scale * (q - offset)
        chosen = q == mark
        plot.vlines(place, 0, 0.3, color=style.BLUE if chosen else style.GREY, linewidth=3 if chosen else 1.2)
        plot.text(place, -0.08, str(q), ha="center", va="top", fontsize=10, weight="bold" if chosen else "normal")
    plot.plot(weight, 0.62, "o", color=style.VERMILION, markersize=8)
    arrow = {"arrowstyle": "-|>", "color": style.VERMILION, "linewidth": 1.5}
    plot.annotate("", (nearest, 0.31), (weight, 0.58), arrowprops=arrow)
    side = 1 if weight <= nearest else -1
    words = f"{weight:.5f} becomes {nearest:.5f}\nerror {nearest - weight:+.5f}, half a step is {scale / 2:.5f}"
    ends = {"ha": "right" if side > 0 else "left", "va": "center"}
    plot.text(weight - side * 0.25 * scale, 0.72, words, fontsize=9, **ends)
    plot.set(yticks=[], ylim=(-0.3, 1), xlabel="real value; below the marks: q")
    plot.spines["left"].set_visible(False)
    return figure


def before_and_after(weights: np.ndarray, scale: float, offset: int, count: int = 6):
    """Draw a table of some weights: the real number, its mark, the mark's real value, and the difference."""
    rows = []
    for weight in weights.ravel()[:count]:
        mark = int(np.clip(round(float(weight) / scale) + offset, -128, 127))
        back = scale * (mark - offset)
        rows.append([f"{weight:.5f}", str(mark), f"{back:.5f}", f"{back - weight:+.5f}"])
    figure, plot = style.axes(7, 0.3 * count + 0.5)
    plot.axis("off")
    table = plot.table(
        rows, colLabels=["before: float32", "stored: q", "after: scale (q - offset)", "error"], loc="center"
    )
    table.auto_set_font_size(False)
    table.set_fontsize(9)
    table.scale(1, 1.25)
    for (row, _), cell in table.get_celld().items():
        cell.set(linewidth=0.6, facecolor="#EEEEEE" if row == 0 else "white")
    return figure
