"""ArgMax and ArgMin: where along an axis the largest or smallest element is. The result ends a network.

It is int32 in the bundle, whatever whole numbers the file has: an index into what a microcontroller holds needs no more.
"""

from dataclasses import dataclass

import numpy as np

from helpers.common.errors import Unsupported
from helpers.compiler.ir.graph import Graph, Node, TensorType, Value
from helpers.compiler.operators import reshape
from helpers.compiler.operators.base.protocols import OnnxImporter, OnnxNode, QuantisationPlan
from helpers.compiler.operators.base.registry import Operator, from_onnx, operator, same_type


@from_onnx("ArgMax", "ArgMin")
def import_argmax(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """ArgMax and ArgMin; of equal elements the first is taken, or the last with select_last_index."""
    x = node.inputs[0]
    axis = range(len(x.type.shape))[node.attributes.get("axis", 0)]
    last, smallest = bool(node.attributes.get("select_last_index", 0)), node.op_type == "ArgMin"
    kept = bool(node.attributes.get("keepdims", 1))
    return [add(importer.graph, node.name, x, axis, kept=kept, last=last, smallest=smallest)]


@from_onnx("TopK")
def import_top_k(_importer: OnnxImporter, _node: OnnxNode) -> list[Value]:
    """Refused, with what to do."""
    raise Unsupported(
        "gives places, not numbers", remedy="leave it off at the end: sort the outputs where they are used"
    )


def add(graph: Graph, name: str, x: Value, axis: int, kept: bool, **which: bool) -> Value:
    """Add the index of the largest element along an axis, as int32 without a scale.

    kept: whether the axis stays, with length 1. which: ArgMaxAttributes.
    """
    shape = x.type.shape
    behind = shape[axis + 1 :]
    middle = (1,) if kept or len(shape) == 1 else ()
    result = TensorType((*shape[:axis], *middle, *behind), "int32")
    flat = reshape.to(
        graph, name, x, (int(np.prod(shape[:axis], dtype=int)), shape[axis], int(np.prod(behind, dtype=int)))
    )
    return graph.add("ArgMax", name, [flat], [result], **which).output


@dataclass(slots=True, kw_only=True)
class ArgMaxAttributes:
    """last: of equal elements the last is taken, not the first; smallest: the index of the smallest element."""

    last: bool = False
    smallest: bool = False


@operator
class ArgMax(Operator[ArgMaxAttributes]):
    """Indices along the middle one of three axes, in the order of the two others."""

    kind = "ArgMax"
    attributes = ArgMaxAttributes
    reads_integers = True

    def batches(self, _node: Node[ArgMaxAttributes]) -> bool:
        return False

    def compute(self, node: Node[ArgMaxAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
        given = node.attributes
        x = inputs[0][:, ::-1] if given.last else inputs[0]
        index = (x.argmin if given.smallest else x.argmax)(axis=1)
        index = x.shape[1] - 1 - index if given.last else index
        return [index.reshape(node.output.type.shape).astype(np.int32)]

    def converts(self, node: Node[ArgMaxAttributes], precision: str, bias_precision: str) -> bool:
        """Only where the input is integers already: they are in the order of the real numbers."""
        return precision == "int8" and node.inputs[0].type.element == "int8"

    def quantise(self, node: Node[ArgMaxAttributes], plan: QuantisationPlan) -> None:
        """An index has no scale."""

    def emit(self, node: Node[ArgMaxAttributes], name: str) -> str:
        before, count, behind = node.inputs[0].type.shape
        compared = ("<" if node.attributes.smallest else ">") + ("=" if node.attributes.last else "")
        return _C % {
            "name": name, "element": same_type(node.inputs[0]),
            "before": before, "behind": behind, "count": count, "compared": compared,
        }  # fmt: skip


_C = """\
static void %(name)s(const %(element)s *in, int32_t *out) {
  for (int n = 0; n < %(before)d; n++, in += %(count)d * %(behind)d) {
    for (int i = 0; i < %(behind)d; i++) {
      int best = 0;
      for (int k = 1; k < %(count)d; k++) {
        if (in[k * %(behind)d + i] %(compared)s in[best * %(behind)d + i]) best = k;
      }
      *out++ = best;
    }
  }
}
"""
