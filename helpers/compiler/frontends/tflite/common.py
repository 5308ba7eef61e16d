"""What several TFLite operators share: windows, and the activation that an operator may end with."""

from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np

from helpers.common.errors import BadInput, Unsupported
from helpers.compiler.frontends.tflite.file import Network, Operation
from helpers.compiler.frontends.wording import CONVERT_AGAIN
from helpers.compiler.ir import window
from helpers.compiler.ir.graph import Graph, TensorType, Value
from helpers.compiler.numerics import affine

EIGHT_BITS = "convert it with int8 activations: supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]"
# TFLite's number of a fused activation: kind of node and its attributes.
ACTIVATIONS = {
    0: None,
    1: ("Relu", {}),
    3: ("Clip", {"low": 0.0, "high": 6.0}),
    2: ("Clip", {"low": -1.0, "high": 1.0}),
}


class TfliteImporter(Protocol):
    """The importer of a TFLite file: the graph that it builds, and its tensors by number."""

    graph: Graph
    network: Network

    def type_of(self, index: int) -> TensorType:
        """A tensor's type; uint8 counts as int8 with another zero point."""

    def value(self, index: int) -> Value:
        """The value of a tensor."""

    def array(self, index: int) -> np.ndarray:
        """The numbers of a tensor that must be constant."""

    def binary(self, kind: str, name: str, x: Value, y: Value) -> Value:
        """Add a float32 operator on two values that are broadcast."""


def result_type(importer: TfliteImporter, operation: Operation, shape: Iterable[int]) -> TensorType:
    """The type that the file gives an operator's result; raises BadInput where its shape is not what the inputs lead to."""
    wanted = importer.type_of(operation.outputs[0])
    if wanted.shape != tuple(shape):
        raise BadInput(
            f"the file says the result has the shape {list(wanted.shape)}, the inputs lead to {list(shape)}",
            remedy=CONVERT_AGAIN,
        )
    return wanted


def activated(importer: TfliteImporter, name: str, value: Value, number: int) -> Value:
    """An operator's fused activation, as a node of its own."""
    if number not in ACTIVATIONS:
        raise Unsupported(f"fused activation number {number}", remedy="put the activation into a layer of its own")
    activation = ACTIVATIONS[number]
    if activation is None:
        return value
    kind, attributes = activation
    if value.type.element == "int16":
        low, high = bounds(number, value.type)
        return importer.graph.add("Int16Rescale", name, [value], [value.type], low=low, high=high).output
    return importer.graph.add(kind, name, [value], [value.type], **attributes).output


def bounds(number: int, target: TensorType) -> tuple[int, int]:
    """What a fused activation cuts int16 results to, halves of a step away from zero; raises Unsupported for others."""
    lowest, highest = affine.LIMITS["int16"]
    reals = {0: (-np.inf, np.inf), 1: (0, np.inf), 2: (-1, 1), 3: (0, 6)}
    if number not in reals:
        raise Unsupported(f"fused activation number {number}", remedy="put the activation into a layer of its own")
    steps = np.array(reals[number], np.float32) / np.float32(target.scale)
    low, high = affine.rounded_away(np.clip(steps, lowest, highest)).tolist()
    return low, high


def window_of(options: dict, kernel: Sequence[int], size: tuple[int, ...]) -> window.Window:
    """The window of a convolution or pool; padding is SAME (0) or VALID (1)."""
    attributes = {
        "strides": (options["stride_h"], options["stride_w"]),
        "dilations": (options.get("dilation_hfactor", 1), options.get("dilation_wfactor", 1)),
        "auto_pad": "VALID" if options["padding"] else "SAME_UPPER",
    }
    return window.from_onnx_attributes(attributes, kernel, size, "a TFLite window")
