"""TFLite operators whose results are known at compile time: the shapes that a converter computes where a batch size is open."""

from collections.abc import Callable

import numpy as np

from helpers.common.errors import BadInput
from helpers.compiler.frontends.tflite.file import Operation, Tensor
from helpers.compiler.frontends.tflite.movement.data_movement import strided_ranges
from helpers.compiler.frontends.wording import CONVERT_AGAIN


def folded(tensors: list[Tensor], operation: Operation) -> np.ndarray | None:
    """The result of an operator that depends on no input of the network; None where it does, or is none of NAMES.

    tensors: of the file, results computed so far among them; raises BadInput where the file says another shape.
    """
    if operation.name == "SHAPE":
        return _checked(tensors, operation, np.array(tensors[operation.inputs[0]].shape))
    arrays = [tensors[index].data for index in operation.inputs if index >= 0]
    if operation.name not in _FOLDED or any(each is None for each in arrays):
        return None
    return _checked(tensors, operation, _FOLDED[operation.name](operation.options, *arrays))


def _checked(tensors: list[Tensor], operation: Operation, result: np.ndarray) -> np.ndarray:
    """The result in the element type that the file says, if it has the shape that the file says."""
    wanted = tensors[operation.outputs[0]]
    if result.shape != wanted.shape:
        raise BadInput(
            f"the file says the result has the shape {list(wanted.shape)}, it has {list(result.shape)}",
            remedy=CONVERT_AGAIN,
        )
    return np.array(result, wanted.element, order="C")


def _strided_slice(options: dict, x: np.ndarray, *bounds: np.ndarray) -> np.ndarray:
    part = x[np.ix_(*strided_ranges(x.shape, options, *(each.tolist() for each in bounds)))]
    shrunk = [axis for axis in range(x.ndim) if options.get("shrink_axis_mask", 0) >> axis & 1]
    return part.squeeze(tuple(shrunk))


def _fill(_options: dict, shape: np.ndarray, value: np.ndarray) -> np.ndarray:
    return np.broadcast_to(value, tuple(shape))


_FOLDED: dict[str, Callable[..., np.ndarray]] = {
    "STRIDED_SLICE": _strided_slice,
    "PACK": lambda options, *arrays: np.stack(arrays, options["axis"]),
    "FILL": _fill,
}
NAMES = ("SHAPE", *_FOLDED)
