"""Dense layers over an image in two layers: sums to which rows of the image can be added, and the elements of these sums."""

from dataclasses import dataclass

import numpy as np

from helpers.compiler.backends import weighted_layer
from helpers.compiler.backends.values import root
from helpers.compiler.ir.graph import Constant, Graph, Node, TensorType
from helpers.compiler.numerics.affine import clip
from helpers.compiler.operators.base import c_code
from helpers.compiler.operators.base.columns import Columns
from helpers.compiler.operators.base.registry import Operator, operator

MOST_ROWS = 255


@dataclass(slots=True, kw_only=True)
class DenseSumsAttributes:
    """first: whether the call begins with the first row; else the rows so far are counted behind the sums."""

    first: bool = True


@operator
class DenseSums(Operator[DenseSumsAttributes]):
    """int32 sums of a dense layer, and behind them the number of rows that are in them.

    Inputs: an int8 image; int8 weights [rows, outputs, elements of a row]; an int32 bias for each output, in which the offset of
    the image is counted.
    """

    kind = "DenseSums"
    attributes = DenseSumsAttributes
    internal = True

    def compute_integer(self, node: Node[DenseSumsAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
        x, weights, bias = (each.astype(np.int64) for each in inputs)
        sums = np.einsum("nri,roi->no", x.reshape(len(x), len(weights), -1), weights) + bias
        counted = np.concatenate([sums, np.full((len(x), 1), len(weights))], 1)
        return [counted.astype(np.int32)[:, None, None]]

    def emit(self, node: Node[DenseSumsAttributes], name: str) -> str:
        """The rows one after another."""
        _, rows, columns, channels = node.inputs[0].type.shape
        values = {
            "name": name, "rows": rows, "row": columns * channels, "outputs": node.inputs[2].type.size,
            "size": columns * channels * node.inputs[2].type.size,
        }  # fmt: skip
        first = f"  out[{values['outputs']}] = 0;\n" if node.attributes.first else ""
        return (_SUMS % values).replace("FIRST", first)


@dataclass(slots=True, kw_only=True)
class ElementsOfSumsAttributes:
    """layer: the dense layer whose sums they are."""

    layer: Node


@operator
class ElementsOfSums(Operator[ElementsOfSumsAttributes]):
    """What a dense layer makes of its sums."""

    kind = "ElementsOfSums"
    attributes = ElementsOfSumsAttributes
    internal = True

    def compute_integer(self, node: Node[ElementsOfSumsAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
        layer, sums = node.attributes.layer, inputs[0].reshape(len(inputs[0]), -1)
        rules = weighted_layer.requantisations(layer)
        result = np.stack([rule.apply(sums[:, output]) for output, rule in enumerate(rules)], 1)
        return [clip(c_code.activated(layer, result.astype(np.int32)), "int8")]

    def emit(self, node: Node[ElementsOfSumsAttributes], name: str) -> str:
        """Requantise each sum."""
        layer, columns = node.attributes.layer, Columns(name)
        total = columns.requantised("sum", layer.attributes.requantisations, "in[o]")
        result = c_code.c_activated(layer, f"{total} + ({layer.output.type.offset})")
        values = {"name": name, "outputs": layer.output.type.size, "result": result}
        return columns.head + _ELEMENTS % values


def split(graph: Graph) -> Graph:
    """Return a copy of an integer graph with every dense layer over a computed image in two layers."""
    made = graph.copied()
    for node in made.in_order():
        image = root(node.inputs[0]) if node.kind == "RowwiseQuantizedFullyConnected" else None
        weights = _by_rows(node, image.type) if image is not None and image.node.inputs else None
        if image is None or weights is None:
            continue
        data, bias = weights
        constants = [
            made.add_constant(f"{node.name}_{name}", array, TensorType(array.shape, element))
            for name, array, element in (("by_rows", data, "int8"), ("start", bias, "int32"))
        ]
        kind = TensorType((1, 1, 1, len(bias) + 1), "int32", 1.0)
        sums = made.add(DenseSums.kind, f"{node.name}_sums", [image, *constants], [kind])
        last = made.add(ElementsOfSums.kind, f"{node.name}_elements", sums.outputs, [node.output.type], layer=node)
        made.replace(node.output, last.output)
    made.remove_unused()
    return made


def _by_rows(node: Node, image: TensorType) -> tuple[np.ndarray, np.ndarray] | None:
    """Weights by the rows of an int8 image, and biases with the image's offset; None where that cannot be."""
    shape, out = image.shape, node.output.type
    if len(shape) != 4 or shape[0] != 1 or not 1 < shape[1] <= MOST_ROWS or image.element != "int8":
        return None
    if (
        out.element != "int8"
        or out.shape[0] != 1
        or not all(isinstance(each.node, Constant) for each in node.inputs[1:])
    ):
        return None
    weights = weighted_layer.weights(node)[:, 0, 0]
    if weights.min() < -128 or weights.max() > 127:
        return None
    bias = np.array(weighted_layer.bias(node), np.int64) - node.inputs[0].type.offset * weights.sum(1)
    rows = weights.reshape(len(weights), shape[1], -1).transpose(1, 0, 2)
    return np.ascontiguousarray(rows, np.int8), bias.astype(np.int32)


_SUMS = """\
static void %(name)s(const int8_t *in, const int8_t *weights, const int32_t *bias, int32_t *out) {
FIRST  for (int n = 0; n < %(rows)d; n++, in += %(row)d) {
    const int8_t *w = weights + out[%(outputs)d] * %(size)d;
    for (int o = 0; o < %(outputs)d; o++, w += %(row)d) {
      int32_t sum = out[%(outputs)d] ? out[o] : bias[o];
      for (int i = 0; i < %(row)d; i++) sum += in[i] * w[i];
      out[o] = sum;
    }
    out[%(outputs)d]++;
  }
}
"""
_ELEMENTS = """\
static void %(name)s(const int32_t *in, int8_t *out) {
  for (int o = 0; o < %(outputs)d; o++) out[o] = clip8(%(result)s);
}
"""
