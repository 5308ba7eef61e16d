"""Division."""

import numpy as np

from helpers.aot import elementwise
from helpers.aot.operators.registry import from_onnx, operator
from helpers.aot.requantisation import requantisation


@from_onnx("Div")
def import_div(importer, node):
    """Div, with broadcasting."""
    return [importer.binary("Div", node.name, *node.inputs)]


@operator
class Div(elementwise.Binary):
    """x / y. In integers the quotient is cut to a whole number before it is scaled, as in Glow; by zero it is 0."""

    kind = "Div"

    def float_result(self, x, y):
        return x / y

    def settle(self, node) -> None:
        if node.output.type.quantised:
            x, y, out = (value.type for value in (*node.inputs, node.output))
            factor = np.float32(x.scale) / (np.float32(y.scale) * np.float32(out.scale))
            node.attributes["requantisation"] = requantisation(factor, out.offset)

    def integer(self, node, x, y):
        whole = np.abs(x) // np.maximum(np.abs(y), 1) * np.sign(x) * np.sign(y)  # towards zero, as C divides
        return node.attributes["requantisation"].apply(whole)

    def c_float(self) -> str:
        return "x / y"

    def c_integer(self, node) -> str:
        return node.attributes["requantisation"].c("(y ? x / y : 0)")
