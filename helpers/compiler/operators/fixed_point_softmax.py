"""Softmax as TFLite's reference kernel computes it: in fixed point, bit for bit (facts from TensorFlow and gemmlowp).

The exponential of a difference of two int8 is one of 256 numbers, so it is a table; what is left for the core is a sum, the sum's
reciprocal by three Newton steps, and a product for each class.
"""

import math
from dataclasses import dataclass

import numpy as np

from helpers.compiler.ir.attributes import computed
from helpers.compiler.ir.graph import Graph, Node, TensorType, Value
from helpers.compiler.numerics.requantisation import fixed_point
from helpers.compiler.operators.base import c_code
from helpers.compiler.operators.base.registry import Operator, operator

RESULT = (1 / 256, -128)  # scale and offset that the kernel gives
DIFFERENCE_BITS, SUM_BITS = 5, 12  # bits before the point of a scaled difference and of the sum
# exp(-2**n) with 31 bits behind the point, for n from -2 to 4; exp(-1/8); 1/3
POWERS = (1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242)
EIGHTH, THIRD = 1895147668, 715827883


def high_product(a: np.ndarray | int, b: np.ndarray | int) -> np.ndarray:
    """The high half of a doubled product, rounded (SaturatingRoundingDoublingHighMul)."""
    product = np.asarray(a, np.int64) * b
    nudged = product + np.where(product >= 0, 1 << 30, 1 - (1 << 30))
    return np.where(nudged >= 0, nudged >> 31, -(-nudged >> 31))


def shifted(x: np.ndarray, bits: int) -> np.ndarray:
    """Divided by a power of two, halves away from zero (RoundingDivideByPOT)."""
    mask = (1 << bits) - 1
    return (x >> bits) + ((x & mask) > (mask >> 1) + (x < 0))


def exponential(x: np.ndarray) -> np.ndarray:
    """exp(x) with 31 bits behind the point, of x <= 0 with 26 (exp_on_negative_values)."""
    quarter = 1 << 24
    part = (x & (quarter - 1)) - quarter
    near = (part << DIFFERENCE_BITS) + (1 << 28)
    square = high_product(near, near)
    fourth = shifted(high_product(square, square), 2)
    series = shifted(high_product(fourth + high_product(square, near), THIRD) + square, 1)
    result = EIGHTH + high_product(EIGHTH, near + series)
    for bit, power in enumerate(POWERS, 24):
        result = np.where((part - x) >> bit & 1, high_product(result, power), result)
    return np.where(x == 0, 2**31 - 1, result)


def table(scale: float) -> np.ndarray:
    """exp(scale * (i - 255)), 31 bits behind the point; 0 where the kernel leaves a class out."""
    factor = fixed_point(min(float(np.float32(scale)) * 2.0 ** (31 - DIFFERENCE_BITS), 2.0**30 - 1))
    least = -math.floor((2**DIFFERENCE_BITS - 1) * 2.0 ** (31 - DIFFERENCE_BITS) / 2.0**factor.left)
    differences = np.arange(-255, 1, dtype=np.int64)
    scaled = high_product(np.maximum(differences, least) << factor.left, factor.multiplier)
    return np.where(differences >= least, exponential(scaled), 0)


def reciprocal(total: np.ndarray) -> np.ndarray:
    """1 / (1 + x) of x in [0, 1), both with 31 bits behind the point (one_over_one_plus_x_for_x_in_0_1)."""
    half = (total + 2**31 - 1 + 1) // 2
    x = 1515870810 + high_product(half, -1010580540)
    for _ in range(3):
        x = x + np.clip(high_product(x, (1 << 29) - high_product(half, x)) * 4, -(2**31), 2**31 - 1)
    return np.clip(x * 2, -(2**31), 2**31 - 1)


def add(graph: Graph, name: str, x: Value, target: TensorType) -> Value:
    """Add a softmax of each row of [N, classes]; the result has the scale and offset of RESULT."""
    return graph.add("FixedPointSoftMax", name, [x], [target]).output


@dataclass(slots=True, kw_only=True)
class FixedPointSoftMaxAttributes:
    """Exponentials of the differences -255 to 0."""

    table: np.ndarray = computed()


@operator
class FixedPointSoftMax(Operator[FixedPointSoftMaxAttributes]):
    """exp(x) / sum of exp(x), each row on its own."""

    kind = "FixedPointSoftMax"
    attributes = FixedPointSoftMaxAttributes

    def converts(self, node: Node[FixedPointSoftMaxAttributes], precision: str, bias_precision: str) -> bool:
        return False

    def settle(self, node: Node[FixedPointSoftMaxAttributes]) -> None:
        node.attributes.table = table(node.inputs[0].type.scale)

    def compute_integer(self, node: Node[FixedPointSoftMaxAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
        x = inputs[0].astype(np.int64)
        powers = node.attributes.table[255 + x - x.max(axis=1, keepdims=True)]
        total = shifted(powers, SUM_BITS).sum(axis=1)
        room = np.array([32 - int(each).bit_length() for each in total])
        scale = reciprocal((total << room) - 2**31)
        rows = [
            shifted(high_product(row, factor), SUM_BITS - int(free) + 31 - 8)
            for row, factor, free in zip(powers, scale, room, strict=True)
        ]
        return [np.clip(np.stack(rows) - 128, -128, 127).astype(np.int8)]

    def emit(self, node: Node[FixedPointSoftMaxAttributes], name: str) -> str:
        rows, classes = node.inputs[0].type.shape
        entries = [str(each) for each in node.attributes.table]
        lines = "".join(f"  {', '.join(entries[at : at + 8])},\n" for at in range(0, 256, 8))
        head = "/* exp(scale * (i - 255)), 31 bits behind the point */\n"
        head += f"static const int32_t {name}_table[256] = {{\n{lines}}};\n"
        text = _C % {"classes": classes, "name": name, "sum_bits": SUM_BITS, "bits": SUM_BITS + 31 - 8}
        return head + c_code.function(
            name, "const int8_t *in, int8_t *out", text, rows, {"in": classes, "out": classes}
        )


_C = """\
  int largest = -128, bits = %(bits)d;
  for (int i = 0; i < %(classes)d; i++) largest = in[i] > largest ? in[i] : largest;
  const int32_t *power = %(name)s_table + 255 - largest;
  uint32_t sum = 0;
  for (int i = 0; i < %(classes)d; i++) sum += (uint32_t)shifted(power[in[i]], %(sum_bits)d);
  for (; !(sum & 0x80000000u); sum <<= 1) bits--;
  int32_t scale = reciprocal((int32_t)(sum - 0x80000000u));
  for (int i = 0; i < %(classes)d; i++) out[i] = clip8(shifted(high_product(scale, power[in[i]]), bits) - 128);
"""
