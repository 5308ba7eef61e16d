"""Ranges to scale and offset: worked examples for each schema, and what must hold for every range."""

import numpy as np
import pytest

from helpers.compiler.ir.graph import TensorType
from helpers.compiler.numerics import affine

SPANS = [(0.0, 1.0), (-1.0, 1.0), (-3.0, 0.5), (0.25, 7.0), (-9.0, -2.0), (0.0, 0.0), (-1e-30, 1e-30), (-1e30, 1e30)]
FLOAT32 = float(np.finfo(np.float32).max)


def span(scale: float, offset: int, element: str) -> tuple[float, float]:
    smallest, largest = affine.LIMITS[element]
    return scale * (smallest - offset), scale * (largest - offset)


def test_pixels_take_all_256_steps():
    assert affine.choose(0, 1) == (float(np.float32(1 / 255)), -128)


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ("asymmetric", (4 / 255, 63)),
        ("symmetric", (3 / 128, 0)),
        ("symmetric_with_uint8", (3 / 128, 0)),
        ("symmetric_with_power2_scale", (2**-5, 0)),
    ],
)
def test_each_schema_on_a_lopsided_range(schema, expected):
    scale, offset = affine.choose(-3, 1, "int8", schema)
    assert (scale, offset) == (pytest.approx(expected[0], rel=1e-6), expected[1])


def test_symmetric_with_uint8_uses_the_whole_range_where_nothing_is_negative():
    assert affine.choose(0, 2, "int8", "symmetric_with_uint8") == affine.choose(0, 2)


@pytest.mark.parametrize("schema", affine.SCHEMAS)
@pytest.mark.parametrize("element", ["int8", "int16"])
@pytest.mark.parametrize(("low", "high"), SPANS)
def test_the_range_is_covered_and_zero_is_exact(low, high, element, schema):
    scale, offset = affine.choose(low, high, element, schema)
    smallest, largest = affine.LIMITS[element]
    covered = span(scale, offset, element)
    assert scale > 0 and smallest <= offset <= largest
    assert covered[0] <= low + scale and high - scale <= covered[1]
    assert schema == "asymmetric" or offset in (0, smallest)


def test_quantise_rounds_half_to_even_and_saturates():
    target = TensorType((6,), "int8", 0.5, 10)
    array = np.array([0.25, 0.75, -0.25, 1000, -1000, 0], np.float32)
    assert affine.quantise(array, target).tolist() == [10, 12, 10, 127, -128, 10]


def test_dequantise_gives_back_what_lies_on_the_grid():
    target = TensorType((256,), "int8", 0.125, -7)
    integers = np.arange(-128, 128).astype(np.int8)
    assert np.array_equal(affine.quantise(affine.dequantise(integers, target), target), integers)


@pytest.mark.parametrize("schema", affine.SCHEMAS)
@pytest.mark.parametrize("element", ["int8", "int16", "int32"])
@pytest.mark.parametrize(
    ("low", "high"),
    [(-FLOAT32, FLOAT32), (0.0, FLOAT32), (-FLOAT32, 0.0), (-1e38, 1e38), (0.0, 1e-44), (-1e-44, 1e-44)],
)
@pytest.mark.filterwarnings("error")
def test_the_ends_of_float32_give_a_scale_that_is_a_float32(low, high, element, schema):
    """A Clip without a bound has such a range in its profile."""
    scale, offset = affine.choose(low, high, element, schema)
    smallest, largest = affine.LIMITS[element]
    assert 0 < scale < np.inf and scale == np.float32(scale)
    assert smallest <= offset <= largest
