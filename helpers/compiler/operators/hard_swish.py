"""Hard swish: in int8 a table."""

import numpy as np

from helpers.compiler.ir.graph import Value
from helpers.compiler.operators.base import elementwise, one_value
from helpers.compiler.operators.base.protocols import OnnxImporter, OnnxNode
from helpers.compiler.operators.base.registry import from_onnx, operator


@from_onnx("HardSwish")
def import_hard_swish(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """x * min(max(x / 6 + 1 / 2, 0), 1)."""
    x = node.inputs[0]
    return [importer.graph.add("HardSwish", node.name, [x], [x.type]).output]


@operator
class HardSwish(one_value.OneValue[elementwise.UnaryAttributes]):
    """x * min(max(x / 6 + 1 / 2, 0), 1)."""

    kind = "HardSwish"

    def function(self, x: np.ndarray) -> np.ndarray:
        return x * np.clip(x * np.float32(1 / 6) + np.float32(0.5), np.float32(0), np.float32(1))

    def c_function(self) -> str:
        return "float gate = x * 0x1.555556p-3f + 0.5f;\n    out[i] = x * (gate < 0.0f ? 0.0f : gate > 1.0f ? 1.0f : gate);"
