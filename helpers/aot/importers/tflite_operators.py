"""TFLite's operators as nodes of the graph. Layouts are NHWC in both; filters are [out][ky][kx][in] in both.

Bit for bit as TFLite's reference kernels. What is not in IMPORTERS is refused: HARD_SWISH for one, whose kernel has 16 bits.
"""

from dataclasses import replace

import numpy as np

from helpers.aot import elementwise, loops, ranges
from helpers.aot.graph import TensorType
from helpers.aot.importers import limits
from helpers.aot.importers.tflite_common import activated, window_of
from helpers.aot.importers.tflite_sums import convolution, dense, depthwise
from helpers.aot.operators import concat, fixed_point_softmax, lookup, max_pool, registry, reshape, softmax, transpose
from helpers.aot.operators import slice as slices
from helpers.aot.requantisation import fixed_point
from helpers.errors import Unsupported


def _unary(kind: str, **attributes):
    """Activations whose result has the input's scale stay operators; others come down to a table with TFLite's rounding."""

    def run(importer, operation, name):
        x, target = importer.value(operation.inputs[0]), importer.type_of(operation.outputs[0])
        given = attributes | {key: operation.options[key] for key in ("alpha",) if key in operation.options}
        if not target.quantised or (x.type == target and kind != "LeakyRelu"):
            return [importer.graph.add(kind, name, [x], [target], **given).output]
        every = np.arange(-128, 128) - x.type.offset
        ratio = float(np.float32(x.type.scale)) / float(np.float32(target.scale))
        table = fixed_point(ratio, target.offset).apply(every)
        if kind == "LeakyRelu":
            slope = float(np.float32(x.type.scale) * np.float32(given["alpha"])) / float(np.float32(target.scale))
            table = np.where(every >= 0, table, _signed(slope, every, target.offset))
        else:
            low, high = loops.clip_bounds({"low": 0.0, "high": np.inf} | given, target)
            table = np.clip(table, low, high)
        return [lookup.add(importer.graph, name, x, ranges.clip(table, "int8"), target)]

    return run


def _signed(factor: float, x: np.ndarray, offset: int) -> np.ndarray:
    """x times a factor of either sign; the multiplier carries the sign."""
    if factor == 0:
        return np.full(x.shape, offset)
    positive = fixed_point(abs(factor))
    return replace(positive, multiplier=int(np.sign(factor)) * positive.multiplier, offset=offset).apply(x)


def _tabulated(kind: str):
    def run(importer, operation, name):
        x, target = importer.value(operation.inputs[0]), importer.type_of(operation.outputs[0])
        if not target.quantised:
            return [importer.graph.add(kind, name, [x], [target]).output]
        every = ranges.dequantise(np.arange(-128, 128), x.type)
        table = ranges.quantise(registry.OPERATORS[kind].value(every), target)
        return [lookup.add(importer.graph, name, x, table, target)]

    return run


def _binary(kind: str):
    def run(importer, operation, name):
        x, y = (importer.value(index) for index in operation.inputs)
        target, number = importer.type_of(operation.outputs[0]), operation.options.get("fused_activation_function", 0)
        limits.broadcast(x.type.shape, y.type.shape, kind)
        made = importer.graph.add(kind, name, [x, y], [target])
        if target.quantised and kind in ("Add", "Sub"):
            made.attributes |= elementwise.sum_factors(x.type, y.type, target)
        if target.quantised and kind == "Mul":
            scale = np.float32(x.type.scale) * np.float32(y.type.scale) / np.float32(target.scale)
            made.attributes["requantisation"] = fixed_point(float(scale), target.offset)
        if target.quantised and kind == "Div":
            raise Unsupported("a quotient of int8, which TFLite has no kernel for")
        return [activated(importer, name, made.output, number)]

    return run


def _pool(kind: str, **attributes):
    def run(importer, operation, name):
        x, options = importer.value(operation.inputs[0]), operation.options
        kernel = (options["filter_height"], options["filter_width"])
        window = window_of(options, kernel, x.type.shape[1:3])
        pooled = max_pool.add(importer.graph, name, x, kind, window, **attributes, raw=x.type.quantised)
        return [activated(importer, name, pooled, options.get("fused_activation_function", 0))]

    return run


def _reshape(importer, operation, name):
    x = importer.value(operation.inputs[0])
    shape = importer.type_of(operation.outputs[0]).shape
    if int(np.prod(shape)) != x.type.size:
        raise Unsupported(f"cannot reshape {list(x.type.shape)} to {list(shape)}")
    return [reshape.to(importer.graph, name, x, shape)]


def _softmax(importer, operation, name):
    x, target = importer.value(operation.inputs[0]), importer.type_of(operation.outputs[0])
    if operation.options.get("beta", 1.0) != 1.0:
        raise Unsupported("Softmax with a beta other than 1")
    flat = (x.type.size // x.type.shape[-1], x.type.shape[-1])
    rows = reshape.to(importer.graph, name, x, flat)
    if target.quantised:
        if (target.scale, target.offset) != fixed_point_softmax.RESULT:
            raise Unsupported(f"a Softmax whose result has scale {target.scale:g} and offset {target.offset}")
        made = fixed_point_softmax.add(importer.graph, name, rows, target.with_shape(flat))
    else:
        made = softmax.add(importer.graph, name, rows)
    return [reshape.to(importer.graph, name, made, target.shape)]


def _concat(importer, operation, name):
    values = [importer.value(index) for index in operation.inputs]
    target = importer.type_of(operation.outputs[0])
    if any((v.type.scale, v.type.offset) != (target.scale, target.offset) for v in values):
        raise Unsupported("a concatenation of values with different scales")
    return [concat.add(importer.graph, name, values, operation.options["axis"])]


def _pad(importer, operation, name):
    x, pads = importer.value(operation.inputs[0]), importer.array(operation.inputs[1])
    if pads.min(initial=0) < 0:
        raise Unsupported("a negative padding")
    target = importer.type_of(operation.outputs[0])
    amounts = tuple((int(before), int(after)) for before, after in pads)
    return [importer.graph.add("Pad", name, [x], [target], pads=amounts, mode="constant", value=0.0).output]


def _mean(importer, operation, name):
    x = importer.value(operation.inputs[0])
    axes = sorted(int(axis) % len(x.type.shape) for axis in np.atleast_1d(importer.array(operation.inputs[1])))
    target = importer.type_of(operation.outputs[0])
    kept = [1 if axis in axes else n for axis, n in enumerate(x.type.shape)]
    made = importer.graph.add("ReduceMean", name, [x], [target.with_shape(kept)], axes=tuple(axes))
    if target.quantised:
        made.attributes["requantisation"] = _mean_factor(x.type, target, x.type.size // made.output.type.size)
    return [reshape.to(importer.graph, name, made.output, target.shape)]


def _mean_factor(x: TensorType, target: TensorType, count: int):
    """TFLite divides the multiplier by the count of elements, shifted up first as far as it goes."""
    factor = fixed_point(float(np.float32(x.scale) / np.float32(target.scale)), target.offset)
    shift = min(count.bit_length() - 1, 32, 31 + factor.left - factor.right)
    exponent = factor.left - factor.right - shift
    multiplier = (factor.multiplier << shift) // count
    return replace(factor, left=max(exponent, 0), right=max(-exponent, 0), multiplier=multiplier)


def _transpose(importer, operation, name):
    return [
        transpose.add(importer.graph, name, importer.value(operation.inputs[0]), importer.array(operation.inputs[1]))
    ]


def _resize(importer, operation, name):
    x, target = importer.value(operation.inputs[0]), importer.type_of(operation.outputs[0])
    aligned, half = operation.options.get("align_corners"), operation.options.get("half_pixel_centers")
    places = tuple(
        _nearest(old, new, aligned, 0.5 if half else 0.0) for old, new in zip(x.type.shape, target.shape, strict=True)
    )
    return [importer.graph.add("ResizeNearest", name, [x], [target], places=places).output]


def _nearest(old: int, new: int, aligned: bool, offset: float) -> tuple[int, ...]:
    """Which element of the old axis each of the new one takes, in float32 as TFLite computes it."""
    scale = np.float32(old - 1) / np.float32(new - 1) if aligned and new > 1 else np.float32(old) / np.float32(new)
    at = (np.arange(new, dtype=np.float32) + np.float32(offset)) * scale
    at = np.floor(at + np.float32(0.5)) if aligned else np.floor(at)
    return tuple(int(each) for each in np.clip(at, 0, old - 1))


def _strided_slice(importer, operation, name):
    x, options = importer.value(operation.inputs[0]), operation.options
    begin, end, step = (importer.array(index).tolist() for index in operation.inputs[1:4])
    if options.get("ellipsis_mask") or options.get("new_axis_mask"):
        raise Unsupported("a slice with an ellipsis or a new axis")
    ranges = []
    for axis, size in enumerate(x.type.shape):
        first = None if options.get("begin_mask", 0) >> axis & 1 else begin[axis]
        last = None if options.get("end_mask", 0) >> axis & 1 else end[axis]
        if options.get("shrink_axis_mask", 0) >> axis & 1:
            first, last = begin[axis] % size, begin[axis] % size + 1
        ranges.append(range(*slice(first, last, step[axis]).indices(size)))
    made = slices.add(importer.graph, name, x, ranges)
    return [reshape.to(importer.graph, name, made, importer.type_of(operation.outputs[0]).shape)]


def _quantize(importer, operation, name):
    x, target = importer.value(operation.inputs[0]), importer.type_of(operation.outputs[0])
    if x.type == target:
        return [x]
    if not x.type.quantised:
        return [importer.graph.add("Quantize", name, [x], [target]).output]
    factor = fixed_point(float(np.float32(x.type.scale)) / float(np.float32(target.scale)), target.offset)
    return [importer.graph.add("Rescale", name, [x], [target], requantisation=factor).output]


def _dequantize(importer, operation, name):
    x = importer.value(operation.inputs[0])
    return [importer.graph.add("Dequantize", name, [x], [TensorType(x.type.shape)]).output]


IMPORTERS = {
    "ADD": _binary("Add"), "SUB": _binary("Sub"), "MUL": _binary("Mul"), "DIV": _binary("Div"),
    "MAXIMUM": _binary("Max"), "MINIMUM": _binary("Min"),
    "RELU": _unary("Relu"), "RELU6": _unary("Clip", low=0.0, high=6.0), "RELU_N1_TO_1": _unary("Clip", low=-1.0, high=1.0),
    "LEAKY_RELU": _unary("LeakyRelu"), "LOGISTIC": _tabulated("Sigmoid"), "TANH": _tabulated("Tanh"),
    "CONV_2D": convolution, "DEPTHWISE_CONV_2D": depthwise, "FULLY_CONNECTED": dense,
    "MAX_POOL_2D": _pool("MaxPool"), "AVERAGE_POOL_2D": _pool("AvgPool", count_padding=False),
    "RESHAPE": _reshape, "SQUEEZE": _reshape, "EXPAND_DIMS": _reshape, "SOFTMAX": _softmax, "CONCATENATION": _concat,
    "PAD": _pad, "MEAN": _mean, "TRANSPOSE": _transpose, "RESIZE_NEAREST_NEIGHBOR": _resize,
    "STRIDED_SLICE": _strided_slice, "QUANTIZE": _quantize, "DEQUANTIZE": _dequantize,
}  # fmt: skip
