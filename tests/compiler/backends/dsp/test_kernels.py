"""Every kernel of the Cortex-M7 at every size where its code changes: the integer reference bit for bit, and the kernel meant.

WORKBOOK_KERNELS=all tries all cases, else some do.
"""

import itertools
import os

import layers
import pytest
from layers import Layer

from helpers.compiler.backends.dsp.rewrite import for_dsp
from helpers.compiler.ir.window import Window
from helpers.compiler.operators.base import registry

HELD, STREAMED, C = "r4 to r9 hold a filter", "r4 to r11 are sums", "#pragma clang loop"
SAME = Window((3, 3), (1, 1), (1, 1, 1, 1))
POINT = Window((1, 1))


def window(ky: int, kx: int, stride: int = 1, dilation: int = 1) -> Window:
    top, left = dilation * (ky - 1) // 2, dilation * (kx - 1) // 2
    return Window((ky, kx), (stride, stride), (top, left, top, left), (dilation, dilation))


KERNELS = [(3, 3), (1, 3), (2, 2), (3, 1), (6, 1), (3, 2)]
SOME = 1 if os.environ.get("WORKBOOK_KERNELS") == "all" else 5  # one of so many cases is tried
DEPTHWISE = list(itertools.product(KERNELS, (5, 6, 19, 40), (1, 2)))  # with a stride
ONE_CHANNEL = list(itertools.product([(3, 3), (2, 2), (3, 1)], (6, 9, 22), (True, False), (True, False)))


@pytest.mark.parametrize(("kernel", "width", "stride"), DEPTHWISE[::SOME])
def test_a_depthwise_layer_with_held_weights(kernel, width, stride, tmp_path):
    """Planes whose rows are straight code, a loop, and a loop with a rest."""
    layer = Layer((7, width, 3), 3, window(*kernel, stride), depthwise=True)
    assert HELD in layers.code_of(layer, tmp_path)


@pytest.mark.parametrize(("kernel", "width", "pooled", "by_channel"), ONE_CHANNEL[::SOME])
def test_a_convolution_of_one_channel_with_held_weights(kernel, width, pooled, by_channel, tmp_path):
    layer = Layer((8, width, 1), 3, window(*kernel), pooled=pooled, by_channel=by_channel)
    assert HELD in layers.code_of(layer, tmp_path)


@pytest.mark.parametrize("height", [4, 5])
def test_a_pool_in_front_is_part_of_widening(height, tmp_path):
    layer = Layer((height, 6, 1), 3, SAME, pooled=True, pool_before=True)
    assert [node.kind for node in layers.kernels(layer)] == ["PairSums"]
    assert HELD in layers.code_of(layer, tmp_path)


@pytest.mark.parametrize(
    "layer",
    [
        Layer((9, 9, 5), 5, window(5, 5), depthwise=True),
        Layer((12, 1, 4), 4, window(10, 1), depthwise=True),
        Layer((1, 31, 3), 3, window(1, 15), depthwise=True),
        Layer((9, 9, 2), 2, window(3, 3, dilation=2), depthwise=True),
        Layer((9, 9, 2), 2, window(3, 3, stride=3), depthwise=True),
        Layer((4, 4, 300), 300, window(3, 3), depthwise=True),
        Layer((11, 10, 1), 5, window(10, 4, stride=2)),
        Layer((6, 6, 3), 5, SAME),
        Layer((6, 6, 4), 3, SAME, pooled=True),
        Layer((40, 40, 3), 4, window(3, 3, stride=2)),  # rows are kept
        Layer((20, 20, 4), 4, SAME),  # rows are kept, the result lies in the input's place
        Layer((20, 20, 4), 4, SAME, pooled=True),
        Layer((20, 20, 4), 4, window(3, 3, dilation=2)),
        Layer((12, 10, 8), 5, window(1, 1, stride=2)),
        Layer((3, 3, 40), 7, SAME),  # a loop over taps
        *(Layer((1, 1, taps), 11, POINT) for taps in (4, 5, 6, 7, 33, 100, 301)),  # bytes, as they are
        Layer((1, 1, 5000), 3, POINT),
        Layer((5, 7, 24), 30, POINT),  # from the last pixels to the first
        Layer((11, 13, 30), 9, POINT),  # parts of pixels with a rest, and channels without whole words
        Layer((3, 1, 6), 1, POINT),
    ],
    ids=lambda layer: (
        f"{layer.window.kernel}, {layer.size} to {layer.outputs}{', depthwise' if layer.depthwise else ''}"
    ),
)
def test_other_layers_stream_their_weights(layer, tmp_path):
    text = layers.code_of(layer, tmp_path)
    assert STREAMED in text or (HELD in text and layer.depthwise)
    assert C not in text


STAGES = list(
    itertools.product(
        ("doubled", "rounded_once", "rounded_even"),
        ((-128, None), (4, None), (4, "Relu"), (-100, "Clip")),
        (
            Layer((6, 6, 1), 3, SAME),
            Layer((6, 5, 4), 5, SAME),
            Layer((6, 6, 3), 3, SAME, depthwise=True),
            Layer((1, 1, 30), 9, POINT),
            Layer((6, 6, 1), 2, SAME, pooled=True),
        ),
    )
)


@pytest.mark.parametrize(("helper", "result", "layer"), STAGES[:: SOME - 1 or 1])
def test_every_output_stage(helper, result, layer, tmp_path):
    offset, fused = result
    text = layers.code_of(layers.changed(layer, helper=helper, offsets=(7, offset), fused=fused), tmp_path)
    assert C not in text


@pytest.mark.parametrize("size", [(6, 6, 3), (20, 30, 3)])
@pytest.mark.parametrize("depthwise", [True, False])
def test_a_leaky_activation_is_c(depthwise, size, tmp_path):
    layer = Layer(size, 3, SAME, depthwise=depthwise, fused="LeakyRelu", offsets=(7, 4))
    text = layers.code_of(layer, tmp_path)
    assert C in text and HELD not in text and STREAMED not in text


@pytest.mark.parametrize("outputs", [3, 24, 25, 60])
def test_a_chain_lies_in_one_place(outputs):
    """Whatever the results' size, and though they are larger than the input."""
    layer = Layer((9, 9, 24), outputs, POINT)
    graph = for_dsp(layers.graph_of(layer))
    (node,) = graph.in_order()
    assert registry.of(node).overwrites(node) == (0,) and registry.of(node).resizes
