"""Small integer networks with random shapes, weights and requantisations, from a seed."""

from dataclasses import dataclass, replace

import numpy as np

from helpers.common.errors import Unsupported
from helpers.compiler.ir.graph import Graph, TensorType, Value
from helpers.compiler.ir.window import Window
from helpers.compiler.numerics.requantisation import Requantisation, fixed_point, requantisation
from helpers.compiler.operators.clip import ClipAttributes


@dataclass
class Maker:
    """Adds layers to a graph, one behind the other; `done` says what it did."""

    seed: int

    def __post_init__(self):
        self.random, self.graph, self.done = np.random.default_rng(self.seed), Graph("random"), []

    def integer(self, low: int, high: int) -> int:
        return int(self.random.integers(low, high + 1))

    def likely(self, chance: float) -> bool:
        return self.random.random() < chance

    def network(self) -> Graph:
        """One to four layers over a small image."""
        value = self._image("x")
        first, last = value, None
        for _ in range(self.integer(1, 4)):
            value = self._layer(value)
            last = value
        if last is first:
            value = self.dense(value)
        self.graph.add_output("y", value)
        return self.graph

    def several(self) -> Graph:
        """Two or three images, up to two layers behind each, joined in one or two dense layers; what is on the way may go out."""
        ends = []
        for name in ("x", "second", "third")[: self.integer(2, 3)]:
            value = self._image(name)
            for _ in range(self.integer(0, 2)):
                value = self._layer(value)
            flat = self._flat(value)
            for output, each in ((f"{name}_out", value), (f"{name}_flat", flat)):
                if self.likely(0.5):
                    self.graph.add_output(output, each)
            ends.append(flat)
        total = TensorType((1, sum(each.type.size for each in ends)), "int8", 0.01, self._offset())
        joined = self.graph.add("Concat", "joined", ends, [total], axis=1).output
        self.done.append(f"joined {[each.type.size for each in ends]}")
        for output in ("y", "other")[: self.integer(1, 2)]:
            self.graph.add_output(output, self.dense(joined))
        return self.graph

    def _image(self, name: str) -> Value:
        shape = (1, self.integer(1, 14), self.integer(1, 14), self.integer(1, 6))
        if self.likely(0.3):
            side = 4 * self.integer(1, 4)
            shape = (1, side, side, 1)
        return self.graph.add_placeholder(name, TensorType(shape, "int8", 0.01, self._offset()))

    def _offset(self) -> int:
        return -128 if self.likely(0.65) else self.integer(-128, 127)

    def _layer(self, value: Value) -> Value:
        image = len(value.type.shape) == 4
        try:
            if image and self.likely(0.25):
                return self._pool(value)
            if image and self.likely(0.75):
                return self._convolution(value)
        except Unsupported:
            return value  # the window does not fit
        return self.dense(value)

    def _pool(self, value: Value) -> Value:
        small = self.likely(0.7)
        kernel = (2, 2) if small else (self.integer(1, 3), self.integer(1, 3))
        window = Window(kernel, (2, 2) if small else (self.integer(1, 3), self.integer(1, 3)))
        self.done.append(f"pool {kernel}")
        return self.pool_of(value, window)

    def pool_of(self, value: Value, window: Window) -> Value:
        """A maximum pool of a value."""
        _, height, width, channels = value.type.shape
        result = value.type.with_shape((1, *window.output_size(height, width), channels))
        return self.graph.add("MaxPool", "pool", [value], [result], window=window).output

    def _convolution(self, value: Value) -> Value:
        _, height, width, channels = value.type.shape
        kernel = tuple(self.integer(0, 5) for _ in range(2))
        kernel = tuple([1, 2, 3, 3, 3, 5][n] for n in (kernel if self.likely(0.2) else (kernel[0], kernel[0])))
        strides = (1, 1) if self.likely(0.7) else (self.integer(1, 2), self.integer(1, 2))
        same = ((kernel[0] - 1) // 2, (kernel[1] - 1) // 2, kernel[0] // 2, kernel[1] // 2)
        window = Window(
            kernel, strides, same if self.likely(0.7) else (0, 0, 0, 0), (1, 1) if self.likely(0.95) else (2, 2)
        )
        size = window.output_size(height, width)
        depthwise = self.likely(0.2)
        outputs, group = (channels, channels) if depthwise else (self.integer(1, 9), 1)
        inputs = self.constants((outputs, *kernel, channels // group), outputs)
        self.done.append(
            f"conv {kernel} strides {strides} pads {window.pads} group {group} {value.type.shape} to {outputs}"
        )
        result = TensorType((1, *size, outputs), "int8", 0.01, self._offset())
        rules = self.rules(inputs[0], kernel[0] * kernel[1] * channels // group, result)
        node = self.graph.add("Convolution", "conv", [value, *inputs], [result], window=window, group=group, **rules)
        return node.output

    def dense(self, value: Value) -> Value:
        value = self._flat(value)
        taps, outputs = value.type.shape[1], self.integer(1, 15)
        inputs = self.constants((taps, outputs), outputs)
        self.done.append(f"dense {taps} to {outputs}")
        result = TensorType((1, outputs), "int8", 0.01, self._offset())
        value = self.graph.add(
            "FullyConnected", "dense", [value, *inputs], [result], **self.rules(inputs[0], taps, result)
        ).output
        if self.likely(0.5):
            self.done.append("relu")
            own = TensorType((1, outputs), "int8", 0.01, self._offset())
            factor = np.float32(self.random.uniform(0.3, 4))
            value = self.graph.add(
                "Relu", "relu", [value], [own], requantisation=requantisation(factor, own.offset)
            ).output
        return value

    def _flat(self, value: Value) -> Value:
        if len(value.type.shape) == 2:
            return value
        return self.graph.add("Reshape", "flat", [value], [value.type.with_shape((1, value.type.size))]).output

    def constants(self, shape: tuple, outputs: int) -> list[Value]:
        """Weights and bias: spread evenly, around zero, or at the extremes; some with many zeros."""
        offset = self.integer(-30, 30) if self.likely(0.8) else self.integer(-128, 127)
        weights = self.random.integers(-128, 128, shape)
        if self.likely(0.6):
            weights = np.clip(np.rint(self.random.normal(0, 30, shape)), -128, 127)
        elif self.likely(0.3):
            weights = self.random.choice([-128, 127], shape)
        if self.likely(0.2):
            weights = np.where(self.random.random(shape) < 0.4, offset, weights)
        bias = self.random.integers(-30000, 30000, outputs).astype(np.int32)
        return [
            self.graph.add_constant("weights", weights.astype(np.int8), TensorType(shape, "int8", 0.01, offset)),
            self.graph.add_constant("bias", bias, TensorType((outputs,), "int32", 0.0001, 0)),
        ]

    def rules(self, weights: Value, taps: int, result: TensorType) -> dict:
        """Requantisations under which many results are within the range, and some are not."""
        sums = 60 * taps * np.abs(weights.node.data - float(weights.type.offset)).mean() + 1
        factor = np.float32(255 / sums * self.random.uniform(0.2, 3))
        return {
            "requantisation": requantisation(factor, result.offset),
            "bias_requantisation": requantisation(np.float32(1)),
        }


def inputs(shape: tuple, seed: int) -> np.ndarray:
    """int8 images: at random, all at one end, and at both ends at random."""
    random = np.random.default_rng(seed)
    at_random = random.integers(-128, 128, (3, *shape[1:]))
    at_ends = random.choice([-128, 127], (3, *shape[1:]))
    flat = [np.full((1, *shape[1:]), edge) for edge in (-128, 127)]
    return np.concatenate([at_random, at_ends, *flat]).astype(np.int8)


def varied(graph: Graph, seed: int) -> list[str]:
    """Give the sums of a network factors of their own for each channel, Glow's or TFLite's, and activations; says what it did."""
    random, done = np.random.default_rng(seed + 1000), []
    for node in graph.nodes:
        if node.kind not in ("Convolution", "FullyConnected"):
            continue
        kind = str(random.choice(["short", "doubled", "rounded_once", "rounded_even", "one for all"]))
        activation = str(random.choice(["", "Relu", "Clip"]))
        low, high = np.sort(random.uniform(-1, 1.2, 2))  # scales are 0.01
        if activation:
            node.set(fused=activation, fused_arguments=ClipAttributes(low=low, high=high))
        if kind != "one for all":
            by_channel(node, kind, random)
        done.append(f"{node.name}: {kind} {activation}")
    return done


def by_channel(node, kind: str, random) -> None:
    """Turn a layer's one factor into one a channel: "short", as Glow has them, or of 31 bits, rounded as a helper does."""
    weights, bias, out = node.inputs[1].node, node.inputs[2].node, node.output.type
    dense, rule = node.kind == "FullyConnected", node.attributes.requantisation
    if dense:
        weights.data = np.ascontiguousarray(weights.data.T)
        node.inputs[1].type = node.inputs[1].type.with_shape(weights.data.shape)
    offsets = random.integers(-5, 6, len(bias.data)) if kind == "short" else [0] * len(bias.data)
    factors = rule.factor * np.exp(random.normal(0, 0.3, len(bias.data)))
    offset = out.offset if dense else 0
    short = [requantisation(np.float32(each), offset) for each in factors]
    wide = [fixed_point(float(each), offset, helper=kind) for each in factors]
    types = [TensorType(weights.data.shape[1:], "int8", 0.01, int(n)) for n in offsets]
    node.set(requantisation=None, bias_requantisation=None)
    node.become(
        "RowwiseQuantizedFullyConnected" if dense else "ChannelwiseQuantizedConvolution",
        filters=types,
        biases=None if dense else [replace(bias.output.type, shape=())] * len(types),
        requantisations=short if kind == "short" else wide,
        bias_requantisations=[Requantisation(0, 0, 1)] * len(types),
    )


def narrow(graph: Graph, seed: int) -> list[str]:
    """Leave the weights of some layers 2 to 4 bits, somewhere among the 8, and make their factors larger; says which."""
    random, done = np.random.default_rng(seed + 3000), []
    for node in graph.nodes:
        if node.kind not in ("Convolution", "FullyConnected") or random.random() < 0.2:
            continue
        weights, bias, rule = node.inputs[1].node, node.inputs[2].node, node.attributes.requantisation
        bits, own = int(random.integers(2, 5)), int(random.integers(-120, 112)) if random.random() < 0.3 else 0
        before, offset = (
            np.abs(weights.data - float(weights.output.type.offset)).mean() + 1,
            int(random.integers(-2, 2)),
        )
        weights.data = ((weights.data.astype(int) >> 8 - bits) + own).astype(np.int8)
        weights.output.type = node.inputs[1].type = replace(weights.output.type, offset=own + offset)
        larger = before / (np.abs(weights.data - float(own + offset)).mean() + 0.1)
        bias.data = (bias.data / larger).astype(np.int32)
        node.set(requantisation=requantisation(np.float32(rule.factor * larger), rule.offset))
        done.append(f"{node.name}: weights of {bits} bits")
    return done


def deaden(graph: Graph, seed: int) -> list[str]:
    """Leave some filters without a weight, as training and pruning do, with a bias of any size; says where."""
    random, done = np.random.default_rng(seed + 2000), []
    for node in graph.nodes:
        if node.kind not in BY_CHANNEL:
            continue
        weights, bias = node.inputs[1].node, node.inputs[2].node
        taps = np.moveaxis(weights.data, -1 if node.kind == "FullyConnected" else 0, 0)
        types = node.attributes.filters or [weights.output.type] * len(taps)
        dead = np.flatnonzero(random.random(len(taps)) < random.choice([0.1, 0.5, 1]))
        for channel in dead:
            taps[channel] = types[channel].offset
            bias.data[channel] = random.choice([-(2**30), -1000, 0, 1000, 2**30])
        done.append(f"{node.name}: {len(dead)} of {len(taps)} dead")
    return done


BY_CHANNEL = (
    "Convolution", "FullyConnected", "ChannelwiseQuantizedConvolution", "RowwiseQuantizedFullyConnected",
)  # fmt: skip
