"""Convolutions and dense layers of int16 activations and int8 weights, as TFLite computes them (16x8)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from helpers.compiler.ir.graph import Node, constant_of
from helpers.compiler.ir.window import Window
from helpers.compiler.numerics import wide_sums
from helpers.compiler.numerics.requantisation import FixedPoint
from helpers.compiler.numerics.wide_sums import Real, Reduced
from helpers.compiler.operators import conv
from helpers.compiler.operators.base import c_code
from helpers.compiler.operators.base.columns import Columns
from helpers.compiler.operators.base.registry import Operator, operator, same_type


@dataclass(slots=True, kw_only=True)
class Int16SumsAttributes:
    """A window and groups, as a convolution has them.

    rules: of each output, all of one kind. low, high: what results are cut to. wraps: sums have 32 bits, as the biases.
    """

    window: Window
    group: int
    rules: Sequence[Reduced | Real | FixedPoint]
    low: int
    high: int
    wraps: bool = False


@operator
class Int16Sums(Operator[Int16SumsAttributes]):
    """Sums of products under a window; a dense layer is a convolution of images of a single pixel.

    Inputs: x int16 [batch, height, width, channels]; weights int8 [outputs, ky, kx, channels of a group]; biases int32 or int64
    [outputs].
    """

    kind = "Int16Sums"
    attributes = Int16SumsAttributes

    def converts(self, node: Node[Int16SumsAttributes], precision: str, bias_precision: str) -> bool:
        return False

    def compute_integer(self, node: Node[Int16SumsAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
        given, sums = node.attributes, conv.integer_sums(node, inputs, 0) + inputs[2].astype(np.int64)
        sums = sums.astype(np.int32).astype(np.int64) if given.wraps else sums
        results = [rule.apply(sums[..., number]) for number, rule in enumerate(given.rules)]
        return [np.clip(np.stack(results, -1), given.low, given.high).astype(np.int16)]

    def emit(self, node: Node[Int16SumsAttributes], name: str) -> str:
        """Sums of 32 bits where these hold every sum, or where the file's do; else of 64."""
        given, columns, x = node.attributes, Columns(name), node.inputs[0].type
        weights, bias = (constant_of(value).data for value in node.inputs[1:])
        short = wide_sums.largest_sum(weights, bias) <= wide_sums.INT32[1]
        kind = "int32_t" if short else "uint32_t" if given.wraps else "int64_t"
        total = "(int32_t)sum" if given.wraps and not short else "sum"
        head, result = _requantised(columns, given.rules, total)
        values = conv.sizes(node) | {"sum": kind, "result": result, "low": given.low, "high": given.high}
        arguments = f"const int16_t *in, const int8_t *filter, const {same_type(node.inputs[2])} *bias, int16_t *out"
        steps = {"in": x.size // x.shape[0]}
        return columns.head + head + c_code.function(name, arguments, _C % values, x.shape[0], steps)


def _requantised(columns: Columns, rules: Sequence[Reduced | Real | FixedPoint], total: str) -> tuple[str, str]:
    """C in front of the function, and the expression that requantises the sum of output `o`."""
    short = [rule for rule in rules if isinstance(rule, Reduced)]
    if short:
        multiplier = columns.add("multiplier", [rule.multiplier for rule in short])
        return "", f"reduced({total}, {multiplier}, {columns.add('shift', [rule.shift for rule in short])})"
    fixed = [rule for rule in rules if isinstance(rule, FixedPoint)]
    if fixed:
        return "", columns.requantised("sum", fixed, total)
    factors = [rule.factor for rule in rules if isinstance(rule, Real)]
    alike = len(set(factors)) == 1
    lines = "".join(f"  {factor.hex()},\n" for factor in (factors[:1] if alike else factors))
    table = f"static const double {columns.name}_factor[] = {{\n{lines}}};\n"
    return table, f"nearest((double){total} * {columns.name}_factor[{'0' if alike else 'o'}])"


_C = """\
  for (int y = 0; y < %(rows)d; y++) {
    for (int x = 0; x < %(columns)d; x++) {
      for (int o = 0; o < %(outputs)d; o++) {
        %(sum)s sum = (%(sum)s)bias[o];
        for (int ky = 0; ky < %(ky)d; ky++) {
          int row = y * %(sy)d + ky * %(dy)d - %(top)d;
          if (row < 0 || row >= %(height)d) continue;
          for (int kx = 0; kx < %(kx)d; kx++) {
            int column = x * %(sx)d + kx * %(dx)d - %(left)d;
            if (column < 0 || column >= %(width)d) continue;
            const int16_t *p = in + (row * %(width)d + column) * %(channels)d%(first)s;
            const int8_t *q = filter + ((o * %(ky)d + ky) * %(kx)d + kx) * %(per_group)d;
            for (int c = 0; c < %(per_group)d; c++) sum += (%(sum)s)(p[c] * q[c]);
          }
        }
        *out++ = (int16_t)at_most(%(high)d, at_least(%(low)d, %(result)s));
      }
    }
  }
"""
