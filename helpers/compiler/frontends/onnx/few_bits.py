"""Integers of 4 and 2 bits: weights may be stored so, and are read as 8 bits; values that are computed may not."""

from pathlib import Path

import numpy as np
import onnx

from helpers.common.errors import Unsupported
from helpers.compiler.frontends import wording

WIDER = {"int4": np.int8, "uint4": np.uint8, "int2": np.int8, "uint2": np.uint8}  # what holds the numbers of each
_NUMBERS = {onnx.TensorProto.DataType.Value(name.upper()): name for name in WIDER}


def widened(numbers: np.ndarray) -> np.ndarray:
    """The same numbers in 8 bits, where an array has fewer; else the array itself."""
    wider = WIDER.get(str(numbers.dtype))
    return numbers if wider is None else numbers.astype(wider)


def check(model: onnx.ModelProto, path: Path) -> None:
    """Raise Unsupported for a QuantizeLinear that gives so few bits: its results would need 8 bits' limits of their own."""
    kinds = {each.name: each.data_type for each in model.graph.initializer}
    for node in model.graph.node:
        given = [
            each for each in node.attribute if each.name == ("value" if node.op_type == "Constant" else "output_dtype")
        ]
        if node.op_type == "Constant" and given:
            kinds[node.output[0]] = given[0].t.data_type
        elif node.op_type == "QuantizeLinear":
            found = given[0].i if given else kinds.get(node.input[2] if len(node.input) > 2 else "", 0)
            if found in _NUMBERS:
                raise Unsupported(
                    f"quantises to {_NUMBERS[found]}",
                    where=f"{path}: {wording.node(node.name or node.output[0], node.op_type)}",
                    remedy="quantise activations to int8, and store weights of 4 bits as integers, without QuantizeLinear",
                )
