"""Products with constants as dense layers, and dense layers over several rows as 1x1 convolutions of one row of pixels."""

from dataclasses import replace as changed

import numpy as np

from helpers.compiler.ir.graph import Graph, Node, TensorType, Value, constant_of
from helpers.compiler.ir.kinds import DENSE
from helpers.compiler.ir.window import POINT
from helpers.compiler.numerics.requantisation import Requantisation
from helpers.compiler.operators import reshape

NOTHING = Requantisation(0, 0, 1)  # of a bias that is in steps of the sums


def replace(graph: Graph, node: Node) -> None:
    """Change a node in place if it is a product of int8 elements with constants that no other layer reads.

    Steps of a recurrent layer share their weights: they stay as they are, one function for all of them.
    """
    if node.kind not in ("MatMul", *DENSE) or not _suits(graph, node):
        return
    if node.kind == "MatMul":
        _with_bias(graph, node)
    if node.output.type.shape[0] > 1:
        _as_image(graph, node)


def _suits(graph: Graph, node: Node) -> bool:
    integers = all(value.type.element == "int8" for value in (*node.inputs[:2], node.output))
    own = all(value.node.kind == "Constant" and graph.read_once(value) for value in node.inputs[1:])
    return integers and own and len(node.output.type.shape) == 2


def _with_bias(graph: Graph, node: Node) -> None:
    """The product as a FullyConnected whose bias is zero: the same sums, and the same factor."""
    count, (x, weights) = node.output.type.shape[1], (value.type for value in node.inputs)
    steps = TensorType((count,), "int32", float(np.float32(x.scale) * np.float32(weights.scale)))
    node.inputs.append(graph.add_constant(f"{node.name}_zeros", np.zeros(count, np.int32), steps))
    node.become("FullyConnected", bias_requantisation=NOTHING)


def _as_image(graph: Graph, node: Node) -> None:
    """Each row is a pixel; a Relu of its own behind the layer, if it is there, is one of pixels, too."""
    (rows, count), constant = node.output.type.shape, constant_of(node.inputs[1])
    numbers = constant.data.T if node.kind == "FullyConnected" else constant.data
    filters = np.ascontiguousarray(numbers)[:, None, None, :]
    kind = constant.output.type.with_shape(filters.shape)
    node.inputs[1] = graph.add_constant(f"{node.name}_filters", filters, kind)
    node.inputs[0] = reshape.to(graph, f"{node.name}_rows", node.inputs[0], (1, 1, rows, filters.shape[3]))
    if node.kind == "FullyConnected":
        node.become("Convolution", window=POINT, group=1)
    else:
        _by_channel(node)
    _shaped(graph, node, (1, 1, rows, count))


def _by_channel(node: Node) -> None:
    """A dense layer with numbers for each output as the convolution that has them; it adds the result's offset itself."""
    given, out = node.attributes, node.output.type
    rules = [changed(rule, offset=rule.offset - out.offset) for rule in given.requantisations]
    node.become(
        "ChannelwiseQuantizedConvolution", window=POINT, group=1, requantisations=rules,
        biases=[node.inputs[2].type.with_shape(())] * len(rules),
    )  # fmt: skip


def _shaped(graph: Graph, node: Node, shape: tuple[int, ...]) -> None:
    """Give a node's result another shape, and its readers the old one."""
    old = node.output.type.shape
    relu = graph.sole_reader(node.output, "Relu")
    for each in filter(None, (node, relu)):
        each.output.type = each.output.type.with_shape(shape)
    _back(graph, (relu or node).output, old)


def _back(graph: Graph, value: Value, shape: tuple[int, ...]) -> None:
    seen = reshape.add(graph, f"{value.node.name}_shape", value, shape)
    graph.replace(value, seen)
    seen.node.inputs = [value]
