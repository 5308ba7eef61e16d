"""HardSigmoid, lowered as Glow does: a product, a sum and a clip to [0, 1]."""

import numpy as np

from helpers.aot.operators import clip
from helpers.aot.operators.registry import from_onnx


@from_onnx("HardSigmoid")
def import_hard_sigmoid(importer, node):
    """min(max(alpha * x + beta, 0), 1)."""
    x, graph = node.inputs[0], importer.graph
    ones = (1,) * len(x.type.shape)
    alpha, beta = (
        graph.add_constant(f"{node.name}_{name}", np.full(ones, node.attributes.get(name, default), np.float32))
        for name, default in (("alpha", 0.2), ("beta", 0.5))
    )
    line = importer.binary("Add", node.name, importer.binary("Mul", node.name, x, alpha), beta)
    return [clip.add(graph, node.name, line, 0.0, 1.0)]
