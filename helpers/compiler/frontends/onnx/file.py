"""Read an ONNX file and check it: well-formed, complete with its weights, tensors as large as they say."""

import math
from pathlib import Path

import numpy as np
import onnx
import onnx.inliner
from onnx import numpy_helper

from helpers.common.errors import BadInput, MissingInput, Unsupported, WorkbookError
from helpers.compiler.frontends import limits
from helpers.compiler.frontends.onnx import external_data, few_bits, labels, leaf_values
from helpers.compiler.frontends.wording import quoted
from helpers.compiler.ir.graph import NUMPY_TYPES

LARGEST_FILE = 64 * 2**20  # bytes; far above what a microcontroller holds
OPSETS = (7, onnx.defs.onnx_opset_version())
ONNX_DOMAINS = ("", "ai.onnx")  # of ONNX's own operators
_PLAIN = {"value_float": np.float32, "value_floats": np.float32, "value_int": np.int64, "value_ints": np.int64}
_OTHER_FLOATS = ("float16", "bfloat16", "float64")  # computed with as float32
_ELEMENTS = {np.dtype(each) for each in NUMPY_TYPES.values()}


def checked_model(path: Path) -> onnx.ModelProto:
    """Return a file's model with its weights and local functions inlined, and without labels beside probabilities.

    Raises MissingInput or BadInput.
    """
    if not path.is_file():
        raise MissingInput(
            "does not exist", where=path, remedy="check the path: export the model, or name another file"
        )
    if path.stat().st_size > LARGEST_FILE:
        raise BadInput(
            f"has {path.stat().st_size} bytes; the limit is {LARGEST_FILE}",
            where=path,
            remedy="use a smaller network: no microcontroller holds so much",
        )
    try:
        model = onnx.load_from_string(path.read_bytes())
        external_data.read(model, path, LARGEST_FILE)
        onnx.checker.check_model(model)
        if model.functions:
            model = onnx.inliner.inline_local_functions(model)
        few_bits.check(model, path)
        labels.cut(model, path)
        leaf_values.fold(model)
    except WorkbookError:
        raise
    except Exception as error:  # protobuf, checker and numpy each raise their own
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise BadInput(f"is not a sound ONNX model: {reason[:200]}", where=path, remedy="export it again") from None
    return model


def opset(model: onnx.ModelProto, path: Path) -> int:
    """The version of ONNX's own operators, the newest if the file has none of them; raises Unsupported outside OPSETS."""
    versions = [each.version for each in model.opset_import if each.domain in ONNX_DOMAINS]
    needed = any(each.domain in ONNX_DOMAINS for each in model.graph.node)
    version = max(versions, default=0 if needed else OPSETS[1])
    if not OPSETS[0] <= version <= OPSETS[1]:
        remedy = f"export it with an opset from {OPSETS[0]} to {OPSETS[1]}"
        raise Unsupported(f"has opset {version}", where=path, remedy=remedy)
    return version


def array(tensor: onnx.TensorProto, path: Path) -> np.ndarray:
    """A tensor's numbers; its size is checked before memory is taken."""
    if any(n < 0 for n in tensor.dims) or math.prod(tensor.dims) > limits.LARGEST_TENSOR:
        raise BadInput(
            f"tensor {quoted(tensor.name)} claims shape {list(tensor.dims)[:8]}",
            where=path,
            remedy=f"use a smaller network: a tensor has {limits.LARGEST_TENSOR} elements at most",
        )
    try:
        numbers = few_bits.widened(numpy_helper.to_array(tensor))
    except Exception as error:  # numpy and onnx each raise their own for data that does not fit the shape
        reason = " ".join(str(error).split())[:120]
        raise BadInput(
            f"tensor {quoted(tensor.name)} does not hold what its shape says ({reason})",
            where=path,
            remedy="export it again",
        ) from None
    if str(numbers.dtype) in _OTHER_FLOATS:
        with np.errstate(over="ignore"):
            numbers = numbers.astype(np.float32)
    if numbers.dtype == np.float32 and not np.isfinite(numbers).all():
        raise BadInput(
            f"tensor {quoted(tensor.name)} holds numbers that are not finite",
            where=path,
            remedy="train it again, with a smaller step, and export it",
        )
    if numbers.dtype not in _ELEMENTS:
        raise Unsupported(
            f"tensor {quoted(tensor.name)} has elements of type {numbers.dtype}", where=path, remedy="use float32"
        )
    return np.array(numbers)


def constant(proto: onnx.NodeProto, path: Path) -> np.ndarray:
    """The array of a Constant node."""
    values = {each.name: each for each in proto.attribute}
    if "value" in values:
        return array(values["value"].t, path)
    for name, element in _PLAIN.items():
        if name in values:
            return np.array(onnx.helper.get_attribute_value(values[name]), element)
    raise Unsupported(
        f"Constant {quoted(proto.output[0])} without a number or tensor",
        where=path,
        remedy="export the model with its constants as tensors",
    )
