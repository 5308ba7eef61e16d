"""Clip: into a range known at compile time, as in ReLU6. After a convolution it is fused into it."""

from dataclasses import dataclass

import numpy as np

from helpers.compiler.ir.graph import Graph, Node, Value
from helpers.compiler.operators.base import c_code, elementwise
from helpers.compiler.operators.base.protocols import Lowering, OnnxImporter, OnnxNode
from helpers.compiler.operators.base.registry import from_onnx, operator

LARGEST = float(np.finfo(np.float32).max)


@from_onnx("Clip")
def import_clip(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """Clip; the bounds are attributes (up to opset 10) or constant inputs."""
    bounds = []
    for index, (name, default) in enumerate((("min", -LARGEST), ("max", LARGEST)), 1):
        given = node.optional_input(index)
        value = node.attributes.get(name, default) if given is None else importer.constant(given).item()
        bounds.append(float(np.float32(np.clip(value, -LARGEST, LARGEST))))
    return [add(importer.graph, node.name, node.inputs[0], *bounds)]


def add(graph: Graph, name: str, x: Value, low: float, high: float) -> Value:
    """Add a clip to [low, high]."""
    return graph.add("Clip", name, [x], [x.type], low=low, high=high).output


@dataclass(slots=True, kw_only=True)
class ClipAttributes(elementwise.UnaryAttributes):
    """The range."""

    low: float
    high: float


@operator
class Clip(elementwise.Unary[ClipAttributes]):
    """min(max(x, low), high)."""

    kind = "Clip"
    attributes = ClipAttributes

    def compute(self, node: Node[ClipAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
        low, high = np.float32(node.attributes.low), np.float32(node.attributes.high)
        return [np.minimum(np.maximum(inputs[0], low), high)]

    def lower(self, node: Node[ClipAttributes], lowering: Lowering) -> Value:
        name, shape = node.name, node.output.type.shape
        low_splat = lowering.splat(f"{name}_minSplat", shape, node.attributes.low)
        at_least = lowering.add("Max", f"{name}_minClip", [node.inputs[0], low_splat], shape)
        return lowering.add(
            "Min", name, [at_least, lowering.splat(f"{name}_maxSplat", shape, node.attributes.high)], shape
        )

    def integer(self, node: Node[ClipAttributes], x: np.ndarray) -> np.ndarray:
        return np.clip(node.attributes.requantisation.apply(x), *c_code.clip_bounds(node.attributes, node.output.type))

    def c_float(self, node: Node[ClipAttributes]) -> str:
        low, high = (float(np.float32(bound)).hex() + "f" for bound in (node.attributes.low, node.attributes.high))
        return f"x = x < {low} ? {low} : x;\n    out[i] = x > {high} ? {high} : x;"

    def c_integer(self, node: Node[ClipAttributes]) -> str:
        low, high = c_code.clip_bounds(node.attributes, node.output.type)
        return f"out[i] = clip8(at_most({high}, at_least({low}, {node.attributes.requantisation.c('x')})));"
