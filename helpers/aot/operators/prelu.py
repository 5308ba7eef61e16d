"""PRelu: a slope of its own for each channel. Lowered as Glow does: max(x, 0) + slope * min(x, 0)."""

import numpy as np

from helpers.aot.operators import relu
from helpers.aot.operators.registry import from_onnx


@from_onnx("PRelu")
def import_prelu(importer, node):
    """PRelu of x and slopes that broadcast to it."""
    x, slope = node.inputs
    zero = importer.graph.add_constant(f"{node.name}_zero", np.zeros((1,) * len(x.type.shape), np.float32))
    positive = relu.add(importer.graph, node.name, x)
    negative = importer.binary("Mul", node.name, importer.binary("Min", node.name, x, zero), slope)
    return [importer.binary("Add", node.name, positive, negative)]
