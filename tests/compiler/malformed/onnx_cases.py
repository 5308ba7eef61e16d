"""ONNX models that are not what they should be, and part of the line that each is refused with."""

import numpy as np
import onnx
import zoo
from zoo import node

W = np.ones((2, 1, 3, 3), np.float32)
IMAGE = {"x": [1, 1, 5, 5]}
LENGTHS = {"four": np.int64([4, 4]), "huge": np.int64([2**40]), "pads": np.int64([0, 0, 0, 0, 0, 0, 2**30, 2**30])}
NUMBERS = {"row": np.ones(4, np.float32), "whole": np.ones(5, np.int64), "negative": np.float32([-1])}
NORM = node("BatchNormalization", ["x", *["c"] * 4], ["y"])
QUANTISED = [node("QuantizeLinear", ["x", "s", "z"], ["q"]), node("DequantizeLinear", ["q", "t", "z"], ["y"])]
BATCH = np.ones((1, 3, 4, 2), np.float32)
GATES = {"w": np.ones((1, 8, 3), np.float32), "r": np.ones((1, 8, 2), np.float32)}


def case(nodes, expected: str, inputs=None, opset: int = 15, **constants):
    """A function that writes the model, and part of the expected line."""

    def write(path):
        path.write_bytes(zoo.model(nodes, inputs or IMAGE, ["y"], constants, opset=opset).SerializeToString())

    return write, expected


def spoilt(change, expected: str):
    """A sound model with one convolution, after a change."""

    def write(path):
        made = zoo.model([conv()], IMAGE, ["y"], {"w": W})
        change(made)
        path.write_bytes(made.SerializeToString())

    return write, expected


def conv(**attributes):
    return node("Conv", ["x", "w"], ["y"], **attributes)


def pool(**attributes):
    return node("MaxPool", ["x"], ["y"], **attributes)


def add(*constants):
    return node("Add", ["x", *constants], ["y"])


def lstm(**attributes):
    return node("LSTM", ["x", "w", "r"], ["", "y"], hidden_size=2, **attributes)


def external(made):
    tensor = made.graph.initializer[0]
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../etc/passwd")


def short(made):
    made.graph.initializer[0].raw_data = made.graph.initializer[0].raw_data[:-4]


def claiming(made):
    made.graph.initializer[0].dims[0] = 2**40


def infinite(made):
    made.graph.initializer[0].raw_data = b"\x00\x00\x80\x7f" * W.size


CASES = {
    "too many channels": case([conv()], "3 channels in 1 groups do not fit", {"x": [1, 3, 5, 5]}, w=W),
    "another bias": case([node("Conv", ["x", "w", "b"], ["y"])], "a bias [3]", w=W, b=np.ones(3, np.float32)),
    "window beyond the image": case([conv(dilations=[9, 9])], "does not fit into 5", w=W),
    "negative pads": case([conv(pads=[-1] * 4)], "pads of [-1, -1, -1, -1]", w=W),
    "stride of nothing": case([pool(kernel_shape=[2, 2], strides=[0, 0])], "strides (0, 0)"),
    "four dimensions": case([pool(kernel_shape=[1] * 4)], "over 4 dimensions", {"x": [1, 1, 5, 5, 5, 5]}),
    "a deep convolution": case([conv()], "Conv over 3 dimensions", {"x": [1, 1, 5, 5, 5]}, w=W[..., None]),
    "a deep transposed one": case([node("ConvTranspose", ["x", "w"], ["y"])], "ConvTranspose over 3 dimensions",
                                  {"x": [1, 2, 5, 5, 5]}, w=W[..., None]),
    "huge input": case([node("Relu", ["x"], ["y"])], "Keep tensors within", {"x": [1, 2**20, 2**20]}),
    "huge padding": case([node("Pad", ["x", "p"], ["y"])], "Keep tensors within", p=LENGTHS["pads"]),
    "huge constant": case([node("ConstantOfShape", ["n"], ["c"]), add("c")], "too large", n=LENGTHS["huge"]),
    "reshape to another size": case([node("Reshape", ["x", "n"], ["y"])], "cannot reshape", n=LENGTHS["four"]),
    "shape that is an input": case([node("Reshape", ["x", "x"], ["y"])], "the network's input 'x' must be a constant"),
    "shape that is computed": case(
        [node("Relu", ["x"], ["r"]), node("Reshape", ["x", "r"], ["y"])], "must be a constant is computed"
    ),
    "no broadcasting": case([add("c")], "cannot be broadcast", c=NUMBERS["row"]),
    "whole numbers": case([add("c")], "Add of int64 numbers", c=NUMBERS["whole"]),
    "negative variance": case([NORM], "a variance that is not above 0", c=NUMBERS["negative"]),
    "old opset": case([node("Relu", ["x"], ["y"])], "has opset 6. Export it with an opset from 7", opset=6),
    "wrong order": case([node("Relu", ["z"], ["y"]), node("Relu", ["x"], ["z"])], "not a sound ONNX model"),
    "a scale of nothing": case(QUANTISED, "not a positive number", s=np.float32(0), t=np.float32(1), z=np.int8(0)),
    "another scale": case(QUANTISED, "by another scale", s=np.float32(1), t=np.float32(2), z=np.int8(0)),
    "an own activation": case([lstm(activations=["Elu", "Tanh", "Tanh"])], "LSTM with activations", {"x": [4, 1, 3]}, **GATES),
    "an endless sequence": case([lstm()], "Use at most 256 steps", {"x": [10_000, 1, 3]}, **GATES),
    "a part of a batch": case([node("MatMul", ["x", "c"], ["y"])], "repeats a part", {"x": [2, 1, 3, 4]}, c=BATCH),
    "weights in another file": spoilt(external, "which is not beside the model"),
    "less data than the shape says": spoilt(short, "is not a sound ONNX model"),
    "a shape beyond all memory": spoilt(claiming, "w"),
    "weights without end": spoilt(infinite, "not finite"),
}  # fmt: skip
