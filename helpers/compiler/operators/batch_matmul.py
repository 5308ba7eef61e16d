"""Products of several pairs of matrices, as attention has them."""

from typing import Any

import numpy as np

from helpers.common.errors import Unsupported
from helpers.compiler.ir.graph import Graph, Node, TensorType, Value
from helpers.compiler.operators import matmul, reshape
from helpers.compiler.operators.base import c_code
from helpers.compiler.operators.base.protocols import Lowering, OnnxImporter, OnnxNode
from helpers.compiler.operators.base.registry import from_onnx, operator


@from_onnx("MatMul")
def import_matmul(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """A product. Where the second factor is one matrix, leading axes of the first are rows; else it is a product for each."""
    graph, (x, y) = importer.graph, node.inputs
    given = x.type.shape, y.type.shape
    if min(len(each) for each in given) < 1 or given[0][-1] != given[1][max(len(given[1]) - 2, 0)]:
        raise Unsupported(f"MatMul of {list(given[0])} and {list(given[1])}", remedy="flatten before a dense layer")
    x = x if len(given[0]) > 1 else reshape.to(graph, node.name, x, (1, *given[0]))
    y = y if len(given[1]) > 1 else reshape.to(graph, node.name, y, (*given[1], 1))
    left, right = x.type.shape, y.type.shape
    lead = np.broadcast_shapes(left[:-2], right[:-2])
    if int(np.prod(right[:-2])) == 1:
        rows = reshape.to(graph, node.name, x, (x.type.size // left[-1], left[-1]))
        made = matmul.add(graph, node.name, rows, reshape.to(graph, node.name, y, right[-2:]))
    else:
        made = add(graph, node.name, x, y)
    kept = (*lead, *left[-2:-1][: len(given[0]) - 1], *right[-1:][: len(given[1]) - 1])
    return [reshape.to(graph, node.name, made, kept)]


def add(graph: Graph, name: str, x: Value, y: Value, elements: TensorType | None = None, **attributes: Any) -> Value:
    """Products over the leading axes of both, which are the same, or 1 on one side; returns [*leading, N, M].

    elements: a type whose elements the result has, float32 where it is left out.
    """
    left, right = x.type.shape, y.type.shape
    counts = [int(np.prod(each[:-2], dtype=np.int64)) for each in (left, right)]
    lead = np.broadcast_shapes(left[:-2], right[:-2])
    count = int(np.prod(lead, dtype=np.int64))
    if any(each not in (1, count) for each in counts):
        what = f"MatMul of {list(left)} and {list(right)}, which repeats a part of one"
        raise Unsupported(what, remedy="give both the same leading axes")
    x = reshape.to(graph, name, x, (counts[0], *left[-2:]))
    y = reshape.to(graph, name, y, (counts[1], *right[-2:]))
    result = (elements or TensorType(())).with_shape((count, left[-2], right[-1]))
    made = graph.add("BatchMatMul", name, [x, y], [result], **attributes).output
    return reshape.to(graph, name, made, (*lead, left[-2], right[-1]))


@operator
class BatchMatMul(matmul.MatMul):
    """x[B, N, K] * y[B, K, M]; B may be 1 on one side."""

    kind = "BatchMatMul"
    attributes = matmul.MatMulAttributes

    def batches(self, node: Node[matmul.MatMulAttributes]) -> bool:
        return False

    def compute(self, node: Node[matmul.MatMulAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
        count = node.output.type.shape[0]
        x, y = (np.broadcast_to(each, (count, *each.shape[1:])) for each in inputs)
        return [np.stack([matmul.float_product(*pair) for pair in zip(x, y, strict=True)])]

    def lower(self, node: Node[matmul.MatMulAttributes], lowering: Lowering) -> Value:
        """A product for each pair; both factors have as many matrices as the result then."""
        name, (count, *shape) = node.name, node.output.type.shape
        products = []
        for index in range(count):
            x, y = (
                _matrix(lowering, f"{name}_slice{side}_{index}", value, index)
                for side, value in zip("AB", node.inputs, strict=True)
            )
            products.append(lowering.add("MatMul", f"{name}_MatMul_{index}", [x, y], shape))
        joined = lowering.add("Concat", f"{name}_concat", products, (count * shape[0], shape[1]), axis=0)
        return lowering.add("Reshape", f"{name}_reshapeResult", [joined], (count, *shape))

    def emit(self, node: Node[matmul.MatMulAttributes], name: str) -> str:
        x, y = (value.type.shape for value in node.inputs)
        element = "int8_t" if node.output.type.quantised else "float"
        row = "".join(f"  {line}" for line in matmul.c_row(node).splitlines(keepends=True))
        text = (
            f"  const {element} *in = left, *other = right;\n"
            f"  for (int row = 0; row < {x[1]}; row++, in += {x[2]}, out += {y[2]}) {{\n{row}  }}\n"
        )
        arguments = f"const {element} *left, const {element} *right, {element} *out"
        steps = {"left": x[1] * x[2] * (x[0] > 1), "right": y[1] * y[2] * (y[0] > 1)}
        return c_code.function(name, arguments, text, node.output.type.shape[0], steps)


def _matrix(lowering: Lowering, name: str, value: Value, index: int) -> Value:
    """One of the matrices that a value holds, or the only one."""
    at, (_, *shape) = min(index, value.type.shape[0] - 1), value.type.shape
    ranges = (range(at, at + 1), *(range(n) for n in shape))
    one = lowering.add("Slice", name, [value], (1, *shape), ranges=ranges)
    return lowering.add("Reshape", f"{name}_reshape", [one], shape)
