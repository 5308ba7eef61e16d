"""Softmax over the last axis of a matrix; ONNX Softmax is reshaped and transposed to that."""

import math
from dataclasses import dataclass

import numpy as np

from helpers.compiler.ir.attributes import computed
from helpers.compiler.ir.graph import Graph, Node, Value
from helpers.compiler.operators import reshape, transpose
from helpers.compiler.operators.base import c_code
from helpers.compiler.operators.base.protocols import OnnxImporter, OnnxNode
from helpers.compiler.operators.base.registry import Operator, from_onnx, operator


@from_onnx("Softmax")
def import_softmax(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """Softmax."""
    return [of_rows(importer, node, "SoftMax")]


def of_rows(importer: OnnxImporter, node: OnnxNode, kind: str) -> Value:
    """A node of a kind on rows. Up to opset 12 all axes from `axis` on are one; from 13 on it is along `axis` alone.

    QLinearSoftmax names the opset whose Softmax it stands for.
    """
    graph, x = importer.graph, node.inputs[0]
    rank, coerced = len(x.type.shape), node.attributes.get("opset", importer.opset) < 13
    axis = node.attributes.get("axis", 1 if coerced else -1)
    axis += rank if axis < 0 else 0
    if coerced or axis == rank - 1:
        rows = int(np.prod(x.type.shape[:axis], dtype=np.int64))
        flat = reshape.to(graph, node.name, x, (rows, x.type.size // rows))
        return reshape.to(graph, node.name, graph.add(kind, node.name, [flat], [flat.type]).output, x.type.shape)
    order = (*(each for each in range(rank) if each != axis), axis)
    moved = transpose.add(graph, node.name, x, order)
    flat = reshape.to(graph, node.name, moved, (x.type.size // x.type.shape[axis], x.type.shape[axis]))
    result = graph.add(kind, node.name, [flat], [flat.type]).output
    return transpose.add(graph, node.name, reshape.to(graph, node.name, result, moved.type.shape), np.argsort(order))


def add(graph: Graph, name: str, x: Value) -> Value:
    """Add a softmax of each row of [N, classes]."""
    return graph.add("SoftMax", name, [x], [x.type]).output


@dataclass(slots=True, kw_only=True)
class SoftMaxAttributes:
    """Fixed-point constants, see `settle`."""

    table: np.ndarray = computed()
    inverse: int = computed()
    inverse_bits: int = computed()
    sum_bits: int = computed()


@operator
class SoftMax(Operator[SoftMaxAttributes]):
    """exp(x) / sum of exp(x), each row on its own."""

    kind = "SoftMax"
    attributes = SoftMaxAttributes

    def compute(self, node: Node[SoftMaxAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
        x = inputs[0]
        powers = c_code.exponential(x - x.max(axis=1, keepdims=True))
        return [powers / np.cumsum(powers, axis=1, dtype=np.float32)[:, -1:]]

    def settle(self, node: Node[SoftMaxAttributes]) -> None:
        """Fixed-point constants: a table of exponentials (1 bit before the point), 1 / scale, bits before the sum's point."""
        x, out = node.inputs[0].type, node.output.type
        if not out.quantised:
            return
        steps = np.exp(np.float64(np.float32(x.scale)) * np.arange(-255, 1)).astype(np.float32)
        node.attributes.table = np.rint(steps.astype(np.float64) * 2**31).astype(np.uint64)
        inverse = np.float32(1) / np.float32(out.scale)
        node.attributes.inverse_bits = int(inverse).bit_length()
        node.attributes.inverse = min(round(float(inverse) * 2.0 ** (32 - int(inverse).bit_length())), 2**32 - 1)
        classes = math.log2(x.shape[1])
        node.attributes.sum_bits = math.ceil(classes) + (1 if classes == int(classes) else 0)

    def compute_integer(self, node: Node[SoftMaxAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
        """Compute as Glow's kernel does: table, sum, reciprocal of the sum with 16 bits, product, cut."""
        x, table = inputs[0].astype(np.int64), node.attributes.table
        powers = table[255 + x - x.max(axis=1, keepdims=True)]
        total = (powers >> np.uint64(node.attributes.sum_bits - 1)).sum(axis=1, dtype=np.uint64)
        bits = np.array([int(each).bit_length() for each in total])
        total = (total << (32 - bits).astype(np.uint64)) >> np.uint64(16)
        division = (np.uint64(node.attributes.inverse) + total // np.uint64(2)) % np.uint64(2**32) // total
        point = 47 - node.attributes.inverse_bits + node.attributes.sum_bits - (32 - bits)
        result = (division[:, None] * powers) >> point.astype(np.uint64)[:, None]
        return [np.clip(result.astype(np.int64) + node.output.type.offset, -128, 127).astype(np.int8)]

    def emit(self, node: Node[SoftMaxAttributes], name: str) -> str:
        rows, classes = node.inputs[0].type.shape
        steps = {"in": classes, "out": classes}
        if not node.output.type.quantised:
            text = _FLOAT.replace("CLASSES", str(classes))
            return c_code.function(name, "const float *in, float *out", text, rows, steps)
        table = [f"{each}u" for each in node.attributes.table]
        lines = "".join(f"  {', '.join(table[at : at + 8])},\n" for at in range(0, 256, 8))
        text = _INTEGER % {
            "classes": classes, "name": name, "shift": node.attributes.sum_bits - 1,
            "bits": 47 - node.attributes.inverse_bits + node.attributes.sum_bits,
            "inverse": node.attributes.inverse, "offset": node.output.type.offset,
        }  # fmt: skip
        head = "/* exp(scale * (i - 255)), 31 bits behind the point */\n"
        head += f"static const uint32_t {name}_table[256] = {{\n{lines}}};\n"
        return head + c_code.function(name, "const int8_t *in, int8_t *out", text, rows, steps)

    def overwrites(self, node: Node[SoftMaxAttributes]) -> tuple[int, ...]:
        return () if node.output.type.quantised else (0,)


_FLOAT = """\
  float largest = in[0], sum = 0;
  for (int i = 1; i < CLASSES; i++) largest = in[i] > largest ? in[i] : largest;
  for (int i = 0; i < CLASSES; i++) {
    out[i] = exponential(in[i] - largest);
    sum += out[i];
  }
  for (int i = 0; i < CLASSES; i++) out[i] = out[i] / sum;
"""
_INTEGER = """\
  int largest = -128, point = %(bits)d;
  for (int i = 0; i < %(classes)d; i++) largest = in[i] > largest ? in[i] : largest;
  const uint32_t *power = %(name)s_table + 255 - largest;
  uint32_t sum = 0;
  for (int i = 0; i < %(classes)d; i++) sum += power[in[i]] >> %(shift)d;
  for (; !(sum & 0x80000000u); sum <<= 1) point--;
  sum >>= 16;
  uint32_t reciprocal = (%(inverse)du + sum / 2) / sum;
  for (int i = 0; i < %(classes)d; i++) {
    out[i] = clip8((int32_t)(((uint64_t)reciprocal * power[in[i]]) >> point) + (%(offset)d));
  }
"""
