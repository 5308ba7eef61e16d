"""Where: of two values, the first where a condition is not 0, with broadcasting of all three."""

import numpy as np

from helpers.compiler.ir.graph import Node
from helpers.compiler.numerics.requantisation import requantisation
from helpers.compiler.operators.base import elementwise
from helpers.compiler.operators.base.registry import operator, same_type


@operator
class Where(elementwise.Binary[elementwise.ScaledAttributes]):
    """Inputs: condition, x, y. In integers x and y are brought to the result's scale."""

    kind = "Where"
    attributes = elementwise.ScaledAttributes

    def settle(self, node: Node[elementwise.ScaledAttributes]) -> None:
        out = node.output.type
        if out.quantised and node.attributes.left is None:
            left, right = (
                requantisation(np.float32(each.type.scale) / np.float32(out.scale)) for each in node.inputs[1:]
            )
            node.set(left=left, right=right)

    def compute(self, node: Node[elementwise.ScaledAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
        condition, x, y = inputs
        return [np.where(condition != 0, x, y).astype(np.float32)]

    def compute_integer(self, node: Node[elementwise.ScaledAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
        condition, x, y = (
            each.astype(np.int32) - np.int32(value.type.offset) for each, value in zip(inputs, node.inputs, strict=True)
        )
        chosen = np.where(condition != 0, node.attributes.left.apply(x), node.attributes.right.apply(y))
        return [np.clip(chosen + node.output.type.offset, -128, 127).astype(np.int8)]

    def emit(self, node: Node[elementwise.ScaledAttributes], name: str) -> str:
        out, element = node.output.type, same_type(node.output)
        axes, places = elementwise.axes(out.shape, [value.type.shape for value in node.inputs])
        arguments = "".join(f"const {element} *{each}, " for each in ("condition", "left", "right"))
        lines = [f"static void {name}({arguments}{element} *out) {{"]
        for depth, (axis, size) in enumerate(axes):
            lines.append(f"{'  ' * (depth + 1)}for (int i{axis} = 0; i{axis} < {size}; i{axis}++) {{")
        given, x, y = (
            f"{side}[{place}]{f' - ({value.type.offset})' if value.type.offset else ''}"
            for side, place, value in zip(("condition", "left", "right"), places, node.inputs, strict=True)
        )
        if out.quantised:
            x, y = node.attributes.left.c(f"({x})"), node.attributes.right.c(f"({y})")
            x, y = (f"clip8({each} + ({out.offset}))" for each in (x, y))
        lines.append(f"{'  ' * (len(axes) + 1)}*out++ = {given} ? {x} : {y};")
        lines += [f"{'  ' * depth}}}" for depth in range(len(axes), -1, -1)]
        return "\n".join(lines) + "\n"

    def lower(self, _node: Node[elementwise.ScaledAttributes], _lowering: object) -> None:
        """Nothing is repeated first: this is not real Glow's."""
