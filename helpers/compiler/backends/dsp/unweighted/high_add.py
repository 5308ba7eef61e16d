"""Sums of two int8 values as TFLite has them, each of the three products rounded by its high half."""

import numpy as np

from helpers.compiler.backends.dsp import rounding
from helpers.compiler.backends.dsp.rounding import HighHalf
from helpers.compiler.ir.graph import Node
from helpers.compiler.numerics.affine import LIMITS
from helpers.compiler.numerics.requantisation import FixedPoint
from helpers.compiler.operators.add import Add
from helpers.compiler.operators.base.elementwise import SumAttributes
from helpers.compiler.operators.base.registry import operator


def fits(node: Node[SumAttributes]) -> bool:
    """Whether an Add is of int8 values with factors as TFLite has them, and every product within bounds."""
    types = [value.type.element for value in (*node.inputs, node.output)]
    return types == ["int8"] * 3 and node.attributes.sum is not None and halves(node) is not None


def halves(node: Node[SumAttributes]) -> tuple[HighHalf, HighHalf, HighHalf] | None:
    """How the left and the right value and their sum are rounded; None if one needs 64 bits."""
    given, ends, found = node.attributes, [], []
    for rule, value in ((given.left, node.inputs[0]), (given.right, node.inputs[1])):
        if not isinstance(rule, FixedPoint):
            return None
        bounds = [end - value.type.offset for end in LIMITS["int8"]]
        found += [rounding.of_layer([rule], [(bounds[0], bounds[1])], [0], None)]
        ends += [rule.apply(np.array(bounds, np.int32))]
    low, high = (int(ends[0][index]) + int(ends[1][index]) for index in (0, 1))
    found += [rounding.of_layer([given.sum], [(low, high)], [0], LIMITS["int8"][0])]
    return (found[0][0], found[1][0], found[2][0]) if all(found) else None


@operator
class HighAdd(Add):
    """The sum of two values, as Add."""

    kind = "HighAdd"
    internal = True

    def c_integer(self, node: Node[SumAttributes]) -> str:
        """The three products, each of a number shifted up."""
        found = halves(node)
        if found is None:
            raise ValueError(f"{node.name}: needs 64 bits")
        left, right, total = found
        return _rounded(total, f"{_rounded(left, 'x')} + {_rounded(right, 'y')}")


def _rounded(half: HighHalf, number: str) -> str:
    return f"{half.kind}((const int32_t[]){{{half.row}}}, (int32_t)((uint32_t)({number}) << {half.up}))"
