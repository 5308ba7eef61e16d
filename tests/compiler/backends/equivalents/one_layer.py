"""Integer networks of one layer, and what each form of each core makes of them beside the integer reference."""

import numpy as np
import random_networks
from every_form import Case

from helpers.compiler import driver, interpreter, targets
from helpers.compiler.backends.equivalents import rewrite
from helpers.compiler.ir.graph import Graph, TensorType, Value
from helpers.inference.emulated_bundle import EmulatedBundle

FAST, SMALL_RAM, M7 = (
    Case("cortex-m0plus", targets.FAST),
    Case("cortex-m0plus", targets.SMALL_RAM),
    Case("cortex-m7", targets.FAST),
)
IN = TensorType((), "int8", 0.01, -3)
OUT = TensorType((), "int8", 0.02, 5)


def begun(shape: tuple[int, ...]) -> tuple[Graph, Value]:
    """A graph with an int8 input."""
    graph = Graph("one_layer")
    return graph, graph.add_placeholder("x", IN.with_shape(shape))


def weights(graph: Graph, shape: tuple[int, ...], offset: int = 0) -> Value:
    """Random int8 constants."""
    numbers = np.random.default_rng(len(shape)).integers(-128, 128, shape).astype(np.int8)
    return graph.add_constant("weights", numbers, TensorType(shape, "int8", 0.004, offset))


def biases(graph: Graph, count: int) -> Value:
    """Random int32 constants in steps of the sums."""
    numbers = np.random.default_rng(count).integers(-3000, 3000, count).astype(np.int32)
    return graph.add_constant("bias", numbers, TensorType((count,), "int32", 0.00004))


def finished(graph: Graph, value: Value) -> Graph:
    """The graph with its output, settled."""
    graph.add_output("y", value)
    for node in graph.in_order():
        driver._settle(node)
    return graph


def samples(graph: Graph) -> np.ndarray:
    """Inputs of a graph for a few inferences: random ones, and both ends of the range."""
    batch, *rest = graph.placeholders[0].output.type.shape
    made = random_networks.inputs((1, *rest), 7)
    return np.concatenate([np.roll(made, n, 0) for n in range(batch)])


def cycles(graph: Graph, case: Case, folder) -> int:
    """The cycles of an inference in a form, whose outputs must be the reference's; nothing is left over at the second call."""
    inputs, target = samples(graph), driver.Target(case.cpu, form=case.form, mul_cycles=case.mul_cycles)
    driver.emit_bundle(graph, folder / str(case), "net", target)
    bundle = EmulatedBundle(folder / str(case), case.mul_cycles, case.cpu)
    assert np.array_equal(bundle.run(inputs), interpreter.run_many(graph, inputs)), str(case)
    return bundle.measure(inputs[: graph.placeholders[0].output.type.shape[0]]).cycles


def agrees(graph: Graph, folder, *cases: Case) -> dict[Case, int]:
    """The cycles of FAST and of other forms; the rewritten graph must have the same outputs, and stay if rewritten again."""
    inputs = samples(graph)
    for form in (targets.FAST, targets.SMALL_RAM):
        made = rewrite.with_kernels(graph, form)
        assert np.array_equal(interpreter.run_many(made, inputs), interpreter.run_many(graph, inputs)), form
        kinds = [node.kind for node in made.in_order()]
        assert kinds == [node.kind for node in rewrite.with_kernels(made, form).in_order()], form
    return {case: cycles(graph, case, folder) for case in (FAST, *cases)}
