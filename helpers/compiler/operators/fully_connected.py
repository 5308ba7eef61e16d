"""Dense layers: x[N, K] * W[K, M] + bias.

ONNX MatMul followed by Add of a constant row becomes one FullyConnected, as in Glow.
"""

import numpy as np

from helpers.compiler.ir.graph import Node, Value
from helpers.compiler.numerics.affine import clip
from helpers.compiler.operators import matmul
from helpers.compiler.operators.base import c_code
from helpers.compiler.operators.base.layer_attributes import DenseAttributes
from helpers.compiler.operators.base.protocols import Lowering
from helpers.compiler.operators.base.registry import operator, same_type
from helpers.compiler.operators.base.weighted import Weighted


@operator
class FullyConnected(Weighted[DenseAttributes]):
    """A dense layer. Glow lowers it to a product `_dot` and an addition `_bias`, which its profile shows."""

    kind = "FullyConnected"
    attributes = DenseAttributes

    def compute(self, node: Node[DenseAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
        x, weights, bias = inputs
        if node.attributes.whole:
            return [matmul.float_product(x, weights, bias)]
        return [matmul.float_product(x, weights) + bias]

    def compute_integer(self, node: Node[DenseAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
        """Integers: int32 sums of (x - offset) * (w - offset), requantised, clipped."""
        x, weights = (
            each.astype(np.float64) - value.type.offset for each, value in zip(inputs[:2], node.inputs, strict=False)
        )
        bias = inputs[2].astype(np.int64) - node.inputs[2].type.offset
        sums = (x @ weights).astype(np.int64)  # exact below 2**53
        accumulated = (sums + node.attributes.bias_requantisation.apply(bias)).astype(np.int32)
        return [
            clip(c_code.activated(node, node.attributes.requantisation.apply(accumulated)), node.output.type.element)
        ]

    def lower(self, node: Node[DenseAttributes], lowering: Lowering) -> Value:
        x, weights, bias = node.inputs
        shape = node.output.type.shape
        dot = lowering.add("MatMul", f"{node.name}_dot", [x, weights], shape)
        result = lowering.add("BatchedAdd", f"{node.name}_bias", [dot, bias], shape)
        if node.attributes.gemm is not None:
            lowering.also(result, f"{node.attributes.gemm}:0")
        if node.attributes.transposed:
            lowering.also(weights, f"{node.attributes.transposed}:0")
        return result

    def emit(self, node: Node[DenseAttributes], name: str) -> str:
        x, weights, bias = (value.type for value in node.inputs)
        values = {
            "inputs": weights.shape[0], "outputs": weights.shape[1], "x_offset": x.offset, "w_offset": weights.offset,
        }  # fmt: skip
        element = "float"
        if node.output.type.quantised:
            element, first = "int8_t", f"bias[o] - ({bias.offset})" if bias.offset else "bias[o]"
            values["bias"] = node.attributes.bias_requantisation.c(first)
            values["result"] = c_code.c_activated(node, node.attributes.requantisation.c("sum"))
        bias_type = same_type(node.inputs[2])
        arguments = f"const {element} *in, const {element} *weights, const {bias_type} *bias, {element} *out"
        text = (_C if node.output.type.quantised else _C_FLOAT) % values
        steps = {"in": weights.shape[0], "out": weights.shape[1]}
        return c_code.function(name, arguments, text, x.shape[0], steps)


_C = """\
  for (int o = 0; o < %(outputs)d; o++) {
    int32_t sum = %(bias)s;
    for (int i = 0; i < %(inputs)d; i++) {
      sum += (in[i] - (%(x_offset)d)) * (weights[i * %(outputs)d + o] - (%(w_offset)d));
    }
    out[o] = clip8(%(result)s);
  }
"""
_C_FLOAT = """\
  for (int o = 0; o < %(outputs)d; o++) {
    float sum = bias[o];
    for (int i = 0; i < %(inputs)d; i++) {
      sum += in[i] * weights[i * %(outputs)d + o];
    }
    out[o] = sum;
  }
"""
