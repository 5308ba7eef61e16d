"""Sigmoid and tanh of int16, bit for bit as TFLite computes them: by one table, and lines between its entries."""

from dataclasses import dataclass

import numpy as np

from helpers.compiler.ir.graph import Node
from helpers.compiler.numerics import interpolation
from helpers.compiler.operators.base.registry import Operator, operator

RESULT = (2.0**-15, 0)  # scale and offset that the kernels give
SIGMOID_BITS, TANH_BITS = 9, 8  # of a step's part behind the table's index
SIGMOID_END, TANH_END = 0x7FFF << 10, 0xFFFF << 8


@dataclass(slots=True, kw_only=True)
class Int16SigmoidAttributes:
    """tanh: 2 * sigmoid(2 * x) - 1. multiplier, shift: from the input's steps to the table's, of 1 / 12288."""

    tanh: bool
    multiplier: int
    shift: int


@operator
class Int16Sigmoid(Operator[Int16SigmoidAttributes]):
    """1 / (1 + exp(-x)), or with `tanh` tanh(x); 15 bits behind the point."""

    kind = "Int16Sigmoid"
    attributes = Int16SigmoidAttributes

    def converts(self, node: Node[Int16SigmoidAttributes], precision: str, bias_precision: str) -> bool:
        return False

    def compute_integer(self, node: Node[Int16SigmoidAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
        given = node.attributes
        x = (inputs[0].astype(np.int64) * given.multiplier + (1 << given.shift >> 1)) >> given.shift
        if given.tanh:
            line = interpolation.sigmoid_line(np.abs(x), TANH_BITS, TANH_END)
            return [(np.where(x >= 0, line - (1 << 23) + 128, (1 << 23) - line + 127) >> 8).astype(np.int16)]
        line = interpolation.sigmoid_line(np.abs(x), SIGMOID_BITS, SIGMOID_END)
        return [(np.where(x >= 0, line + 512, (1 << 25) - line + 511) >> 10).astype(np.int16)]

    def emit(self, node: Node[Int16SigmoidAttributes], name: str) -> str:
        given = node.attributes
        bits, end = (TANH_BITS, TANH_END) if given.tanh else (SIGMOID_BITS, SIGMOID_END)
        values = {"name": name, "size": node.output.type.size, "multiplier": given.multiplier, "shift": given.shift}
        values |= {"half": 1 << given.shift >> 1, "bits": bits, "end": end}
        values["result"] = _TANH if given.tanh else _SIGMOID
        return _C % values

    def overwrites(self, node: Node[Int16SigmoidAttributes]) -> tuple[int, ...]:
        return (0,)


_SIGMOID = "(x >= 0 ? line + 512 : 33554943 - line) >> 10"
_TANH = "(x >= 0 ? line - 8388480 : 8388735 - line) >> 8"
_C = """\
static void %(name)s(const int16_t *in, int16_t *out) {
  for (int i = 0; i < %(size)d; i++) {
    int32_t x = (in[i] * %(multiplier)d + %(half)d) >> %(shift)d;
    int32_t line = (int32_t)sigmoid_line((uint32_t)(x < 0 ? -x : x), %(bits)d, %(end)du);
    out[i] = (int16_t)(%(result)s);
  }
}
"""
