"""Integer networks with random weights, for measuring speed: cycles hardly depend on the weights."""

import numpy as np

from helpers.compiler.ir.graph import Graph, Node, TensorType, Value
from helpers.compiler.ir.window import Window
from helpers.compiler.numerics.requantisation import requantisation

ACTIVATION = ("int8", 0.02, -128)


class _Maker:
    """Build a network layer by layer."""

    def __init__(self, shape: tuple[int, ...]):
        self.random, self.graph = np.random.default_rng(20), Graph("sample")
        self.value = self.graph.add_placeholder("input", TensorType(shape, *ACTIVATION))

    def convolution(self, outputs: int, kernel: int, stride: int = 1, depthwise: bool = False) -> None:
        """Add a convolution with "same" padding and a ReLU merged into its clipping."""
        _, height, width, channels = self.value.type.shape
        margin = (kernel - 1) // 2
        window = Window((kernel, kernel), (stride, stride), (margin, margin, margin, margin))
        group = channels if depthwise else 1
        shape = (1, *window.output_size(height, width), outputs)
        self._add(
            "Convolution", (outputs, kernel, kernel, channels // group), outputs, shape, window=window, group=group
        )

    def pool(self) -> None:
        """Add a 2x2 max pooling layer."""
        window, (_, height, width, channels) = Window((2, 2), (2, 2)), self.value.type.shape
        result = self.value.type.with_shape((1, *window.output_size(height, width), channels))
        self.value = self.graph.add("MaxPool", "pool", [self.value], [result], window=window).output

    def dense(self, outputs: int, relu: bool = True) -> None:
        """Add a dense layer; an image is flattened first."""
        if len(self.value.type.shape) == 4:
            flat = self.value.type.with_shape((1, self.value.type.size))
            self.value = self.graph.add("Reshape", "flat", [self.value], [flat]).output
        self._add("FullyConnected", (self.value.type.shape[1], outputs), outputs, (1, outputs))
        if relu:
            rule = requantisation(np.float32(1.5), -128)
            result = TensorType((1, outputs), *ACTIVATION)
            self.value = self.graph.add("Relu", "relu", [self.value], [result], requantisation=rule).output

    def _add(self, kind: str, shape: tuple, outputs: int, result: tuple, **attributes) -> None:
        weights = np.clip(np.rint(self.random.normal(0, 30, shape)), -128, 127).astype(np.int8)
        bias = self.random.integers(-5000, 5000, outputs).astype(np.int32)
        inputs = [
            self.graph.add_constant("weights", weights, TensorType(shape, "int8", 0.01, 0)),
            self.graph.add_constant("bias", bias, TensorType((outputs,), "int32", 0.0002, 0)),
        ]
        taps = weights.size / outputs
        rules = {
            "requantisation": requantisation(np.float32(1 / (30 * np.sqrt(taps))), -128),
            "bias_requantisation": requantisation(np.float32(1)),
        }
        types = [TensorType(result, *ACTIVATION)]
        self.value = self.graph.add(kind, "layer", [self.value, *inputs], types, **rules, **attributes).output

    def finished(self) -> Graph:
        self.graph.add_output("output", self.value)
        return self.graph


def lenet() -> Graph:
    """Build Table 1's LeNet: 5x5 convolutions of 20 and 50 channels, 1,256,080 parameters."""
    maker = _Maker((1, 28, 28, 1))
    for outputs in (20, 50):
        maker.convolution(outputs, 5)
        maker.pool()
    maker.dense(500)
    maker.dense(10, relu=False)
    return maker.finished()


def separable() -> Graph:
    """Build a network of alternating depthwise 3x3 and 1x1 convolutions, as in MobileNet, over 24x24x3."""
    maker = _Maker((1, 24, 24, 3))
    maker.convolution(8, 3, stride=2)
    for outputs, stride in ((16, 1), (24, 2), (24, 1)):
        maker.convolution(maker.value.type.shape[3], 3, stride, depthwise=True)
        maker.convolution(outputs, 1)
    maker.dense(10, relu=False)
    return maker.finished()


def perceptron() -> Graph:
    """Build a network of three dense layers over 784 inputs."""
    maker = _Maker((1, 784))
    maker.dense(64)
    maker.dense(32)
    maker.dense(10, relu=False)
    return maker.finished()


NETWORKS = {"LeNet of Table 1": lenet, "depthwise separable": separable, "perceptron": perceptron}


def multiplications(graph: Graph) -> dict[str, int]:
    """Count the multiply-accumulates of each layer that has any, by the node's name, borders included.

    Products of data and weights, or of two matrices, are counted for every kind in `_PRODUCTS`, in float32 or in integers.
    Importers unroll recurrent layers into dense ones, which are counted step by step, but for int8 LSTMs of TFLite files.
    """
    return {node.name: _PRODUCTS[node.kind](node) for node in graph.in_order() if node.kind in _PRODUCTS}


def _of_filters(node: Node) -> int:
    """Count for a filter [outputs, ky, kx, inputs of a group]: each result uses all numbers of one output's filter."""
    weights = node.inputs[1].type
    return node.output.type.size * (weights.size // weights.shape[0])


def _of_transposed_filters(node: Node) -> int:
    """Count for a filter [inputs, ky, kx, outputs of a group]: each input element is multiplied by one input's numbers."""
    weights = node.inputs[1].type
    return node.inputs[0].type.size * (weights.size // weights.shape[0])


def _of_rows(node: Node) -> int:
    """Count for a dense layer or a matrix product: each result is a sum over the last axis of the first factor."""
    return node.output.type.size * node.inputs[0].type.shape[-1]


def _of_gates(node: Node) -> int:
    """Count for an LSTM: each output's four gates are sums over the input and over the last output."""
    return node.output.type.size * 4 * (node.inputs[0].type.shape[-1] + node.inputs[5].type.shape[-1])


def _of_filters_over_time(node: Node) -> int:
    """Count for SVDF: each filter is a sum over the input, and then over what it keeps."""
    batch, filters, memory = node.inputs[5].type.shape
    return batch * filters * (node.inputs[0].type.shape[-1] + memory)


_PRODUCTS = {
    "SequenceLstm": _of_gates,
    "Svdf": _of_filters_over_time,
    "Convolution": _of_filters,
    "ChannelwiseQuantizedConvolution": _of_filters,
    "Int16Sums": _of_filters,
    "ConvTranspose": _of_transposed_filters,
    "FullyConnected": _of_rows,
    "RowwiseQuantizedFullyConnected": _of_rows,
    "DequantizedFullyConnected": _of_rows,
    "MatMul": _of_rows,
    "BatchMatMul": _of_rows,
}


def result_of(graph: Graph) -> Value:
    """Return the network's output value."""
    return graph.outputs[0][1]
