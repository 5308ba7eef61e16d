"""Sigmoid."""

import numpy as np

from helpers.compiler.ir.graph import Node, Value
from helpers.compiler.operators import tabulated
from helpers.compiler.operators.base import c_code
from helpers.compiler.operators.base.protocols import OnnxImporter, OnnxNode
from helpers.compiler.operators.base.registry import from_onnx, operator


@from_onnx("Sigmoid")
def import_sigmoid(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """Sigmoid."""
    x = node.inputs[0]
    return [importer.graph.add("Sigmoid", node.name, [x], [x.type]).output]


@operator
class Sigmoid(tabulated.Tabulated):
    """1 / (1 + exp(-x)); the integer table runs over [-6, 6]."""

    kind = "Sigmoid"
    input_range, output_range = (-6.0, 6.0), (0.0, 1.0)

    def value(self, x: np.ndarray) -> np.ndarray:
        return np.float32(1) / (np.float32(1) + np.exp(-x.astype(np.float64)).astype(np.float32))

    def compute(self, node: Node, inputs: list[np.ndarray]) -> list[np.ndarray]:
        return [np.float32(1) / (c_code.exponential(-inputs[0]) + np.float32(1))]

    def c_float(self, node: Node) -> str:
        return "out[i] = 1.0f / (exponential(-x) + 1.0f);"
