"""The sum, or the difference, of two values of int8: two products and a shift, proved for every pair of elements."""

import functools
from dataclasses import dataclass

import numpy as np

from helpers.common.errors import Unsupported
from helpers.compiler.backends.thumb import layers
from helpers.compiler.backends.thumb.arithmetic.output_stage import emit_clip
from helpers.compiler.backends.thumb.assembler.assembly import Assembly
from helpers.compiler.backends.thumb.buffers.storage import Layout
from helpers.compiler.ir.graph import Constant, Node
from helpers.compiler.operators.base import registry

SHIFTS = range(26, 15, -1)  # bits behind the point, as many as 32 bits allow
NEARBY = (0, 1, -1, 2, -2)  # how far a product may be from its rounded factor
UNBOUNDED = 2**62
INT8 = np.arange(-128, 128, dtype=np.int64)
SIGNS = {"Add": 1, "Sub": -1}
IN_A_ROW = 4  # elements of a round of the loop, if their number allows it
KEPT = 256  # results of searches, 64 KB each: every form asks for the same sums, and unrolled layers repeat theirs


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
    x, y = np.meshgrid(INT8 - left.offset, INT8 - right.offset, indexing="ij")
    exact = registry.of(node).integer(node, x.astype(np.int32), y.astype(np.int32))  # type: ignore[attr-defined]
    wanted = (np.clip(exact, low, high) - low).astype(np.uint8)
    made = _found(left.scale / out.scale, SIGNS[node.kind] * right.scale / out.scale, wanted.tobytes(), low, high - low)
    if made is None:
        raise Unsupported("a sum that two products do not give", where=node.name)
    return made


@functools.lru_cache(KEPT)
def _found(left: float, right: float, elements: bytes, low: int, largest: int) -> Addition | None:
    """A sum by products near two factors that gives every element, with as many bits as possible; elements: 256 rows of 256."""
    wanted = np.frombuffer(elements, np.uint8).reshape(256, 256).astype(np.int64)
    made = (_nearby(left, right, shift, wanted, low, largest) for shift in SHIFTS)
    return next((each for each in made if each), None)


def _nearby(left: float, right: float, shift: int, wanted: np.ndarray, low: int, largest: int) -> Addition | None:
    """A sum by products near two factors, if one gives every element and stays within 32 bits; wanted: elements [256, 256]."""
    least = (wanted << shift) * (wanted > 0) - UNBOUNDED * (wanted == 0)
    most = ((wanted + 1 << shift) - 1) * (wanted < largest) + UNBOUNDED * (wanted == largest)
    if 256 * (abs(left) + abs(right)) * 2**shift > 2**32:
        return None
    for one in NEARBY:
        for other in NEARBY:
            a, b = round(left * 2**shift) + one, round(right * 2**shift) + other
            products = a * INT8[:, None] + b * INT8[None, :]
            addend, highest = int((least - products).max()), int((most - products).min())
            ends = (int(products.min()) + addend, int(products.max()) + addend)
            fits = max(map(abs, (*ends, int(products.min()), int(products.max())))) < 2**31
            if addend <= highest and fits:
                return Addition(a, b, addend, shift, low, largest, (ends[0] >> shift, ends[1] >> shift))
    return None


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
