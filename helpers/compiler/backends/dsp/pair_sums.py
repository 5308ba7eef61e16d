"""Sums of products two at a time, as C: convolutions and dense layers whose input Widen has prepared."""

from dataclasses import dataclass

import numpy as np

from helpers.compiler.backends.dsp import blocks
from helpers.compiler.ir.graph import Node
from helpers.compiler.numerics.affine import clip
from helpers.compiler.numerics.requantisation import FixedPoint, Requantisation
from helpers.compiler.operators.base import c_code
from helpers.compiler.operators.base.layer_attributes import FusedAttributes
from helpers.compiler.operators.base.registry import Operator, operator

INT32 = (-(2**31), 2**31 - 1)


@dataclass(frozen=True)
class Sums:
    """Where the taps and the results of a layer are. All steps count elements.

    weights: [outputs, runs, taps], less their offset: a run's taps lie next to each other. runs: the steps to each run as
    (count, step) of an outer and an inner loop. rows, columns: of the result, after a 2x2 pool if `pooled`; down, across: steps
    of the window. even: whether every run of every window begins at a multiple of two elements. rules: the
    requantisation, one or one an output; they include the result's offset.
    """

    weights: np.ndarray
    bias: np.ndarray
    runs: tuple[tuple[int, int], tuple[int, int]]
    rows: int
    columns: int
    down: int
    across: int
    pooled: bool
    even: bool
    rules: tuple

    @property
    def outputs(self) -> int:
        return len(self.bias)

    @property
    def pairs(self) -> int:
        """Pairs of taps of a run."""
        return -(-self.weights.shape[2] // 2)

    def offsets(self) -> list[int]:
        """The element at which each run begins, from the window's first."""
        (outer, outer_step), (inner, inner_step) = self.runs
        return [i * outer_step + j * inner_step for i in range(outer) for j in range(inner)]

    def bounds_of_each(self) -> list[tuple[int, int]]:
        """Least and largest sum of each output, whatever the input (an element less its offset is within -255 to 255)."""
        reach = 255 * np.abs(self.weights).sum((1, 2))
        return [(int(bias - most), int(bias + most)) for bias, most in zip(self.bias, reach, strict=True)]

    def bounds(self) -> tuple[int, int]:
        """Least and largest sum of all outputs."""
        ends = self.bounds_of_each()
        return min(low for low, _ in ends), max(high for _, high in ends)

    @property
    def doubles(self) -> bool:
        """Whether smmulr rounds every sum first as TFLite does."""
        every = [self.rules[o % len(self.rules)] for o in range(self.outputs)]
        ends = zip(every, self.bounds_of_each(), strict=True)
        return all(isinstance(rule, FixedPoint) and rule.doubles(*each) for rule, each in ends)

    @property
    def safe(self) -> bool:
        """Whether the one requantisation stays within 32 bits, so that it never decreases and may follow a maximum."""
        rule = self.rules[0]
        if len(self.rules) > 1 or not isinstance(rule, Requantisation) or rule.wide or rule.multiplier <= 0:
            return False
        numbers = [
            (each >> rule.pre) * rule.multiplier + more
            for each in self.bounds()
            for more in (0, rule.round, _addend(rule))
        ]
        return all(INT32[0] <= each <= INT32[1] for each in (*self.bounds(), *numbers))


def _addend(rule: Requantisation) -> int:
    return rule.round + (rule.offset << rule.post)


@dataclass(slots=True, kw_only=True)
class PairSumsAttributes(FusedAttributes):
    """What is summed, and the fused activation."""

    sums: Sums


@operator
class PairSums(Operator[PairSumsAttributes]):
    """A convolution or dense layer, its activation, and a 2x2 maximum pool behind it where `sums.pooled`.

    Inputs: the widened elements; the weights as words of two (blocks.packed); the bias in units of the sums.
    """

    kind = "PairSums"
    attributes = PairSumsAttributes
    internal = True

    def compute_integer(self, node: Node[PairSumsAttributes], inputs):
        """The result as the unpacked weights give it."""
        sums = node.attributes.sums
        rows, columns = ((2 if sums.pooled else 1) * n for n in (sums.rows, sums.columns))
        starts = (np.arange(rows)[:, None] * sums.down + np.arange(columns) * sums.across)[..., None, None]
        taps = starts + np.array(sums.offsets())[:, None] + np.arange(sums.weights.shape[2])
        seen = inputs[0].astype(np.int64)[:, taps]
        total = np.einsum("nyxrt,ort->nyxo", seen, sums.weights) + sums.bias
        if sums.pooled:
            total = total.reshape(len(total), sums.rows, 2, sums.columns, 2, -1).max((2, 4))
        return [elements(node, sums, total)]

    def emit(self, node: Node[PairSumsAttributes], name: str) -> str:
        """Loops over windows and blocks of outputs: a word of inputs serves several outputs, one of weights several windows."""
        sums = node.attributes.sums
        head, result = c_result(node, sums, name)
        arguments = "const int16_t *in, const int32_t *weights, const int32_t *bias, int8_t *out"
        return head + c_code.function(name, arguments, blocks.c(sums, blocks.best(sums), result))


def elements(node: Node[PairSumsAttributes], sums: Sums, total: np.ndarray) -> np.ndarray:
    """The int8 elements that int64 sums [n, rows, columns, outputs] become."""
    rules = [sums.rules[o % len(sums.rules)] for o in range(sums.outputs)]
    result = np.stack([rule.apply(total[..., o].astype(np.int32)) for o, rule in enumerate(rules)], -1)
    return clip(c_code.activated(node, result), "int8").reshape(len(total), *node.output.type.shape[1:])


def c_result(node: Node[PairSumsAttributes], sums: Sums, name: str) -> tuple[str, str]:
    """What stands in front of the function, and the C that turns the sum @sum of the output @o into an element."""
    rule, doubles = sums.rules[0], sums.doubles
    helper = "doubled_high" if doubles else getattr(rule, "helper", "")
    if len(sums.rules) > 1:
        rows = "".join(f"  {{{each.doubled_row if doubles else each.row}}},\n" for each in sums.rules)
        head = f"/* Of each output: shift, factor, rounding, shift */\nstatic const int32_t {name}_rules[][4] = {{\n{rows}}};\n"
        return head, f"clip8({c_code.c_activated(node, f'{helper}({name}_rules[@o], @sum) + ({rule.offset})')})"
    if not sums.safe or rule.identity:
        return "", f"clip8({c_code.c_activated(node, rule.c('@sum'))})"
    shifted = f"(@sum >> {rule.pre})" if rule.pre else "@sum"
    whole = f"{shifted} * {rule.multiplier} + ({_addend(rule)})"  # the offset goes in front of the shift
    return "", f"clip8({c_code.c_activated(node, f'(({whole}) >> {rule.post})')})"
