"""LogSoftmax over the last axis of a matrix. It stays float32 where a profile makes integers: the class is Softmax's."""

import numpy as np

from helpers.compiler.ir.attributes import NoAttributes
from helpers.compiler.ir.graph import Node, Value
from helpers.compiler.operators import softmax
from helpers.compiler.operators.base import c_code, mathematics
from helpers.compiler.operators.base.protocols import OnnxImporter, OnnxNode
from helpers.compiler.operators.base.registry import Operator, from_onnx, operator


@from_onnx("LogSoftmax")
def import_log_softmax(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """LogSoftmax, with the axes of Softmax."""
    return [softmax.of_rows(importer, node, "LogSoftMax")]


@operator
class LogSoftMax(Operator[NoAttributes]):
    """x - log(sum of exp(x)), each row on its own."""

    kind = "LogSoftMax"
    integers = ()

    def compute(self, node: Node, inputs: list[np.ndarray]) -> list[np.ndarray]:
        x = inputs[0]
        largest = x.max(axis=1, keepdims=True)
        total = np.cumsum(c_code.exponential(x - largest), axis=1, dtype=np.float32)[:, -1:]
        return [x - largest - mathematics.logarithm(total)]

    def emit(self, node: Node, name: str) -> str:
        rows, classes = node.inputs[0].type.shape
        text = _C.replace("CLASSES", str(classes))
        return c_code.function(name, "const float *in, float *out", text, rows, {"in": classes, "out": classes})

    def overwrites(self, node: Node) -> tuple[int, ...]:
        return (0,)


_C = """\
  float largest = in[0], sum = 0;
  for (int i = 1; i < CLASSES; i++) largest = in[i] > largest ? in[i] : largest;
  for (int i = 0; i < CLASSES; i++) sum += exponential(in[i] - largest);
  float whole = logarithm(sum);
  for (int i = 0; i < CLASSES; i++) out[i] = in[i] - largest - whole;
"""
