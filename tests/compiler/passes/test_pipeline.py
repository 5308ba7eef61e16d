"""Rewrites of a graph, where no profile of real Glow's holds them."""

import numpy as np

from helpers.compiler.ir.graph import Graph, TensorType
from helpers.compiler.passes import pipeline


def larger_of_two(kind: TensorType, data: np.ndarray) -> Graph:
    """The larger of x and of what is the larger of a constant and itself."""
    graph = Graph("larger")
    x = graph.add_placeholder("x", kind)
    number = graph.add_constant("one", data, kind)
    inner = graph.add("Max", "inner", [number, number], [kind]).output
    graph.add_output("y", graph.add("Max", "outer", [x, inner], [kind]).output)
    return pipeline.optimise(graph)


def test_float_constants_are_computed():
    graph = larger_of_two(TensorType((1, 4)), np.ones((1, 4), np.float32))
    assert [node.name for node in graph.nodes] == ["outer"] and graph.constants[0].name == "inner_constfold"


def test_integers_wait_for_their_own_arithmetic():
    graph = larger_of_two(TensorType((1, 4), "int8", 0.5, 3), np.ones((1, 4), np.int8))
    assert [node.name for node in graph.nodes] == ["inner", "outer"]
