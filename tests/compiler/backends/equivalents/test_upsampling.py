"""Transposed convolutions run as convolutions over blocks of the result; their bits are those of the nodes that they were."""

import numpy as np
import one_layer
import pytest
from one_layer import FAST, IN, OUT

from helpers.compiler.backends.equivalents import rewrite
from helpers.compiler.ir.graph import Graph, TensorType
from helpers.compiler.ir.window import Window
from helpers.compiler.numerics.requantisation import fixed_point
from helpers.compiler.operators.clip import ClipAttributes

CYCLES = 12  # of a product of a small layer; plain C takes 30
LAYERS = {  # input, kernel, strides, pads, the result's size
    "keras 3 by 3": ((4, 5, 6), (3, 3), (2, 2), (0, 0, 1, 1), (8, 10)),
    "keras 2 by 2": ((4, 5, 6), (2, 2), (2, 2), (0, 0, 0, 0), (8, 10)),
    "pytorch 4 by 4": ((4, 5, 6), (4, 4), (2, 2), (1, 1, 1, 1), (8, 10)),
    "valid": ((4, 5, 6), (3, 3), (2, 2), (0, 0, 0, 0), (9, 11)),
    "over time": ((1, 9, 6), (1, 5), (1, 2), (0, 1, 0, 2), (1, 18)),
    "strides of one": ((4, 5, 6), (3, 3), (1, 1), (1, 1, 1, 1), (4, 5)),
    "strides of three": ((3, 3, 6), (3, 3), (3, 3), (0, 0, 0, 0), (9, 9)),
    "wide filter": ((3, 3, 6), (5, 5), (2, 2), (1, 1, 2, 2), (6, 6)),
}


def network(name: str, by_channel: bool, outputs: int = 4) -> Graph:
    """A transposed convolution, with one factor or one for each channel, and a Clip."""
    shape, kernel, strides, pads, size = LAYERS[name]
    graph, x = one_layer.begun((1, *shape))
    numbers = one_layer.weights(graph, (shape[2], *kernel, outputs), 0 if by_channel else 9)
    made = graph.add(
        "ConvTranspose", "up", [x, numbers, one_layer.biases(graph, outputs)], [OUT.with_shape((1, *size, outputs))],
        window=Window(kernel, strides, pads), group=1,
    )  # fmt: skip
    if by_channel:
        factors = [fixed_point(IN.scale * (0.004 + o / 1000) / OUT.scale) for o in range(outputs)]
        made.set(requantisations=factors, fused="Clip", fused_arguments=ClipAttributes(low=-1.0, high=2.0))
    return one_layer.finished(graph, made.output)


@pytest.mark.parametrize(("name", "by_channel"), [(name, number % 2 == 0) for number, name in enumerate(LAYERS)])
def test_every_form_agrees_and_the_fast_ones_are(name, by_channel, tmp_path):
    graph = network(name, by_channel)
    (node,) = graph.in_order()
    took, work = (
        one_layer.agrees(graph, tmp_path),
        node.inputs[0].type.size * int(np.prod(node.inputs[1].type.shape[1:])),
    )
    assert took[FAST] < CYCLES * work


def test_forms_that_save_ram_take_no_copy_of_the_result():
    kinds = {form: [n.kind for n in rewrite.with_kernels(network("keras 3 by 3", False), form).in_order()]
             for form in ("fast", "small-ram")}  # fmt: skip
    assert kinds["fast"] == ["Convolution", "Reshape", "Transpose", "Reshape"] and kinds["small-ram"] == [
        "ConvTranspose"
    ]
    over_time = rewrite.with_kernels(network("over time", False), "small-ram")
    assert [node.kind for node in over_time.in_order()] == ["Convolution", "Reshape"]


def test_one_that_would_cut_its_input_or_be_nearly_all_zeros_stays():
    graph, x = one_layer.begun((1, 6, 6, 2))
    numbers, bias = one_layer.weights(graph, (2, 1, 1, 3)), one_layer.biases(graph, 3)
    values = [
        graph.add("ConvTranspose", "up", [x, numbers, bias], [TensorType((1, *size, 3), "int8", 0.02)],
                  window=Window((1, 1), strides, pads), group=1).output
        for strides, pads, size in (((1, 1), (1, 1, 1, 1), (4, 4)), ((3, 3), (0, 0, 0, 0), (16, 16)))
    ]  # fmt: skip
    graph.add_output("other", values[1])
    one_layer.finished(graph, values[0])
    assert [node.kind for node in rewrite.with_kernels(graph, "fast").in_order()] == ["ConvTranspose"] * 2
