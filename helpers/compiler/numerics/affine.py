"""From a range of real numbers to scale and offset, by each of Glow's schemas; arrays to integers and back."""

import math
from collections.abc import Callable

import numpy as np

from helpers.compiler.ir.graph import NUMPY_TYPES, TensorType

SCHEMAS = ("asymmetric", "symmetric", "symmetric_with_uint8", "symmetric_with_power2_scale")

# Glow keeps 32-bit integers within 30 bits, so that sums of a few stay in range.
LIMITS = {"int8": (-128, 127), "int16": (-32768, 32767), "int32": (-(2**29), 2**29 - 1)}

LARGEST_FLOAT32 = float(np.finfo(np.float32).max)

Narrowing = Callable[[float, float, bool], tuple[float, float]]


def limits(element: str, bits: int | None = None) -> tuple[int, int]:
    """The least and the largest integer of an element type, of which only some of its bits may be used."""
    return LIMITS[element] if bits is None else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def widened(low: float, high: float, element: str, schema: str, bits: int | None = None) -> tuple[float, float]:
    """The range a schema really covers: with zero inside and, for the symmetric ones, the same scale on both sides."""
    low, high = min(low, 0.0), max(high, 0.0)
    smallest, largest = limits(element, bits)
    if not _symmetric(low, schema):
        return low, high
    if low / smallest > high / largest:
        return low, _as_float32(low / smallest * largest)
    return _as_float32(high / largest * smallest), high


def _as_float32(number: float) -> float:
    """The nearest finite float32: an end of a range may lie at the end of float32 itself."""
    return float(np.float32(min(max(number, -LARGEST_FLOAT32), LARGEST_FLOAT32)))


def _symmetric(low: float, schema: str) -> bool:
    return schema.startswith("symmetric") and not (schema == "symmetric_with_uint8" and low >= 0)


def choose(
    low: float,
    high: float,
    element: str = "int8",
    schema: str = "asymmetric",
    narrow: Narrowing | None = None,
    bits: int | None = None,
) -> tuple[float, int]:
    """Scale (a float32 value) and offset for a profiled range of float32 numbers (facts: Glow, chooseQuantizationParams).

    narrow(low, high, symmetric) may cut the range that the schema covers (calibration). The offset is computed from both ends
    and taken from the end that suffers less from rounding. bits: how many of the element's the integers may use; None: all.
    """
    profiled = float(np.float32(low)), float(np.float32(high))
    symmetric = _symmetric(min(profiled[0], 0.0), schema)
    low, high = widened(*profiled, element, schema, bits)
    if narrow and profiled[0] != profiled[1] and low != high:
        low, high = narrow(low, high, symmetric)
    smallest, largest = limits(element, bits)
    scale = (high - low) / (float(largest) - float(smallest)) or 0.1
    offset = _offset(low, high, scale, smallest, largest)
    if schema == "symmetric_with_power2_scale":
        scale = 2.0 ** math.ceil(math.log2(scale))
    return float(np.float32(scale)) or 0.1, offset  # a range too small for a float32 scale holds nothing but zeros


def _offset(low: float, high: float, scale: float, smallest: int, largest: int) -> int:
    if abs(np.float32(low) + np.float32(high)) <= np.finfo(np.float32).eps:
        return 0
    low_error, high_error = abs(smallest) + abs(low / scale), abs(largest) + abs(high / scale)
    offset = smallest - low / scale if low_error < high_error else largest - high / scale
    offset = min(max(offset, smallest), largest)
    return int(math.copysign(math.floor(abs(offset) + 0.5), offset))


def quantise(array: np.ndarray, target: TensorType) -> np.ndarray:
    """A float32 array as integers: clip(round half to even(x / scale + offset)), computed in float32."""
    smallest, largest = (-(2**31), 2**31 - 1) if target.element == "int32" else LIMITS[target.element]
    scaled = array.astype(np.float32) / np.float32(target.scale) + np.float32(target.offset)
    return np.clip(np.rint(scaled.astype(np.float64)), smallest, largest).astype(NUMPY_TYPES[target.element])


def quantise_as_onnx(array: np.ndarray, target: TensorType) -> np.ndarray:
    """The same as ONNX's QuantizeLinear defines it: the quotient is rounded before the offset is added.

    Halves differ from `quantise`, which is Glow's, if the offset is odd.
    """
    smallest, largest = LIMITS[target.element]
    whole = np.rint(array.astype(np.float32) / np.float32(target.scale)).astype(np.float64) + target.offset
    return np.clip(whole, smallest, largest).astype(NUMPY_TYPES[target.element])


def rounded_away(x: np.ndarray) -> np.ndarray:
    """The nearest integers to float32 numbers, halves away from zero, as C's round() has them; int64."""
    x = x.astype(np.float64)
    return np.trunc(x + np.copysign(0.5, x)).astype(np.int64)


def dequantise(array: np.ndarray, source: TensorType) -> np.ndarray:
    """Integers as float32: scale * (q - offset)."""
    return (np.float32(source.scale) * (array.astype(np.int64) - source.offset).astype(np.float32)).astype(np.float32)


def clip(array: np.ndarray, element: str) -> np.ndarray:
    """Saturate int32 sums to an element type and convert."""
    smallest, largest = LIMITS[element]
    return np.clip(array, smallest, largest).astype(NUMPY_TYPES[element])
