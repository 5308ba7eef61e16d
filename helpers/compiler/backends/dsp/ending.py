"""The output stage in assembly: from a sum in a register to an element in memory."""

from dataclasses import dataclass

import numpy as np

from helpers.compiler.backends.dsp import rounding
from helpers.compiler.backends.dsp.rounding import HighHalf
from helpers.compiler.backends.dsp.sums import Sums, addend
from helpers.compiler.ir.graph import Node
from helpers.compiler.numerics.affine import LIMITS
from helpers.compiler.numerics.requantisation import Requantisation
from helpers.compiler.operators.base import c_code
from helpers.compiler.operators.base.layer_attributes import FusedAttributes

MONOTONE = (None, "Relu", "Clip")  # activations that never decrease


@dataclass(frozen=True)
class Ending:
    """The numbers of each output, by `halves`, or the one requantisation `rule`; least and most: an element's bounds."""

    halves: tuple[HighHalf, ...]
    rule: Requantisation | None
    least: int
    most: int

    def numbers(self, outputs: range) -> list[int]:
        """What the stream has behind the weights of a block of outputs."""
        if self.rule is not None:
            return [self.rule.multiplier, addend(self.rule)]
        return [n for o in outputs for n in (self.halves[o].multiplier, self.halves[o].addend, self.halves[o].post)]


def of_layer(node: Node[FusedAttributes], sums: Sums) -> Ending | None:
    """The output stage of a layer; None if it needs more than these instructions."""
    rule = sums.rules[0]
    single = len(sums.rules) == 1 and sums.safe and isinstance(rule, Requantisation)
    if node.attributes.fused not in MONOTONE or not (sums.halves or single):
        return None
    ends = np.array([-(2**20), 2**20])
    least, most = (int(n) for n in np.clip(c_code.activated(node, ends), *LIMITS["int8"]))
    return Ending(sums.halves, None if sums.halves else rule, least, most)


def lines(last: Ending, of: dict[tuple[int, int], str], spread: int) -> list[str]:
    """Requantise, clip and store the sums in registers, by window and output. r1: the numbers; lr: the first result's place."""
    found = ["ldm r1!, {r2, r3}"] if last.rule is not None else []
    for o in sorted({output for _, output in of}):
        if last.rule is None:
            found += ["ldm r1!, {r2, r3, r12}"]
        for w in sorted({window for window, output in of if output == o}):
            found += [*_element(last, of[w, o]), f"strb {of[w, o]}, [lr, #{w * spread + o}]"]
    return found


def _element(last: Ending, total: str) -> list[str]:
    if last.rule is not None:
        rule = last.rule
        shift = f", asr #{rule.post}" if rule.post else ""
        found = [f"asr {total}, {total}, #{rule.pre}"] if rule.pre else []
        found += [f"mla {total}, {total}, r2, r3", f"ssat {total}, #8, {total}{shift}"]
    else:
        kind = last.halves[0].kind
        product = {
            rounding.SIGNED: [
                f"smmulr {total}, {total}, r2",
                f"add {total}, {total}, {total}, asr #31",
                f"add {total}, r3",
            ],
            rounding.PLAIN: [f"smmlar {total}, {total}, r2, r3"],
            rounding.FLOOR: [f"smmla {total}, {total}, r2, r3"],
        }[kind]
        found = [*product, f"asr {total}, r12", f"ssat {total}, #8, {total}"]
    if last.least > LIMITS["int8"][0]:
        found += [f"cmp {total}, #{last.least}", "it lt", f"movlt {total}, #{last.least}"]
    if last.most < LIMITS["int8"][1]:
        found += [f"cmp {total}, #{last.most}", "it gt", f"movgt {total}, #{last.most}"]
    return found
