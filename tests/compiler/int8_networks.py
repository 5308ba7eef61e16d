"""Networks as TensorFlow Lite's converter leaves them: int8, a factor for each channel, rounded twice; with random weights."""

import numpy as np
import random_networks

from helpers.compiler.ir.graph import Graph, TensorType, Value
from helpers.compiler.ir.window import Window
from helpers.compiler.numerics.requantisation import fixed_point, requantisation

SCALE, OFFSET = 0.02, -128


class Maker:
    """A network layer by layer; results are clipped at real 0.

    helper: how factors round, as FixedPoint has it. bits: of a weight.
    """

    def __init__(self, shape: tuple[int, ...], helper: str = "doubled", bits: int = 8):
        self.helper, self.bits = helper, bits
        self.random, self.graph = np.random.default_rng(7), Graph("int8")
        self.value = self.graph.add_placeholder("input", TensorType((1, *shape), "int8", SCALE, OFFSET))

    def conv(self, outputs: int, kernel: tuple[int, int], stride: int = 1, depthwise: bool = False) -> Value:
        """A convolution with "same" padding."""
        _, height, width, channels = self.value.type.shape
        total = [max((-(-n // stride) - 1) * stride + k - n, 0) for n, k in zip((height, width), kernel, strict=True)]
        pads = (total[0] // 2, total[1] // 2, total[0] - total[0] // 2, total[1] - total[1] // 2)
        window, group = Window(kernel, (stride, stride), pads), channels if depthwise else 1
        result, shape = window.output_size(height, width), (outputs, *kernel, channels // group)
        return self._add("Convolution", shape, outputs, (1, *result, outputs), window=window, group=group)

    def dense(self, outputs: int) -> Value:
        """A dense layer; an image is flattened first."""
        if len(self.value.type.shape) == 4:
            flat = self.value.type.with_shape((1, self.value.type.size))
            self.value = self.graph.add("Reshape", "flat", [self.value], [flat]).output
        return self._add("FullyConnected", (self.value.type.shape[1], outputs), outputs, (1, outputs))

    def pool(self, size: int) -> Value:
        """A maximum pool of a square that moves by its size."""
        window, (_, height, width, channels) = Window((size, size), (size, size)), self.value.type.shape
        result = self.value.type.with_shape((1, *window.output_size(height, width), channels))
        self.value = self.graph.add("MaxPool", "pool", [self.value], [result], window=window).output
        return self.value

    def add(self, other: Value, scale: float = 0.025) -> Value:
        """The sum with another value of the same shape, as TensorFlow Lite rounds it."""
        one, result = self.value.type, TensorType(self.value.type.shape, "int8", scale, OFFSET)
        twice = 2 * max(one.scale, other.type.scale)
        rules = {
            "left": fixed_point(one.scale / twice, 0, 20),
            "right": fixed_point(other.type.scale / twice, 0, 20),
            "sum": fixed_point(twice / (2**20 * scale), OFFSET),
        }
        self.value = self.graph.add("Add", "add", [self.value, other], [result], **rules).output
        return self.value

    def _add(self, kind: str, shape: tuple, outputs: int, result: tuple, **attributes) -> Value:
        wide, most = 40 / 2 ** (8 - self.bits), 2 ** (self.bits - 1) - 1
        weights = np.clip(np.rint(self.random.normal(0, wide, shape)), -most, most).astype(np.int8)
        bias, taps = self.random.integers(-5000, 5000, outputs).astype(np.int32), weights.size / outputs
        inputs = [
            self.graph.add_constant("weights", weights, TensorType(shape, "int8", 0.01, 0)),
            self.graph.add_constant("bias", bias, TensorType((outputs,), "int32", 0.0002, 0)),
        ]
        rules = {
            "requantisation": requantisation(np.float32(1 / (wide * np.sqrt(taps))), OFFSET),
            "bias_requantisation": requantisation(np.float32(1)),
        }
        types = [TensorType(result, "int8", SCALE, OFFSET)]
        node = self.graph.add(kind, "layer", [self.value, *inputs], types, **rules, **attributes)
        random_networks.by_channel(node, self.helper, self.random)
        self.value = node.output
        return self.value

    def finished(self) -> Graph:
        self.graph.add_output("output", self.value)
        return self.graph


def note() -> Graph:
    """The note's layers."""
    made = Maker((28, 28, 1))
    made.pool(2)
    for outputs in (4, 8):
        made.conv(outputs, (3, 3))
        made.pool(2)
    made.dense(10)
    return made.finished()


def separable(bits: int = 8) -> Graph:
    """A small DS-CNN."""
    made = Maker((16, 16, 1), bits=bits)
    made.conv(8, (3, 3), 2)
    for outputs, stride in ((16, 1), (24, 2)):
        made.conv(made.value.type.shape[3], (3, 3), stride, depthwise=True)
        made.conv(outputs, (1, 1))
    made.pool(2)
    made.dense(10)
    return made.finished()


def autoencoder(bits: int = 8) -> Graph:
    """Dense layers that narrow and widen again."""
    made = Maker((128,), bits=bits)
    for outputs in (64, 16, 64, 128):
        made.dense(outputs)
    return made.finished()


def residual() -> Graph:
    """Two blocks of a ResNet, each with a sum of two values."""
    made = Maker((10, 10, 3))
    before = made.conv(8, (3, 3))
    made.conv(8, (3, 3))
    made.conv(8, (3, 3))
    before = made.add(before)
    made.conv(16, (3, 3), 2)
    both = made.conv(16, (3, 3))
    made.value = before
    made.conv(16, (1, 1), 2)
    made.add(both)
    made.pool(5)
    made.dense(10)
    return made.finished()


def speech() -> Graph:
    """One convolution of many taps over one channel, as in micro_speech."""
    made = Maker((25, 20, 1))
    made.conv(8, (10, 8), 2)
    made.dense(4)
    return made.finished()


NETWORKS = {each.__name__: each for each in (note, separable, autoencoder, residual, speech)}
