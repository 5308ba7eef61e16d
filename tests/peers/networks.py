"""The networks that every tool gets: float ONNX with seeded weights, and the same as int8, by onnxruntime's quantiser."""

import itertools
import logging
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tests.samples import REFERENCE

INPUTS = 2  # that outputs are compared over


class _Builder:
    """An ONNX graph of layers one behind another; weights are random, always the same, of the size that training leaves."""

    def __init__(self, *shape: int):
        self.random = np.random.default_rng(13)
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self.shape, self.value, self.count = shape, "x", 0

    def add(self, kind: str, *weights: np.ndarray, **attributes) -> "_Builder":
        """A node with constants behind its input."""
        self.count += 1
        names = [f"c{self.count}_{number}" for number in range(len(weights))]
        self.constants += [numpy_helper.from_array(each, name) for each, name in zip(weights, names, strict=True)]
        result = f"v{self.count}"
        self.nodes.append(helper.make_node(kind, [self.value, *names], [result], name=f"n{self.count}", **attributes))
        self.value = result
        return self

    def weights(self, *shape: int) -> np.ndarray:
        """Random weights [outputs, ...] and biases."""
        taps = int(np.prod(shape[1:]))
        return (self.random.normal(size=shape) * np.sqrt(2 / taps)).astype(np.float32)

    def conv(self, outputs: int, inputs: int, size: int, stride: int = 1, group: int = 1) -> "_Builder":
        """A convolution with "same" padding on an even image, and ReLU."""
        low = (size - 1) // 2 if stride == 1 else (size - 2) // 2
        weights, bias = self.weights(outputs, inputs // group, size, size), self.weights(outputs)
        self.add(
            "Conv", weights, 0.1 * bias, group=group, kernel_shape=[size, size], strides=[stride] * 2,
            pads=[low, low, size // 2, size // 2],
        )  # fmt: skip
        return self.add("Relu")

    def dense(self, outputs: int, inputs: int, relu: bool = True) -> "_Builder":
        """A dense layer."""
        self.add("Gemm", self.weights(outputs, inputs), 0.1 * self.weights(outputs), transB=1)
        return self.add("Relu") if relu else self

    def model(self) -> onnx.ModelProto:
        """The model with one batch of one."""
        ends = [helper.make_tensor_value_info("x", TensorProto.FLOAT, list(self.shape))]
        ends += [helper.make_tensor_value_info(self.value, TensorProto.FLOAT, None)]
        graph = helper.make_graph(self.nodes, "net", ends[:1], ends[1:], self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
        return onnx.shape_inference.infer_shapes(model, strict_mode=True)


def note() -> onnx.ModelProto:
    """The note's network, its dense layers as Gemm and its image in ONNX's order, so that every tool finds what it expects."""
    model, net = onnx.load(REFERENCE / "MNIST_NXP.onnx"), _Builder(1, 1, 28, 28)
    constants = {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}
    biases = iter([constants[node.input[1]] for node in model.graph.node if node.op_type == "Add"])
    for before, node in itertools.pairwise([None, *model.graph.node]):
        attributes = {each.name: helper.get_attribute_value(each) for each in node.attribute}
        if node.op_type == "MatMul":
            net.add("Gemm", constants[node.input[1]], next(biases))
        elif node.op_type == "Reshape" and before is not None and before.op_type == "Transpose":
            net.add("Flatten")
        elif node.op_type not in ("Reshape", "Add"):
            net.add(node.op_type, *(constants[name] for name in node.input[1:]), **attributes)
    return net.model()


def perceptron() -> onnx.ModelProto:
    """Three dense layers: 64, 32, 16 and 10 numbers."""
    return _Builder(1, 64).dense(32, 64).dense(16, 32).dense(10, 16, relu=False).model()


def separable() -> onnx.ModelProto:
    """A small DS-CNN over 28x28: a convolution, then two depthwise and two 1x1 ones, a pooling, and a dense layer."""
    net = _Builder(1, 1, 28, 28).conv(8, 1, 3, stride=2).conv(8, 8, 3, group=8).conv(16, 8, 1)
    net.conv(16, 16, 3, stride=2, group=16).conv(24, 16, 1)
    net.add("MaxPool", kernel_shape=[2, 2], strides=[2, 2]).add("Transpose", perm=[0, 2, 3, 1]).add("Flatten")
    return net.dense(10, 9 * 24, relu=False).model()


NETWORKS = {"the note's": note, "perceptron 64-32-16-10": perceptron, "DS-CNN": separable}


def inputs(model: onnx.ModelProto, count: int = INPUTS) -> np.ndarray:
    """Random inputs between 0 and 1: float32 [count, ...]."""
    shape = [dim.dim_value for dim in model.graph.input[0].type.tensor_type.shape.dim[1:]]
    return np.random.default_rng(4).random((count, *shape), np.float32)


def reference(model: onnx.ModelProto, arrays: np.ndarray) -> np.ndarray:
    """What onnxruntime computes for each of the inputs: [count, ...]."""
    import onnxruntime

    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return np.concatenate([session.run(None, {model.graph.input[0].name: each[None]})[0] for each in arrays])


def as_int8(model: onnx.ModelProto, folder: Path) -> onnx.ModelProto:
    """The network with QuantizeLinear and DequantizeLinear nodes: int8, weights symmetric and by channel."""
    from onnxruntime import quantization

    class Images(quantization.CalibrationDataReader):
        def __init__(self):
            self.rest = iter([{model.graph.input[0].name: each[None]} for each in inputs(model, 50)])

        def get_next(self):
            return next(self.rest, None)

    source, result = folder / "float.onnx", folder / "int8.onnx"
    onnx.save(model, source)
    logging.getLogger().setLevel(logging.ERROR)  # it recommends a preparation that changes nothing here
    quantization.quantize_static(
        source, result, Images(), quant_format=quantization.QuantFormat.QDQ, per_channel=True,
        activation_type=quantization.QuantType.QInt8, weight_type=quantization.QuantType.QInt8,
        extra_options={"ForceQuantizeNoInputCheck": True},  # or a pooling that comes first stays in float
    )  # fmt: skip
    return onnx.load(result)
