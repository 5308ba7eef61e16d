"""Order of the rewrites: Glow's before it profiles or quantises, then those that only the generated code needs.

Source of the order: Glow's createDefaultFoldPassPipeline and createDefaultGraphOptimizationPassPipeline. Names of
nodes, and with them profile.yaml and the graph hash, depend on it.
"""

from collections.abc import Callable

from helpers.compiler.ir.graph import Constant, Graph
from helpers.compiler.operators.base import registry
from helpers.compiler.passes.constant_folding import fold_constants, merge_equal, name_rows, shape_splats
from helpers.compiler.passes.data_movement import (
    cancel_moves,
    fold_moves,
    merge_reshapes,
    simplify_concats,
    trivial_transposes,
    turn_weights,
)
from helpers.compiler.passes.layer_merging import fold_norms, join_arithmetic, join_dense, merge_pads
from helpers.compiler.passes.simplify import simplify
from helpers.compiler.passes.transpose_sinking import sink_reshapes, sink_transposes

Pass = Callable[[Graph], object]


def round_of_glow(again: bool, known: set[Constant]) -> tuple[tuple[Pass, str], ...]:
    """Return the passes of one of Glow's two rounds, each with the reason for its place.

    again: whether this is the second round, in which constants may have been repeated for each reader; known: the constants
    that were there before the round.
    """
    return (
        (merge_reshapes, "importers leave reshapes in a row; what follows looks at the node just above"),
        (
            lambda graph: join_dense(graph, folded=again),
            "MatMul and Add must be one layer before anything moves between them",
        ),
        (join_arithmetic, "sums and products after a convolution become a norm, while they are still next to it"),
        (
            lambda graph: sink_transposes(graph, folded=again),
            "transposes move down, so that pairs of them meet and cancel",
        ),
        (trivial_transposes, "sinking leaves transposes that move only axes of length 1"),
        (merge_reshapes, "the pass above made reshapes of them"),
        (shape_splats, "a reshaped number is a number: constants that Glow never folds by computing"),
        (fold_moves, "moved constants become constants, so that the next pass sees which are equal"),
        (merge_equal, "one copy of each constant, before passes that change constants"),
        (merge_pads, "padding goes into the convolution, once nothing is between them"),
        (simplify, "x + 0 and x * 1 go, before Concat and dense layers look at their inputs"),
        (simplify_concats, "reshapes move below a Concat, where they can merge"),
        (turn_weights, "a transpose in front of a dense layer becomes another order of its rows"),
        (merge_reshapes, "both passes above leave reshapes in a row"),
        (shape_splats, "reshapes may now stand on numbers"),
        (name_rows, "Glow names the constants that it repeats here, before it folds"),
        (lambda graph: fold_constants(graph, known), "everything that depends on constants alone is computed"),
        (merge_reshapes, "folding removes nodes between reshapes"),
        (sink_transposes, "constants no longer stop a transpose"),
        (fold_norms, "a norm goes into its convolution, now that its numbers are constants"),
        (merge_equal, "folding gives equal constants"),
        (sink_reshapes, "last, because it hides shapes that the passes above ask for"),
        (merge_reshapes, "what was sunk may meet another reshape"),
        (Graph.remove_unused, "the next round counts readers"),
    )


# Once types are chosen: moves of data that Glow keeps, and that its hash sees, but that cost cycles.
AFTER_QUANTISATION: tuple[tuple[Pass, str], ...] = (
    (lambda graph: sink_transposes(graph, eager=True), "transposes move down even where Glow leaves them"),
    (trivial_transposes, "those that move only axes of length 1 are reshapes"),
    (merge_reshapes, "so that pairs of moves are adjacent"),
    (fold_moves, "a moved constant is a constant"),
    (
        lambda graph: turn_weights(graph, gemms=True),
        "transposes in front of dense layers go into the weights, for Gemm too",
    ),
    (cancel_moves, "moves in a row that leave every element in place go"),
    (merge_equal, "the passes above may have made equal constants"),
)


def optimise(graph: Graph) -> Graph:
    """Rewrite the imported graph in place as Glow does, which runs its passes twice; returns the graph."""
    for again in (False, True):
        known = set(graph.constants) if again else set()
        for rewrite, _ in round_of_glow(again, known):
            rewrite(graph)
    return graph


def expand(graph: Graph) -> None:
    """Replace nodes without code of their own, in place; new nodes may reuse the names of removed ones."""
    graph.free_names()
    for node in list(graph.nodes):
        expanded = registry.of(node).expand(node, graph)
        if expanded is not None:
            graph.replace(node.output, expanded)
    graph.remove_unused()


def settle(graph: Graph) -> None:
    """Remove data movement that is no longer needed once types are chosen, in place."""
    for rewrite, _ in AFTER_QUANTISATION:
        rewrite(graph)
