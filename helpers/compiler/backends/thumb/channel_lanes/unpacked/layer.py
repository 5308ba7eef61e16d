"""Weights as bytes or in fewer bits, planned: which layers it suits, and their part of the constant region."""

from dataclasses import dataclass, replace

import numpy as np

from helpers.common.errors import Unsupported
from helpers.compiler.backends import weighted_layer
from helpers.compiler.backends.thumb import layers
from helpers.compiler.backends.thumb.arithmetic import factors
from helpers.compiler.backends.values import image_shape
from helpers.compiler.ir.graph import Node
from helpers.compiler.ir.kinds import DENSE
from helpers.compiler.numerics.requantisation import FixedPoint

# Words in front of a layer's weights, in order; steps and windows in bytes of the input, a row of it being `row_step`.
FIELDS = (
    "rows", "columns", "outputs", "row_step", "row_stride", "column_stride", "height", "kernel_rows", "window", "first_row",
    "first_column", "stride", "zero", "low", "high", "offset",
)  # fmt: skip
DIGITS = (4, 5, 6, 8)  # numbers of digits of a multiplier: a product of a sum and a digit has 32 bits
MOST_SUM = 2**22  # what a constant channel's sum may be


@dataclass(frozen=True)
class Variant:
    """Layers of one variant are computed by one function.

    bits: of a weight, 8, 4 or 2. bordered: whether windows reach over the edge; twice: whether requantisation rounds twice, as
    TFLite's "doubled"; alike: whether all outputs share one factor; unroll: taps in a round of the inner loop; digits: of a
    multiplier; mixed: whether some outputs round once all the same: their shifts are odd, and all are twice as large.
    """

    bordered: bool
    twice: bool
    alike: bool
    unroll: int
    digits: int
    bits: int = 8
    mixed: bool = False

    @property
    def tap_bytes(self) -> int:
        """Bytes of the weights by which four outputs multiply one input."""
        return self.bits // 2

    @property
    def digit_bits(self) -> int:
        """Bits of a digit; the highest may have fewer."""
        return -(-31 // self.digits)

    @property
    def left_over(self) -> int:
        """Bits behind the point of a sum times a multiplier."""
        return 31 - (self.digits - 1) * self.digit_bits


@dataclass(frozen=True)
class ByteLayer:
    """A layer's variant and its words: FIELDS, then for each quad of outputs its biases, weights and factors."""

    variant: Variant
    words: np.ndarray


def concerns(node: Node) -> bool:
    """Whether a layer's factors are TFLite's: these take most flash in lanes, so that code in C is the second choice."""
    return all(isinstance(rule, FixedPoint) for rule in weighted_layer.requantisations(node))


def suits(node: Node) -> bool:
    """Whether a layer can be computed so."""
    try:
        return bool(planned(node).words.size)
    except Unsupported:
        return False


def planned(node: Node, bits: int = 8, like: Variant | None = None) -> ByteLayer:
    """Return how a convolution of one group, or a dense layer, is computed with weights of so many bits, which they must fit in.

    like: another variant that tests for borders, whose function is to be used.
    Raises Unsupported for factors that are not TFLite's, for sums too large, and for kernels with gaps.
    """
    rules, where = list(weighted_layer.requantisations(node)), node.name
    if not all(isinstance(rule, FixedPoint) for rule in rules):
        raise Unsupported("factors that are not of 31 bits", where=where)
    window = node.attributes.window
    if window.dilations != (1, 1) or (node.kind not in DENSE and node.attributes.group != 1):
        raise Unsupported("a kernel with gaps, or of groups", where=where)
    biases, weights, largest = _sums(node, rules)
    multipliers = [rule.multiplier for rule in rules]
    kinds = set(map(_rounds_twice, rules))
    twice, mixed = True in kinds, len(kinds) > 1
    bordered = like is not None or any(window.pads)
    length = weights.shape[3] * (1 if bordered else weights.shape[2])
    unroll = max(n for n in (4, 2, 1) if length % n == 0 and (like is None or n <= like.unroll))
    variant = Variant(bordered, twice, False, unroll, _digits(largest, where), bits, mixed)
    shifts = [rule.right - rule.left - 1 + (0 if _rounds_twice(rule) else variant.left_over) for rule in rules]
    if min(shifts) < 0:
        raise Unsupported("factors too large", where=where)
    if mixed:
        shifts = [2 * shift + (not _rounds_twice(rule)) for shift, rule in zip(shifts, rules, strict=True)]
    alike = len(set(zip(multipliers, shifts, strict=True))) == 1
    zero = node.inputs[0].type.offset
    if not bordered:
        biases = [int(bias) - zero * int(own.sum()) for bias, own in zip(biases, weights, strict=True)]
    words = [np.array([_fields(node)[field] for field in FIELDS])]
    if alike:
        words.append(_factors(multipliers[:1] * 4, shifts[:1] * 4))
    for first in range(0, len(weights), 4):
        chosen = slice(first, first + 4)
        words += [_four(biases[chosen]), _packed(weights[chosen], bits)]
        words += [] if alike else [_factors(multipliers[chosen], shifts[chosen])]
    return ByteLayer(replace(variant, alike=alike), np.concatenate(words) & 0xFFFFFFFF)


def _rounds_twice(rule: FixedPoint) -> bool:
    """Whether a rule rounds twice: TFLite's does, unless the second time shifts nothing out."""
    return rule.helper == "doubled" and rule.right > 0


def _digits(largest: int, where: str) -> int:
    """The fewest digits for sums of a magnitude."""
    fitting = [digits for digits in DIGITS if largest << -(-31 // digits) < 2**31]
    if not fitting:
        raise Unsupported("sums of more than 27 bits", where=where)
    return fitting[0]


def _sums(node: Node, rules: list[FixedPoint]) -> tuple[list[int], np.ndarray, int]:
    """Biases, weights, and the largest magnitude of a sum.

    A channel that cannot vary has no weights, the rule of one that can, and a bias that gives its element.
    """
    sums = layers.sums_of(node, [layers.largest_stored(node.inputs[0])])
    if sums.output.slope is not None:
        raise Unsupported("a LeakyRelu", where=node.name)
    weights, biases, output = sums.weights.copy(), list(weighted_layer.bias(node)), sums.output
    if weights.min() < -128 or weights.max() > 127:
        raise Unsupported("weights of more than 8 bits", where=node.name)
    usual = next((rule for channel, rule in enumerate(rules) if channel not in output.constant), rules[0])
    for channel in output.constant:
        rules[channel] = usual
    for channel, rule in enumerate(rules):
        largest = max(map(abs, output.sums[channel]))
        if channel in output.constant:
            element = output.element(channel, output.sums[channel][0]) - output.storage_offset
            weights[channel], biases[channel] = 0, _bias_of(rule, element, layers.bounds(node.output), node.name)
        else:  # refuses what 32 bits cannot do
            factors.factor_of(rule, rule.offset + output.storage_offset, largest)
    varied = [max(map(abs, ends)) for channel, ends in enumerate(output.sums) if channel not in output.constant]
    return biases, weights, max([1, *varied, *(abs(biases[channel]) for channel in output.constant)])


def _bias_of(rule: FixedPoint, element: int, bounds: tuple[int, int], where: str) -> int:
    """The least sum that a rule and a clip turn into an element, by bisection."""
    low, high = -MOST_SUM, MOST_SUM
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if _clipped(rule, middle, bounds) < element else (low, middle)
    if _clipped(rule, low, bounds) != element:
        raise Unsupported("a constant channel that no sum gives", where=where)
    return low


def _clipped(rule: FixedPoint, total: int, bounds: tuple[int, int]) -> int:
    return min(max(int(rule.apply(np.array([total]))[0]), bounds[0]), bounds[1])


def _fields(node: Node) -> dict[str, int]:
    (height, width, channels), (rows, columns, outputs) = image_shape(node.inputs[0]), image_shape(node.output)
    window, row_step, (low, high) = node.attributes.window, width * channels, layers.bounds(node.output)
    (top, left), strides = window.pads[:2], window.strides
    return {
        "rows": rows, "columns": columns, "outputs": outputs, "row_step": row_step, "row_stride": strides[0] * row_step,
        "column_stride": strides[1] * channels, "height": height, "kernel_rows": window.kernel[0],
        "window": window.kernel[1] * channels, "first_row": -top, "first_column": -left * channels, "stride": strides[0],
        "zero": node.inputs[0].type.offset, "low": low, "high": high,
        "offset": weighted_layer.requantisations(node)[0].offset,
    }  # fmt: skip


def _four(numbers: list[int]) -> np.ndarray:
    return np.array([*numbers, *[0] * (4 - len(numbers))], np.int64)


def _packed(weights: np.ndarray, bits: int) -> np.ndarray:
    """Weights [outputs, rows, columns, channels] of up to four outputs as words, tap after tap, the first output lowest."""
    taps = np.zeros((4, weights[0].size), np.int64)
    taps[: len(weights)] = weights.reshape(len(weights), -1) & (2**bits - 1)
    together = sum(taps[output] << bits * output for output in range(4))
    packed = together.astype(f"<u{bits // 2}").tobytes()
    return np.frombuffer(packed.ljust(-(-len(packed) // 4) * 4, b"\0"), "<u4").astype(np.int64)


def _factors(multipliers: list[int], shifts: list[int]) -> np.ndarray:
    """The multipliers of up to four outputs, and a byte of each shift."""
    return np.append(_four(multipliers), sum(shift << 8 * output for output, shift in enumerate(shifts)))
