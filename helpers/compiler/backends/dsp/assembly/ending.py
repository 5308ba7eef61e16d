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


def function(name: str, note: str, read: str, lines: list[str]) -> str:
    """Return a C function that is all assembly, without a frame of its own; read: its first parameter.

    No compiler sees how the parameters are used, so that they are marked for those that warn.
    """
    arguments = ", ".join(
        f"{each} __attribute__((unused))" for each in (read, "const int32_t *numbers", "int8_t *result")
    )
    text = "".join(f'    "{line}\\n"\n' for line in [".syntax unified", *lines])
    head = f"/* {note} */\nstatic __attribute__((naked, noinline)) void {name}({arguments}) {{\n"
    return f"{head}  __asm__(\n{text}  );\n}}\n"


def of_layer(node: Node[FusedAttributes], sums: Sums) -> Ending | None:
    """The output stage of a layer; None if it needs more than these instructions."""
    rule = sums.rules[0]
    single = len(sums.rules) == 1 and sums.safe and isinstance(rule, Requantisation)
    if node.attributes.fused not in MONOTONE or not (sums.halves or single):
        return None
    ends = np.array([-(2**20), 2**20])
    least, most = (int(n) for n in np.clip(c_code.activated(node, ends), *LIMITS["int8"]))
    return Ending(sums.halves, None if sums.halves else rule, least, most)


NUMBERS = ("r2", "r3", "r12")  # factor, addend, shift


def lines(last: Ending, of: dict[tuple[int, int], str], spread: int) -> list[str]:
    """Requantise, clip and store the sums in registers, by window and output. r1: the numbers; lr: the first result's place.

    An output's windows take turns, so that one need not wait for its product while another could go on, and the next
    output's numbers are loaded meanwhile.
    """
    outputs = sorted({output for _, output in of})
    windows = sorted({window for window, _ in of})
    loads = [[f"ldr {each}, [r1, #{4 * (3 * o + n)}]" for n, each in enumerate(NUMBERS)] for o in range(len(outputs))]
    found = ["ldm r1!, {r2, r3}"] if last.rule is not None else loads[0]
    for o in outputs:
        totals = [of[w, o] for w in windows]
        following = loads[o + 1] if last.rule is None and o + 1 < len(outputs) else []
        found += [*in_turn(*(product(last, each, "r2", "r3") for each in totals)), *following[:2]]
        found += [f"asr {each}, r12" for each in totals if last.rule is None]
        found += [*following[2:], *_stored(last, totals, [f"[lr, #{w * spread + o}]" for w in windows])]
    return [*found, *([f"add r1, r1, #{12 * len(outputs)}"] if last.rule is None else [])]


def _stored(last: Ending, totals: list[str], places: list[str]) -> list[str]:
    """Clip and store; a sum is clipped while the one before it is stored."""
    found: list[str] = []
    waiting: list[str] = []
    for total, place in zip(totals, places, strict=True):
        found += [*saturated(last, total), *waiting, *clipped(last, total)]
        waiting = [f"strb {total}, {place}"]
    return found + waiting


def in_turn(*several: list[str]) -> list[str]:
    """The first instruction of each, the second of each, and so on."""
    return [each for row in zip(*several, strict=True) for each in row]


def product(last: Ending, total: str, factor: str, more: str) -> list[str]:
    """Multiply a sum in a register; factor, more: registers that hold the output stage's numbers."""
    if last.rule is not None:
        shifted = [f"asr {total}, {total}, #{last.rule.pre}"] if last.rule.pre else []
        return [*shifted, f"mla {total}, {total}, {factor}, {more}"]
    if last.halves[0].kind == rounding.PLAIN:
        return [f"smmlar {total}, {total}, {factor}, {more}"]
    if last.halves[0].kind == rounding.FLOOR:
        return [f"smmla {total}, {total}, {factor}, {more}"]
    away = f"add {total}, {total}, {total}, asr #31"
    return [f"smmulr {total}, {total}, {factor}", away, f"add {total}, {more}"]


def shifted(last: Ending, total: str, bits: str) -> list[str]:
    """Shift what `product` made to an element; bits: a register that holds the shift, if each output has one."""
    return [*([f"asr {total}, {bits}"] if last.rule is None else []), *saturated(last, total)]


def saturated(last: Ending, total: str) -> list[str]:
    """Clip to int8, and shift where the shift is one for all outputs."""
    bits = last.rule.post if last.rule is not None else 0
    return [f"ssat {total}, #8, {total}{f', asr #{bits}' if bits else ''}"]


def clipped(last: Ending, total: str) -> list[str]:
    """Clip an element closer than to int8."""
    found = []
    if last.least > LIMITS["int8"][0]:
        found += [f"cmp {total}, #{last.least}", "it lt", f"movlt {total}, #{last.least}"]
    if last.most < LIMITS["int8"][1]:
        found += [f"cmp {total}, #{last.most}", "it gt", f"movgt {total}, #{last.most}"]
    return found
