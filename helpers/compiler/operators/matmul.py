"""Products of two matrices, either of them computed. With constant weights and a row added behind: FullyConnected.

ONNX MatMul is in batch_matmul.py.
"""

from dataclasses import dataclass

import numpy as np

from helpers.common.errors import Unsupported
from helpers.compiler.ir.attributes import computed
from helpers.compiler.ir.graph import Graph, Node, TensorType, Value, constant_of
from helpers.compiler.numerics.affine import clip
from helpers.compiler.numerics.requantisation import requantisation
from helpers.compiler.operators import transpose
from helpers.compiler.operators.base import c_code
from helpers.compiler.operators.base.layer_attributes import Rule
from helpers.compiler.operators.base.protocols import OnnxImporter, OnnxNode
from helpers.compiler.operators.base.registry import Operator, from_onnx, operator


@from_onnx("Gemm")
def import_gemm(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """alpha * A * B + beta * C; beta goes into a constant C."""
    graph, (a, b) = importer.graph, node.inputs[:2]
    alpha, beta = node.attributes.get("alpha", 1.0), node.attributes.get("beta", 1.0)
    if node.attributes.get("transA", 0):
        a = transpose.add(graph, node.name, a, (1, 0))
    bias, outputs = node.optional_input(2), b.type.shape[0 if node.attributes.get("transB", 0) else 1]
    if bias is None and alpha == beta == 1 and b.node.kind == "Constant":
        return [_dense(graph, node, a, b, graph.add_splat(f"{node.name}.SplatC", (outputs,), 0))]
    dense = alpha == beta == 1 and b.node.kind == "Constant"
    if dense and bias is not None and bias.node.kind == "Constant" and bias.type.shape == (outputs,):
        return [_dense(graph, node, a, b, bias)]
    if node.attributes.get("transB", 0):
        b = transpose.add(graph, node.name, b, (1, 0))
    if a.type.shape[1] != b.type.shape[0]:
        raise Unsupported(f"Gemm of {list(a.type.shape)} and {list(b.type.shape)}", remedy="check transA and transB")
    product = _times(importer, node.name, add(graph, node.name, a, b), alpha)
    if bias is None:
        return [product]
    return [importer.binary("Add", node.name, product, _times(importer, node.name, bias, beta))]


def _dense(graph: Graph, node: OnnxNode, x: Value, weights: Value, bias: Value) -> Value:
    """A FullyConnected. Glow makes it of a Gemm that already has the name, and transposes the weights in a node of their own."""
    gemm = graph.unique_name(node.name)
    transposed = weights.node.name if node.attributes.get("transB", 0) else ""
    if transposed:
        weights = graph.add_moved(constant_of(weights), f"{gemm}_TransposeB", lambda data: np.ascontiguousarray(data.T))
    if x.type.shape[1] != weights.type.shape[0]:
        shapes = f"{list(x.type.shape)} and {list(weights.type.shape)}"
        raise Unsupported(f"Gemm of {shapes}", remedy="check transA and transB")
    result = TensorType((x.type.shape[0], weights.type.shape[1]))
    return graph.add("FullyConnected", gemm, [x, weights, bias], [result], gemm=gemm, transposed=transposed).output


def _times(importer: OnnxImporter, name: str, value: Value, factor: float) -> Value:
    if factor == 1.0:
        return value
    if value.node.kind == "Constant":
        return importer.graph.add_constant(name, constant_of(value).data * np.float32(factor))
    return importer.binary("Mul", name, value, importer.graph.add_constant(name, np.array([factor], np.float32)))


def add(graph: Graph, name: str, x: Value, weights: Value) -> Value:
    """Add a product of [N, K] and [K, M]."""
    result = TensorType((x.type.shape[0], weights.type.shape[1]))
    return graph.add("MatMul", name, [x, weights], [result]).output


def float_product(x: np.ndarray, weights: np.ndarray, start: np.ndarray | float = 0) -> np.ndarray:
    """float32 matrix product, summed in order from `start` with fused multiply-adds (Glow, libjit_matmul_f, libjit_fc_f)."""
    total = np.full((len(x), weights.shape[1]), start, np.float32)
    for k in range(weights.shape[0]):
        total = (x[:, k : k + 1].astype(np.float64) * weights[k].astype(np.float64) + total).astype(np.float32)
    return total


@dataclass(slots=True, kw_only=True)
class MatMulAttributes:
    """Requantisation of the sums."""

    requantisation: Rule = computed()


@operator
class MatMul(Operator[MatMulAttributes]):
    """x[N, K] * y[K, M]."""

    kind = "MatMul"
    attributes = MatMulAttributes

    def batches(self, node: Node[MatMulAttributes]) -> bool:
        return super().batches(node) and node.inputs[1].node.kind == "Constant"

    def compute(self, node: Node[MatMulAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
        return [float_product(*inputs)]

    def compute_integer(self, node: Node[MatMulAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
        """Integers: int32 sums of products of differences from the offsets, requantised, clipped."""
        x, y = (each.astype(np.float64) - value.type.offset for each, value in zip(inputs, node.inputs, strict=True))
        return [clip(node.attributes.requantisation.apply((x @ y).astype(np.int64)), node.output.type.element)]

    def settle(self, node: Node[MatMulAttributes]) -> None:
        if node.output.type.quantised and node.attributes.requantisation is None:
            x, y, out = (value.type for value in (*node.inputs, node.output))
            product = np.float32(x.scale) * np.float32(y.scale)
            node.attributes.requantisation = requantisation(product / np.float32(out.scale), out.offset)

    def emit(self, node: Node[MatMulAttributes], name: str) -> str:
        x, y = (value.type.shape for value in node.inputs)
        element = "int8_t" if node.output.type.quantised else "float"
        arguments = f"const {element} *in, const {element} *other, {element} *out"
        return c_code.function(name, arguments, c_row(node), x[0], {"in": x[1], "out": y[1]})


def c_row(node: Node) -> str:
    """C that computes a row of the result from a row `in` and the matrix `other`."""
    x, y = (value.type for value in node.inputs)
    number, result = "float", "sum"
    if node.output.type.quantised:
        number, result = "int32_t", f"clip8({node.attributes.requantisation.c('sum')})"
    left, right = (f" - ({each.offset})" if each.offset else "" for each in (x, y))
    return (
        f"  for (int o = 0; o < {y.shape[-1]}; o++) {{\n"
        f"    {number} sum = 0;\n"
        f"    for (int i = 0; i < {x.shape[-1]}; i++) {{\n"
        f"      sum += (in[i]{left}) * (other[i * {y.shape[-1]} + o]{right});\n    }}\n"
        f"    out[o] = {result};\n  }}\n"
    )
