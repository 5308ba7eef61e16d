"""Means along axes. Over height and width of NCHW: an average pool, as in Glow."""

from dataclasses import dataclass

import numpy as np

from helpers.compiler.ir import window
from helpers.compiler.ir.attributes import computed
from helpers.compiler.ir.graph import Node, Value
from helpers.compiler.numerics.affine import clip
from helpers.compiler.numerics.requantisation import requantisation
from helpers.compiler.operators import max_pool, reductions, reshape, transpose
from helpers.compiler.operators.base.layer_attributes import Rule
from helpers.compiler.operators.base.protocols import Lowering, OnnxImporter, OnnxNode
from helpers.compiler.operators.base.registry import CLIPS, Operator, from_onnx, operator, same_type


@from_onnx("ReduceMean")
def import_reduce_mean(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """ReduceMean."""
    graph, x, reduced = importer.graph, node.inputs[0], reductions.reduced_axes(importer, node)
    if reduced is None:
        return [x]
    (axes, result), shape = reduced, x.type.shape
    if len(shape) == 4 and axes == [2, 3]:
        graph.unique_name(node.name)  # Glow names the mean before it makes a pool of it
        nhwc = transpose.add(graph, f"{node.name}_transposeNCHW2NHWC", x, transpose.NCHW_TO_NHWC)
        mean = max_pool.add(
            graph, f"{node.name}_avgPool", nhwc, "AvgPool", window.Window(shape[2:]), count_padding=True
        )
        mean = transpose.add(graph, f"{node.name}_transposeNHWC2NCHW", mean, transpose.NHWC_TO_NCHW)
        return [reshape.to(graph, f"{node.name}_reshape", mean, result)]
    left = [n for axis, n in enumerate(shape) if axis not in axes]
    mean = graph.add("ReduceMean", node.name, [x], [x.type.with_shape(left)], axes=tuple(axes)).output
    return [reshape.to(graph, node.name, mean, result)]


@dataclass(slots=True, kw_only=True)
class ReduceMeanAttributes:
    """axes: along which; sum: without the division."""

    axes: tuple[int, ...]
    sum: bool = False
    requantisation: Rule = computed()


@operator
class ReduceMean(Operator[ReduceMeanAttributes]):
    """The mean along `axes`, which go, or stay with length 1. `sum`: only the sum, as in a lowered graph."""

    kind = "ReduceMean"
    attributes = ReduceMeanAttributes

    def batches(self, node: Node[ReduceMeanAttributes]) -> bool:
        return super().batches(node) and 0 not in node.attributes.axes

    def _count(self, node: Node[ReduceMeanAttributes]) -> int:
        return 1 if node.attributes.sum else node.inputs[0].type.size // node.output.type.size

    def compute(self, node: Node[ReduceMeanAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
        total = inputs[0]
        for axis in reversed(node.attributes.axes):
            total = np.add.accumulate(total, axis=axis, dtype=np.float32).take([-1], axis=axis)
        return [self._in_shape(node, total / np.float32(self._count(node)))]

    def _in_shape(self, node: Node[ReduceMeanAttributes], mean: np.ndarray) -> np.ndarray:
        """Without the axes where the result has them no more."""
        kept = len(node.output.type.shape) == mean.ndim
        return mean if kept else mean.squeeze(node.attributes.axes)

    def lower(self, node: Node[ReduceMeanAttributes], lowering: Lowering) -> Value | None:
        shape, axes = node.output.type.shape, node.attributes.axes
        if len(axes) > 1 or node.attributes.sum:
            return None  # Glow has no mean over several axes
        total = lowering.add("ReduceMean", f"{node.name}_reduceAdd", node.inputs, shape, axes=axes, sum=True)
        return lowering.add(
            "Div", f"{node.name}_div", [total, lowering.splat(f"{node.name}_splat", shape, self._count(node))], shape
        )

    def settle(self, node: Node[ReduceMeanAttributes]) -> None:
        x, out = node.inputs[0].type, node.output.type
        if out.quantised and node.attributes.requantisation is None:
            factor = np.float32(x.scale) / np.float32(out.scale) / np.float32(self._count(node))
            node.attributes.requantisation = requantisation(factor, out.offset)

    def compute_integer(self, node: Node[ReduceMeanAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
        x = inputs[0].astype(np.int64) - node.inputs[0].type.offset
        sums = self._in_shape(node, x.sum(axis=node.attributes.axes, keepdims=True))
        return [clip(self.means(node, sums), node.output.type.element)]

    def before(self, node: Node[ReduceMeanAttributes]) -> int:
        """What each integer is less by before it is summed."""
        return node.inputs[0].type.offset

    def means(self, node: Node[ReduceMeanAttributes], sums: np.ndarray) -> np.ndarray:
        """The results that integer sums give, before they are clipped."""
        return node.attributes.requantisation.apply(sums)

    def c_mean(self, node: Node[ReduceMeanAttributes], total: str) -> str:
        """The C of the integer mean of a sum."""
        return f"{CLIPS[node.output.type.element]}({node.attributes.requantisation.c(total)})"

    def emit(self, node: Node[ReduceMeanAttributes], name: str) -> str:
        """Loops over the axes kept, then, innermost last, over the axes summed: the last axis changes slowest."""
        x, axes, integer = node.inputs[0].type, node.attributes.axes, node.output.type.quantised
        element, number = same_type(node.output), "int32_t" if integer else "float"
        kept = [axis for axis, n in enumerate(x.shape) if axis not in axes and n > 1]
        place = " + ".join(
            f"i{axis} * {int(np.prod(x.shape[axis + 1 :], dtype=np.int64))}" for axis in range(len(x.shape))
        )
        lines = [f"static void {name}(const {element} *in, {element} *out) {{"]
        lines.append("  int " + ", ".join(f"i{axis} = 0" for axis in range(len(x.shape))) + ";")
        pad = "  "
        for axis in kept:
            lines.append(f"{pad}for (i{axis} = 0; i{axis} < {x.shape[axis]}; i{axis}++) {{")
            pad += "  "
        depth, text = _nested(
            list(axes), x.shape, number, f"in[{place}]" + (f" - ({x.offset})" if integer else ""), pad
        )
        lines += text
        result = self.c_mean(node, depth) if integer else f"{depth} / {self._count(node)}.0f"
        lines.append(f"{pad}*out++ = {result};")
        lines += ["  " * level + "}" for level in range(len(kept), -1, -1)]
        return "\n".join(lines) + "\n"


def _nested(axes: list[int], shape: tuple[int, ...], number: str, element: str, pad: str) -> tuple[str, list[str]]:
    """Sum along the first axis of the sums along the rest: the order in which numpy adds above."""
    axis, total = axes[0], f"sum{axes[0]}"
    lines = [f"{pad}{number} {total} = 0;", f"{pad}for (i{axis} = 0; i{axis} < {shape[axis]}; i{axis}++) {{"]
    inner = element
    if len(axes) > 1:
        inner, text = _nested(axes[1:], shape, number, element, pad + "  ")
        lines += text
    return total, [*lines, f"{pad}  {total} += {inner};", f"{pad}}}"]
