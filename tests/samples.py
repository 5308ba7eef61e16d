"""Small inputs that several tests share."""

import shutil
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from helpers.common import artifacts
from helpers.compiler import driver
from helpers.compiler.profiling import profile
from helpers.data import images
from helpers.data.mnist import Mnist
from helpers.firmware import projects

REFERENCE = Path(__file__).parent / "reference"


def noise(train: int = 96, test: int = 32, seed: int = 0) -> Mnist:
    """Images of noise whose digit is written into their brightness, so that a network can learn something."""
    random = np.random.default_rng(seed)
    labels = np.arange(train + test, dtype=np.uint8) % 10
    images = (random.random((train + test, 28, 28)) * (labels[:, None, None] + 1) * 25).astype(np.uint8)
    return Mnist(images[:train], labels[:train], images[train:], labels[train:], "noise", "for tests")


def two_dense_layers() -> onnx.ModelProto:
    """Six numbers in (x), three out (y); random weights, always the same."""
    random = np.random.default_rng(5)
    shapes = {"w1": (6, 4), "b1": (4,), "w2": (4, 3), "b2": (3,)}
    constants = [numpy_helper.from_array(random.normal(size=n).astype(np.float32), name) for name, n in shapes.items()]
    nodes = [
        helper.make_node("Gemm", ["x", "w1", "b1"], ["a"], name="first"), helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("Gemm", ["b", "w2", "b2"], ["y"], name="second"),
    ]  # fmt: skip
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, k]) for n, k in (("x", 6), ("y", 3))]
    graph = helper.make_graph(nodes, "small", ends[:1], ends[1:], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)


def convolution_and_mean(channels: int) -> onnx.ModelProto:
    """An image of 96 x 96 (x), a 3 x 3 convolution, and the mean of each channel (y); always the same weights."""
    weights = np.random.default_rng(7).normal(size=(channels, 1, 3, 3)).astype(np.float32)
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["a"], name="convolution", pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("GlobalAveragePool", ["b"], ["y"], name="mean"),
    ]
    shapes = {"x": [1, 1, 96, 96], "y": [1, channels, 1, 1]}
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in shapes.items()]
    graph = helper.make_graph(nodes, "large", ends[:1], ends[1:], [numpy_helper.from_array(weights, "w")])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)


def frame_and_state() -> onnx.ModelProto:
    """A step of a streaming network: frame [6] and state [4] in, scores [3] and next_state [4] out; always the same weights."""
    random = np.random.default_rng(9)
    shapes = {"w1": (10, 4), "b1": (4,), "w2": (4, 3), "b2": (3,)}
    constants = [numpy_helper.from_array(random.normal(size=n).astype(np.float32), name) for name, n in shapes.items()]
    nodes = [
        helper.make_node("Concat", ["frame", "state"], ["a"], axis=1),
        helper.make_node("Gemm", ["a", "w1", "b1"], ["b"], name="first"),
        helper.make_node("Tanh", ["b"], ["next_state"]),
        helper.make_node("Gemm", ["next_state", "w2", "b2"], ["scores"], name="second"),
    ]  # fmt: skip
    sizes = {"frame": 6, "state": 4, "scores": 3, "next_state": 4}
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, size]) for name, size in sizes.items()]
    graph = helper.make_graph(nodes, "step", ends[:2], ends[2:], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)


def board_road() -> projects.Project:
    """Write to build/ what the notebooks up to 09 leave for one board: network, profile, bundle, image; FRDM-KE16Z built."""
    for name in ("MNIST_NXP.onnx", "profile.yaml"):
        artifacts.build().mkdir(parents=True, exist_ok=True)
        shutil.copyfile(REFERENCE / name, artifacts.build(name))
    request = driver.Request({"N": 1}, profile.read(REFERENCE / "profile.yaml"), convert_placeholders=True)
    graph = driver.compiled_graph(REFERENCE / "MNIST_NXP.onnx", request)
    driver.emit_bundle(graph, artifacts.build("bundle_m0"), "mnist_nxp", driver.Target("cortex-m0"))
    picture = images.read_png(artifacts.DATA / "current_test_image.png")
    pixels = images.preprocess(picture, "neg128to127", "NHWC", "BGR", np.int8)
    artifacts.write_text(artifacts.build("test_image.inc"), images.to_inc(pixels))
    return projects.make("ke16z")
