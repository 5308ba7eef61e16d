"""Names of the order of axes, as Glow gives them to what was transposed or reshaped; its hash sees them.

Source: TensorLayoutCommon::getNthResultLayoutRequirements in lib/Graph/TensorLayout.cpp, createTranspose in lib/Graph/Graph.cpp.
"""

from helpers.compiler.ir.graph import Node

ANY = "*"
_TRANSPOSED = {
    (0, 2, 3, 1): "NHWC",
    (3, 0, 1, 2): "NHWC",
    (1, 2, 3, 0): "NHWC",
    (0, 3, 1, 2): "NCHW",
    (1, 2, 0, 3): "HWNC",
    (0, 2, 3, 4, 1): "NTHWC",
    (0, 4, 1, 2, 3): "NCTHW",
}


def of_move(node: Node) -> str:
    """The layout that a Transpose has, or a Reshape that was one (`order`) or was given one (`layout`)."""
    return node.attributes.layout or _TRANSPOSED.get(node.attributes.order, ANY)


def of_moved_constant(node: Node) -> str:
    """The layout of a constant that a Transpose or Reshape is folded into."""
    layout = of_move(node)
    return layout if node.kind == "Transpose" or layout != ANY else of_rank(len(node.output.type.shape))


def of_rank(rank: int) -> str:
    """The layout of a value of which nothing else is known."""
    return "NHWC" if rank == 4 else ANY * rank
