"""Pow by a constant exponent: in int8 a table. A square is a product."""

from dataclasses import dataclass

import numpy as np

from helpers.common.errors import Unsupported
from helpers.compiler.ir.graph import Value, producer
from helpers.compiler.operators.base import c_code, elementwise, mathematics, one_value
from helpers.compiler.operators.base.protocols import OnnxImporter, OnnxNode
from helpers.compiler.operators.base.registry import from_onnx, operator

LARGEST = 16  # whole exponents up to this are products


@from_onnx("Pow")
def import_pow(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """Pow; the exponent must be one constant number, or the base one above 0."""
    base = constant_number(node.inputs[0])
    if base > 0 and node.inputs[1].node.kind != "Constant":
        rate = importer.graph.add_constant(f"{node.name}_rate", np.array(np.log(base), np.float32))
        product = importer.binary("Mul", f"{node.name}_product", node.inputs[1], rate)
        return [importer.graph.add("Exp", node.name, [product], [product.type]).output]
    x, exponents = node.inputs[0], importer.constant(node.inputs[1]).astype(np.float64)
    if exponents.size == 0 or (exponents != exponents.flat[0]).any() or exponents.ndim > len(x.type.shape):
        raise Unsupported("an exponent that is not one constant number", remedy="raise to one power at a time")
    exponent = float(exponents.flat[0])
    if exponent == 1:
        return [x]
    if exponent == 2:
        return [importer.binary("Mul", node.name, x, x)]
    return [importer.graph.add("Power", node.name, [x], [x.type], exponent=exponent).output]


def constant_number(value: Value) -> float:
    """The one number that a constant holds; 0 for any other value."""
    constant = producer(value, "Constant")
    return float(constant.data.flat[0]) if constant is not None and constant.data.size == 1 else 0.0


@dataclass(slots=True, kw_only=True)
class PowerAttributes(elementwise.UnaryAttributes):
    """The exponent."""

    exponent: float


@operator
class Power(one_value.OneValue[PowerAttributes]):
    """x to a constant power: of a negative x only a whole one; else as of 0."""

    kind = "Power"
    attributes = PowerAttributes
    parameters = ("exponent",)

    def function(self, x: np.ndarray, exponent: float) -> np.ndarray:
        size, one = abs(exponent), np.float32(1)
        if size in (0.5, 1.5):
            root = mathematics.square_root(x)
            result = root if size == 0.5 else root * x
        elif size == int(size) <= LARGEST:
            result = np.ones_like(x)
            for _ in range(int(size)):
                result = result * x
        else:
            result = c_code.exponential(mathematics.logarithm(x) * np.float32(size))
        return one / result if exponent < 0 else result

    def c_function(self, exponent: float) -> str:
        size = abs(exponent)
        if size in (0.5, 1.5):
            lines = ["float result = square_root(x);", *(["result = result * x;"] if size == 1.5 else [])]
        elif size == int(size) <= LARGEST:
            lines = ["float result = 1.0f;", f"for (int n = 0; n < {int(size)}; n++) result = result * x;"]
        else:
            lines = [f"float result = exponential(logarithm(x) * {one_value.c_number(size)});"]
        return "\n    ".join([*lines, "out[i] = 1.0f / result;" if exponent < 0 else "out[i] = result;"])
