"""TFLite's operators as nodes of the graph. Layouts are NHWC in both; filters are [out][ky][kx][in] in both.

Bit for bit as TFLite's reference kernels. Here: arithmetic, pools, sums along axes, and the table of all operators; what is not
in it, nor in tflite_fold.py, is refused.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from helpers.common.errors import Unsupported
from helpers.compiler.frontends import limits
from helpers.compiler.frontends.tflite.choices import comparisons, indices
from helpers.compiler.frontends.tflite.common import TfliteImporter, activated, result_type, window_of
from helpers.compiler.frontends.tflite.file import Operation
from helpers.compiler.frontends.tflite.functions import activations, elementary
from helpers.compiler.frontends.tflite.movement import batches, data_movement
from helpers.compiler.frontends.tflite.recurrent.lstm import lstm
from helpers.compiler.frontends.tflite.recurrent.svdf import svdf
from helpers.compiler.frontends.tflite.weighted import convolution, dense, depthwise, matrices, transposed
from helpers.compiler.ir import window as windows
from helpers.compiler.ir.graph import TensorType, Value
from helpers.compiler.numerics.requantisation import FixedPoint, fixed_point
from helpers.compiler.operators import max_pool, reshape
from helpers.compiler.operators.base import elementwise


def _binary(kind: str) -> Callable[..., list[Value]]:
    def run(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
        x, y = (importer.value(index) for index in operation.inputs)
        number = operation.options.get("fused_activation_function", 0)
        target = result_type(importer, operation, limits.broadcast(x.type.shape, y.type.shape, kind))
        made = importer.graph.add(kind, name, [x, y], [target])
        if target.quantised and kind in ("Add", "Sub"):
            made.set(**elementwise.sum_factors(x.type, y.type, target, bits=15 if target.element == "int16" else 20))
        if target.quantised and kind == "Mul":
            scale = np.float32(x.type.scale) * np.float32(y.type.scale) / np.float32(target.scale)
            made.attributes.requantisation = fixed_point(float(scale), target.offset)
        if target.quantised and kind == "Div":
            raise Unsupported("a quotient of int8, which TFLite has no kernel for", remedy="multiply by a constant")
        return [activated(importer, name, made.output, number)]

    return run


def _pool(kind: str, **attributes: bool) -> Callable[..., list[Value]]:
    def run(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
        x, options = importer.value(operation.inputs[0]), operation.options
        kernel = (options["filter_height"], options["filter_width"])
        window = window_of(options, kernel, x.type.shape[1:3])
        pooled = max_pool.add(importer.graph, name, x, kind, window, **attributes, raw=x.type.quantised)
        return [activated(importer, name, pooled, options.get("fused_activation_function", 0))]

    return run


def _negative(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    x = importer.value(operation.inputs[0])
    minus = importer.graph.add_constant(name, np.full((1,) * len(x.type.shape), -1, np.float32))
    return [_in_float(importer, operation, name, "Mul", [x, minus])]


def _square(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    return [_in_float(importer, operation, name, "Mul", [importer.value(operation.inputs[0])] * 2)]


def _in_float(importer: TfliteImporter, operation: Operation, name: str, kind: str, values: list[Value]) -> Value:
    target = result_type(importer, operation, values[0].type.shape)
    if target.quantised:
        raise Unsupported(
            "integers, which TFLite has no kernel for",
            remedy="multiply by a constant tensor of int8, or leave the layer in float32",
        )
    return importer.graph.add(kind, name, values, [target]).output


def _axes(importer: TfliteImporter, operation: Operation, x: Value) -> list[int]:
    """The axes that a reduction takes away, in order."""
    rank = len(x.type.shape)
    return sorted({range(rank)[axis] for axis in np.atleast_1d(importer.array(operation.inputs[1]))})


def _largest(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    """REDUCE_MAX: a pool for each run of neighbouring axes, as [before, the first of them, the rest of them, behind]."""
    x = value = importer.value(operation.inputs[0])
    shape, axes = list(x.type.shape), _axes(importer, operation, x)
    while axes:
        last = first = axes.pop()
        while axes and axes[-1] == first - 1:
            first = axes.pop()
        parts = (shape[:first], shape[first : first + 1], shape[first + 1 : last + 1], shape[last + 1 :])
        flat = reshape.to(importer.graph, name, value, [int(np.prod(part)) for part in parts])
        value = max_pool.add(importer.graph, name, flat, "MaxPool", windows.Window(windows.pair(flat.type.shape[1:3])))
        shape[first : last + 1] = [1] * (last + 1 - first)
    return [reshape.to(importer.graph, name, value, importer.type_of(operation.outputs[0]).shape)]


def _sum(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    """SUM of float32: the mean times the count. In int8 TFLite's reference kernel gives -1 whatever it is given."""
    x, target = importer.value(operation.inputs[0]), importer.type_of(operation.outputs[0])
    if target.quantised:
        raise Unsupported("a sum of int8", remedy="use a mean, a pool, a convolution or a dense layer")
    count = importer.graph.add_constant(name, np.full((1,) * len(target.shape), x.type.size // target.size, np.float32))
    return [importer.graph.add("Mul", name, [*_mean(importer, operation, name), count], [target]).output]


def _mean(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    x = importer.value(operation.inputs[0])
    axes, target = _axes(importer, operation, x), importer.type_of(operation.outputs[0])
    kept = [1 if axis in axes else n for axis, n in enumerate(x.type.shape)]
    made = importer.graph.add("ReduceMean", name, [x], [target.with_shape(kept)], axes=tuple(axes))
    if target.quantised:
        made.attributes.requantisation = _mean_factor(x.type, target, x.type.size // made.output.type.size)
    return [reshape.to(importer.graph, name, made.output, target.shape)]


def _mean_factor(x: TensorType, target: TensorType, count: int) -> FixedPoint:
    """TFLite divides the multiplier by the count of elements, shifted up first as far as it goes."""
    factor = fixed_point(float(np.float32(x.scale)) / float(np.float32(target.scale)), target.offset)
    shift = min(count.bit_length() - 1, 32, 31 + factor.left - factor.right)
    exponent = factor.left - factor.right - shift
    multiplier = (factor.multiplier << shift) // count
    return replace(factor, left=max(exponent, 0), right=max(-exponent, 0), multiplier=multiplier)


def _quantize(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    x = importer.value(operation.inputs[0])
    target = result_type(importer, operation, x.type.shape)
    if x.type == target:
        return [x]
    if not x.type.quantised:
        return [importer.graph.add("Quantize", name, [x], [target], away=True).output]
    factor = fixed_point(float(np.float32(x.type.scale)) / float(np.float32(target.scale)), target.offset)
    return [importer.graph.add("Rescale", name, [x], [target], requantisation=factor).output]


def _dequantize(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    x = importer.value(operation.inputs[0])
    return [importer.graph.add("Dequantize", name, [x], [TensorType(x.type.shape)]).output]


IMPORTERS = {
    "ADD": _binary("Add"),
    "SUB": _binary("Sub"),
    "MUL": _binary("Mul"),
    "DIV": _binary("Div"),
    "MAXIMUM": _binary("Max"),
    "MINIMUM": _binary("Min"),
    "NEG": _negative,
    "SQUARE": _square,
    "RELU": activations.kept("Relu"),
    "RELU6": activations.kept("Clip", low=0.0, high=6.0),
    "RELU_N1_TO_1": activations.kept("Clip", low=-1.0, high=1.0),
    "LEAKY_RELU": activations.kept("LeakyRelu"),
    "LOGISTIC": activations.tabulated("Sigmoid"),
    "TANH": activations.tabulated("Tanh"),
    "ELU": activations.tabulated("Elu"),
    "GELU": activations.gelu,
    "EXP": activations.tabulated("Exp"),
    "LOG": elementary.logarithm,
    "SQRT": elementary.root,
    "RSQRT": elementary.reciprocal_root,
    "POW": elementary.power,
    "LOG_SOFTMAX": elementary.log_softmax,
    "SQUARED_DIFFERENCE": elementary.squared_difference,
    "REDUCE_MIN": elementary.smallest,
    "ABS": activations.absolute,
    "PRELU": activations.prelu,
    "HARD_SWISH": activations.hard_swish,
    "SOFTMAX": activations.softmax_of_rows,
    "CONV_2D": convolution,
    "DEPTHWISE_CONV_2D": depthwise,
    "TRANSPOSE_CONV": transposed,
    "FULLY_CONNECTED": dense,
    "BATCH_MATMUL": matrices,
    "UNIDIRECTIONAL_SEQUENCE_LSTM": lstm,
    "SVDF": svdf,
    "MAX_POOL_2D": _pool("MaxPool"),
    "AVERAGE_POOL_2D": _pool("AvgPool", count_padding=False),
    "MEAN": _mean,
    "REDUCE_MAX": _largest,
    "SUM": _sum,
    "ARG_MAX": indices.index_of(smallest=False),
    "ARG_MIN": indices.index_of(smallest=True),
    "CAST": indices.cast,
    "LESS": comparisons.comparison("Less"),
    "LESS_EQUAL": comparisons.comparison("LessOrEqual"),
    "GREATER": comparisons.comparison("Less", turned=True),
    "GREATER_EQUAL": comparisons.comparison("LessOrEqual", turned=True),
    "EQUAL": comparisons.comparison("Equal"),
    "NOT_EQUAL": comparisons.comparison("Equal", negated=True),
    "LOGICAL_NOT": comparisons.logical_not,
    "LOGICAL_AND": comparisons.logic("Min"),
    "LOGICAL_OR": comparisons.logic("Max"),
    "SELECT": comparisons.select,
    "SELECT_V2": comparisons.select,
    "CUMSUM": comparisons.cumulative_sum_of,
    "RESHAPE": data_movement.reshaped,
    "SQUEEZE": data_movement.reshaped,
    "EXPAND_DIMS": data_movement.reshaped,
    "TRANSPOSE": data_movement.transposed,
    "CONCATENATION": data_movement.joined,
    "PACK": data_movement.packed,
    "UNPACK": data_movement.unpacked,
    "SPLIT": data_movement.split,
    "SPLIT_V": data_movement.split_by_sizes,
    "SLICE": data_movement.sliced,
    "STRIDED_SLICE": data_movement.strided_slice,
    "GATHER": data_movement.gathered,
    "REVERSE_V2": data_movement.turned_round,
    "TILE": data_movement.tiled,
    "PAD": data_movement.padded,
    "PADV2": data_movement.padded,
    "MIRROR_PAD": data_movement.mirrored,
    "SPACE_TO_BATCH_ND": batches.space_to_batch,
    "BATCH_TO_SPACE_ND": batches.batch_to_space,
    "DEPTH_TO_SPACE": data_movement.depth_to_space,
    "SPACE_TO_DEPTH": data_movement.space_to_depth,
    "RESIZE_NEAREST_NEIGHBOR": data_movement.resized,
    "QUANTIZE": _quantize,
    "DEQUANTIZE": _dequantize,
}
