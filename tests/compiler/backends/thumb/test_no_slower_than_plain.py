"""A table of small networks: no layer takes longer in the form fast than in plain C on the same core, whichever its multiplier.

A layer is counted with the copy of its input, if any, and with a pool in front of it, which stores its results as the layer
wants them: with a border, two bytes each.
"""

import numpy as np
import pytest
import random_networks

from helpers.compiler import driver, interpreter, targets
from helpers.compiler.ir.graph import Graph, TensorType
from helpers.compiler.ir.window import Window
from helpers.inference.emulated_bundle import EmulatedBundle

CALL = 40  # cycles: what calling a layer more takes, and setting up loops that then run once

# Height, width and channels of the input; a pool (kernel, strides) or None; a convolution (outputs, kernel, stride, groups),
# or the outputs of a dense layer. Every other one gets factors by channel and an activation.
TABLE = [
    ((9, 8, 1), ((2, 2), (2, 2)), (3, 3, 1, 1)),
    ((9, 8, 2), ((2, 2), (2, 2)), (3, 1, 1, 1)),
    ((9, 8, 3), ((2, 1), (2, 1)), (4, 1, 1, 1)),
    ((9, 8, 1), ((3, 3), (2, 2)), 3),
    ((9, 8, 3), ((2, 2), (2, 2)), 3),
    ((9, 8, 13), ((1, 3), (1, 3)), 2),
    ((6, 6, 1), None, (1, 1, 1, 1)),
    ((6, 6, 3), None, (3, 5, 1, 3)),
    ((6, 6, 3), None, (6, 3, 2, 3)),
    ((7, 7, 2), None, (1, 3, 2, 1)),
    ((6, 6, 8), None, (12, 1, 1, 1)),
    ((5, 5, 12), None, (9, 3, 1, 1)),
    ((1, 1, 5), None, 1),
    ((1, 1, 33), None, 7),
]


def network(shape, pool, layer) -> Graph:
    """A convolution or a dense layer, behind a pool if there is one."""
    maker = random_networks.Maker(sum(shape))
    graph, kind = maker.graph, TensorType((1, *shape), "int8", 0.01, -128)
    value = graph.add_placeholder("x", kind)
    if pool:
        window, result = Window(*pool), Window(*pool).output_size(*shape[:2])
        value = graph.add("MaxPool", "pool", [value], [kind.with_shape((1, *result, shape[2]))], window=window).output
    if isinstance(layer, int):
        value = graph.add("Reshape", "flat", [value], [value.type.with_shape((1, value.type.size))]).output
        weights = maker.constants((value.type.size, layer), layer)
        result = TensorType((1, layer), "int8", 0.01, -128)
        rules = maker.rules(weights[0], value.type.size, result)
        value = graph.add("FullyConnected", "layer", [value, *weights], [result], **rules).output
    else:
        outputs, kernel, stride, group = layer
        window = Window((kernel, kernel), (stride, stride), ((kernel - 1) // 2,) * 4)
        weights = maker.constants((outputs, kernel, kernel, shape[2] // group), outputs)
        result = TensorType((1, *window.output_size(*value.type.shape[1:3]), outputs), "int8", 0.01, -128)
        rules = maker.rules(weights[0], weights[0].type.size // outputs, result)
        value = graph.add(
            "Convolution", "layer", [value, *weights], [result], window=window, group=group, **rules
        ).output
    graph.add_output("y", value)
    return graph


def taken(graph: Graph, form: str, mul_cycles: int, folder, images: np.ndarray) -> tuple[np.ndarray, int]:
    """Outputs, and the cycles of one input in all layers."""
    heeded = mul_cycles if form in targets.BY_MUL_CYCLES else 1
    driver.emit_bundle(graph, folder / form, "net", driver.Target("cortex-m0plus", form=form, mul_cycles=heeded))
    bundle = EmulatedBundle(folder / form, mul_cycles)
    return bundle.run(images), bundle.measure(images[0]).cycles


@pytest.mark.parametrize("index", range(len(TABLE)))
def test_no_layer_is_slower(index, tmp_path):
    graph = network(*TABLE[index])
    if index % 2:
        random_networks.varied(graph, index)
    images = random_networks.inputs(graph.placeholders[0].output.type.shape, 1)
    for mul_cycles in (1, 32):
        outputs, cycles = taken(graph, targets.FAST, mul_cycles, tmp_path, images)
        assert np.array_equal(outputs, interpreter.run(graph, {"x": images})["y"])
        assert cycles <= taken(graph, targets.PLAIN, mul_cycles, tmp_path, images)[1] + CALL, f"multiplier {mul_cycles}"
