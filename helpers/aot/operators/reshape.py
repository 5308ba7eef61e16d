"""Reshape and what amounts to it: the elements stay where they are."""

import numpy as np

from helpers.aot.graph import Graph, Node, Value
from helpers.aot.operators.registry import Operator, from_onnx, operator, same_type
from helpers.errors import Unsupported


def add(graph: Graph, name: str, x: Value, shape) -> Value:
    """Add a reshape; the number of elements must stay."""
    return graph.add("Reshape", name, [x], [x.type.with_shape(shape)]).output


@from_onnx("Reshape")
def import_reshape(importer, node):
    """Reshape to a constant shape, in which 0 keeps a dimension and one -1 is computed."""
    x = node.inputs[0]
    wanted = [int(n) for n in importer.constant(node.inputs[1])]
    if not node.attributes.get("allowzero", 0):
        wanted = [x.type.shape[axis] if n == 0 and axis < len(x.type.shape) else n for axis, n in enumerate(wanted)]
    known = int(np.prod([n for n in wanted if n != -1], dtype=np.int64))
    if wanted.count(-1) == 1 and known > 0 and x.type.size % known == 0:
        wanted[wanted.index(-1)] = x.type.size // known
    if -1 in wanted or int(np.prod(wanted, dtype=np.int64)) != x.type.size:
        raise Unsupported(f"cannot reshape {list(x.type.shape)} to {wanted}")
    return [add(importer.graph, node.name, x, wanted)]


@from_onnx("Flatten")
def import_flatten(importer, node):
    """Flatten to two dimensions at an axis."""
    x, axis = node.inputs[0], node.attributes.get("axis", 1)
    axis += len(x.type.shape) if axis < 0 else 0
    first = int(np.prod(x.type.shape[:axis], dtype=np.int64))
    return [add(importer.graph, node.name, x, (first, x.type.size // max(first, 1)))]


@from_onnx("Identity", "Dropout")
def import_identity(importer, node):
    """Nothing happens at inference."""
    return [node.inputs[0]]


@operator
class Reshape(Operator):
    """The same elements under another shape. The batch stays the first axis, so that many images can be computed at once."""

    kind = "Reshape"
    keeps_type = True

    def compute(self, node: Node, inputs):
        shape, batch = node.output.type.shape, node.inputs[0].type.shape[:1]
        first = len(inputs[0]) // batch[0] * shape[0] if batch and shape else shape[0]
        return [inputs[0].reshape(first, *shape[1:])]

    def emit(self, node: Node, name: str) -> str:
        """A copy; memory.py lets both values share a buffer, so that it is rarely needed."""
        c_type, size = same_type(node.output), node.output.type.size
        copy = f"  for (int i = 0; i < {size}; i++) out[i] = in[i];\n"
        return f"static void {name}(const {c_type} *in, {c_type} *out) {{\n{copy}}}\n"

    def in_place(self, node: Node) -> bool:
        return True
