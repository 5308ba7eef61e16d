"""Softmax of int16, bit for bit as TFLite's reference kernel computes it: exponentials and the reciprocal by lines of a table."""

from dataclasses import dataclass

import numpy as np

from helpers.compiler.ir.graph import Node
from helpers.compiler.numerics import interpolation
from helpers.compiler.numerics.requantisation import FixedPoint, fixed_point
from helpers.compiler.operators.base import c_code
from helpers.compiler.operators.base.registry import Operator, operator

RANGE = 10.0  # exponentials below exp(-10) count as this
MOST_CLASSES = 2**15  # so that the sum of their exponentials stays within 30 bits


@dataclass(slots=True, kw_only=True)
class Int16SoftMaxAttributes:
    """rule: from differences of two elements to those that the exponentials' table has."""

    rule: FixedPoint


def factor(scale: float, beta: float) -> FixedPoint:
    """The rule for an input of a scale, times beta."""
    return fixed_point(float(np.float32(scale) * np.float32(beta)) / (RANGE / 65535.0))


@operator
class Int16SoftMax(Operator[Int16SoftMaxAttributes]):
    """exp(x) / sum of exp(x) of each row of int16 [N, classes]; 15 bits behind the point."""

    kind = "Int16SoftMax"
    attributes = Int16SoftMaxAttributes

    def converts(self, node: Node[Int16SoftMaxAttributes], precision: str, bias_precision: str) -> bool:
        return False

    def compute_integer(self, node: Node[Int16SoftMaxAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
        x = inputs[0].astype(np.int64)
        scaled = node.attributes.rule.apply(x - x.max(axis=1, keepdims=True)).astype(np.int64) + 32767
        powers = interpolation.looked_up(np.clip(scaled, -32768, 32767), interpolation.EXPONENTIAL)
        return [np.stack([_shares(row, int(row.sum())) for row in powers]).astype(np.int16)]

    def emit(self, node: Node[Int16SoftMaxAttributes], name: str) -> str:
        rows, classes = node.inputs[0].type.shape
        text = _C % {"classes": classes, "scaled": node.attributes.rule.c("in[i] - largest")}
        return c_code.function(name, "const int16_t *in, int16_t *out", text, rows, {"in": classes, "out": classes})


def _shares(powers: np.ndarray, total: int) -> np.ndarray:
    """Each exponential's share of their sum, all with 15 bits behind the point."""
    bits = total.bit_length() - 1
    mantissa = ((total << (30 - bits)) + (1 << 13) >> 14) - (1 << 15) - (1 << 16)
    scale = interpolation.looked_up(np.clip(np.array([mantissa]), -32768, 32767), interpolation.RECIPROCAL)
    return np.clip((powers * scale + (1 << (bits - 1))) >> bits, 0, 32767)


_C = """\
  int32_t largest = -32768, bits = 30;
  uint32_t sum = 0;
  for (int i = 0; i < %(classes)d; i++) largest = in[i] > largest ? in[i] : largest;
  for (int i = 0; i < %(classes)d; i++) {
    out[i] = exponential_line(clip16(%(scaled)s + 32767));
    sum += (uint32_t)out[i];
  }
  for (; !(sum & 0x40000000u); sum <<= 1) bits--;
  int32_t scale = reciprocal_line(clip16((int32_t)((sum + 8192) >> 14) - 98304));
  for (int i = 0; i < %(classes)d; i++) {
    int32_t share = (out[i] * scale + (1 << (bits - 1))) >> bits;
    out[i] = (int16_t)at_most(32767, at_least(0, share));
  }
"""
