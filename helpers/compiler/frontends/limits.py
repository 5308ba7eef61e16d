"""How large a network may be: far above any microcontroller, far below what would bring this machine down."""

import math

from helpers.common.errors import Unsupported
from helpers.compiler.ir.graph import Graph
from helpers.compiler.operators.base import registry

LARGEST_TENSOR = 2**22  # elements
LARGEST_SUM = 2**24  # elements of all values together


def check_shape(shape: tuple[int, ...]) -> None:
    """Raises Unsupported for a shape that is empty, negative or too large."""
    if min(shape, default=1) < 1 or math.prod(shape) > LARGEST_TENSOR or len(shape) > 8:
        raise Unsupported(
            f"a tensor of shape {list(shape)} is not supported", remedy=f"keep tensors within {LARGEST_TENSOR} elements"
        )


def check_nodes(graph: Graph, first: int = 0, integers: bool = False) -> None:
    """Check the results of the nodes from `first` on, and all results together; `integers`: whether any node may read them."""
    for node in graph.nodes[first:]:
        for value in node.outputs:
            check_shape(value.type.shape)
        for value in node.inputs:
            operator = registry.of(node)
            taken = integers or node.kind == "Dequantize" or operator.keeps_type or operator.reads_integers
            passes = value.type.quantised and taken
            if value.type.element != "float" and not passes:
                raise Unsupported(f"{node.kind} of {value.type.element} numbers", remedy="use float32")
    if sum(value.type.size for node in graph.nodes for value in node.outputs) > LARGEST_SUM:
        raise Unsupported(
            f"the network's values together have more than {LARGEST_SUM} elements",
            remedy="use smaller images or fewer steps",
        )


def broadcast(x: tuple[int, ...], y: tuple[int, ...], what: str) -> tuple[int, ...]:
    """The shape of two values broadcast as numpy does; raises Unsupported where they do not fit or would be too large."""
    rank = max(len(x), len(y))
    full = [(1,) * (rank - len(each)) + tuple(each) for each in (x, y)]
    if any(a != b and 1 not in (a, b) for a, b in zip(*full, strict=True)):
        raise Unsupported(f"{what} of {list(x)} and {list(y)} cannot be broadcast", remedy="give both the same shape")
    shape = tuple(max(each) for each in zip(*full, strict=True))
    check_shape(shape)
    return shape
