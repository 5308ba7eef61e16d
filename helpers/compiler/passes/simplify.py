"""Remove arithmetic that changes nothing, such as x + 0 and x * 1."""

from helpers.compiler.ir.graph import Graph, Node, Splat, Value


def simplify(graph: Graph) -> None:
    """Replace x + 0, x - 0, x * 1 and x / 1 with x, and x * 0 with 0, if the number is a Splat."""
    for node in graph.in_order():
        simpler = _simpler(graph, node) if node.kind in ("Add", "Sub", "Mul", "Div") else None
        if simpler is not None:
            graph.replace(node.output, simpler)
    graph.remove_unused()


def _simpler(graph: Graph, node: Node) -> Value | None:
    x, y = node.inputs
    if node.kind in ("Add", "Mul") and isinstance(x.node, Splat):
        x, y = y, x
        graph.unique_name(node.name)  # Glow makes the node anew to turn it round
    number = float(y.node.data.flat[0]) if isinstance(y.node, Splat) else None
    if node.kind == "Mul" and number == 0:
        return y
    return x if number == (0 if node.kind in ("Add", "Sub") else 1) and x.type.shape == node.output.type.shape else None
