"""Compute a graph in numpy: in float32 with the sums of Glow's CPU backend, or in integers like the bundle."""

from collections.abc import Callable, Iterator

import numpy as np

from helpers.common import named_arrays
from helpers.common.errors import BadParameter
from helpers.common.named_arrays import Arrays
from helpers.compiler.ir.graph import NUMPY_TYPES, Graph, Node, Value
from helpers.compiler.operators.base import registry


def beginning(graph: Graph) -> dict[str, np.ndarray]:
    """The states of a graph, by name, where a sequence of inferences begins: zeros."""
    types = {node.name: node.output.type for node in graph.states}
    return {name: np.zeros(each.shape, NUMPY_TYPES[each.element]) for name, each in types.items()}


def run(
    graph: Graph,
    inputs: dict[str, np.ndarray],
    observe: Callable[[Node, list[np.ndarray], list[np.ndarray]], None] | None = None,
    states: dict[str, np.ndarray] | None = None,
) -> dict[str, np.ndarray]:
    """Compute the outputs of a graph, by name, for a batch.

    inputs: by placeholder name; the first axis may be longer than the graph's batch. observe(node, inputs, outputs) is called
    after each node with its arrays. states: as `beginning` gives them; they become those of the next inference. Without them
    a sequence begins.
    """
    states = beginning(graph) if states is None else states
    values = {id(node.output): inputs[node.name] for node in graph.placeholders}
    values |= {id(node.output): node.data for node in graph.constants}
    values |= {id(node.output): states[node.name] for node in graph.states}
    for node in graph.in_order():
        operator = registry.of(node)
        arrays = [values[id(value)] for value in node.inputs]
        integer = any(value.type.quantised for value in (*node.inputs, *node.outputs))
        results = (operator.compute_integer if integer else operator.compute)(node, arrays)
        values.update({id(value): array for value, array in zip(node.outputs, results, strict=True)})
        states.update({node.inputs[before].node.name: results[after] for before, after in operator.keeps})
        if observe:
            observe(node, arrays, results)
    return {name: values[id(value)] for name, value in graph.outputs}


def batches(graph: Graph) -> bool:
    """Whether many inferences can be computed at once: batches of 1 that stay the first axis throughout, and no state."""
    edges = [*(node.output for node in graph.placeholders), *(value for _, value in graph.outputs)]
    first = all(value.type.shape[:1] == (1,) and value.node.kind != "Constant" for value in edges)
    return first and not graph.states and all(registry.of(node).batches(node) for node in graph.in_order())


def inferences(graph: Graph, inputs: Arrays) -> int:
    """Count the inferences in the inputs; raises BadParameter if that is no whole number, or differs between inputs."""
    counts = {}
    for name, array in _by_placeholder(graph, inputs).items():
        batch = _batch(graph, name)
        if len(array) % batch or not len(array):
            raise BadParameter(f"input {name!r} got {len(array)} arrays, and the network's batch is {batch}")
        counts[name] = len(array) // batch
    if len(set(counts.values())) != 1:
        listed = ", ".join(f"{count} for {name}" for name, count in counts.items())
        raise BadParameter(f"the inputs do not have equal counts: {listed}" if listed else "the network has no input")
    return next(iter(counts.values()))


def first_samples(graph: Graph, inputs: Arrays, samples: int) -> Arrays:
    """Return the first whole inferences of at most `samples` arrays each, but one inference at least; inputs: as for `chunks`."""
    named = _by_placeholder(graph, inputs)
    whole = max(1, samples // max((_batch(graph, name) for name in named), default=1))
    return named_arrays.alone({name: array[: whole * _batch(graph, name)] for name, array in named.items()})


def chunks(graph: Graph, inputs: Arrays, at_once: int = 1) -> Iterator[dict[str, np.ndarray]]:
    """Split the inputs into chunks of inferences, by placeholder; raises what `inferences` raises.

    inputs: for each placeholder [n * batch, ...], n inferences; [n] for a placeholder without axes.
    """
    named = _by_placeholder(graph, inputs)
    for start in range(0, inferences(graph, named), at_once):
        yield {node.name: _part(node.output, named[node.name], start, at_once) for node in graph.placeholders}


def _part(value: Value, array: np.ndarray, start: int, count: int) -> np.ndarray:
    if not value.type.shape:
        return array[start].reshape(())
    batch = value.type.shape[0]
    return array[start * batch : (start + count) * batch]


def _batch(graph: Graph, name: str) -> int:
    shape = next(node.output.type.shape for node in graph.placeholders if node.name == name)
    return shape[0] if shape else 1


def _by_placeholder(graph: Graph, inputs: Arrays) -> dict[str, np.ndarray]:
    return named_arrays.by_name(inputs, [node.name for node in graph.placeholders])


def run_many(graph: Graph, inputs: Arrays, apart: bool = False) -> Arrays:
    """Compute the outputs of many inferences: [n * batch, ...] each; by name if there are several, else the array.

    They are one sequence: states begin at zero and stay from one inference to the next; apart: each is a sequence of its own.
    inputs: as for `chunks`, whose errors it raises; the array alone if the network has one input.
    """
    at_once, states = inferences(graph, inputs) if batches(graph) else 1, beginning(graph)
    parts = [run(graph, chunk, states=None if apart else states) for chunk in chunks(graph, inputs, at_once)]
    return named_arrays.alone(
        named_arrays.joined([{name: np.atleast_1d(array) for name, array in part.items()} for part in parts])
    )


def all_values(graph: Graph, inputs: dict[str, np.ndarray]) -> dict[Value, np.ndarray]:
    """Compute every value of a graph for a batch, without constants and inputs; for figures and for locating mismatches."""
    seen: dict[Value, np.ndarray] = {}
    run(graph, inputs, lambda node, _, results: seen.update(zip(node.outputs, results, strict=True)))
    return seen
