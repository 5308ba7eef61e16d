"""The rewrite of an integer graph for the DSP extension: which layers get which kernel; all others stay as they are."""

from dataclasses import replace

import numpy as np

from helpers.compiler.backends import weighted_layer
from helpers.compiler.backends.dsp import blocks, planes, rounding, scratch, widen
from helpers.compiler.backends.dsp.assembly import ending, held, streamed
from helpers.compiler.backends.dsp.blocks import Block
from helpers.compiler.backends.dsp.scratch import Scratch
from helpers.compiler.backends.dsp.sums import Sums
from helpers.compiler.backends.dsp.trim import trimmed
from helpers.compiler.backends.dsp.unweighted import byte_pool, high_add
from helpers.compiler.backends.dsp.widen import Image
from helpers.compiler.backends.equivalents import rewrite as equivalents
from helpers.compiler.ir.graph import Constant, Graph, Node, TensorType, Value
from helpers.compiler.ir.kinds import SUMS
from helpers.compiler.ir.window import SMALL_POOL
from helpers.compiler.numerics.affine import LIMITS
from helpers.compiler.numerics.requantisation import FixedPoint, Requantisation
from helpers.compiler.operators.base import c_code
from helpers.compiler.targets import FAST

LARGEST_RESULT = 2**20  # of a sum that cannot vary: small enough to be shifted up
LEAST_TAPS = 2  # products of a result below which plain C takes no longer
MONOTONE = (None, "Relu", "Clip")  # activations that never decrease


def for_dsp(graph: Graph) -> Graph:
    """A copy of an integer graph with the kernels of this folder where they fit."""
    made = equivalents.with_kernels(graph, FAST)
    for node in made.in_order():
        if node.kind in SUMS and _fits(node):
            _replace_sums(made, node)
        elif node.kind == "MaxPool" and byte_pool.fits(node):
            node.become(byte_pool.BytePool.kind)
        elif node.kind == "Add" and high_add.fits(node):
            node.become(high_add.HighAdd.kind)
    made.remove_unused()
    return made


def _fits(node: Node) -> bool:
    """Whether a layer is int8 for one image with constant weights, in a single group or a group for each channel."""
    integers = all(value.type.element == "int8" for value in (node.inputs[0], node.inputs[1], node.output))
    constant = all(isinstance(value.node, Constant) for value in node.inputs[1:])
    if not (integers and constant) or node.output.type.shape[0] != 1:
        return False
    taps = node.inputs[1].type.size // node.output.type.shape[-1]
    return taps >= LEAST_TAPS and (node.attributes.group == 1 or _depthwise(node))


def _depthwise(node: Node) -> bool:
    group = node.attributes.group
    return 1 < group == node.inputs[0].type.shape[-1] == node.output.type.shape[-1]


def _replace_sums(graph: Graph, node: Node) -> None:
    alone = _depthwise(node)
    pool = None if alone else _pool_behind(graph, node)
    sums, image = _sums(node, pool)
    if pool and not sums.safe:
        pool, (sums, image) = None, _sums(node, None)
    last = pool or node
    numbers, attributes = (_planes if alone else _pairs)(node, sums, image)
    constants = [
        graph.add_constant(f"{node.name}_{name}", array, TensorType(array.shape, "int32"))
        for name, array in zip(("pairs", "start"), numbers, strict=False)
    ]
    used = attributes["scratch"]
    types = [last.output.type, *([TensorType((1, used.elements), "int16")] if used else [])]
    attributes |= {"fused": node.attributes.fused, "fused_arguments": node.attributes.fused_arguments}
    x = node.inputs[0]
    if attributes["plane"] and not alone and _halves(graph, x):
        x, image = x.node.inputs[0], replace(image, halved=True)
    kind, inputs = "Planes" if alone else "PairSums", [x, *constants]
    new = graph.add(kind, f"{node.name}_sums", inputs, types, sums=sums, image=image, **attributes)
    graph.replace(last.output, new.output)


def _halves(graph: Graph, x: Value) -> bool:
    """Whether a value is a pool of one channel that nobody else reads, so that widening can do it."""
    return x.node.kind == byte_pool.BytePool.kind and byte_pool.of_one_channel(x.node) and graph.read_once(x)


def _pairs(node: Node, sums: Sums, image: Image) -> tuple[list[np.ndarray], dict]:
    """Constants and attributes of a PairSums: in assembly where that has all it needs."""
    last = ending.of_layer(node, sums)
    block = blocks.best(sums, len(streamed.SUMS))
    used: Scratch | None = scratch.of_layer(sums, image, block.wide)
    whole = used is not None and used.kind == scratch.WHOLE
    plane = held.of_layer(sums, image.line) if image.channels == 1 and whole else None
    if last is not None and plane is not None:
        numbers = [held.numbers(plane, last)]
    elif last is not None and image.height * image.width == 1 == sums.columns:
        numbers, used = [streamed.stream(sums, block, last, True)], None
    elif last is not None and streamed.fits(sums, block, sums.outputs):
        numbers, plane = [streamed.stream(sums, block, last)], None
    else:
        last, plane, block = None, None, blocks.best(sums)
        numbers, used = _c_numbers(sums, block), scratch.of_layer(sums, image, block.wide)
    return numbers, {"block": block, "last": last, "plane": plane, "scratch": used}


def _planes(node: Node, sums: Sums, image: Image) -> tuple[list[np.ndarray], dict]:
    """Constants and attributes of Planes."""
    last, one = ending.of_layer(node, sums), planes.channel(sums, 0)
    block, plane = blocks.best(one, len(streamed.SUMS)), held.of_layer(sums, image.line)
    used = scratch.Scratch(scratch.WHOLE, image.rows, 1, image.size + scratch.MORE)
    if last is not None and plane is not None:
        numbers = [held.numbers(plane, last)]
    elif last is not None and streamed.fits(one, block, sums.outputs):
        numbers, plane = [planes.stream(sums, block, last)], None
    else:
        last, plane, block = None, None, blocks.best(one)
        numbers = _c_numbers(sums, Block(1, 1, 1))
    return numbers, {"block": block, "last": last, "plane": plane, "scratch": used}


def _c_numbers(sums: Sums, block: Block) -> list[np.ndarray]:
    """Weights and starts for C."""
    return [blocks.packed(sums, block), sums.starts.astype(np.int32)]


def _pool_behind(graph: Graph, node: Node) -> Node | None:
    """The 2x2 pool that alone reads a convolution's result."""
    pool = graph.sole_reader(node.output, "MaxPool")
    suits = pool and pool.attributes.window == SMALL_POOL and node.attributes.fused in MONOTONE
    return pool if suits else None


def _sums(node: Node, pool: Node | None) -> tuple[Sums, Image]:
    """Where taps and results are, and the image inside the border that it needs; of a depthwise layer, of one channel."""
    weights, bias, rules = _numbers(node)
    rows, columns = ((1, 1, *(pool or node).output.type.shape)[-4:])[1:3]
    image, most = widen.image(node.inputs[0], node.attributes.window), 2 if pool else 1
    window, weights = trimmed(
        node.attributes.window, weights, (image.height, image.width), (most * rows, most * columns)
    )
    image = replace(image, pads=window.pads, channels=1 if _depthwise(node) else image.channels).even()
    (ky, kx), line, channels = window.kernel, image.line, image.channels
    joined = window.dilations[1] == 1
    weights = weights.reshape(len(bias), ky if joined else ky * kx, -1)
    runs = ((ky, window.dilations[0] * line), (1, 0) if joined else (kx, window.dilations[1] * channels))
    if pool is None and (ky, kx, *window.strides, *window.pads) == (1, 1, 1, 1, 0, 0, 0, 0):
        rows, columns = 1, rows * columns
    down, across = window.strides[0] * line, window.strides[1] * channels
    even = all(step % 2 == 0 for count, step in (*runs, (most * rows, down), (most * columns, across)) if count > 1)
    made = Sums(weights, bias, image.offset, runs, rows, columns, down, across, pool is not None, even, rules)
    return _by_halves(node, made), image


def _by_halves(node: Node, sums: Sums) -> Sums:
    """The sums shifted up as rounding.HighHalf needs them, where every output has one."""
    every = [sums.rules[o % len(sums.rules)] for o in range(sums.outputs)]
    least = None
    if node.attributes.fused in MONOTONE:
        least = int(np.clip(c_code.activated(node, np.array([-LARGEST_RESULT])), *LIMITS["int8"])[0])
    largest = [int(each) for each in np.abs(sums.weights).max((1, 2))]
    halves = rounding.of_layer(every, sums.bounds_of_each(), largest, least)
    if not halves:
        return sums
    weights, bias = (rounding.raised(numbers, halves) for numbers in (sums.weights, sums.bias))
    return replace(sums, weights=weights, bias=bias, halves=halves)


def _numbers(node: Node) -> tuple[np.ndarray, np.ndarray, tuple]:
    """Return weights, bias and requantisations of a layer as numpy arrays.

    weights: less their offset, [outputs, rows, columns, channels]; bias: in steps of the sums; requantisations: one for all
    outputs, or one for each, with the result's offset.
    """
    weights, starts = weighted_layer.weights(node), weighted_layer.bias(node)
    rules = weighted_layer.requantisations(node)
    if node.attributes.requantisation is not None:
        return weights, np.array(starts, np.int64), tuple(rules[:1])
    settled = [_settled(*numbers) for numbers in zip(weights, starts, rules, strict=True)]
    outputs = [each for each, _, _ in settled]
    return (
        np.stack(outputs),
        np.array([start for _, start, _ in settled], np.int64),
        tuple(rule for *_, rule in settled),
    )


def _settled(weights: np.ndarray, start: int, rule: Requantisation | FixedPoint) -> tuple:
    """Return weights, start and rule of an output; zeros and a small start if its result never changes.

    Converters leave starts of 2^30 on dead channels, and such a start keeps a whole layer from smmulr.
    """
    reach = 255 * int(np.abs(weights).sum())
    ends = (start - reach, start + reach)
    tame = reach == 0 or (isinstance(rule, FixedPoint) and all(rule.in_range(end) for end in ends))
    if not isinstance(rule, FixedPoint) or rule.helper != "doubled" or not tame:
        return weights, start, rule
    low, high = (int(n) - rule.offset for n in rule.apply(np.array(ends)))
    if low != high or abs(low) > LARGEST_RESULT:
        return weights, start, rule
    return weights * 0, 2 * low, FixedPoint(1, 2**30, 1, rule.offset)  # doubled, halved, and halved again
