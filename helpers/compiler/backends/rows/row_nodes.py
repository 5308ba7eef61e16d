"""A layer as one that makes a row of its result from rows that hold their border: C and weights as bytes need not know more."""

import copy

from helpers.common.errors import Unsupported
from helpers.compiler.backends.rows.dense_sums import DenseSums
from helpers.compiler.backends.rows.means import ChannelSums
from helpers.compiler.backends.thumb.pools import addition
from helpers.compiler.backends.values import image_shape
from helpers.compiler.ir.graph import Constant, Node, Value
from helpers.compiler.ir.kinds import CONVOLUTIONS
from helpers.compiler.ir.window import POINT, Window

LOWEST = -128  # of an int8: what a maximum never takes
POOLS = ("MaxPool", "AvgPool")
ADDING = (ChannelSums.kind, DenseSums.kind)


def adds(node: Node) -> bool:
    """Whether a layer adds each row of its input to a result of one row, of 32 bits."""
    return node.kind in ADDING


def window_of(node: Node) -> Window:
    """Return what a row of the result depends on; a sum takes row after row."""
    return POINT if node.kind in (*ADDING, *addition.SIGNS) else node.attributes.window


def border_of(node: Node) -> int:
    """Return the int8 around the input that adds nothing to a sum, or never is the largest."""
    return LOWEST if node.kind == "MaxPool" else node.inputs[0].type.offset


def takes(node: Node) -> bool:
    """Whether C can make a layer row by row: an int8 image in, and a window over it or a sum of all of it."""
    if node.kind not in (*CONVOLUTIONS, *POOLS, *ADDING):
        return False
    if node.kind == "AvgPool" and any(node.attributes.window.pads):  # it counts what is inside
        return False
    try:
        image_shape(node.inputs[0])
    except Unsupported:
        return False
    constant = all(isinstance(value.node, Constant) for value in node.inputs[1:])
    return constant and node.inputs[0].type.element == "int8" and len(node.inputs[0].type.shape) == 4


def row_node(node: Node, columns: int) -> Node:
    """Return the layer for one row of its result, whose input has as many columns, border included."""
    window, x, out = window_of(node), node.inputs[0], node.output
    reach = window.dilations[0] * (window.kernel[0] - 1) + 1
    made = copy.copy(node)
    made.attributes = copy.copy(node.attributes)
    if adds(node):
        made.set(first=False)
        columns = x.type.shape[2]
    else:
        made.set(window=Window(window.kernel, window.strides, dilations=window.dilations))
    made.inputs = [Value(x.node, x.index, x.type.with_shape((1, reach, columns, x.type.shape[3]))), *node.inputs[1:]]
    made.outputs = [Value(made, 0, out.type.with_shape((1, 1, *out.type.shape[2:])))]
    return made
