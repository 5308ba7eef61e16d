"""Dense layers and 1x1 convolutions whose weights take 4 or 2 bits, several in a byte, as C."""

import copy
from dataclasses import dataclass

import numpy as np

from helpers.compiler.backends import memory_plan, weighted_layer
from helpers.compiler.ir.graph import Constant, Graph, Node, TensorType
from helpers.compiler.ir.kinds import DENSE, SUMS
from helpers.compiler.numerics.affine import clip
from helpers.compiler.operators.base import c_code
from helpers.compiler.operators.base.columns import Columns
from helpers.compiler.operators.base.layer_attributes import FusedAttributes, Rule
from helpers.compiler.operators.base.registry import Operator, operator

WIDTHS = (2, 4)
CODE_BYTES = {2: 72, 4: 60}  # of a layer, on top of what it takes with weights as bytes, on a Cortex-M0+


@dataclass(slots=True, kw_only=True)
class PackedSumsAttributes(FusedAttributes):
    """bits: of a weight; taps: of a sum; above: what is added to every weight before it is stored; strides: in pixels.

    rules: from sums to elements, one an output, with the result's offset.
    """

    bits: int
    taps: int
    above: int
    strides: tuple[int, int]
    rules: list[Rule]


@operator
class PackedSums(Operator[PackedSumsAttributes]):
    """A dense layer or a 1x1 convolution with its activation.

    Inputs: int8 elements; a row of packed weights for each output, the first tap in the lowest bits; int32 biases in steps of
    the sums.
    """

    kind = "PackedSums"
    attributes = PackedSumsAttributes
    internal = True

    def compute_integer(self, node: Node[PackedSumsAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
        given, (x, packed, bias) = node.attributes, inputs
        down, across = given.strides
        x = x[:, ::down, ::across] if x.ndim == 4 else x
        weights = unpacked(packed, given.bits)[:, : given.taps] - given.above
        sums = (x.astype(np.int64) - node.inputs[0].type.offset) @ weights.T + bias
        result = np.stack([rule.apply(sums[..., o].astype(np.int32)) for o, rule in enumerate(given.rules)], -1)
        return [clip(c_code.activated(node, result), "int8")]

    def emit(self, node: Node[PackedSumsAttributes], name: str) -> str:
        given, (x, _, bias), columns = node.attributes, (value.type for value in node.inputs), Columns(name)
        rule, each = given.rules[0], 8 // given.bits
        total = rule.c("sum") if len(set(given.rules)) == 1 else columns.requantised("sum", given.rules, "sum")
        total += "" if len(set(given.rules)) == 1 else f" + ({rule.offset})"
        whole = given.taps // each * each
        values = {
            "outputs": bias.shape[0], "whole": whole, "each": each, "result": c_code.c_activated(node, total),
            "taps": _products(node, range(each), "i + "),
            "rest": _REST % _products(node, range(given.taps - whole), f"{whole} + ") if given.taps > whole else "",
        }  # fmt: skip
        text, images = _SUMS % values, x.shape[0]
        if len(x.shape) == 4 and node.output.type.shape[1:3] != (1, 1):
            text = _positions(node, text)
        arguments = "const int8_t *in, const int8_t *weights, const int32_t *bias, int8_t *out"
        return columns.head + c_code.function(name, arguments, text, images, {"in": x.size // images})


def _products(node: Node[PackedSumsAttributes], places: range, first: str) -> str:
    """The products of some inputs by the weights of a byte, added up."""
    given, zero = node.attributes, node.inputs[0].type.offset
    less = f" - ({given.above})" if given.above else ""
    parts = (f"(p[{first}{n}] - ({zero})) * (bits_of(w, {n * given.bits}, {given.bits}){less})" for n in places)
    return " + ".join(parts)


def _positions(node: Node[PackedSumsAttributes], text: str) -> str:
    """The loops over the pixels of the result around the sums of one."""
    (_, _, width, channels), (_, rows, columns, _) = node.inputs[0].type.shape, node.output.type.shape
    down, across = node.attributes.strides
    inner = "".join(f"    {line}" for line in text.splitlines(keepends=True))
    at = f"in + (y * {down * width} + x * {across}) * {channels}"
    loops = f"  for (int y = 0; y < {rows}; y++) {{\n    for (int x = 0; x < {columns}; x++) {{\n"
    return loops + inner.replace("p = in", f"p = {at}") + "    }\n  }\n"


_REST = """\
    w = *q++;
    sum += %s;
"""
_SUMS = """\
  const int8_t *p = in;
  const uint8_t *q = (const uint8_t *)weights;
  for (int o = 0; o < %(outputs)d; o++) {
    int32_t sum = bias[o];
    uint32_t w;
    for (int i = 0; i < %(whole)d; i += %(each)d) {
      w = *q++;
      sum += %(taps)s;
    }
%(rest)s    *out++ = clip8(%(result)s);
  }
"""


def with_packed_weights(graph: Graph) -> Graph:
    """A copy of an integer graph in which layers store their weights in 4 or 2 bits where these fit and that saves flash."""
    made = graph.copied()
    for node in made.in_order():
        if node.kind in SUMS and all(made.read_once(value) for value in node.inputs[1:]):
            narrow = of_layer(node)
            for old, new in zip(node.inputs, narrow.inputs, strict=True):
                if new is not old:
                    made.constants[made.constants.index(old.node)] = new.node
            node.kind, node.attributes, node.inputs = narrow.kind, narrow.attributes, narrow.inputs
    return made


def of_layer(node: Node) -> Node:
    """A copy of a layer that stores its weights in 4 or 2 bits, where these fit and that saves flash; else the layer."""
    if not _fits(node):
        return node
    weights = weighted_layer.weights(node).reshape(node.output.type.shape[-1], -1)
    bits = next((bits for bits in WIDTHS if np.ptp(weights) < 2**bits), None)
    if bits is None:
        return node
    low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    above = 0 if low <= weights.min() and weights.max() <= high else low - int(weights.min())
    numbers = packed(weights + above, bits), np.array(weighted_layer.bias(node), np.int32)
    before, after = (
        sum(map(memory_plan.aligned, sizes))
        for sizes in ([value.type.bytes for value in node.inputs[1:]], [each.nbytes for each in numbers])
    )
    if before - after <= CODE_BYTES[bits]:
        return node
    strides, rules = node.attributes.window.strides, weighted_layer.requantisations(node)
    made = copy.copy(node)
    made.become(PackedSums.kind, bits=bits, taps=weights.shape[1], above=above, strides=strides, rules=rules)
    constants = [
        Constant(value.node.name, each, TensorType(each.shape, str(each.dtype), 1.0))
        for value, each in zip(node.inputs[1:], numbers, strict=True)
    ]
    made.inputs = [node.inputs[0], *(each.output for each in constants)]
    return made


def _fits(node: Node) -> bool:
    """Whether a layer is a matrix of int8 with constant weights."""
    integers = all(value.type.element == "int8" for value in (node.inputs[0], node.inputs[1], node.output))
    constant = all(isinstance(value.node, Constant) for value in node.inputs[1:])
    window = node.attributes.window
    matrix = node.kind in DENSE or (window.kernel == (1, 1) and not any(window.pads) and node.attributes.group == 1)
    return integers and constant and matrix


def packed(numbers: np.ndarray, bits: int) -> np.ndarray:
    """Signed integers [outputs, taps] of so many bits as int8 [outputs, bytes]: the first tap lowest, zeros behind the last."""
    each = 8 // bits
    fields = np.pad(numbers, ((0, 0), (0, -numbers.shape[1] % each))) & (2**bits - 1)
    shifted = fields.reshape(len(numbers), -1, each) << bits * np.arange(each)
    return shifted.sum(2).astype(np.uint8).view(np.int8)


def unpacked(numbers: np.ndarray, bits: int) -> np.ndarray:
    """The inverse of `packed`, with the zeros."""
    shifted = numbers.view(np.uint8)[..., None].astype(np.int64) >> bits * np.arange(8 // bits)
    half = 2 ** (bits - 1)
    return (((shifted & (2**bits - 1)) ^ half) - half).reshape(len(numbers), -1)
