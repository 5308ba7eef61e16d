"""Elu, Selu and Celu: an exponential for what is negative; in int8 a table."""

from dataclasses import dataclass

import numpy as np

from helpers.compiler.ir.graph import Value
from helpers.compiler.operators.base import c_code, elementwise, one_value
from helpers.compiler.operators.base.protocols import OnnxImporter, OnnxNode
from helpers.compiler.operators.base.registry import from_onnx, operator

SELU = {"alpha": 1.6732632423543772, "gamma": 1.0507009873554805}  # of the ONNX specification


@from_onnx("Elu", "Selu", "Celu")
def import_elu(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """Elu, Selu and Celu, which are one function with other numbers."""
    x, default = node.inputs[0], SELU if node.op_type == "Selu" else {}
    alpha, gamma = (float(np.float32(node.attributes.get(name, default.get(name, 1.0)))) for name in ("alpha", "gamma"))
    given = {"alpha": alpha, "gamma": gamma, "width": alpha if node.op_type == "Celu" else 1.0}
    return [importer.graph.add("Elu", node.name, [x], [x.type], **given).output]


@dataclass(slots=True, kw_only=True)
class EluAttributes(elementwise.UnaryAttributes):
    """Factors of ONNX's Elu, Selu and Celu."""

    alpha: float = 1.0
    gamma: float = 1.0
    width: float = 1.0


@operator
class Elu(one_value.OneValue[EluAttributes]):
    """gamma * x, or gamma * alpha * (exp(x / width) - 1) where x < 0."""

    kind = "Elu"
    attributes = EluAttributes
    parameters = ("alpha", "gamma", "width")

    def value(self, x: np.ndarray) -> np.ndarray:
        """The plain function in float32, for a table as TFLite makes it."""
        return np.where(x < 0, np.exp(x.astype(np.float64)).astype(np.float32) - np.float32(1), x)

    def function(self, x: np.ndarray, alpha: float = 1.0, gamma: float = 1.0, width: float = 1.0) -> np.ndarray:
        outer, factor, inverse = np.float32(gamma), np.float32(alpha), np.float32(1 / width)
        return outer * np.where(x < 0, factor * (c_code.exponential(x * inverse) - np.float32(1)), x)

    def c_function(self, alpha: float = 1.0, gamma: float = 1.0, width: float = 1.0) -> str:
        outer, factor, inverse = (one_value.c_number(each) for each in (gamma, alpha, 1 / width))
        return f"out[i] = {outer} * (x < 0 ? {factor} * (exponential(x * {inverse}) - 1.0f) : x);"
