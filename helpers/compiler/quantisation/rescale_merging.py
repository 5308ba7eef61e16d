"""Merge Rescale nodes into their neighbours until nothing changes, by Glow's rules (OptimizeQuantization).

They merge upwards into a node that can produce any scale and has no other reader, and downwards, past nodes that only move
data, into nodes that can read any scale. Remaining ones, in front of a concatenation for example, are computed.
"""

from dataclasses import replace

from helpers.compiler.ir.graph import Graph, Node, Value

GIVES_ANY_SCALE = {
    "Add", "Sub", "Mul", "Div", "Min", "MatMul", "Quantize", "Rescale",
    "Convolution", "ChannelwiseQuantizedConvolution", "FullyConnected",
}  # fmt: skip
READS_ANY_SCALE = {"Add", "Sub", "Mul", "Div", "Min", "Max", "MatMul", "Relu", "Convolution", "FullyConnected"}
MOVES_DATA = {"Reshape", "Slice", "Transpose", "MaxPool"}


def merge(graph: Graph) -> None:
    """Merge what can be merged, in place."""
    _join_conversions(graph)
    while _upwards(graph) or _downwards(graph):
        pass
    _dequantise_early(graph)
    graph.remove_unused()


def _join_conversions(graph: Graph) -> None:
    """Replace Quantize(Dequantize(x)), from a network that was already quantised, with Rescale(x)."""
    for node in graph.in_order():
        if node.kind == "Quantize" and node.inputs[0].node.kind == "Dequantize":
            source = node.inputs[0].node.inputs[0]
            rescale = graph.add("Rescale", node.name, [source], [node.output.type])
            graph.replace(node.output, rescale.output)


def _dequantise_early(graph: Graph) -> None:
    """Move Dequantize in front of nodes that only move data if their result is read as float32.

    If it meets a Quantize, both are removed.
    """
    changed = True
    while changed:
        changed = any([_dequantise_before(graph, node) for node in graph.in_order() if node.kind == "Dequantize"])  # noqa: C419 (visits all)
        graph.remove_unused()


def _dequantise_before(graph: Graph, node: Node) -> bool:
    source = node.inputs[0].node
    if source.kind == "Quantize" and source.inputs[0].type.element == "float":
        graph.replace(node.output, source.inputs[0])
        return True
    if source.kind not in ("Reshape", "Transpose") or not graph.read_once(source.output):
        return False
    if graph.is_output(node.output):
        return False
    before = source.inputs[0]
    real = graph.add("Dequantize", node.name, [before], [replace(before.type, element="float", scale=0.0, offset=0)])
    moved = graph.add(source.kind, source.name, [real.output], [node.output.type], source.attributes)
    graph.replace(node.output, moved.output)
    return True


def _rescales(graph: Graph) -> list[Node]:
    return [node for node in graph.in_order() if node.kind == "Rescale"]


def _upwards(graph: Graph) -> bool:
    changed = False
    graph.remove_unused()  # which would count among the users
    for node in reversed(_rescales(graph)):
        source = node.inputs[0]
        if source.type == node.output.type:
            graph.replace(node.output, source)
        elif not graph.read_once(source):
            continue
        elif source.node.kind in GIVES_ANY_SCALE:
            source.type = node.output.type
            graph.replace(node.output, source)
        elif source.node.kind == "Max":
            _rescale_inputs(graph, source.node, node)
        else:
            continue
        graph.remove(node)  # only this node is no longer read; searching the whole graph each time would be slow
        changed = True
    return changed


def _rescale_inputs(graph: Graph, maximum: Node, rescale: Node) -> None:
    """Rewrite Rescale(Max(x, y)) as Max(Rescale(x), Rescale(y))."""
    target = rescale.output.type
    maximum.inputs = [
        graph.add("Rescale", rescale.name, [value], [value.type.with_elements_of(target)]).output
        for value in maximum.inputs
    ]
    maximum.output.type = target
    graph.replace(rescale.output, maximum.output)


def _downwards(graph: Graph) -> bool:
    changed = False
    for node in graph.in_order():
        for index, value in enumerate(node.inputs):
            if value is None or value.node.kind != "Rescale":
                continue
            source = value.node.inputs[0]
            if node.kind in READS_ANY_SCALE or (node.kind == "Dequantize"):
                node.inputs[index] = source
                changed = True
            elif node.kind in MOVES_DATA and index == 0:
                _sink(graph, node, source)
                changed = True
    graph.remove_unused()
    return changed


def _sink(graph: Graph, node: Node, source: Value) -> None:
    """Rewrite node(Rescale(x)) as Rescale(node(x))."""
    name, target = node.inputs[0].node.name, node.output.type
    node.inputs[0] = source
    node.output.type = target.with_elements_of(source.type)
    later = graph.add("Rescale", name, [], [target])
    graph.replace(node.output, later.output)
    later.inputs = [node.output]
