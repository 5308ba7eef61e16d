"""Reshape and what amounts to it: the elements stay where they are."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from helpers.common.errors import Unsupported
from helpers.compiler.ir.attributes import computed
from helpers.compiler.ir.graph import Graph, Node, Value
from helpers.compiler.operators.base.protocols import OnnxImporter, OnnxNode
from helpers.compiler.operators.base.registry import Operator, from_onnx, operator, same_type


def add(graph: Graph, name: str, x: Value, shape: Sequence[int]) -> Value:
    """Add a reshape; raises Unsupported where the number of elements would not stay."""
    if int(np.prod(shape, dtype=np.int64)) != x.type.size:
        raise Unsupported(f"cannot reshape {list(x.type.shape)} to {list(shape)}")
    return graph.add("Reshape", name, [x], [x.type.with_shape(shape)]).output


def to(graph: Graph, name: str, x: Value, shape: Sequence[int]) -> Value:
    """The value in a shape: itself where it has it already."""
    return x if x.type.shape == tuple(shape) else add(graph, name, x, shape)


@from_onnx("Reshape")
def import_reshape(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
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
def import_flatten(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """Flatten to two dimensions at an axis."""
    x, axis = node.inputs[0], node.attributes.get("axis", 1)
    axis += len(x.type.shape) if axis < 0 else 0
    first = int(np.prod(x.type.shape[:axis], dtype=np.int64))
    return [add(importer.graph, node.name, x, (first, x.type.size // max(first, 1)))]


@from_onnx("Squeeze")
def import_squeeze(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """Axes of length 1 go: the ones named (attribute, or input from opset 13), else all."""
    shape = node.inputs[0].type.shape
    axes = _axes(importer, node, len(shape))
    axes = [axis for axis, size in enumerate(shape) if size == 1] if axes is None else axes
    if any(shape[axis] != 1 for axis in axes):
        raise Unsupported(f"cannot squeeze axes {axes} of {list(shape)}: not all have length 1")
    left = [n for axis, n in enumerate(shape) if axis not in axes]
    return [add(importer.graph, f"{node.name}.reshape", node.inputs[0], left)]


@from_onnx("Unsqueeze")
def import_unsqueeze(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """Axes of length 1 are put in."""
    shape = list(node.inputs[0].type.shape)
    given = node.attributes.get("axes") or importer.constant(node.optional_input(1)).tolist()
    for axis in sorted(int(axis) % (len(shape) + len(given)) for axis in given):
        shape.insert(axis, 1)
    return [add(importer.graph, f"{node.name}.expanddims", node.inputs[0], shape)]


def _axes(importer: OnnxImporter, node: OnnxNode, rank: int) -> list[int] | None:
    given = node.attributes.get("axes")
    if given is None and node.optional_input(1) is not None:
        given = importer.constant(node.optional_input(1)).tolist()
    return None if given is None else [int(axis) % rank for axis in given]


@from_onnx("Identity", "Dropout")
def import_identity(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """Nothing happens at inference."""
    if node.op_type == "Dropout" and node.optional_input(2) is not None and importer.constant(node.inputs[2]).item():
        raise Unsupported("Dropout in training mode", remedy="export the model for inference")
    return [node.inputs[0]]


@dataclass(slots=True, kw_only=True)
class ReshapeAttributes:
    """order: of the Transpose that it was; layout: name of the result's layout, if it was given one."""

    order: tuple[int, ...] = computed()
    layout: str | None = None


@operator
class Reshape(Operator[ReshapeAttributes]):
    """Give the elements another shape. The batch stays the first axis, so that many images can be computed at once."""

    kind = "Reshape"
    attributes = ReshapeAttributes
    keeps_type = True
    integers = ("int8", "int16")

    def compute(self, node: Node[ReshapeAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
        shape, batch = node.output.type.shape, node.inputs[0].type.shape[:1]
        if not batch or not shape or len(inputs[0]) == batch[0]:
            return [inputs[0].reshape(shape)]
        return [inputs[0].reshape(len(inputs[0]) // batch[0] * shape[0], *shape[1:])]

    def emit(self, node: Node[ReshapeAttributes], name: str) -> str:
        """A copy; memory.py lets both values share a buffer, so that it is rarely needed."""
        c_type, size = same_type(node.output), node.output.type.size
        copy = f"  for (int i = 0; i < {size}; i++) out[i] = in[i];\n"
        return f"static void {name}(const {c_type} *in, {c_type} *out) {{\n{copy}}}\n"

    def overwrites(self, node: Node[ReshapeAttributes]) -> tuple[int, ...]:
        return (0,)
