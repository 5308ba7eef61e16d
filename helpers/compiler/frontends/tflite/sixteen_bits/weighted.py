"""Convolutions and dense layers of int16 activations and int8 weights."""

from collections.abc import Sequence

import numpy as np

from helpers.common.errors import Unsupported
from helpers.compiler.frontends.tflite.common import EIGHT_BITS, TfliteImporter, bounds
from helpers.compiler.frontends.tflite.file import Operation
from helpers.compiler.frontends.wording import CONVERT_AGAIN
from helpers.compiler.ir import window as windows
from helpers.compiler.ir.graph import TensorType, Value
from helpers.compiler.ir.window import Window
from helpers.compiler.numerics import wide_sums
from helpers.compiler.numerics.requantisation import FixedPoint, fixed_point
from helpers.compiler.operators import reshape

INT32 = 2  # TFLite's number of the type, for the option that gives the type of sums
NO_KERNEL = "int32 biases beside int16 activations in DEPTHWISE_CONV_2D, which TFLite has no kernel for"


def convolution(
    importer: TfliteImporter, operation: Operation, name: str, weights: np.ndarray, window: Window, group: int
) -> Value:
    """CONV_2D and DEPTHWISE_CONV_2D: weights int8 [outputs, ky, kx, channels of a group]."""
    short = _short_sums(importer, operation)
    if short and operation.name == "DEPTHWISE_CONV_2D":
        raise Unsupported(NO_KERNEL, remedy=EIGHT_BITS)
    factors = _factors(importer, operation, len(weights))
    rules = [fixed_point(each) if short else wide_sums.reduced(each) for each in factors]
    x, target = importer.value(operation.inputs[0]), importer.type_of(operation.outputs[0])
    return _sums(importer, operation, name, (x, weights, target), rules, window=window, group=group)


def dense(importer: TfliteImporter, operation: Operation, name: str, flat: Value, weights: np.ndarray) -> Value:
    """FULLY_CONNECTED of rows [n, inputs], weights int8 [outputs, inputs]: a convolution of images of one pixel."""
    (rows, inputs), target = flat.type.shape, importer.type_of(operation.outputs[0])
    rules = [wide_sums.Real(each) for each in _factors(importer, operation, len(weights))]
    x = reshape.to(importer.graph, name, flat, (rows, 1, 1, inputs))
    values = (x, weights.reshape(len(weights), 1, 1, inputs), target.with_shape((rows, 1, 1, len(weights))))
    made = _sums(importer, operation, name, values, rules, window=windows.POINT, group=1)
    return reshape.to(importer.graph, name, made, target.shape)


def _sums(
    importer: TfliteImporter, operation: Operation, name: str, values: tuple[Value, np.ndarray, TensorType],
    rules: Sequence[FixedPoint | wide_sums.Reduced | wide_sums.Real], **attributes: Window | int,
) -> Value:  # fmt: skip
    """The node of a layer. values: input, weights, and type of the result."""
    x, weights, target = values
    bias, graph = _bias(importer, operation, len(weights)), importer.graph
    low, high = bounds(operation.options.get("fused_activation_function", 0), target)
    wraps = _short_sums(importer, operation)
    constants = [
        graph.add_constant(f"{name}_weights", weights, TensorType(weights.shape, "int8", 1.0)),
        graph.add_constant(f"{name}_bias", bias, TensorType(bias.shape, bias.dtype.name, 1.0)),
    ]
    given = attributes | {"rules": list(rules), "low": low, "high": high, "wraps": wraps}
    return graph.add("Int16Sums", name, [x, *constants], [target], **given).output


def _short_sums(importer: TfliteImporter, operation: Operation) -> bool:
    """Whether a layer's biases and sums have 32 bits; else they have 64."""
    given = operation.inputs[2] if len(operation.inputs) > 2 else -1
    if given < 0:
        return bool(operation.options.get("quantized_bias_type", 0) == INT32)
    return bool(importer.array(given).dtype == np.int32)


def _bias(importer: TfliteImporter, operation: Operation, outputs: int) -> np.ndarray:
    """The biases, int32 where that holds them, else int64; raises Unsupported."""
    given = operation.inputs[2] if len(operation.inputs) > 2 else -1
    bias = importer.array(given) if given >= 0 else np.zeros(outputs, np.int32)
    if bias.shape != (outputs,) or bias.dtype not in (np.int32, np.int64):
        raise Unsupported(f"a bias {list(bias.shape)} of {bias.dtype} for {outputs} outputs", remedy=CONVERT_AGAIN)
    short = bias.astype(np.int32)
    return short if (short == bias).all() else bias


def _factors(importer: TfliteImporter, operation: Operation, outputs: int) -> list[float]:
    """From sums to the result, for each output, in float64."""
    tensor = importer.network.tensors[operation.inputs[1]]
    if tensor.element != np.int8 or tensor.zeros.any() or len(tensor.scales) not in (1, outputs):
        raise Unsupported("integer weights that are not symmetric int8", remedy=CONVERT_AGAIN)
    x, target = (importer.type_of(index) for index in (operation.inputs[0], operation.outputs[0]))
    scales = np.broadcast_to(tensor.scales, outputs)
    return [float(x.scale) * float(scale) / float(target.scale) for scale in scales]
