"""Gelu: in int8 a table."""

from dataclasses import dataclass

import numpy as np

from helpers.compiler.ir.graph import Value
from helpers.compiler.operators.base import c_code, elementwise, mathematics, one_value
from helpers.compiler.operators.base.protocols import OnnxImporter, OnnxNode
from helpers.compiler.operators.base.registry import from_onnx, operator

f = np.float32
ROOT = f(np.sqrt(2 / np.pi))


@from_onnx("Gelu")
def import_gelu(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """Gelu; `approximate` says whether by the error function or by tanh."""
    x, by_tanh = node.inputs[0], node.attributes.get("approximate", "none") == "tanh"
    return [importer.graph.add("Gelu", node.name, [x], [x.type], by_tanh=by_tanh).output]


@dataclass(slots=True, kw_only=True)
class GeluAttributes(elementwise.UnaryAttributes):
    """Whether by tanh."""

    by_tanh: bool


@operator
class Gelu(one_value.OneValue[GeluAttributes]):
    """x / 2 * (1 + erf(x / sqrt(2))); by_tanh: x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3)))."""

    kind = "Gelu"
    attributes = GeluAttributes
    parameters = ("by_tanh",)

    def function(self, x: np.ndarray, by_tanh: bool) -> np.ndarray:
        if by_tanh:
            inner = ROOT * (x + f(0.044715) * x * x * x)
            return x * (f(1) - f(1) / (c_code.exponential(inner * f(2)) + f(1)))
        inner = x * f(np.sqrt(0.5))
        return f(0.5) * x * (f(1) + mathematics.error_function(inner, c_code.exponential(-inner * inner)))

    def c_function(self, by_tanh: bool) -> str:
        if by_tanh:
            inner = f"{one_value.c_number(ROOT)} * (x + {one_value.c_number(0.044715)} * x * x * x)"
            return f"float inner = {inner};\n    out[i] = x * (1.0f - 1.0f / (exponential(inner * 2.0f) + 1.0f));"
        head = f"float inner = x * {one_value.c_number(np.sqrt(0.5))};\n    "
        return head + "out[i] = 0.5f * x * (1.0f + error_function(inner, exponential(-inner * inner)));"
