"""Integer graphs of one layer for the Cortex-M7, as TFLite and as Glow quantise it; and whether its code is the reference's."""

from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np

from helpers.compiler import driver, interpreter
from helpers.compiler.backends.dsp.rewrite import for_dsp
from helpers.compiler.ir.graph import Graph, Node, TensorType
from helpers.compiler.ir.window import SMALL_POOL, Window
from helpers.compiler.numerics.requantisation import Requantisation, fixed_point, requantisation
from helpers.inference.emulated_bundle import EmulatedBundle

CHANNELWISE = "ChannelwiseQuantizedConvolution"
ARGUMENTS = {"Clip": SimpleNamespace(low=-0.3, high=1.1), "LeakyRelu": SimpleNamespace(alpha=0.1)}


@dataclass(frozen=True)
class Layer:
    """size: height, width, channels of the input. by_channel: a factor for each output, else one. offsets: input, result."""

    size: tuple[int, int, int]
    outputs: int
    window: Window
    depthwise: bool = False
    pooled: bool = False
    by_channel: bool = True
    helper: str = "doubled"
    offsets: tuple[int, int] = (-3, -128)
    fused: str | None = None
    pool_before: bool = False


def graph_of(layer: Layer) -> Graph:
    """The layer with random weights, factors that use the result's range, and a pool where it has one."""
    random, graph = np.random.default_rng(sum(layer.size) + layer.outputs), Graph("net")
    height, width, channels = layer.size
    shape = (1, 2 * height, 2 * width, channels) if layer.pool_before else (1, *layer.size)
    x = graph.add_placeholder("x", TensorType(shape, "int8", 0.01, layer.offsets[0]))
    if layer.pool_before:
        result = TensorType((1, *layer.size), "int8", 0.01, layer.offsets[0])
        x = graph.add("MaxPool", "before", [x], [result], window=SMALL_POOL).output
    weights = random.integers(-128, 128, (layer.outputs, *layer.window.kernel, 1 if layer.depthwise else channels))
    bias, taps = random.integers(-9000, 9000, layer.outputs), weights[0].size
    inputs = [
        x,
        graph.add_constant("weights", weights.astype(np.int8), TensorType(weights.shape, "int8", 1.0)),
        graph.add_constant("bias", bias.astype(np.int32), TensorType(bias.shape, "int32", 1.0)),
    ]
    factors = 0.02 / np.sqrt(taps) * 1.3 ** np.arange(layer.outputs).clip(0, 5)
    given = _by_channel(layer, factors, weights) if layer.by_channel else _for_all(layer, float(factors[0]))
    kind = CHANNELWISE if layer.by_channel else "Convolution"
    result = TensorType((1, *layer.window.output_size(height, width), layer.outputs), "int8", 0.02, layer.offsets[1])
    group = channels if layer.depthwise else 1
    given |= {"fused": layer.fused, "fused_arguments": ARGUMENTS.get(layer.fused)}
    node = graph.add(kind, "conv", inputs, [result], window=layer.window, group=group, **given)
    if layer.pooled:
        rows, columns = SMALL_POOL.output_size(*result.shape[1:3])
        node = graph.add(
            "MaxPool", "pool", [node.output], [result.with_shape((1, rows, columns, layer.outputs))], window=SMALL_POOL
        )
    graph.add_output("y", node.output)
    return graph


def _by_channel(layer: Layer, factors: np.ndarray, weights: np.ndarray) -> dict:
    kept = [TensorType((), "int32", 1.0)] * layer.outputs
    return {
        "filters": [TensorType(weights.shape[1:], "int8", 1.0)] * layer.outputs, "biases": kept,
        "requantisations": [fixed_point(float(each), 0, helper=layer.helper) for each in factors],
        "bias_requantisations": [Requantisation(0, 0, 1)] * layer.outputs,
    }  # fmt: skip


def _for_all(layer: Layer, factor: float) -> dict:
    rule = requantisation(factor, layer.offsets[1])
    return {"requantisation": rule, "bias_requantisation": Requantisation(0, 0, 1)}


def kernels(layer: Layer) -> list[Node]:
    """The layer's nodes after the rewrite, in order."""
    return for_dsp(graph_of(layer)).in_order()


def code_of(layer: Layer, folder, count: int = 3) -> str:
    """Compile a layer, compare it on the emulated core with the integer reference, and return its C."""
    graph = graph_of(layer)
    driver.emit_bundle(graph, folder / "net", "net", driver.Target("cortex-m7"))
    shape = graph.placeholders[0].output.type.shape
    inputs = np.random.default_rng(5).integers(-128, 128, (count, *shape[1:])).astype(np.int8)
    inputs[0], inputs[1] = -128, 127
    expected = interpreter.run_many(graph, inputs)
    assert len(np.unique(expected)) > 1
    assert np.array_equal(interpreter.run_many(for_dsp(graph), inputs), expected), "the rewritten graph"
    assert np.array_equal(EmulatedBundle(folder / "net", core="cortex-m7").run(inputs), expected), "the core"
    return (folder / "net" / "net.c").read_text()


def changed(layer: Layer, **values) -> Layer:
    """The layer with other values."""
    return replace(layer, **values)
