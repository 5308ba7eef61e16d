"""TFLite's convolutions, dense layers and products of matrices, in float32 and, with TFLite's own requantisation, in integers."""

import numpy as np

from helpers.common.errors import Unsupported
from helpers.compiler.frontends.tflite.common import ACTIVATIONS, TfliteImporter, activated, result_type, window_of
from helpers.compiler.frontends.tflite.file import Operation, Tensor
from helpers.compiler.frontends.tflite.sixteen_bits import weighted as sixteen_bits
from helpers.compiler.frontends.wording import CONVERT_AGAIN
from helpers.compiler.ir import attributes
from helpers.compiler.ir.graph import Graph, TensorType, Value
from helpers.compiler.numerics.requantisation import fixed_point
from helpers.compiler.operators import batch_matmul, channelwise_conv, conv, reshape, rowwise_dense, transpose


def convolution(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    """CONV_2D: filter [out][ky][kx][in per group]; several groups where the filter is thinner than the input."""
    weights = importer.array(operation.inputs[1])
    channels = importer.value(operation.inputs[0]).type.shape[3]
    if channels % weights.shape[3]:
        raise Unsupported(f"{channels} channels do not fit a filter {list(weights.shape)}", remedy=CONVERT_AGAIN)
    return _convolution(importer, operation, name, weights, channels // weights.shape[3])


def depthwise(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    """DEPTHWISE_CONV_2D: filter [1][ky][kx][channels * multiplier], a group for each channel."""
    weights = importer.array(operation.inputs[1])
    channels = importer.value(operation.inputs[0]).type.shape[3]
    if weights.shape[0] != 1 or weights.shape[3] % channels:
        raise Unsupported(f"{channels} channels do not fit a filter {list(weights.shape)}", remedy=CONVERT_AGAIN)
    return _convolution(
        importer, operation, name, np.ascontiguousarray(weights[0].transpose(2, 0, 1)[..., None]), channels
    )


def _convolution(
    importer: TfliteImporter, operation: Operation, name: str, weights: np.ndarray, group: int
) -> list[Value]:
    x, graph = importer.value(operation.inputs[0]), importer.graph
    window = window_of(operation.options, weights.shape[1:3], x.type.shape[1:3])
    size = window.output_size(*x.type.shape[1:3])
    target = result_type(importer, operation, (x.type.shape[0], *size, len(weights)))
    tensor = importer.network.tensors[operation.inputs[1]]
    number = operation.options.get("fused_activation_function", 0)
    if target.element == "int16":
        return [sixteen_bits.convolution(importer, operation, name, weights, window, group)]
    bias = _bias(importer, operation, len(weights))
    if not target.quantised:
        constants = [graph.add_constant(tensor.name, weights), graph.add_constant(f"{name}_bias", bias)]
        made = conv.add(graph, name, [x, *constants], window, group)
        return [activated(importer, name, made, number)]
    types = _types(tensor, weights, target)
    constants = _constants(graph, tensor.name, name, weights, bias)
    node = graph.add("ChannelwiseQuantizedConvolution", name, [x, *constants], [target], window=window, group=group)
    factors = [fixed_point(float(x.type.scale) * float(each.scale) / float(target.scale)) for each in types]
    node.set(**channelwise_conv.given(types, factors), **_fused(number))
    return [node.output]


def transposed(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    """TRANSPOSE_CONV: shape of the result, filter [out][ky][kx][in], value, bias; padded as the convolution back would be."""
    graph, weights, x = importer.graph, importer.array(operation.inputs[1]), importer.value(operation.inputs[2])
    target, tensor = importer.type_of(operation.outputs[0]), importer.network.tensors[operation.inputs[1]]
    if tuple(importer.array(operation.inputs[0])) != target.shape or weights.shape[0] != target.shape[3]:
        raise Unsupported(
            f"a result {list(target.shape)} does not fit the shape asked for, or {len(weights)} filters",
            remedy=CONVERT_AGAIN,
        )
    if weights.shape[3] != x.type.shape[3] or target.shape[0] != x.type.shape[0]:
        raise Unsupported(f"a filter {list(weights.shape)} does not fit the input", remedy=CONVERT_AGAIN)
    window = window_of(operation.options, weights.shape[1:3], target.shape[1:3])
    if window.output_size(*target.shape[1:3]) != x.type.shape[1:3]:
        what = f"a window {window.kernel} with strides {window.strides} does not lead back to the input's size"
        raise Unsupported(what, remedy="use the padding and strides of Keras's Conv2DTranspose")
    bias, number = _bias(importer, operation, len(weights), 3), operation.options.get("fused_activation_function", 0)
    taps = np.ascontiguousarray(weights.transpose(3, 1, 2, 0))
    if not target.quantised:
        constants = [graph.add_constant(tensor.name, taps), graph.add_constant(f"{name}_bias", bias)]
        made = graph.add("ConvTranspose", name, [x, *constants], [target], window=window, group=1).output
        return [activated(importer, name, made, number)]
    types = _types(tensor, weights, target)
    constants = _constants(graph, tensor.name, name, taps, bias)
    node = graph.add("ConvTranspose", name, [x, *constants], [target], window=window, group=1)
    factors = [fixed_point(float(x.type.scale) * float(each.scale) / float(target.scale)) for each in types]
    node.set(requantisations=factors, **_fused(number))
    return [node.output]


def matrices(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    """BATCH_MATMUL: products of the last two axes, either factor turned."""
    graph, target = importer.graph, importer.type_of(operation.outputs[0])
    x, y = (
        _turned(graph, name, importer.value(index), bool(operation.options.get(f"adj_{side}")))
        for index, side in zip(operation.inputs, "xy", strict=True)
    )
    if x.type.shape[-1] != y.type.shape[-2]:
        raise Unsupported(f"a product of {list(x.type.shape)} and {list(y.type.shape)}", remedy=CONVERT_AGAIN)
    if not target.quantised:
        return [batch_matmul.add(graph, name, x, y)]
    product = float(np.float32(x.type.scale) * np.float32(y.type.scale))
    factor = fixed_point(product / float(target.scale), target.offset)
    return [batch_matmul.add(graph, name, x, y, target, requantisation=factor)]


def _turned(graph: Graph, name: str, value: Value, turn: bool) -> Value:
    rank = len(value.type.shape)
    return transpose.add(graph, name, value, (*range(rank - 2), rank - 1, rank - 2)) if turn else value


def dense(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    """FULLY_CONNECTED: weights [out][in]; the input counts as a matrix with as many columns."""
    graph, weights = importer.graph, importer.array(operation.inputs[1])
    x, target = importer.value(operation.inputs[0]), importer.type_of(operation.outputs[0])
    tensor, number = (
        importer.network.tensors[operation.inputs[1]],
        operation.options.get("fused_activation_function", 0),
    )
    if x.type.size % weights.shape[1] or operation.options.get("weights_format", 0):
        raise Unsupported(
            f"an input {list(x.type.shape)} does not fit weights {list(weights.shape)}", remedy=CONVERT_AGAIN
        )
    rows = x.type.size // weights.shape[1]
    flat = reshape.to(graph, name, x, (rows, weights.shape[1]))
    if target.element == "int16":
        return [sixteen_bits.dense(importer, operation, name, flat, weights)]
    bias = _bias(importer, operation, len(weights))
    result = target.with_shape((rows, len(weights)))
    if not target.quantised:
        constants = [
            graph.add_constant(tensor.name, np.ascontiguousarray(weights.T)),
            graph.add_constant(f"{name}_bias", bias),
        ]
        made = graph.add("FullyConnected", name, [flat, *constants], [result]).output
        made = activated(importer, name, made, number)
        return [reshape.to(graph, name, made, target.shape)]
    types = _types(tensor, weights, target)
    inputs = [flat, *_constants(graph, tensor.name, name, weights, bias)]
    node = graph.add("RowwiseQuantizedFullyConnected", name, inputs, [result])
    products = [_product(x.type, each, len(tensor.scales) > 1) / float(target.scale) for each in types]
    factors = [fixed_point(each, target.offset, helper="rounded_once") for each in products]
    node.set(**rowwise_dense.given(types, factors), **_fused(number))
    return [reshape.to(graph, name, node.output, target.shape)]


def _product(x: TensorType, row: TensorType, per_row: bool) -> float:
    """TFLite multiplies the two scales of a dense layer in float64 where there is one for each output, else in float32."""
    if per_row:
        return float(x.scale) * float(row.scale)
    return float(np.float32(x.scale) * np.float32(row.scale))


def _bias(importer: TfliteImporter, operation: Operation, outputs: int, at: int = 2) -> np.ndarray:
    given = operation.inputs[at] if len(operation.inputs) > at else -1
    integer = importer.type_of(operation.outputs[0]).quantised
    bias = importer.array(given) if given >= 0 else np.zeros(outputs, np.int32 if integer else np.float32)
    if bias.shape != (outputs,) or bias.dtype != (np.int32 if integer else np.float32):
        raise Unsupported(f"a bias {list(bias.shape)} of {bias.dtype} for {outputs} outputs", remedy=CONVERT_AGAIN)
    return bias


def _types(tensor: Tensor, weights: np.ndarray, target: TensorType) -> list[TensorType]:
    """The type of each output's weights; one scale counts for all."""
    if weights.dtype != np.int8 or target.element != "int8" or tensor.zeros.any():
        raise Unsupported(
            "integer weights that are not symmetric int8", remedy="quantise to int8 with a current converter"
        )
    scales = np.broadcast_to(tensor.scales, len(weights))
    return [TensorType(weights.shape[1:], "int8", float(scale)) for scale in scales]


def _constants(graph: Graph, filter_name: str, name: str, weights: np.ndarray, bias: np.ndarray) -> list[Value]:
    return [
        graph.add_constant(filter_name, weights, TensorType(weights.shape, "int8", 1.0)),
        graph.add_constant(f"{name}_bias", bias, TensorType(bias.shape, "int32", 1.0)),
    ]


def _fused(number: int) -> dict:
    if number not in ACTIVATIONS:
        raise Unsupported(f"fused activation number {number}", remedy="put the activation into a layer of its own")
    activation = ACTIVATIONS[number]
    if activation is None:
        return {}
    kind, values = activation
    return {"fused": kind, "fused_arguments": attributes.build(kind, f"fused activation {number}", **values)}
