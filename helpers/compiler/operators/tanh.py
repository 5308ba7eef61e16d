"""Tanh."""

import numpy as np

from helpers.compiler.ir.graph import Node, Value
from helpers.compiler.operators import tabulated
from helpers.compiler.operators.base import c_code
from helpers.compiler.operators.base.protocols import OnnxImporter, OnnxNode
from helpers.compiler.operators.base.registry import from_onnx, operator


@from_onnx("Tanh")
def import_tanh(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """Tanh."""
    x = node.inputs[0]
    return [importer.graph.add("Tanh", node.name, [x], [x.type]).output]


@operator
class Tanh(tabulated.Tabulated):
    """The hyperbolic tangent; the integer table runs over [-3, 3]."""

    kind = "Tanh"
    input_range, output_range = (-3.0, 3.0), (-1.0, 1.0)

    def value(self, x: np.ndarray) -> np.ndarray:
        return np.tanh(x.astype(np.float64)).astype(np.float32)

    def compute(self, node: Node, inputs: list[np.ndarray]) -> list[np.ndarray]:
        return [np.float32(1) - np.float32(2) / (c_code.exponential(inputs[0] * np.float32(2)) + np.float32(1))]

    def c_float(self, node: Node) -> str:
        return "out[i] = 1.0f - 2.0f / (exponential(x * 2.0f) + 1.0f);"
