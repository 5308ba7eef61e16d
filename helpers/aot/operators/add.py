"""Addition. The one behind a dense layer's product is its bias and goes into FullyConnected (lower.py)."""

from helpers.aot.graph import Node, TensorType
from helpers.aot.operators.registry import Operator, from_onnx, operator
from helpers.errors import Unsupported


@from_onnx("Add")
def import_add(importer, node):
    """Add of two values, the second of which may be a row that is repeated."""
    x, y = node.inputs
    if x.type.shape != y.type.shape and x.type.shape[-1:] != y.type.shape:
        raise Unsupported(f"Add of {list(x.type.shape)} and {list(y.type.shape)}", remedy="give both the same shape")
    return [importer.graph.add("Add", node.name, [x, y], [TensorType(x.type.shape)]).output]


@operator
class Add(Operator):
    """Element by element; a row is repeated."""

    kind = "Add"

    def compute(self, node: Node, inputs):
        return [inputs[0] + inputs[1]]
