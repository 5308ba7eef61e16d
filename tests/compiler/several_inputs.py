"""Small networks of several inputs and outputs: ONNX models with seeded random weights, and inputs for them by name."""

import numpy as np
import onnx
import zoo
from zoo import node


def image_and_sensor():
    """A convolution's features beside the values of a sensor; scores, and a state of the features alone."""
    w = zoo.Weights(11)
    nodes = [
        node("Conv", ["image", w(4, 1, 3, 3), w(4)], ["a"]), node("Relu", ["a"], ["b"]), node("Flatten", ["b"], ["c"]),
        node("Concat", ["c", "sensor"], ["d"], axis=1), node("Gemm", ["d", w(5, 67), w(5)], ["scores"], transB=1),
        node("Gemm", ["c", w(3, 64), w(3)], ["e"], transB=1), node("Tanh", ["e"], ["state"]),
    ]  # fmt: skip
    return zoo.model(nodes, {"image": [1, 1, 6, 6], "sensor": [1, 3]}, ["scores", "state"], w.made)


def streaming():
    """One step of keyword spotting: a recurrent layer whose state comes in and goes out."""
    w = zoo.Weights(12)
    axis = w.of(np.int64([0]))
    nodes = [
        node("Unsqueeze", ["frame", axis], ["a"]), node("Unsqueeze", ["state", axis], ["b"]),
        node("GRU", ["a", w(1, 12, 6), w(1, 12, 4), w(1, 24), "", "b"], ["", "c"], hidden_size=4, linear_before_reset=1),
        node("Squeeze", ["c", axis], ["next_state"]),
        node("Gemm", ["next_state", w(4, 3), w(3)], ["d"]), node("Softmax", ["d"], ["scores"], axis=1),
    ]  # fmt: skip
    return zoo.model(nodes, {"frame": [1, 6], "state": [1, 4]}, ["scores", "next_state"], w.made)


def gated():
    """Channels of an image scaled by another input, which has fewer axes; two inputs added; three outputs in a row."""
    w = zoo.Weights(13)
    nodes = [
        node("Conv", ["image", w(3, 3, 3, 3), w(3)], ["a"], pads=[1, 1, 1, 1]), node("Mul", ["a", "gate"], ["opened"]),
        node("MaxPool", ["opened"], ["pooled"], kernel_shape=[2, 2], strides=[2, 2]), node("Add", ["pooled", "offset"], ["b"]),
        node("Relu", ["b"], ["moved"]),
    ]  # fmt: skip
    inputs = {"image": [1, 3, 4, 4], "gate": [3, 1, 1], "offset": [1, 3, 2, 2]}
    return zoo.model(nodes, inputs, ["opened", "pooled", "moved"], w.made)


def compared():
    """Two images through the same layers: how far apart they are, and the features of the first twice."""
    w = zoo.Weights(14)
    filters, bias = w(4, 1, 3, 3), w(4)
    nodes = [
        node("Conv", ["first-image", filters, bias], ["a"]), node("Conv", ["second-image", filters, bias], ["b"]),
        node("Relu", ["a"], ["c"]), node("Relu", ["b"], ["d"]), node("Sub", ["c", "d"], ["e"]), node("Mul", ["e", "e"], ["f"]),
        node("GlobalAveragePool", ["f"], ["apart"]), node("Flatten", ["c"], ["features"]), node("Identity", ["c"], ["again"]),
    ]  # fmt: skip
    inputs = {"first-image": [1, 1, 5, 5], "second-image": [1, 1, 5, 5]}
    return zoo.model(nodes, inputs, ["apart", "features", "again"], w.made)


MADE = (image_and_sensor, streaming, gated, compared)
NETWORKS = {each.__name__: each for each in MADE}


def samples(made: onnx.ModelProto, count: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Random inputs [count * first axis, ...], by the file's names."""
    random, found = np.random.default_rng(seed), {}
    for info in made.graph.input:
        first, *shape = (dimension.dim_value for dimension in info.type.tensor_type.shape.dim)
        found[info.name] = random.standard_normal((count * first, *shape)).astype(np.float32)
    return found
