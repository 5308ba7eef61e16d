"""Division."""

import math
from dataclasses import dataclass

import numpy as np

from helpers.common.errors import Unsupported
from helpers.compiler.ir.attributes import computed
from helpers.compiler.ir.graph import Node, Value
from helpers.compiler.operators.base import elementwise
from helpers.compiler.operators.base.protocols import OnnxImporter, OnnxNode
from helpers.compiler.operators.base.registry import from_onnx, operator


@from_onnx("Div")
def import_div(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """Div, with broadcasting."""
    return [importer.binary("Div", node.name, *node.inputs)]


@dataclass(slots=True, kw_only=True)
class DivAttributes(elementwise.BinaryAttributes):
    """The factor as an integer with `post` bits behind the point."""

    numerator: int = computed()
    post: int = computed()


@operator
class Div(elementwise.Binary[DivAttributes]):
    """x / y. In integers the scaled quotient is rounded, and a quotient by zero is 0.

    Glow's kernel truncates the quotient to a whole number before it is scaled, which leaves nothing of a quotient below 1.
    """

    kind = "Div"
    attributes = DivAttributes

    def float_result(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return x / y

    def settle(self, node: Node[DivAttributes]) -> None:
        """`numerator`: 22 bits of the factor, so that its product with 9 bits of x fits; `post`: bits behind the point."""
        if node.output.type.quantised:
            x, y, out = (value.type for value in (*node.inputs, node.output))
            factor = float(np.float32(x.scale) / (np.float32(y.scale) * np.float32(out.scale)))
            _, exponent = math.frexp(factor)
            post = min(max(22 - exponent, 0), 30)
            if not 1 <= factor * 2**post < 2**22:
                what = f"the scales of a quotient and its result differ by {factor:g}, which 32 bits cannot bridge"
                raise Unsupported(what, where=node.name, remedy="profile with inputs like the real ones")
            node.set(numerator=min(round(factor * 2**post), 2**22 - 1), post=post)

    def integer(self, node: Node[DivAttributes], x: np.ndarray, y: np.ndarray) -> np.ndarray:
        product, post = x.astype(np.int64) * node.attributes.numerator, node.attributes.post
        # Towards zero, as C divides.
        whole = np.abs(product) // np.maximum(np.abs(y), 1) * np.sign(product) * np.sign(y)
        return (((whole + (1 << post >> 1)) >> post) + node.output.type.offset).astype(np.int32)

    def c_float(self) -> str:
        return "x / y"

    def c_integer(self, node: Node[DivAttributes]) -> str:
        post, numerator = node.attributes.post, node.attributes.numerator
        return f"(((y ? x * {numerator} / y : 0) + {1 << post >> 1}) >> {post}) + ({node.output.type.offset})"
