"""Sums of products two at a time, as C: convolutions and dense layers whose input Widen has prepared."""

from dataclasses import dataclass

import numpy as np

from helpers.compiler.backends.dsp import blocks
from helpers.compiler.backends.dsp.sums import Sums, addend
from helpers.compiler.ir.graph import Node
from helpers.compiler.numerics.affine import clip
from helpers.compiler.operators.base import c_code
from helpers.compiler.operators.base.layer_attributes import FusedAttributes
from helpers.compiler.operators.base.registry import Operator, operator


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

    def compute_integer(self, node: Node[PairSumsAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
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
    total = total >> np.array([each.up for each in sums.halves] or 0)
    result = np.stack([rule.apply(total[..., o].astype(np.int32)) for o, rule in enumerate(rules)], -1)
    return clip(c_code.activated(node, result), "int8").reshape(len(total), *node.output.type.shape[1:])


def c_result(node: Node[PairSumsAttributes], sums: Sums, name: str) -> tuple[str, str]:
    """What stands in front of the function, and the C that turns the sum @sum of the output @o into an element."""
    rule = sums.rules[0]
    if sums.halves:
        head = _table(name, "factor, addend, shift", [each.row for each in sums.halves])
        return head, f"clip8({c_code.c_activated(node, f'{sums.halves[0].kind}({name}_rules[@o], @sum)')})"
    if len(sums.rules) > 1:
        head = _table(name, "shift, factor, rounding, shift", [each.row for each in sums.rules])
        return head, f"clip8({c_code.c_activated(node, f'{rule.helper}({name}_rules[@o], @sum) + ({rule.offset})')})"
    if not sums.safe or rule.identity:
        return "", f"clip8({c_code.c_activated(node, rule.c('@sum'))})"
    shifted = f"(@sum >> {rule.pre})" if rule.pre else "@sum"
    whole = f"{shifted} * {rule.multiplier} + ({addend(rule)})"  # the offset goes in front of the shift
    return "", f"clip8({c_code.c_activated(node, f'(({whole}) >> {rule.post})')})"


def _table(name: str, columns: str, rows: list[str]) -> str:
    """A table in C with a row of numbers for each output."""
    text, width = "".join(f"  {{{row}}},\n" for row in rows), len(columns.split(","))
    return f"/* Of each output: {columns} */\nstatic const int32_t {name}_rules[][{width}] = {{\n{text}}};\n"
