"""HardSigmoid, lowered as Glow does: a product, a sum and a clip to [0, 1]."""

from helpers.compiler.ir.graph import Value
from helpers.compiler.operators import clip
from helpers.compiler.operators.base.protocols import OnnxImporter, OnnxNode
from helpers.compiler.operators.base.registry import from_onnx


@from_onnx("HardSigmoid")
def import_hard_sigmoid(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """min(max(alpha * x + beta, 0), 1)."""
    x, graph = node.inputs[0], importer.graph
    name, ones = node.name, (1,) * len(x.type.shape)
    alpha, beta = (
        graph.add_splat(f"{name}_{each}", ones, node.attributes.get(each, default))
        for each, default in (("alpha", 0.2), ("beta", 0.5))
    )
    graph.unique_name(f"{name}_mul")  # Glow makes the product of alpha and x, and then of x and alpha
    product = graph.add("Mul", f"{name}_mul", [x, alpha], [x.type]).output
    line = graph.add("Add", f"{name}_add", [product, beta], [x.type]).output
    return [clip.add(graph, f"{name}_clip", line, 0.0, 1.0)]
