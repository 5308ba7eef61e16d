"""Which layers use another variant's function: one without a border can use one that tests for it, and the flash is saved."""

import math

from helpers.common.errors import Unsupported
from helpers.compiler.backends.thumb.channel_lanes.unpacked import layer as unpacked
from helpers.compiler.backends.thumb.channel_lanes.unpacked.layer import Variant
from helpers.compiler.backends.thumb.kernels import Kernel
from helpers.compiler.ir.graph import Node

FUNCTION = 400  # bytes, about
TAP, ROUND, TEST = 26, 4, 1  # cycles: four products of a tap, a round of the inner loop, an input's zero


def merged(kernels: list[Kernel]) -> dict[Node, Variant]:
    """Return the variant of each layer that is to use another one's: the share of flash saved is more than that of cycles."""
    bits = {kernel.nodes[0]: kernel.bits for kernel in kernels if kernel.kind == "bytes"}
    own = {node: unpacked.planned(node, its) for node, its in bits.items()}
    kinds = list(dict.fromkeys(layer.variant for layer in own.values()))
    flash = sum(layer.words.nbytes // 2 for layer in own.values()) + FUNCTION * len(kinds)
    cycles = sum(_taps(node) * (TAP + ROUND / layer.variant.unroll) for node, layer in own.items())
    found: dict[Node, Variant] = {}
    for kind in (kind for kind in kinds if not kind.bordered):
        mine = [node for node, layer in own.items() if layer.variant == kind]
        for other in (other for other in kinds if other.bordered):
            more = sum(map(_taps, mine)) * (TEST + ROUND / other.unroll - ROUND / kind.unroll)
            if FUNCTION / flash > more / cycles and all(_fits(node, bits[node], other) for node in mine):
                found |= dict.fromkeys(mine, other)
                break
    return found


def _taps(node: Node) -> int:
    """Taps of a layer, each of four products."""
    _, *places, outputs = node.output.type.shape
    return math.prod(places) * -(-outputs // 4) * (node.inputs[1].type.size // outputs)


def _fits(node: Node, bits: int, variant: Variant) -> bool:
    try:
        return unpacked.planned(node, bits, variant).variant == variant
    except Unsupported:
        return False
