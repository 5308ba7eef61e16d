"""The rewrites that Glow does before it profiles or quantises, in its order, and those that it leaves and a core gains from."""

from helpers.aot import folding, moving, sinking
from helpers.aot.graph import Graph
from helpers.aot.operators import registry


def optimise(graph: Graph) -> Graph:
    """Rewrite the imported graph in place as Glow does, which goes through its passes twice; returns it.

    Source: createDefaultFoldPassPipeline and createDefaultGraphOptimizationPassPipeline.
    """
    for again in (False, True):
        known = set(graph.constants) if again else set()
        moving.merge_reshapes(graph)
        folding.join_dense(graph, folded=again)
        folding.join_arithmetic(graph)
        sinking.sink_transposes(graph, folded=again)
        moving.trivial_transposes(graph)
        moving.merge_reshapes(graph)
        folding.shape_splats(graph)
        moving.fold_moves(graph)
        folding.merge_equal(graph)
        folding.merge_pads(graph)
        folding.simplify(graph)
        moving.simplify_concats(graph)
        moving.turn_weights(graph)
        moving.merge_reshapes(graph)
        folding.shape_splats(graph)
        folding.name_rows(graph)
        folding.fold_constants(graph, known)
        moving.merge_reshapes(graph)
        sinking.sink_transposes(graph)
        folding.fold_norms(graph)
        folding.merge_equal(graph)
        sinking.sink_reshapes(graph)
        moving.merge_reshapes(graph)
        graph.remove_unused()
    return graph


def expand(graph: Graph) -> None:
    """Replace, in place, what has no code of its own; new nodes may have the names of those that are gone."""
    graph.free_names()
    for node in list(graph.nodes):
        expanded = registry.of(node).expand(node, graph)
        if expanded is not None:
            graph.replace(node.output, expanded)
    graph.remove_unused()


def settle(graph: Graph) -> None:
    """Drop, in place, the moves of data that Glow keeps, and that its hash sees, once types are chosen."""
    sinking.sink_transposes(graph, eager=True)
    moving.trivial_transposes(graph)
    moving.merge_reshapes(graph)
    moving.fold_moves(graph)
    moving.turn_weights(graph, gemms=True)
    moving.cancel_moves(graph)
    folding.merge_equal(graph)
