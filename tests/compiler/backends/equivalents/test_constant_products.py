"""Products with constants, and dense layers over several rows, have kernels; their bits are those of the nodes that they were."""

import numpy as np
import one_layer
import pytest
from one_layer import FAST, IN, M7, OUT, SMALL_RAM

from helpers.compiler import driver
from helpers.compiler.backends.equivalents import rewrite
from helpers.compiler.ir.graph import Graph, TensorType
from helpers.compiler.numerics.requantisation import fixed_point, requantisation
from helpers.compiler.operators import rowwise_dense

CYCLES = 6  # of a product, with what an element of a small layer takes


def product(rows: int, inputs: int, outputs: int, relu: bool = False, offset: int = 0) -> Graph:
    """A MatMul with a constant matrix, and a Relu of its own scale."""
    graph, x = one_layer.begun((rows, inputs))
    weights = one_layer.weights(graph, (inputs, outputs), offset)
    value = graph.add("MatMul", "product", [x, weights], [OUT.with_shape((rows, outputs))]).output
    if relu:
        value = graph.add("Relu", "relu", [value], [TensorType(value.type.shape, "int8", 0.015, -128)]).output
    return one_layer.finished(graph, value)


def dense(rows: int, inputs: int, outputs: int, by_output: bool) -> Graph:
    """A FullyConnected over several rows, with one factor or one for each output."""
    graph, x = one_layer.begun((rows, inputs))
    numbers = one_layer.weights(graph, (outputs, inputs) if by_output else (inputs, outputs))
    made = graph.add(
        "RowwiseQuantizedFullyConnected" if by_output else "FullyConnected", "dense",
        [x, numbers, one_layer.biases(graph, outputs)], [OUT.with_shape((rows, outputs))],
    )  # fmt: skip
    if by_output:
        types = [TensorType((inputs,), "int8", 0.004 + o / 1000) for o in range(outputs)]
        factors = [fixed_point(IN.scale * each.scale / OUT.scale, OUT.offset, helper="rounded_once") for each in types]
        made.set(**rowwise_dense.given(types, factors), fused="Relu")
    return one_layer.finished(graph, made.output)


@pytest.mark.parametrize("graph", [
    product(1, 24, 9), product(1, 24, 9, relu=True, offset=7), product(6, 24, 9), product(5, 24, 9, relu=True, offset=-11),
    dense(6, 24, 9, by_output=False), dense(6, 24, 9, by_output=True),
], ids=["product", "product and relu", "rows", "rows and relu", "dense", "dense by output"])  # fmt: skip
def test_every_form_agrees_and_the_fast_ones_are(graph, tmp_path):
    work = graph.nodes[0].output.type.size * 24
    took = one_layer.agrees(graph, tmp_path, SMALL_RAM, M7)
    assert took[FAST] < CYCLES * work


def test_steps_that_share_their_weights_stay(tmp_path):
    """As in an unrolled recurrent layer: one function for all of them."""
    graph, x = one_layer.begun((1, 8))
    weights = one_layer.weights(graph, (8, 8))
    for step in range(3):
        x = graph.add("MatMul", f"step{step}", [x, weights], [IN.with_shape((1, 8))]).output
    one_layer.finished(graph, x)
    assert {node.kind for node in rewrite.with_kernels(graph, "fast").in_order()} == {"MatMul"}


def test_a_product_of_two_computed_matrices_stays():
    graph, x = one_layer.begun((4, 4))
    one_layer.finished(graph, graph.add("MatMul", "product", [x, x], [OUT.with_shape((4, 4))]).output)
    assert [node.kind for node in rewrite.with_kernels(graph, "fast").in_order()] == ["MatMul"]


def test_a_network_of_such_layers_alone_has_the_form_fast():
    """As PyTorch's Linear(bias=False) gives it."""
    assert driver.form_of(product(1, 24, 9), driver.Target("cortex-m0plus", form="fast")) == "fast"


def test_an_accumulator_that_may_wrap_stays_right(tmp_path):
    """A factor of more than 1 and sums beyond every element."""
    graph, x = one_layer.begun((3, 40))
    weights = graph.add_constant("weights", np.full((40, 5), 127, np.int8), TensorType((40, 5), "int8", 8.0))
    made = graph.add("MatMul", "product", [x, weights], [OUT.with_shape((3, 5))])
    made.set(requantisation=requantisation(np.float32(4), OUT.offset))
    one_layer.agrees(one_layer.finished(graph, made.output), tmp_path)
