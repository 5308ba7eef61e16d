"""Sums of products two at a time, as C: convolutions and dense layers whose input Widen has prepared."""

from dataclasses import dataclass

import numpy as np

from helpers.compiler.backends.dsp import blocks, scratch, widen
from helpers.compiler.backends.dsp.assembly import held, streamed
from helpers.compiler.backends.dsp.assembly.ending import Ending
from helpers.compiler.backends.dsp.assembly.held import Plane
from helpers.compiler.backends.dsp.blocks import Block
from helpers.compiler.backends.dsp.scratch import Scratch
from helpers.compiler.backends.dsp.sums import Sums, addend
from helpers.compiler.backends.dsp.widen import Image
from helpers.compiler.ir.graph import Node
from helpers.compiler.numerics.affine import clip
from helpers.compiler.operators.base import c_code
from helpers.compiler.operators.base.layer_attributes import FusedAttributes
from helpers.compiler.operators.base.registry import Operator, operator


@dataclass(slots=True, kw_only=True)
class PairSumsAttributes(FusedAttributes):
    """What is summed, of which image, how much of that is widened at a time, and the fused activation.

    scratch: None if bytes are multiplied as they are loaded. last: the output stage in assembly; None if the layer is C.
    plane: how a single channel is summed with held weights.
    """

    sums: Sums
    image: Image
    block: Block
    scratch: Scratch | None
    last: Ending | None = None
    plane: Plane | None = None


@operator
class PairSums(Operator[PairSumsAttributes]):
    """A convolution or dense layer, its activation, and a 2x2 maximum pool behind it where `sums.pooled`.

    Inputs: int8 elements; the weights as words of two (blocks.packed); what each sum starts with. Results: int8 elements; a
    scratch buffer.
    """

    kind = "PairSums"
    attributes = PairSumsAttributes
    internal = True
    resizes = True

    def overwrites(self, node: Node[PairSumsAttributes]) -> tuple[int, ...]:
        """The input, where no result reaches what is still to be widened."""
        given = node.attributes
        return (0,) if given.scratch and scratch.in_place(given.sums, given.image, given.scratch) else ()

    def compute_integer(self, node: Node[PairSumsAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
        """The result as the unpacked weights give it."""
        sums, image = node.attributes.sums, node.attributes.image
        rows, columns = ((2 if sums.pooled else 1) * n for n in (sums.rows, sums.columns))
        starts = (np.arange(rows)[:, None] * sums.down + np.arange(columns) * sums.across)[..., None, None]
        taps = starts + np.array(sums.offsets())[:, None] + np.arange(sums.weights.shape[2])
        seen = image.padded(inputs[0]).astype(np.int64)[:, taps]
        total = np.einsum("nyxrt,ort->nyxo", seen, sums.weights) + sums.starts
        if sums.pooled:
            total = total.reshape(len(total), sums.rows, 2, sums.columns, 2, -1).max((2, 4))
        rooms = [np.zeros((len(total), *each.type.shape[1:]), np.int16) for each in node.outputs[1:]]
        return [elements(node, sums, total), *rooms]

    def emit(self, node: Node[PairSumsAttributes], name: str) -> str:
        """Loops over windows and blocks of outputs: a word of inputs serves several outputs, one of weights several windows."""
        given = node.attributes
        sums, outputs, row = given.sums, given.sums.outputs, f"{name}_row"
        arguments = "const int8_t *in, const int32_t *numbers, int8_t *out"
        if given.scratch is None and given.last is not None:
            head = streamed.c(row, sums, given.block, given.last, outputs, True)
            return head + c_code.function(name, arguments, f"  {row}(in, numbers, out);\n")
        if given.scratch is None:
            raise ValueError(f"{node.name}: C needs a scratch buffer")
        arguments += ", int16_t *wide"
        if given.last is not None and given.plane is not None:
            head = held.c(row, given.plane, given.last, outputs)
            body = widen.whole(given.image) + held.calls(row, outputs, given.plane, given.last)
        elif given.last is not None:
            head = streamed.c(row, sums, given.block, given.last, outputs)
            calls = streamed.calls(row, sums, given.block, outputs)
            body = scratch.c(sums, given.image, given.scratch, calls)
        else:
            head, result = c_result(node, sums, name)
            arguments = arguments.replace("numbers", "weights, const int32_t *bias")
            body = scratch.c(sums, given.image, given.scratch, blocks.c(sums, given.block, result))
        return head + c_code.function(name, arguments, body)


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
