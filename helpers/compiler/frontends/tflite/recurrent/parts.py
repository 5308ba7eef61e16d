"""What TFLite's layers with a state share: variable tensors, weights, and biases that take in the offset of what they meet."""

from collections.abc import Iterable, Sequence

import numpy as np

from helpers.common.errors import BadInput, Unsupported
from helpers.compiler.frontends.tflite.common import TfliteImporter
from helpers.compiler.frontends.tflite.file import Operation, Tensor
from helpers.compiler.frontends.wording import CONVERT_AGAIN, quoted
from helpers.compiler.ir.graph import Graph, TensorType, Value
from helpers.compiler.numerics.requantisation import FixedPoint

LARGEST_SUM = 2**30  # in magnitude, of what is added up once it is requantised


def state(importer: TfliteImporter, operation: Operation, at: int, element: str, shape: Iterable[int]) -> Value:
    """The state at input `at` as a value of its own of another shape; raises Unsupported if other operators use it, too.

    element, shape: what the operator keeps there; BadInput if the file says otherwise.
    """
    index = operation.inputs[at]
    if index < 0:
        raise BadInput("a state is left out", remedy=CONVERT_AGAIN)
    tensor, kept = importer.network.tensors[index], TensorType(tuple(shape), element)
    users = [each for each in importer.network.operations for used in (*each.inputs, *each.outputs) if used == index]
    edges = (*importer.network.inputs, *importer.network.outputs)
    if len(users) != 1 or index in edges or not tensor.variable or tensor.data is not None:
        raise Unsupported(
            f"the state {quoted(tensor.name)} is not this operator's alone", remedy="give each layer a state of its own"
        )
    found = importer.type_of(index)
    fits = -128 <= found.offset <= 127 if element == "int8" else found.offset == 0
    if found.element != element or found.size != kept.size or not found.quantised or not fits:
        what = (
            f"the state {quoted(tensor.name)} is {found.element} {list(found.shape)}, not {element} {list(kept.shape)}"
        )
        raise BadInput(what, remedy=CONVERT_AGAIN)
    return importer.graph.add_state(tensor.name, TensorType(kept.shape, element, found.scale))


def array(importer: TfliteImporter, index: int, shape: tuple[int, ...], element: type) -> np.ndarray:
    """A constant that must have this shape and element type; raises BadInput."""
    found = importer.array(index) if index >= 0 else np.zeros(0)
    if found.shape != shape or found.dtype != element:
        what = f"weights or a bias are {found.dtype} {list(found.shape)}, not {np.dtype(element)} {list(shape)}"
        raise BadInput(what, remedy=CONVERT_AGAIN)
    return found


def scale(tensor: Tensor) -> np.float32:
    """The scale of symmetric weights; raises Unsupported for others."""
    if len(tensor.scales) != 1 or tensor.zeros.any():
        raise Unsupported("weights that are not symmetric with one scale", remedy=CONVERT_AGAIN)
    return np.float32(tensor.scales[0])


def bias(
    weights: np.ndarray, source: TensorType, factors: Sequence[FixedPoint], given: np.ndarray | None = None
) -> np.ndarray:
    """Biases int32, a row's less what the offset of what its weights meet adds to its sum.

    weights: int8 [rows, size]; factors: of each row; given: int32 [rows]. Raises Unsupported where a sum could overflow.
    """
    whole = weights.astype(np.int64)
    made = (0 if given is None else given.astype(np.int64)) - whole.sum(1) * source.offset
    for largest, factor in zip((np.abs(made) + 128 * np.abs(whole).sum(1)).tolist(), factors, strict=True):
        real = largest * factor.multiplier * 2.0 ** (factor.left - factor.right - 31)
        if not factor.in_range(largest) or real >= LARGEST_SUM:
            raise Unsupported("a sum could overflow 32 bits", remedy="scale weights and inputs to around 1")
    return made.astype(np.int32)


def constants(graph: Graph, name: str, weights: np.ndarray, biases: np.ndarray) -> list[Value]:
    """Weights and biases as constants of the graph."""
    return [
        graph.add_constant(name, weights, TensorType(weights.shape, "int8", 1.0)),
        graph.add_constant(f"{name}_bias", biases, TensorType(biases.shape, "int32", 1.0)),
    ]
