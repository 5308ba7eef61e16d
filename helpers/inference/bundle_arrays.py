"""Arrays of a bundle's inputs and outputs, in the shapes and element types of its placeholders."""

import numpy as np

from helpers.common import named_arrays
from helpers.common.errors import BadParameter
from helpers.common.named_arrays import Arrays
from helpers.inference.bundle_header import BundleHeader

ELEMENTS = {"i8": np.int8, "i16": np.int16, "i32": np.int32, "float": np.float32}


def fed(header: BundleHeader, inputs: Arrays, count: int | None = None) -> dict[str, np.ndarray]:
    """Return the inputs of n inferences: for each placeholder, in order, [n, *its shape] of its element type.

    inputs: [n * batch, ...] by name, or the array alone if there is one input; count: n, where it cannot be told from them.
    Raises BadParameter if they are not of the inputs' shapes, or not for equally many inferences.
    """
    named = named_arrays.by_name(inputs, header.inputs, header.name)
    made = {}
    for name, array in named.items():
        shape = header.inputs[name].shape
        many = count or len(array) // (shape[0] if shape else 1)
        if array.size != many * int(np.prod(shape)):
            raise BadParameter(f"input {name!r} takes {list(shape)}, and got {list(array.shape)}", where=header.name)
        made[name] = np.ascontiguousarray(array, ELEMENTS[header.inputs[name].element]).reshape(many, *shape)
    if len({len(array) for array in made.values()}) != 1:
        counts = ", ".join(f"{len(array)} for {name}" for name, array in made.items())
        raise BadParameter(f"the inputs do not have equal counts: {counts}", where=header.name)
    return made


def at_random(header: BundleHeader) -> dict[str, np.ndarray]:
    """Return seeded random inputs for one inference, integers from -128 to 127."""
    random = np.random.default_rng(1)
    return {name: random.integers(-128, 128, each.shape) for name, each in header.inputs.items()}


def taken(header: BundleHeader, outputs: list[np.ndarray]) -> Arrays:
    """Return the outputs of n inferences: [n * batch, ...] by name, or the array alone if there is one output.

    outputs: the bytes of each output in the order of the placeholders, uint8 [n, bytes].
    """
    made = {}
    for (name, each), array in zip(header.outputs.items(), outputs, strict=True):
        numbers = np.ascontiguousarray(array).view(ELEMENTS[each.element])
        made[name] = numbers.reshape(-1, *each.shape[1:])
    return named_arrays.alone(made)
