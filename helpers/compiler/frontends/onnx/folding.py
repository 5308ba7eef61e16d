"""Compute ONNX nodes whose results are known at compile time: shapes, and arithmetic on constants."""

import math

import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator

from helpers.common.errors import Unsupported
from helpers.compiler.frontends import limits, wording
from helpers.compiler.ir.graph import NUMPY_TYPES, Value, constant_of

# Operators whose results are no larger than their inputs, or whose size `_size` knows.
FOLDED = {
    "Abs", "Add", "And", "Cast", "CastLike", "Ceil", "Concat", "Constant", "ConstantOfShape", "Cos", "Div", "Equal", "Erf",
    "Exp", "Expand", "Flatten", "Floor", "Gather", "Greater", "GreaterOrEqual", "Identity", "Less", "LessOrEqual", "Log", "Mod",
    "Mul", "Neg", "Not", "Or", "Pow", "Range", "Reciprocal", "ReduceProd", "ReduceSum", "Reshape", "Round", "ScatterND", "Shape",
    "Sign", "Sin", "Size", "Slice", "Sqrt", "Squeeze", "Sub", "Tile", "Transpose", "Trilu", "Unsqueeze", "Where",
}  # fmt: skip
WHOLE = {"Max", "Min", "ReduceMax", "ReduceMin"}  # of whole numbers, as in shapes; Glow keeps those of float32
_BROADCAST = {
    "Add", "Sub", "Mul", "Div", "Equal", "Where", "And", "Or", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Mod",
    "Pow", "Max", "Min",
}  # fmt: skip
_ELEMENTS = {np.dtype(each) for each in NUMPY_TYPES.values()}


def fold(proto: onnx.NodeProto, inputs: list[Value | None], opset: int) -> dict[str, np.ndarray] | None:
    """The results by name, or None where they depend on the network's inputs."""
    if proto.domain not in ("", "ai.onnx") or proto.op_type not in FOLDED | WHOLE or not inputs:
        return None
    arrays: list[np.ndarray | None]
    if proto.op_type in ("Shape", "Size") and inputs[0] is not None:
        arrays = [np.broadcast_to(np.float32(0), inputs[0].type.shape)]
    elif all(value is None or value.node.kind == "Constant" for value in inputs):
        arrays = [None if value is None else constant_of(value).data for value in inputs]
    else:
        return None
    if proto.op_type in WHOLE and any(array is not None and array.dtype.kind not in "iu" for array in arrays):
        return None
    place = wording.node(proto.name or proto.output[0], proto.op_type)
    if _size(proto.op_type, arrays) > limits.LARGEST_TENSOR:
        raise Unsupported(
            "makes a constant that is too large",
            where=place,
            remedy=f"use smaller shapes: a tensor has {limits.LARGEST_TENSOR} elements at most",
        )
    try:
        results = _evaluate(proto, arrays, opset)
    except Exception as error:  # the reference evaluator raises whatever its numpy code meets
        reason = " ".join(str(error).split())[:120]
        raise Unsupported(
            f"cannot be computed ({type(error).__name__}: {reason})",
            where=place,
            remedy="export the model again with its shapes fixed and its constants folded",
        ) from None
    results = [each.astype(np.float32) if each.dtype in (np.float16, np.float64) else each for each in results]
    if any(each.dtype not in _ELEMENTS for each in results):
        raise Unsupported(f"gives elements of type {results[0].dtype}", where=place, remedy="use float32")
    return dict(zip(proto.output, results, strict=False))


def _size(op_type: str, arrays: list) -> float:
    """Elements of the result, before it is made."""
    if op_type == "ConstantOfShape":
        return math.prod(int(n) for n in arrays[0].ravel())
    if op_type == "Expand":
        return max(arrays[0].size, 1) * math.prod(int(n) for n in arrays[1].ravel())
    if op_type == "Range":
        start, stop, step = (float(each.item()) for each in arrays)
        return math.inf if step == 0 else abs((stop - start) / step)
    if op_type == "Gather":
        return arrays[0].size * max(arrays[1].size, 1)
    if op_type == "Tile":
        return arrays[0].size * math.prod(max(int(n), 1) for n in arrays[1].ravel())
    if op_type in _BROADCAST:
        return math.prod(each.size for each in arrays)
    return max((each.size for each in arrays if each is not None), default=0)


def _evaluate(proto: onnx.NodeProto, arrays: list, opset: int) -> list[np.ndarray]:
    feeds = {name: array for name, array in zip(proto.input, arrays, strict=True) if name}
    infos = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.UNDEFINED, None) for name in feeds]
    outputs = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.UNDEFINED, None) for name in proto.output]
    graph = onnx.helper.make_graph([proto], "fold", infos, outputs)
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", opset)])
    with np.errstate(all="ignore"):
        return [np.array(each) for each in ReferenceEvaluator(model).run(None, feeds)]
