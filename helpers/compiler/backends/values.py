"""What a value is to a backend: whose bytes it shares, and how large it is as an image."""

from helpers.common.errors import Unsupported
from helpers.compiler.ir.graph import Value

STORAGE_OFFSET = 128  # added to an int8 that is stored as a byte without a sign


def root(value: Value) -> Value:
    """The value whose bytes these are: reshapes move nothing."""
    while value.node.kind == "Reshape":
        value = value.node.inputs[0]
    return value


def image_shape(value: Value) -> tuple[int, int, int]:
    """Height, width, channels of a value; a flat one is a pixel of many channels, one over time an image of one row.

    Raises Unsupported for a batch of images, or another number of axes than two to four.
    """
    shape = value.type.shape
    if not 2 <= len(shape) <= 4 or shape[0] != 1:
        raise Unsupported(f"a batch of images or a shape {list(shape)}", where=value.node.name)
    height, width, channels = (1,) * (4 - len(shape)) + shape[1:]
    return height, width, channels
