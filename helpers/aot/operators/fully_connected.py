"""Dense layers: x[1, K] * W[K, N] + bias.

ONNX MatMul followed by Add of a constant row becomes one FullyConnected, as in Glow.
"""

import numpy as np

from helpers.aot.graph import Node, TensorType
from helpers.aot.operators.registry import Operator, from_onnx, operator
from helpers.aot.ranges import clip
from helpers.errors import Unsupported


@from_onnx("MatMul")
def import_matmul(importer, node):
    """A product of two matrices; lower.py joins it with the Add behind it."""
    x, weights = node.inputs
    if len(x.type.shape) != 2 or len(weights.type.shape) != 2 or x.type.shape[1] != weights.type.shape[0]:
        raise Unsupported(
            f"MatMul of {list(x.type.shape)} and {list(weights.type.shape)}", remedy="flatten before a dense layer"
        )
    result = TensorType((x.type.shape[0], weights.type.shape[1]))
    return [importer.graph.add("MatMul", node.name, [x, weights], [result]).output]


def float_product(x: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """float32 matrix product, summed in order with fused multiply-adds (Glow, libjit_matmul_f)."""
    total = np.zeros((len(x), weights.shape[1]), np.float32)
    for k in range(weights.shape[0]):
        total = (x[:, k : k + 1].astype(np.float64) * weights[k].astype(np.float64) + total).astype(np.float32)
    return total


@operator
class FullyConnected(Operator):
    """A dense layer. Glow lowers it to a product `_dot` and an addition `_bias`, which its profile shows."""

    kind = "FullyConnected"

    def compute(self, node: Node, inputs):
        x, weights, bias = inputs
        return [float_product(x, weights) + bias]

    def compute_integer(self, node: Node, inputs):
        """int8: int32 sums of (x - offset) * (w - offset), requantised, clipped."""
        x, weights, bias = inputs
        x_offset, w_offset = (value.type.offset for value in node.inputs[:2])
        product = (x.astype(np.float64) - x_offset) @ (weights.astype(np.float64) - w_offset)  # exact below 2**53
        accumulated = (product.astype(np.int64) + node.attributes["bias_requantisation"].apply(bias)).astype(np.int32)
        return [clip(node.attributes["requantisation"].apply(accumulated), node.output.type.element)]

    def profiled(self, node: Node, inputs, outputs):
        dot = float_product(inputs[0], inputs[1])
        return [(node.output.name, outputs[0]), (f"{node.name}_bias:0", outputs[0]), (f"{node.name}_dot:0", dot)]

    def quantise(self, node: Node, plan):
        node.output.type = plan.type_of(node.output)
        plan.quantise_weights_and_bias(node)

    def emit(self, node: Node, name: str) -> str:
        x, weights = (value.type for value in node.inputs[:2])
        values = {
            "name": name, "inputs": weights.shape[0], "outputs": weights.shape[1],
            "x_offset": x.offset, "w_offset": weights.offset,
            "bias": node.attributes["bias_requantisation"].c("bias[o]"),
            "result": node.attributes["requantisation"].c("sum"),
        }  # fmt: skip
        return _C % values


_C = """\
static void %(name)s(const int8_t *in, const int8_t *weights, const int32_t *bias, int8_t *out) {
  for (int o = 0; o < %(outputs)d; o++) {
    int32_t sum = %(bias)s;
    for (int i = 0; i < %(inputs)d; i++) {
      sum += (in[i] - (%(x_offset)d)) * (weights[i * %(outputs)d + o] - (%(w_offset)d));
    }
    out[o] = clip8(%(result)s);
  }
}
"""
