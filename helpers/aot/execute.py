"""A graph computed in numpy: in float32 as Glow's CPU backend sums, or in integers as the bundle does."""

import numpy as np

from helpers.aot.graph import Graph, Value
from helpers.aot.operators import registry


def run(graph: Graph, inputs: dict[str, np.ndarray], observe=None) -> dict[str, np.ndarray]:
    """Compute the outputs of a graph, by name, for a batch.

    inputs: by placeholder name; the first axis may be longer than the graph's batch. observe(node, inputs, outputs) is called
    after each node with its arrays.
    """
    values = {id(node.output): inputs[node.name] for node in graph.placeholders}
    values |= {id(node.output): node.data for node in graph.constants}
    for node in graph.in_order():
        operator = registry.of(node)
        arrays = [values[id(value)] for value in node.inputs]
        integer = any(value.type.quantised for value in (*node.inputs, *node.outputs))
        results = (operator.compute_integer if integer else operator.compute)(node, arrays)
        values.update({id(value): array for value, array in zip(node.outputs, results, strict=True)})
        if observe:
            observe(node, arrays, results)
    return {name: values[id(value)] for name, value in graph.outputs}


def all_values(graph: Graph, inputs: dict[str, np.ndarray]) -> dict[Value, np.ndarray]:
    """Every value of a graph for a batch, constants and inputs left out; for figures and for finding a mismatch's layer."""
    seen: dict[Value, np.ndarray] = {}
    run(graph, inputs, lambda node, _, results: seen.update(zip(node.outputs, results, strict=True)))
    return seen
