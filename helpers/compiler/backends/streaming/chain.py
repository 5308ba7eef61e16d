"""A graph as a chain of layers that can be computed row by row; what is no such chain is left to rows/."""

from dataclasses import dataclass

from helpers.common.errors import Unsupported
from helpers.compiler.backends.values import STORAGE_OFFSET, image_shape, root
from helpers.compiler.ir.attributes import values_of
from helpers.compiler.ir.graph import Graph, Node, Placeholder, Value
from helpers.compiler.ir.window import POINT, Window

SUMS, LARGEST, POINTWISE = "sums", "largest", "pointwise"
KINDS = {"Convolution": SUMS, "FullyConnected": SUMS, "MaxPool": LARGEST, "Relu": POINTWISE}
MOST = 255  # layers, and rows of each: a byte of the table of events


@dataclass(frozen=True)
class StreamedLayer:
    """One layer as rows see it. A dense layer is a window as large as its input; a copy has no node.

    kind: SUMS, LARGEST or POINTWISE. source, result: (rows, columns, channels). border: the stored element that pads it.
    """

    name: str
    kind: str
    node: Node | None
    window: Window
    source: tuple[int, int, int]
    result: tuple[int, int, int]
    border: int = 0

    @property
    def weighted(self) -> Node:
        """The node of a layer of the kind SUMS; only a copy, which is POINTWISE, has none."""
        assert self.node is not None, "a layer of sums comes from a node"
        return self.node

    @property
    def reach(self) -> int:
        """Rows of the input that one row of the result depends on."""
        return self.window.dilations[0] * (self.window.kernel[0] - 1) + 1

    @property
    def columns_read(self) -> int:
        """Columns of the padded input that a row of the result depends on."""
        reach = self.window.dilations[1] * (self.window.kernel[1] - 1) + 1
        return (self.result[1] - 1) * self.window.strides[1] + reach

    @property
    def padded(self) -> bool:
        """Whether it sees beyond the edges of its input."""
        return any(self.window.pads)


def takes(graph: Graph) -> bool:
    """Whether a graph is such a chain, of sizes that the table of events holds."""
    try:
        layers = chain(graph)
    except Unsupported:
        return False
    return len(layers) <= MOST and max(max(each.source[0], each.result[0]) for each in layers) <= MOST


def chain(graph: Graph) -> list[StreamedLayer]:
    """The layers from the one input to the one output, in order.

    A first layer with padding gets a copy in front: a border cannot be put around what is only read. Raises Unsupported.
    """
    nodes = _nodes_in_a_row(graph)
    layers = [_layer(node) for node in nodes]
    if layers[0].padded:
        shape = layers[0].source
        layers.insert(0, StreamedLayer(f"{layers[0].name}_input", POINTWISE, None, POINT, shape, shape))
    return layers


def _nodes_in_a_row(graph: Graph) -> list[Node]:
    if len(graph.placeholders) != 1 or len(graph.outputs) != 1:
        raise Unsupported("a network with several inputs or outputs is no chain")
    value, nodes = graph.placeholders[0].output, []
    every = [node for node in graph.in_order() if node.kind != "Reshape"]
    for node in every:
        if root(node.inputs[0]) is not value or node.kind not in KINDS:
            raise Unsupported(f"{node.kind} in a chain of {', '.join(KINDS)}", where=node.name)
        nodes.append(node)
        value = node.output
    if not nodes or root(graph.outputs[0][1]) is not value:
        raise Unsupported("a network without layers")
    return nodes


def _layer(node: Node) -> StreamedLayer:
    if any(value.type.element != "int8" for value in (node.inputs[0], node.output)):
        raise Unsupported("a chain of values that are not int8", where=node.name)
    first = isinstance(root(node.inputs[0]).node, Placeholder)  # only read, so a reshape of it, as of NCHW, is no work
    source = image_shape(node.inputs[0] if first else root(node.inputs[0]))
    result = image_shape(node.output)
    window = values_of(node.attributes).get("window", POINT)
    if node.kind == "FullyConnected":
        window = Window(source[:2], source[:2])
    elif source != image_shape(node.inputs[0]):
        raise Unsupported("an image of another shape", where=node.name)
    border = node.inputs[0].type.offset + STORAGE_OFFSET if KINDS[node.kind] == SUMS else 0
    return StreamedLayer(node.name, KINDS[node.kind], node, window, source, result, border)


def input_of(graph: Graph) -> Value:
    """The placeholder's value."""
    return graph.placeholders[0].output
