"""The sum, or the difference, of two values of int8: two products and a shift, proved for every pair of elements."""

from dataclasses import dataclass

import numpy as np

from helpers.common.errors import Unsupported
from helpers.compiler.backends.thumb import layers
from helpers.compiler.backends.thumb.arithmetic.output_stage import emit_clip
from helpers.compiler.backends.thumb.assembler.assembly import Assembly
from helpers.compiler.backends.thumb.buffers.storage import Layout
from helpers.compiler.ir.graph import Constant, Node
from helpers.compiler.numerics import short_sums
from helpers.compiler.operators.base import registry

SIGNS = {"Add": 1, "Sub": -1}
IN_A_ROW = 4  # elements of a round of the loop, if their number allows it


@dataclass(frozen=True)
class Addition:
    """An element is (left * x + right * y + addend) >> shift, clipped to 0..largest; x and y are int8, it counts from `low`.

    ends: the least and the largest result before it is clipped.
    """

    left: int
    right: int
    addend: int
    shift: int
    low: int
    largest: int
    ends: tuple[int, int]


def planned(node: Node, relu: Node | None = None) -> Addition:
    """Return the sum of two int8 values of one shape, and of a Relu that only clips.

    The operator's own arithmetic rounds each input and the sum. That this gives the same elements is tried for all 65,536 pairs.
    Raises Unsupported where it does not.
    """
    values = (*node.inputs, node.output)
    if node.kind not in SIGNS or len({value.type.shape for value in values}) > 1:
        raise Unsupported("no sum of two values of one shape", where=node.name)
    if any(value.type.element != "int8" or isinstance(value.node, Constant) for value in values):
        raise Unsupported("no sum of two computed int8 values", where=node.name)
    (left, right, out), (low, high) = (value.type for value in values), layers.bounds((relu or node).output)
    x, y = np.meshgrid(short_sums.INT8 - left.offset, short_sums.INT8 - right.offset, indexing="ij")
    exact = registry.of(node).integer(node, x.astype(np.int32), y.astype(np.int32))  # type: ignore[attr-defined]
    wanted = np.clip(exact, low, high) - low
    slopes = left.scale / out.scale, SIGNS[node.kind] * right.scale / out.scale
    made = short_sums.of_pairs(slopes, (0, 0), wanted.astype(np.int16).tobytes(), (0, high - low))
    if made is None:
        raise Unsupported("a sum that two products do not give", where=node.name)
    one, other = made.factors
    return Addition(one, other, made.addend, made.shift, low, high - low, made.ends)


def suits(node: Node, relu: Node | None = None) -> bool:
    """Whether a node is such a sum."""
    try:
        return planned(node, relu) is not None
    except Unsupported:
        return False


def emit(asm: Assembly, addition: Addition, target: Layout) -> None:
    """The body of a function (r0: left, r1: right, r2: output, bytes without a border). r7 counts up to 0."""
    count = target.bytes
    unrolled = max(n for n in range(1, IN_A_ROW + 1) if count % n == 0)
    asm.literal("r7", count)
    asm.emit(*(f"adds {register}, {register}, r7" for register in ("r0", "r1", "r2")), "rsbs r7, r7, #0")
    asm.literal("r3", addition.addend)
    asm.emit("mov r8, r3")
    asm.literal("r5", addition.left)
    asm.literal("r6", addition.right)
    again = asm.here()
    for _ in range(unrolled):
        asm.emit("ldrsb r3, [r0, r7]", "ldrsb r4, [r1, r7]", "muls r3, r5, r3", "muls r4, r6, r4")
        asm.emit("adds r3, r3, r4", "add r3, r8", f"asrs r3, r3, #{addition.shift}")
        emit_clip(asm, "r3", addition.ends, addition.largest, "r4")
        asm.advance("r3", addition.low + target.storage_offset, "r4")
        asm.emit("strb r3, [r2, r7]", "adds r7, #1")
    asm.emit(f"bne {again}", "bx lr")
    asm.pool()
