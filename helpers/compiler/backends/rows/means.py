"""Means over the whole image in two layers: the sums of each channel, which rows can be added to, and the means of the sums."""

from dataclasses import dataclass

import numpy as np

from helpers.compiler.ir.graph import Graph, Node, TensorType
from helpers.compiler.numerics.affine import clip
from helpers.compiler.operators.avg_pool import AvgPool
from helpers.compiler.operators.base.registry import Operator, operator
from helpers.compiler.operators.reduce_mean import ReduceMean

MOST = 2**23  # elements of a channel whose sum surely has 32 bits
_MEANS: dict[str, AvgPool | ReduceMean] = {each.kind: each() for each in (AvgPool, ReduceMean)}


@dataclass(slots=True, kw_only=True)
class ChannelSumsAttributes:
    """offset: what each element is less by; first: whether the sums begin at 0, and not at what is there."""

    offset: int
    first: bool = True


@operator
class ChannelSums(Operator[ChannelSumsAttributes]):
    """The sum of each channel of an int8 image, in int32."""

    kind = "ChannelSums"
    attributes = ChannelSumsAttributes
    internal = True

    def compute_integer(self, node: Node[ChannelSumsAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
        shifted = inputs[0].astype(np.int32) - node.attributes.offset
        return [shifted.sum((1, 2), dtype=np.int32, keepdims=True)]

    def emit(self, node: Node[ChannelSumsAttributes], name: str) -> str:
        _, rows, columns, channels = node.inputs[0].type.shape
        values = {"name": name, "channels": channels, "pixels": rows * columns, "offset": node.attributes.offset}
        return (_SUMS % values).replace("FIRST", (_FIRST % values) if node.attributes.first else "")


@dataclass(slots=True, kw_only=True)
class MeansOfSumsAttributes:
    """layer: the AvgPool or ReduceMean whose sums they are."""

    layer: Node


@operator
class MeansOfSums(Operator[MeansOfSumsAttributes]):
    """What a mean over the whole image makes of its sums."""

    kind = "MeansOfSums"
    attributes = MeansOfSumsAttributes
    internal = True

    def compute_integer(self, node: Node[MeansOfSumsAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
        layer = node.attributes.layer
        return [
            clip(_MEANS[layer.kind].means(layer, inputs[0]), "int8").reshape(
                len(inputs[0]), *node.output.type.shape[1:]
            )
        ]

    def emit(self, node: Node[MeansOfSumsAttributes], name: str) -> str:
        layer = node.attributes.layer
        mean = _MEANS[layer.kind].c_mean(layer, "in[c]")
        return _CODE % {"name": name, "channels": node.inputs[0].type.size, "mean": mean}


def split(graph: Graph) -> Graph:
    """Return a copy of an integer graph with every mean of a whole int8 image in two layers."""
    made = graph.copied()
    for node in made.in_order():
        if _fits(node):
            _, _, _, channels = node.inputs[0].type.shape
            kind = TensorType((1, 1, 1, channels), "int32", 1.0)
            sums = made.add(
                ChannelSums.kind, f"{node.name}_sums", node.inputs, [kind], offset=_MEANS[node.kind].before(node)
            )
            means = made.add(MeansOfSums.kind, f"{node.name}_means", sums.outputs, [node.output.type], layer=node)
            made.replace(node.output, means.output)
    made.remove_unused()
    return made


def _fits(node: Node) -> bool:
    x = node.inputs[0].type if node.kind in _MEANS else None
    if x is None or x.element != "int8" or len(x.shape) != 4 or x.shape[0] != 1 or x.size > MOST:
        return False
    if node.output.type.element != "int8" or node.output.type.size != x.shape[3]:
        return False
    if node.kind == "ReduceMean":
        return {axis for axis in node.attributes.axes if x.shape[axis] > 1} <= {1, 2} and not node.attributes.sum
    return not any(node.attributes.window.pads) and node.attributes.window.kernel == x.shape[1:3]


_SUMS = """\
static void %(name)s(const int8_t *in, int32_t *out) {
FIRST  for (int n = 0; n < %(pixels)d; n++) {
    for (int c = 0; c < %(channels)d; c++) out[c] += *in++ - (%(offset)d);
  }
}
"""
_FIRST = """\
  for (int c = 0; c < %(channels)d; c++) out[c] = 0;
"""
_CODE = """\
static void %(name)s(const int32_t *in, int8_t *out) {
  for (int c = 0; c < %(channels)d; c++) out[c] = %(mean)s;
}
"""
