"""Concatenation along an axis."""

from dataclasses import dataclass

import numpy as np

from helpers.common.errors import Unsupported
from helpers.compiler.ir.graph import Constant, Graph, Node, Value
from helpers.compiler.operators.base.protocols import OnnxImporter, OnnxNode, QuantisationPlan
from helpers.compiler.operators.base.registry import Operator, from_onnx, operator, same_type


@from_onnx("Concat")
def import_concat(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """Concat."""
    return [add(importer.graph, node.name, node.inputs, node.attributes["axis"])]


def add(graph: Graph, name: str, values: list[Value], axis: int) -> Value:
    """Add a concatenation; all shapes must agree but for the axis."""
    shape = list(values[0].type.shape)
    axis += len(shape) if axis < 0 else 0
    for value in values[1:]:
        other = value.type.shape
        if len(other) != len(shape) or other[:axis] + other[axis + 1 :] != tuple(shape[:axis] + shape[axis + 1 :]):
            raise Unsupported(f"cannot join {list(values[0].type.shape)} and {list(other)} along axis {axis}")
        shape[axis] += other[axis]
    return graph.add("Concat", name, values, [values[0].type.with_shape(shape)], axis=axis).output


@dataclass(slots=True, kw_only=True)
class ConcatAttributes:
    """The axis along which inputs follow each other."""

    axis: int


@operator
class Concat(Operator[ConcatAttributes]):
    """The inputs one after the other; integers are first brought to the result's scale."""

    kind = "Concat"
    attributes = ConcatAttributes
    integers = ("int8",)

    def batches(self, node: Node[ConcatAttributes]) -> bool:
        computed = not any(isinstance(value.node, Constant) for value in node.inputs)
        return super().batches(node) and node.attributes.axis != 0 and computed

    def compute(self, node: Node[ConcatAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
        return [np.concatenate(inputs, axis=node.attributes.axis)]

    def quantise(self, node: Node[ConcatAttributes], plan: QuantisationPlan) -> None:
        node.output.type = plan.type_of(node.output)
        for index, value in enumerate(node.inputs):
            target = value.type.with_elements_of(node.output.type)
            if value.type != target:
                node.inputs[index] = plan.graph.add("Rescale", f"{value.node.name}_rescale", [value], [target]).output

    def emit(self, node: Node[ConcatAttributes], name: str) -> str:
        element, axis = same_type(node.output), node.attributes.axis
        rows = int(np.prod(node.output.type.shape[:axis], dtype=np.int64))
        arguments = ", ".join(f"const {element} *in{index}" for index in range(len(node.inputs)))
        copies = "".join(
            f"    for (int i = 0; i < {value.type.size // rows}; i++) *out++ = *in{index}++;\n"
            for index, value in enumerate(node.inputs)
        )
        return f"static void {name}({arguments}, {element} *out) {{\n  for (int n = 0; n < {rows}; n++) {{\n{copies}  }}\n}}\n"
