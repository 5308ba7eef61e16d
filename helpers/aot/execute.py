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


def batches(graph: Graph) -> bool:
    """Whether many inferences can be computed at once: a batch of 1 that stays the first axis all the way."""
    first = graph.placeholders[0].output.type.shape[:1] == (1,)
    return first and all(registry.of(node).batches(node) for node in graph.in_order())


def run_many(graph: Graph, inputs: np.ndarray) -> np.ndarray:
    """The first output for inputs [n, ...] of the first placeholder, n a multiple of the graph's batch."""
    name, output = graph.placeholders[0].name, graph.outputs[0][0]
    if batches(graph):
        return run(graph, {name: inputs})[output]
    step = graph.placeholders[0].output.type.shape[0]
    chunks = [inputs[at : at + step] for at in range(0, len(inputs), step)]
    return np.concatenate([run(graph, {name: chunk})[output] for chunk in chunks])


def all_values(graph: Graph, inputs: dict[str, np.ndarray]) -> dict[Value, np.ndarray]:
    """Every value of a graph for a batch, constants and inputs left out; for figures and for finding a mismatch's layer."""
    seen: dict[Value, np.ndarray] = {}
    run(graph, inputs, lambda node, _, results: seen.update(zip(node.outputs, results, strict=True)))
    return seen
