"""A dense layer between integers whose result the file leaves real: sums of int8 products, scaled to float32 once."""

import numpy as np

from helpers.compiler.ir.graph import Graph, Node, TensorType, Value
from helpers.compiler.operators.base import c_code
from helpers.compiler.operators.base.registry import Operator, operator


def add(graph: Graph, node: Node, x: Value, weights: np.ndarray, rows: list[TensorType]) -> Value:
    """Add one in place of a float FullyConnected: weights int8 [outputs, inputs], rows: the type of each output's."""
    steps = np.array([np.float32(x.type.scale) * np.float32(row.scale) for row in rows], np.float32)
    inputs = [
        x,
        graph.add_constant(node.inputs[1].node.name, weights, TensorType(weights.shape, "int8", 1.0)),
        graph.add_constant(f"{node.name}_steps", steps),
        node.inputs[2],
    ]
    return graph.add(DequantizedFullyConnected.kind, node.name, inputs, [node.output.type]).output


@operator
class DequantizedFullyConnected(Operator):
    """float32 sums of int8 inputs and weights, in steps of their own for each output, and a float32 bias."""

    kind = "DequantizedFullyConnected"
    internal = True

    def converts(self, node: Node, precision: str, bias_precision: str) -> bool:
        return False

    def compute_integer(self, node: Node, inputs: list[np.ndarray]) -> list[np.ndarray]:
        x, weights, steps, bias = inputs
        sums = (x.astype(np.int64) - node.inputs[0].type.offset) @ weights.astype(np.int64).T
        return [sums.astype(np.float32) * steps + bias]

    def emit(self, node: Node, name: str) -> str:
        x, weights = node.inputs[0].type, node.inputs[1].type
        body = _C % {"outputs": weights.shape[0], "inputs": weights.shape[1], "x": x.offset}
        arguments = "const int8_t *in, const int8_t *weights, const float *steps, const float *bias, float *out"
        return c_code.function(name, arguments, body, x.shape[0], {"in": weights.shape[1], "out": weights.shape[0]})


_C = """\
  for (int o = 0; o < %(outputs)d; o++) {
    int32_t sum = 0;
    for (int i = 0; i < %(inputs)d; i++) sum += (in[i] - (%(x)d)) * weights[o * %(inputs)d + i];
    float product = (float)sum * steps[o];
    out[o] = product + bias[o];
  }
"""
