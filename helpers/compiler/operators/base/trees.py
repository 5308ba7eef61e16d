"""Decision trees in one form: each node asks whether a feature is at most a threshold; leaves are rows of an array."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from helpers.common.errors import Unsupported
from helpers.compiler.ir.graph import TensorType
from helpers.compiler.numerics import affine

SUM_BITS = 30  # of the largest possible sum in fixed point, its sign aside
ROW_LIMIT = 2**15 - 1  # int16
ROW_ERROR = 2.0**-15  # the largest error of a sum of int16 rows, as a part of the largest possible sum


@dataclass(frozen=True, eq=False)
class Trees:
    """Trees whose results are added.

    features int64 [nodes]; thresholds [nodes], float32 or integers; children int64 [nodes, 2]: where the feature is at most the
    threshold, and where it is above. A child or a root below zero is the leaf ~child. roots int64 [trees]; leaves
    [leaves, targets]: what a leaf adds to each target; base [targets]: what the sums begin with. coarse: whether the leaves
    may be int16, which is enough for scores of classes.
    """

    features: np.ndarray
    thresholds: np.ndarray
    children: np.ndarray
    roots: np.ndarray
    leaves: np.ndarray
    base: np.ndarray
    coarse: bool = False

    @property
    def targets(self) -> int:
        """The number of sums."""
        return self.leaves.shape[1]


@dataclass(frozen=True, eq=False)
class Tables:
    """Trees in integers, as the code has them: thresholds in the order of `ordered`, leaves and base in steps of 2**power."""

    trees: Trees
    power: int


def compacted(trees: Trees) -> Trees:
    """The nodes that a root leads to, each in front of its children; raises Unsupported where a node is reached twice."""
    numbers: dict[int, int] = {}
    waiting = [int(root) for root in trees.roots[::-1] if root >= 0]
    while waiting:
        node = waiting.pop()
        if node in numbers:
            raise Unsupported("a node of a tree that is reached by two ways", remedy="export the model again")
        numbers[node] = len(numbers)
        waiting += [int(child) for child in trees.children[node, ::-1] if child >= 0]
    order = np.fromiter(numbers, np.int64, len(numbers))
    renumbered = np.full(len(trees.features), -1, np.int64)
    renumbered[order] = np.arange(len(order))
    rows, places = np.unique(trees.leaves, axis=0, return_inverse=True)
    leaf_of = places.reshape(-1)

    def moved(child: np.ndarray) -> np.ndarray:
        nodes, leaves = np.maximum(child, 0), np.maximum(~child, 0)
        inner = renumbered[nodes] if len(renumbered) else nodes
        return np.where(child >= 0, inner, ~leaf_of[leaves])

    children = moved(trees.children[order]).reshape(-1, 2)
    return replace(
        trees, features=trees.features[order], thresholds=trees.thresholds[order], children=children,
        roots=moved(trees.roots), leaves=rows,
    )  # fmt: skip


def ordered(numbers: np.ndarray) -> np.ndarray:
    """float32 as int32 in the same order, so that an integer comparison is the exact float32 one."""
    bits = np.ascontiguousarray(numbers, np.float32).view(np.int32)
    return np.where(bits < 0, bits ^ np.int32(0x7FFFFFFF), bits)


def before(trees: Trees, function: Callable[[np.ndarray], np.ndarray], falls: np.ndarray) -> Trees:
    """The same trees of x, where they were trees of function(x), to the bit.

    function: of the float32 number that each node asks for, [nodes] to [nodes], rising or falling; falls: bool [nodes].
    """
    ends = ordered(np.array([-np.inf, np.inf], np.float32)).astype(np.int64)
    # Low: goes first; above high: does not.
    low, high = (np.full(len(trees.features), end) for end in (ends[0] - 1, ends[1]))
    with np.errstate(all="ignore"):
        while (low < high).any():
            middle = (low + high + 1) // 2
            at_most = function(_numbers(middle)) <= trees.thresholds
            first = at_most != falls
            low, high = np.where(first, middle, low), np.where(first, high, middle - 1)
    children = np.where(falls[:, None], trees.children[:, ::-1], trees.children)
    return replace(trees, thresholds=_numbers(np.maximum(low, ends[0])), children=children)


def _numbers(keys: np.ndarray) -> np.ndarray:
    """The float32 numbers of which `ordered` gives these integers."""
    bits = keys.astype(np.int32)
    return np.where(bits < 0, bits ^ np.int32(0x7FFFFFFF), bits).astype(np.int32).view(np.float32)


def tables(trees: Trees, x: TensorType) -> Tables:
    """Trees in integers for an input of a type: float32, compared to the bit, or int8, compared in its own steps."""
    if x.element == "float":
        thresholds = ordered(trees.thresholds + np.float32(0))  # -0 and 0 are equal, and only one of them is last
        return _fixed_point(replace(trees, thresholds=thresholds))
    every = affine.dequantise(np.arange(-128, 128), x)
    thresholds = np.searchsorted(every, trees.thresholds, side="right") - 129  # the last integer that is at most it
    return _fixed_point(_without_constants(replace(trees, thresholds=thresholds)))


def _without_constants(trees: Trees) -> Trees:
    """Without nodes of which int8 numbers take one way only."""
    always = {int(node): 0 for node in np.flatnonzero(trees.thresholds == 127)}
    always |= {int(node): 1 for node in np.flatnonzero(trees.thresholds == -129)}

    def past(child: int) -> int:
        while child in always:
            child = int(trees.children[child, always[child]])
        return child

    children = np.array([[past(int(child)) for child in pair] for pair in trees.children], np.int64).reshape(-1, 2)
    return compacted(replace(trees, children=children, roots=np.array([past(int(root)) for root in trees.roots])))


def _fixed_point(trees: Trees) -> Tables:
    """Leaves and base as integers of a common power of two; coarse ones where int16 leaves add up well."""
    largest = np.abs(trees.leaves).max(initial=0)
    bound = max(float((np.abs(trees.base) + largest * len(trees.roots)).max()), 2.0**-90)
    power = int(np.ceil(np.log2(bound))) - SUM_BITS
    coarse = max(int(np.ceil(np.log2(max(float(largest), 2.0**-90) / ROW_LIMIT))), power)
    if trees.coarse and len(trees.roots) * 2.0**coarse / 2 <= ROW_ERROR * bound:
        power = coarse
    leaves, base = (np.rint(each / 2.0**power).astype(np.int64) for each in (trees.leaves, trees.base))
    return Tables(compacted(replace(trees, leaves=leaves, base=base)), power)


def walked(found: Tables, x: np.ndarray) -> np.ndarray:
    """The sums of rows x [n, features], integers in the order of the thresholds; int64 [n, targets]."""
    trees, rows = found.trees, np.arange(len(x))
    sums = np.repeat(trees.base[None], len(x), axis=0)
    for root in trees.roots:
        node = np.full(len(x), root)
        while (inner := node >= 0).any():
            place = np.maximum(node, 0)
            above = x[rows, trees.features[place]] > trees.thresholds[place]
            node = np.where(inner, trees.children[place, above.astype(np.int64)], node)
        sums += trees.leaves[~node]
    return sums
