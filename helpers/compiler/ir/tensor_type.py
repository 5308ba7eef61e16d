"""What a value is: its shape, its elements, and the real numbers that integers stand for."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

NUMPY_TYPES = {
    "float": np.float32, "int8": np.int8, "uint8": np.uint8, "int16": np.int16, "int32": np.int32, "int64": np.int64,
    "bool": np.bool_,
}  # fmt: skip


@dataclass(frozen=True)
class TensorType:
    """Shape and element type of a value; integers stand for scale * (q - offset)."""

    shape: tuple[int, ...]
    element: str = "float"
    scale: float = 0.0
    offset: int = 0

    @property
    def size(self) -> int:
        """Number of elements."""
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def bytes(self) -> int:
        """Number of bytes, without alignment."""
        return self.size * np.dtype(NUMPY_TYPES[self.element]).itemsize

    @property
    def quantised(self) -> bool:
        """Whether the elements are integers that stand for real numbers."""
        return self.element in ("int8", "int16", "int32", "int64") and self.scale != 0

    def with_shape(self, shape: Iterable[int]) -> "TensorType":
        """This type with another shape."""
        return replace(self, shape=tuple(int(n) for n in shape))

    def with_elements_of(self, other: "TensorType") -> "TensorType":
        """This shape with another type's elements, scale and offset."""
        return replace(other, shape=self.shape)
