"""CumSum: sums of all elements up to each along an axis."""

from dataclasses import dataclass

import numpy as np

from helpers.common.errors import Unsupported
from helpers.compiler.ir.attributes import computed
from helpers.compiler.ir.graph import Graph, Node, Value
from helpers.compiler.numerics.affine import clip
from helpers.compiler.numerics.requantisation import requantisation
from helpers.compiler.operators import reshape
from helpers.compiler.operators.base.layer_attributes import Rule
from helpers.compiler.operators.base.protocols import OnnxImporter, OnnxNode
from helpers.compiler.operators.base.registry import Operator, from_onnx, operator

LONGEST = 2**15  # elements: the sum of so many int8 fits 24 bits, and its product with a factor 32


@from_onnx("CumSum")
def import_cumulative_sum(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """CumSum along a constant axis; exclusive: without the element itself; reverse: from the end."""
    x, axis = node.inputs[0], int(importer.constant(node.inputs[1]).reshape(()))
    given = {name: bool(node.attributes.get(name, 0)) for name in ("exclusive", "reverse")}
    return [add(importer.graph, node.name, x, axis, **given)]


def add(graph: Graph, name: str, x: Value, axis: int, exclusive: bool, reverse: bool) -> Value:
    """Add sums along an axis of a float32 value; raises Unsupported for too long an axis."""
    shape = x.type.shape
    axis = range(len(shape))[axis]
    if shape[axis] > LONGEST:
        raise Unsupported(f"sums over {shape[axis]} elements", remedy=f"use at most {LONGEST}")
    before, behind = (int(np.prod(part, dtype=int)) for part in (shape[:axis], shape[axis + 1 :]))
    flat = reshape.to(graph, name, x, (before, shape[axis], behind))
    made = graph.add("CumSum", name, [flat], [flat.type], exclusive=exclusive, reverse=reverse)
    return reshape.to(graph, name, made.output, shape)


@dataclass(slots=True, kw_only=True)
class CumulativeSumAttributes:
    """exclusive: without the element itself; reverse: from the end; requantisation: of each sum."""

    exclusive: bool = False
    reverse: bool = False
    requantisation: Rule = computed()


@operator
class CumSum(Operator[CumulativeSumAttributes]):
    """Sums along the middle one of three axes."""

    kind = "CumSum"
    attributes = CumulativeSumAttributes

    def batches(self, _node: Node[CumulativeSumAttributes]) -> bool:
        return False

    def _sums(self, node: Node[CumulativeSumAttributes], x: np.ndarray) -> np.ndarray:
        x = x[:, ::-1] if node.attributes.reverse else x
        if node.attributes.exclusive:
            x = np.concatenate([np.zeros_like(x[:, :1]), x[:, :-1]], 1)
        sums = np.cumsum(x, axis=1, dtype=x.dtype)
        return np.ascontiguousarray(sums[:, ::-1] if node.attributes.reverse else sums)

    def compute(self, node: Node[CumulativeSumAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
        return [self._sums(node, inputs[0])]

    def compute_integer(self, node: Node[CumulativeSumAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
        x = inputs[0].astype(np.int32) - np.int32(node.inputs[0].type.offset)
        return [clip(node.attributes.requantisation.apply(self._sums(node, x)), node.output.type.element)]

    def settle(self, node: Node[CumulativeSumAttributes]) -> None:
        x, out = node.inputs[0].type, node.output.type
        if out.quantised:
            node.attributes.requantisation = requantisation(
                np.float32(x.scale) / np.float32(out.scale), out.offset, wide=True
            )

    def emit(self, node: Node[CumulativeSumAttributes], name: str) -> str:
        (before, count, behind), given, out = node.output.type.shape, node.attributes, node.output.type
        element, number = ("int8_t", "int32_t") if out.quantised else ("float", "float")
        result = f"clip8({given.requantisation.c('sum')})" if out.quantised else "sum"
        offset = f" - ({node.inputs[0].type.offset})" if node.inputs[0].type.offset else ""
        added, stored = f"        sum += in[at]{offset};\n", f"        out[at] = {result};\n"
        return _C % {
            "name": name, "element": element, "number": number, "before": before, "count": count, "behind": behind,
            "place": f"({count - 1} - k)" if given.reverse else "k",
            "body": stored + added if given.exclusive else added + stored,
        }  # fmt: skip


_C = """\
static void %(name)s(const %(element)s *in, %(element)s *out) {
  for (int n = 0; n < %(before)d; n++, in += %(count)d * %(behind)d, out += %(count)d * %(behind)d) {
    for (int i = 0; i < %(behind)d; i++) {
      %(number)s sum = 0;
      for (int k = 0; k < %(count)d; k++) {
        int at = %(place)s * %(behind)d + i;
%(body)s      }
    }
  }
}
"""
