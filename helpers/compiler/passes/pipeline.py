"""The rewrites that Glow does before it profiles or quantises, in its order, and those that it leaves and a core gains from."""

from helpers.compiler.ir.graph import Graph
from helpers.compiler.operators.base import registry
from helpers.compiler.passes import constant_folding, data_movement, transpose_sinking


def optimise(graph: Graph) -> Graph:
    """Rewrite the imported graph in place as Glow does, which goes through its passes twice; returns it.

    Source: createDefaultFoldPassPipeline and createDefaultGraphOptimizationPassPipeline.
    """
    for again in (False, True):
        known = set(graph.constants) if again else set()
        data_movement.merge_reshapes(graph)
        constant_folding.join_dense(graph, folded=again)
        constant_folding.join_arithmetic(graph)
        transpose_sinking.sink_transposes(graph, folded=again)
        data_movement.trivial_transposes(graph)
        data_movement.merge_reshapes(graph)
        constant_folding.shape_splats(graph)
        data_movement.fold_moves(graph)
        constant_folding.merge_equal(graph)
        constant_folding.merge_pads(graph)
        constant_folding.simplify(graph)
        data_movement.simplify_concats(graph)
        data_movement.turn_weights(graph)
        data_movement.merge_reshapes(graph)
        constant_folding.shape_splats(graph)
        constant_folding.name_rows(graph)
        constant_folding.fold_constants(graph, known)
        data_movement.merge_reshapes(graph)
        transpose_sinking.sink_transposes(graph)
        constant_folding.fold_norms(graph)
        constant_folding.merge_equal(graph)
        transpose_sinking.sink_reshapes(graph)
        data_movement.merge_reshapes(graph)
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
    transpose_sinking.sink_transposes(graph, eager=True)
    data_movement.trivial_transposes(graph)
    data_movement.merge_reshapes(graph)
    data_movement.fold_moves(graph)
    data_movement.turn_weights(graph, gemms=True)
    data_movement.cancel_moves(graph)
    constant_folding.merge_equal(graph)
