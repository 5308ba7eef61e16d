"""TFLite files of int16 activations that no converter makes: 64-bit sums, extreme factors, powers of two, int8 behind int16."""

import numpy as np
from tflite_writer import Operation, Tensor, written


def numbers(largest: int, *shape: int) -> np.ndarray:
    """Whole numbers, the same ones for each shape, whoever asked before."""
    return np.random.default_rng((13438, *shape)).integers(-largest, largest + 1, shape)


def weights(*shape: int) -> np.ndarray:
    return numbers(127, *shape).astype(np.int8)


def layer(kind: str, width: int, bias: np.ndarray, scale: float, result: float, fused: int = 0) -> bytes:
    """A layer of `width` inputs and an output for each bias: CONV_2D over two pixels or FULLY_CONNECTED."""
    outputs, conv = len(bias), kind == "CONV_2D"
    x, y = ((1, 1, 2, width), (1, 1, 2, outputs)) if conv else ((1, width), (1, outputs))
    filters = np.where(np.arange(outputs)[:, None] % 3 == 0, 127, weights(outputs, width)).astype(np.int8)
    filters = filters.reshape(outputs, 1, 1, width) if conv else filters
    scales = tuple(scale * (1 + 0.37 * number) for number in range(outputs))
    tensors = [Tensor(x, np.int16, scale=1e-4), Tensor(data=filters, scales=scales), Tensor(data=bias, scale=1e-6)]
    options = {"fusedActivationFunction": fused, "quantizedBiasType": 2 if bias.dtype == np.int32 else 4}
    if conv:
        options |= {"strideH": 1, "strideW": 1, "dilationHFactor": 1, "dilationWFactor": 1, "padding": 1}
    operation = Operation(kind, [0, 1, 2], [3], "Conv2DOptions" if conv else "FullyConnectedOptions", options)
    return written([*tensors, Tensor(y, np.int16, scale=result)], [operation], [0], [3])


def function(kind: str, scale: float, result: float = 2.0**-15, options: str = "", **fields) -> bytes:
    """An activation of 300 values."""
    tensors = [Tensor((1, 300), np.int16, scale=scale), Tensor((1, 300), np.int16, scale=result)]
    return written(tensors, [Operation(kind, [0], [1], options, fields)], [0], [1])


def mean() -> bytes:
    """A mean whose result has the input's scale."""
    tensors = [Tensor((1, 6, 5, 7), np.int16, scale=1e-3), Tensor(data=np.array([1, 2], np.int32))]
    tensors.append(Tensor((1, 7), np.int16, scale=1e-3))
    return written(tensors, [Operation("MEAN", [0, 1], [2], "ReducerOptions", {"keepDims": False})], [0], [2])


def narrowed() -> bytes:
    """A convolution of int16, then int8 from there on: a convolution and a dense layer."""
    conv = {"strideH": 1, "strideW": 1, "dilationHFactor": 1, "dilationWFactor": 1, "fusedActivationFunction": 1}
    tensors = [
        Tensor((1, 6, 5, 3), np.int16, scale=1e-4),
        Tensor(data=weights(4, 3, 3, 3), scales=(0.01, 0.02, 0.005, 0.03)),
        Tensor(data=numbers(10**6, 4).astype(np.int64), scale=1e-6),
        Tensor((1, 6, 5, 4), np.int16, scale=1e-4),
        Tensor((1, 6, 5, 4), np.int8, scale=0.02, zero=-100),
        Tensor(data=weights(8, 3, 3, 4), scales=(0.01,) * 8),
        Tensor(data=numbers(500, 8).astype(np.int32), scale=2e-4),
        Tensor((1, 6, 5, 8), np.int8, scale=0.05, zero=-128),
        Tensor(data=weights(10, 240), scale=0.01),
        Tensor(data=numbers(500, 10).astype(np.int32), scale=5e-4),
        Tensor((1, 10), np.int8, scale=0.4, zero=3),
    ]
    operations = [
        Operation("CONV_2D", [0, 1, 2], [3], "Conv2DOptions", conv | {"quantizedBiasType": 4}),
        Operation("QUANTIZE", [3], [4]),
        Operation("CONV_2D", [4, 5, 6], [7], "Conv2DOptions", conv),
        Operation("FULLY_CONNECTED", [7, 8, 9], [10], "FullyConnectedOptions"),
    ]
    return written(tensors, operations, [0], [10])


def files() -> dict[str, bytes]:
    """The files, by what they are."""
    far = np.array([2**36, -(2**36), 0, 2**33, 5, -(2**40)], np.int64)
    near = np.array([2**30, -(2**30), 0, 7, -(10**6), 10**6], np.int64)
    return {
        "conv, sums of 64 bits": layer("CONV_2D", 700, far, 1e-8, 3e-4),
        "conv, sums of 64 bits behind biases of 32": layer("CONV_2D", 300, near, 1e-6, 1e-4, fused=3),
        "conv, factors above 1": layer("CONV_2D", 3, near // 2**12, 2.0, 1e-5, fused=1),
        "conv, biases and sums of 32 bits": layer("CONV_2D", 40, near.astype(np.int32), 1e-4, 5e-5),
        "dense, sums of 64 bits": layer("FULLY_CONNECTED", 700, far, 1e-8, 3e-4),
        "dense, results beyond 32 bits": layer("FULLY_CONNECTED", 700, far, 1e-2, 1e-5),
        "dense, sums of 32 bits": layer("FULLY_CONNECTED", 40, near // 2**8, 1e-3, 5e-4, fused=1),
        "dense, one output": layer("FULLY_CONNECTED", 40, near[:1] // 2**8, 1e-3, 5e-4),
        "sigmoid, a power of two": function("LOGISTIC", 2.0**-12),
        "sigmoid, nearly a power of two": function("LOGISTIC", 2.0**-12 * 1.0005),
        "sigmoid, steep": function("LOGISTIC", 1.0),
        "tanh, a power of two": function("TANH", 2.0**-11),
        "tanh, flat": function("TANH", 1e-7),
        "softmax, beta 2": function("SOFTMAX", 1e-4, options="SoftmaxOptions", beta=2.0),
        "softmax, steep": function("SOFTMAX", 0.1, options="SoftmaxOptions", beta=1.0),
        "leaky, a negative slope": function("LEAKY_RELU", 1e-4, 7e-5, options="LeakyReluOptions", alpha=-1.4),
        "mean of one scale": mean(),
        "int8 behind int16": narrowed(),
    }


def inputs(content_shape: tuple) -> np.ndarray:
    """int16 [6, ...]: the extremes, both in turn, small numbers, and any."""
    made = numbers(2**15 - 1, 6, *content_shape).astype(np.int16)
    made[0], made[1], made[3] = -(2**15), 2**15 - 1, made[3] >> 9
    made[2] = np.where(made[2] < 0, -(2**15), 2**15 - 1)
    return made
