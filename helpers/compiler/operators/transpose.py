"""Transpose, and the two that the imported NCHW operators are wrapped in."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from helpers.compiler.ir.graph import Graph, Node, Value
from helpers.compiler.operators.base.protocols import OnnxImporter, OnnxNode
from helpers.compiler.operators.base.registry import Operator, from_onnx, operator, same_type

NCHW_TO_NHWC = (0, 2, 3, 1)
NHWC_TO_NCHW = (0, 3, 1, 2)


def add(graph: Graph, name: str, x: Value, order: Sequence[int] | np.ndarray) -> Value:
    """Add a transpose; result axis i is input axis order[i]."""
    shape = [x.type.shape[axis] for axis in order]
    return graph.add(
        "Transpose", name, [x], [x.type.with_shape(shape)], order=tuple(int(axis) for axis in order)
    ).output


@from_onnx("Transpose")
def import_transpose(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """Transpose; without `perm` the axes are reversed."""
    x = node.inputs[0]
    order = node.attributes.get("perm", tuple(reversed(range(len(x.type.shape)))))
    return [add(importer.graph, node.name, x, order)]


@dataclass(slots=True, kw_only=True)
class TransposeAttributes:
    """order: for each axis of the result, the axis of the input; layout: name of the result's layout, if it was given one."""

    order: tuple[int, ...]
    layout: str | None = None


@operator
class Transpose(Operator[TransposeAttributes]):
    """Reorder the axes."""

    kind = "Transpose"
    attributes = TransposeAttributes
    keeps_type = True

    def batches(self, node: Node[TransposeAttributes]) -> bool:
        return super().batches(node) and node.attributes.order[0] == 0

    def compute(self, node: Node[TransposeAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
        return [np.ascontiguousarray(inputs[0].transpose(node.attributes.order))]

    def emit(self, node: Node[TransposeAttributes], name: str) -> str:
        """One loop an output axis; strides of the input are constants."""
        x, order, c_type = node.inputs[0].type, node.attributes.order, same_type(node.output)
        strides = [int(np.prod(x.shape[axis + 1 :])) for axis in range(len(x.shape))]
        lines, depth = [f"static void {name}(const {c_type} *in, {c_type} *out) {{"], 1
        for axis, source in enumerate(order):
            lines.append(f"{'  ' * depth}for (int i{axis} = 0; i{axis} < {x.shape[source]}; i{axis}++)")
            depth += 1
        position = " + ".join(f"i{axis} * {strides[source]}" for axis, source in enumerate(order))
        return "\n".join([*lines, f"{'  ' * depth}*out++ = in[{position}];", "}"]) + "\n"
