"""Weights of 4 and 2 bits: which layers store theirs so, so that the whole takes the least flash."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from helpers.compiler.backends import weighted_layer
from helpers.compiler.backends.plain_c import packed_sums
from helpers.compiler.backends.thumb.channel_lanes.unpacked import layer
from helpers.compiler.backends.thumb.channel_lanes.unpacked.layer import ByteLayer
from helpers.compiler.backends.thumb.kernels import Kernel
from helpers.compiler.ir.graph import Node
from helpers.compiler.ir.kinds import SUMS

WIDTHS = (2, 4, 8)
FUNCTION_BYTES = 420  # of code of one variant, about


def narrowed(kernels: list[Kernel]) -> list[Kernel]:
    """Return the kernels, those of the kind "bytes" with the widths of their weights; layers left to C pack them as C does.

    Layers of one variant share a function, so that narrower weights are stored where they save more than the code of one more
    variant takes.
    """
    choices = [_choices(kernel.nodes[0]) if kernel.kind == "bytes" else {} for kernel in kernels]
    taken = [min(each, default=8) for each in choices]
    while (fewer := min(_wider(choices, taken), key=lambda each: _flash(choices, each), default=taken)) != taken:
        if _flash(choices, fewer) >= _flash(choices, taken):
            break
        taken = fewer
    return [_narrow(kernel, bits) for kernel, bits in zip(kernels, taken, strict=True)]


def _narrow(kernel: Kernel, bits: int) -> Kernel:
    if kernel.kind == "c" and kernel.nodes[0].kind in SUMS:
        return replace(kernel, nodes=[packed_sums.of_layer(kernel.nodes[0])])
    return replace(kernel, bits=bits) if kernel.kind == "bytes" else kernel


def _choices(node: Node) -> dict[int, ByteLayer]:
    """How a layer can be stored, by bits of a weight."""
    weights = weighted_layer.weights(node)
    return {bits: layer.planned(node, bits) for bits in WIDTHS if fits(weights, bits)}


def fits(weights: np.ndarray, bits: int) -> bool:
    """Whether integers fit in so many signed bits."""
    return bool(-(2 ** (bits - 1)) <= weights.min() and weights.max() < 2 ** (bits - 1))


def _wider(choices: list[dict[int, ByteLayer]], taken: list[int]) -> Iterable[list[int]]:
    """What there is besides, each with the layers of one variant in more bits."""
    variants = {choice[bits].variant for choice, bits in zip(choices, taken, strict=True) if bits < 8}
    for variant in sorted(variants, key=repr):
        for more in (bits for bits in WIDTHS if bits > variant.bits):
            yield [
                more if choice and choice[bits].variant == variant else bits
                for choice, bits in zip(choices, taken, strict=True)
            ]


def _flash(choices: list[dict[int, ByteLayer]], taken: list[int]) -> int:
    """Bytes of the layers' data and functions."""
    chosen = [choice[bits] for choice, bits in zip(choices, taken, strict=True) if choice]
    return sum(4 * each.words.size for each in chosen) + FUNCTION_BYTES * len({each.variant for each in chosen})
