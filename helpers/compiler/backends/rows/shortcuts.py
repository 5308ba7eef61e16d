"""Residual blocks: a chain of kernels and a sum of what they make with their own input, or with a 1x1 layer of that input."""

from dataclasses import replace

from helpers.compiler.backends.rows import row_nodes
from helpers.compiler.backends.thumb.kernels import PLAIN, Kernel
from helpers.compiler.backends.thumb.pools import addition
from helpers.compiler.backends.values import image_shape, root
from helpers.compiler.ir.graph import Value
from helpers.compiler.ir.kinds import CONVOLUTIONS

LONGEST = 8  # kernels between the input of a block and its sum


def is_sum(kernel: Kernel) -> bool:
    """Whether a kernel adds two values, or subtracts one."""
    return kernel.kind == "sum" and kernel.nodes[0].kind in addition.SIGNS


def read(kernel: Kernel) -> list[Value]:
    """Return the values that a kernel reads; for a sum with a layer of its own, what that reads."""
    values = [root(value) for value in kernel.nodes[0].inputs if value is not None]
    if kernel.shortcut is None:
        return values
    return [kernel.shortcut.source if value is kernel.shortcut.result else value for value in values]


def beside(kernel: Kernel, value: Value) -> Value | None:
    """Return the value that a sum reads besides one that rows are made of; None where there is none, or the same one."""
    inputs = kernel.nodes[0].inputs
    if not is_sum(kernel) or kernel.by_rows is None or value not in inputs or root(inputs[0]) is root(inputs[1]):
        return None
    return next(each for each in read(kernel) if each is not value)


def joined(kernels: list[Kernel], outputs: set[Value]) -> list[Kernel]:
    """Return the kernels with each 1x1 layer in the sum of its block, where nobody else reads its result.

    outputs: the values of the network that callers read.
    """
    made = list(kernels)
    for total in kernels:
        for layer in (each for each in kernels if is_sum(total) and each.result in total.nodes[0].inputs):
            others = [each for each in made if each is not layer]
            free = layer.result not in outputs and total in made and layer in made
            if free and _fits(layer, total, others):
                made = [replace(total, shortcut=layer) if each is total else each for each in others]
                break
    return made


def _fits(layer: Kernel, total: Kernel, others: list[Kernel]) -> bool:
    """Whether a 1x1 layer can go into a sum: the kernels in front of that lead from the layer's own input to it."""
    node = layer.nodes[0]
    rows = layer.kind == "bytes" or (layer.kind == "c" and layer.by_rows is not None)
    if total.by_rows is None or not rows or node.kind not in CONVOLUTIONS:
        return False
    window = row_nodes.window_of(node)
    if window.kernel != (1, 1) or any(window.pads) or image_shape(node.inputs[0])[0] == 1:
        return False
    if sum(layer.result in read(each) for each in others) != 1:
        return False
    at = others.index(total)
    value = next((each for each in total.nodes[0].inputs if each is not layer.result), None)
    for kernel in reversed(others[max(at - LONGEST, 0) : at]):
        if kernel.result is not value or sum(value in read(each) for each in others) != 1:
            return False
        if kernel.source is layer.source:
            return kernel.reads == PLAIN
        value = kernel.nodes[0].inputs[0]
    return False
