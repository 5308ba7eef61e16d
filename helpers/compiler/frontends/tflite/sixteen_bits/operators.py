"""Which operators of int16 activations are taken; all others are refused in a line."""

from collections.abc import Callable, Iterable

import numpy as np

from helpers.common.errors import Unsupported
from helpers.compiler.frontends.tflite import operators
from helpers.compiler.frontends.tflite.common import EIGHT_BITS, TfliteImporter
from helpers.compiler.frontends.tflite.file import Network, Operation, Tensor
from helpers.compiler.frontends.tflite.sixteen_bits import functions
from helpers.compiler.frontends.wording import CONVERT_AGAIN, quoted
from helpers.compiler.ir.graph import Value

# Operators of int8 whose weights or states have 16 bits.
BESIDE_INT8 = ("UNIDIRECTIONAL_SEQUENCE_LSTM", "SVDF")
MOST_ADDED = 2**16 - 1  # int16 of which 32 bits hold the sum


def is_int16(tensor: Tensor) -> bool:
    """Whether a tensor holds quantised integers of 16 bits, as the converter's 16x8 mode writes activations."""
    return tensor.element == np.int16 and len(tensor.scales) > 0


def concerned(network: Network, operation: Operation) -> bool:
    """Whether an operator has int16 activations."""
    indices = {index for index in (*operation.inputs, *operation.outputs) if index >= 0}
    kept = set(operation.inputs) if operation.name in BESIDE_INT8 else set()
    return any(is_int16(network.tensors[index]) for index in indices - kept)


def check(network: Network, operation: Operation) -> None:
    """Raise Unsupported, which names a tensor, unless an operator of int16 activations is taken."""
    indices = [index for index in (*operation.inputs, *operation.outputs) if index >= 0]
    every = [network.tensors[index] for index in indices]
    wide = [tensor for tensor in every if is_int16(tensor)]
    if operation.name not in IMPORTERS:
        what = f"int16 activations ({quoted(wide[0].name)}) are not supported in {operation.name}"
        raise Unsupported(what, remedy=EIGHT_BITS)
    for tensor in wide:
        if len(tensor.scales) != 1 or tensor.zeros.any():
            what = f"int16 activations ({quoted(tensor.name)}) with a zero point, or several scales, are not supported"
            raise Unsupported(what, remedy=EIGHT_BITS)
    narrow = [tensor for tensor in every if tensor.data is None and tensor.element in (np.int8, np.uint8)]
    if narrow and operation.name != "QUANTIZE":
        what = f"int16 activations ({quoted(wide[0].name)}) beside {narrow[0].element} ({quoted(narrow[0].name)})"
        raise Unsupported(f"{what} are not supported in {operation.name}", remedy=EIGHT_BITS)


def _sum(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    """ADD and SUB, whose kernel has a way of its own where all scales are powers of two and the file asks for it."""
    types = [importer.type_of(index) for index in (*operation.inputs, *operation.outputs)]
    mantissas = np.frexp(np.array([each.scale for each in types], np.float32))[0]
    if operation.options.get("pot_scale_int16") and (mantissas == 0.5).all():
        what = f"{operation.name} of int16 by shifts (pot_scale_int16)"
        raise Unsupported(what, remedy="convert the model again with a current converter")
    twice = 2 * float(max(each.scale for each in types[:2]))
    if twice >= 2**15 * float(types[2].scale):
        what = f"{operation.name} of int16 to a scale of {types[2].scale:g}, which TFLite has no kernel for"
        raise Unsupported(what, remedy=CONVERT_AGAIN)
    return operators.IMPORTERS[operation.name](importer, operation, name)


def _choice(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    """MAXIMUM and MINIMUM, which compare integers as they are."""
    types = [importer.type_of(index) for index in (*operation.inputs, *operation.outputs)]
    if len({each.scale for each in types}) != 1:
        raise Unsupported(f"{operation.name} of int16 with different scales", remedy=CONVERT_AGAIN)
    return operators.IMPORTERS[operation.name](importer, operation, name)


def _mean(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    """MEAN and AVERAGE_POOL_2D, whose sums have 32 bits."""
    options, x, result = (
        operation.options,
        *(importer.type_of(at) for at in (operation.inputs[0], operation.outputs[0])),
    )
    count = options.get("filter_height", x.size // result.size) * options.get("filter_width", 1)
    if count > MOST_ADDED:
        raise Unsupported(f"{operation.name} of {count} int16", remedy=f"use {MOST_ADDED} at most")
    return operators.IMPORTERS[operation.name](importer, operation, name)


def _as_int8(names: Iterable[str]) -> dict[str, Callable[..., list[Value]]]:
    return {name: operators.IMPORTERS[name] for name in names}


IMPORTERS = _as_int8(
    (
        "CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "MUL", "MAX_POOL_2D", "REDUCE_MAX", "DEQUANTIZE",
        "RESHAPE", "SQUEEZE", "EXPAND_DIMS", "TRANSPOSE", "CONCATENATION", "PACK", "UNPACK", "SPLIT", "SPLIT_V", "SLICE",
        "STRIDED_SLICE", "GATHER", "PAD", "PADV2", "MIRROR_PAD",
    )
) | {
    "ADD": _sum,
    "SUB": _sum,
    "MAXIMUM": _choice,
    "MINIMUM": _choice,
    "MEAN": _mean,
    "AVERAGE_POOL_2D": _mean,
    "RELU": functions.clipped(1),
    "RELU6": functions.clipped(3),
    "RELU_N1_TO_1": functions.clipped(2),
    "LEAKY_RELU": functions.leaky,
    "LOGISTIC": functions.sigmoid(tanh=False),
    "TANH": functions.sigmoid(tanh=True),
    "SOFTMAX": functions.softmax,
    "QUANTIZE": functions.quantize,
}  # fmt: skip
