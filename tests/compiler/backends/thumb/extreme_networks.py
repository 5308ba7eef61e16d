"""Networks of one or two layers with sizes, strides, scales and weights at the ends of what the generator meets."""

import numpy as np

from helpers.compiler.ir.graph import Graph, TensorType
from helpers.compiler.ir.window import Window
from helpers.compiler.numerics.requantisation import Requantisation, fixed_point, requantisation

SIDES = (1, 2, 3, 4, 7, 8, 16, 30, 31, 60, 64, 130, 260, 400)
CHANNELS = (1, 1, 1, 2, 3, 4, 5, 8, 16, 33, 64, 130, 300)
MOST_VALUES, MOST_WEIGHTS = 40_000, 20_000


class Maker:
    """Draws a network from a seed; `what` says what it is."""

    def __init__(self, seed: int):
        self.random, self.graph, self.what = np.random.default_rng(seed), Graph("extreme"), ""

    def one_of(self, things):
        return things[int(self.random.integers(len(things)))]

    def network(self) -> Graph:
        height, width, channels = self.one_of(SIDES), self.one_of(SIDES), self.one_of(CHANNELS)
        while height * width * channels > MOST_VALUES:
            height, width, channels = max(1, height // 2), max(1, width // 2), max(1, channels // 2)
        value = self.graph.add_placeholder("x", TensorType((1, height, width, channels), "int8", 0.01, self.offset()))
        for _ in range(self.one_of((1, 2))):
            value = self.one_of((self.convolution, self.convolution, self.pool))(value)
        if value.type.size < 1000 and self.one_of((True, False)):
            flat = self.graph.add("Reshape", "flat", [value], [value.type.with_shape((1, value.type.size))]).output
            value = self.dense(flat)
        self.graph.add_output("y", value)
        return self.graph

    def offset(self) -> int:
        return self.one_of((-128, -128, 0, 127, int(self.random.integers(-128, 128))))

    def weights(self, shape) -> np.ndarray:
        kind = self.one_of(("even", "normal", "ends", "few"))
        if kind == "even":
            return self.random.integers(-128, 128, shape)
        if kind == "normal":
            return np.clip(np.rint(self.random.normal(0, 25, shape)), -128, 127)
        return self.random.choice([-128, 127] if kind == "ends" else [0, 0, 0, 1, -128], shape)

    def rules(self, outputs: int, taps: int, target: TensorType, dense: bool) -> dict:
        """Factors of every size, one for all or one a channel, of Glow's kind or of TensorFlow Lite's."""
        usual = 1 / (taps * 40)
        spread = self.one_of((0, 0, 0.5, 4))
        factors = usual * np.exp(self.random.normal(0, spread, outputs)) * 10 ** self.random.uniform(-3, 1)
        offset = target.offset if dense else 0
        if self.one_of((True, False)):
            rules = [requantisation(np.float32(max(each, 2e-9)), offset) for each in factors]
        else:
            helper = "rounded_once" if dense else "doubled"
            rules = [fixed_point(float(each), offset, helper=helper) for each in factors]
        return {"requantisations": rules, "bias_requantisations": [Requantisation(0, 0, 1)] * outputs}

    def layer(self, kind: str, value, shape, target: TensorType, **attributes):
        outputs = target.shape[-1]
        largest = self.one_of((1, 1000, 10**6))
        bias = self.random.integers(-largest, largest + 1, outputs).astype(np.int32)
        data = self.weights(shape).astype(np.int8)
        inputs = [
            value,
            self.graph.add_constant("weights", data, TensorType(tuple(shape), "int8", 0.01)),
            self.graph.add_constant("bias", bias, TensorType((outputs,), "int32", 1.0)),
        ]
        offsets = self.random.integers(-127, 128, outputs) if self.one_of((True, False, False)) else [0] * outputs
        attributes["filters"] = [TensorType(tuple(shape[1:]), "int8", 0.01, int(n)) for n in offsets]
        attributes |= self.rules(outputs, int(np.prod(shape[1:])), target, kind.startswith("Row"))
        if self.one_of((True, False)):
            attributes |= {"fused": "Relu"}
        self.what += f"{kind} {list(value.type.shape)} {list(shape)}; "
        return self.graph.add(kind, kind.lower(), inputs, [target], **attributes).output

    def convolution(self, value):
        _, height, width, channels = value.type.shape
        kernel = tuple(min(self.one_of((1, 2, 3, 3, 5, 10, 15)), n) for n in (height, width))
        stride = self.one_of((1, 1, 1, 2, 3, 64, 90))
        same = ((kernel[0] - 1) // 2, (kernel[1] - 1) // 2, kernel[0] // 2, kernel[1] // 2)
        window = Window(kernel, (stride, stride), self.one_of((same, same, (0, 0, 0, 0), (kernel[0] - 1, 0, 0, 0))))
        depthwise = self.one_of((True, False, False))
        per_output = kernel[0] * kernel[1] * (1 if depthwise else channels)
        size = window.output_size(height, width)
        most = max(1, min(MOST_WEIGHTS // per_output, MOST_VALUES // (size[0] * size[1])))
        outputs = channels if depthwise else min(self.one_of(CHANNELS), most)
        target = TensorType((1, *size, outputs), "int8", 0.01, self.offset())
        shape = (outputs, *kernel, 1 if depthwise else channels)
        more = {"window": window, "group": channels if depthwise else 1}
        biases = {"biases": [TensorType((), "int32", 1.0)] * outputs}
        return self.layer("ChannelwiseQuantizedConvolution", value, shape, target, **more, **biases)

    def dense(self, value):
        outputs = min(self.one_of((1, 3, 4, 5, 10, 40, 300)), max(1, MOST_WEIGHTS // value.type.shape[1]))
        target = TensorType((1, outputs), "int8", 0.01, self.offset())
        return self.layer("RowwiseQuantizedFullyConnected", value, (outputs, value.type.shape[1]), target)

    def pool(self, value):
        _, height, width, channels = value.type.shape
        kernel = self.one_of(((2, 2), (2, 2), (1, 3), (3, 3), (5, 2)))
        kernel = tuple(min(pair) for pair in zip(kernel, (height, width), strict=True))
        window = Window(kernel, kernel if self.one_of((True, True, False)) else (1, 2))
        self.what += f"pool {list(value.type.shape)} {kernel}; "
        target = value.type.with_shape((1, *window.output_size(height, width), channels))
        return self.graph.add("MaxPool", "pool", [value], [target], window=window).output
