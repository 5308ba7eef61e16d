"""Lower bounds of a network's memory on a board, form by form, without compiling.

If a bound is already too much, `fit` need not compile, which takes minutes for a network that is far too large.
"""

from dataclasses import dataclass

import numpy as np

from helpers.common.errors import WorkbookError
from helpers.compiler import targets
from helpers.compiler.backends import memory_plan
from helpers.compiler.backends.dsp.rewrite import for_dsp
from helpers.compiler.backends.equivalents import rewrite
from helpers.compiler.backends.thumb import plan
from helpers.compiler.backends.thumb.kernels import Kernel
from helpers.compiler.backends.values import root
from helpers.compiler.ir.graph import Constant, Graph, Value

WEIGHTED = {
    "Convolution", "ChannelwiseQuantizedConvolution", "FullyConnected", "RowwiseQuantizedFullyConnected", "ConvTranspose",
    "MatMul", "BatchMatMul", "Int16Sums",
}  # fmt: skip
_STEPS = 254  # of the largest int8 weight: a weight below one step may become zero, which fast forms leave out


@dataclass(frozen=True)
class Bound:
    """The least bytes of flash (code is counted as none) and of RAM (placeholders and activations)."""

    flash: int
    ram: int


def of_any_form(graph: Graph) -> Bound:
    """Return the bound for all forms of code, for a float32 or integer graph: a byte per weight, a byte per output."""
    filters = {node.inputs[1] for node in graph.in_order() if node.kind in WEIGHTED}
    return Bound(sum(map(_weight_bytes, filters)), sum(value.type.size for _, value in graph.outputs))


def _weight_bytes(value: Value) -> int:
    """Count one byte of code or data for each weight that is not zero."""
    if not isinstance(value.node, Constant):
        return 0
    data = np.abs(value.node.data.astype(np.float64))
    return int((data > data.max(initial=0) / _STEPS).sum())


def of_form(graph: Graph, form: str, core: str, reuse_inputs: bool = False) -> Bound:
    """Return the bound of one form for an integer graph; reuse_inputs: whether a call may overwrite its inputs."""
    if core in targets.DSP_CPUS and form == targets.FAST:
        return _planned(for_dsp(graph), reuse_inputs)
    if form == targets.PLAIN:
        return _planned(graph, reuse_inputs)
    if form in targets.FORMS and core in targets.THUMB_CPUS:
        return _of_kernels(rewrite.with_kernels(graph, form), targets.FORMS[form], reuse_inputs)
    return of_any_form(graph)


def _planned(graph: Graph, reuse_inputs: bool) -> Bound:
    """Return the bound of a form that keeps every constant and every value as the memory plan has them."""
    layout = memory_plan.plan(graph, reuse_inputs)
    constants = sum(node.output.type.bytes for node in graph.constants)
    edges = 0 if reuse_inputs else sum(value.type.bytes for value in layout.mutable)
    return Bound(constants, edges + layout.peak_bytes)


def _of_kernels(graph: Graph, form: targets.Form, reuse_inputs: bool) -> Bound:
    """Return the bound of a form with kernels for whole layers: C layers keep constants; inputs and results share RAM."""
    try:
        kernels = plan.kernels(graph, form)
    except WorkbookError:
        return of_any_form(graph)
    plain = {
        value
        for kernel in kernels
        if kernel.kind in ("c", "bytes")
        for value in kernel.nodes[0].inputs
        if _constant(value)
    }
    others = ("c", "bytes", "pool", "sum")
    weights = [kernel.nodes[0].inputs[1] for kernel in kernels if kernel.kind not in others]  # each has its own
    flash = sum(value.type.bytes for value in plain) + sum(map(_weight_bytes, weights))
    if form.rows:  # no value need ever be there as a whole
        return Bound(flash, of_any_form(graph).ram)
    if reuse_inputs:
        return Bound(flash, max((_at_once(kernel, set()) for kernel in kernels), default=0))
    edges = {root(value) for value in (*(node.output for node in graph.placeholders), *(v for _, v in graph.outputs))}
    between = max((_at_once(kernel, edges) for kernel in kernels), default=0)
    return Bound(flash, sum(value.type.bytes for value in edges) + between)


def _constant(value: Value | None) -> bool:
    return value is not None and isinstance(value.node, Constant)


def _at_once(kernel: Kernel, edges: set[Value]) -> int:
    """Return the bytes of activations that one kernel reads and writes; the larger of the two if they may share memory."""
    read = {root(value) for value in kernel.nodes[0].inputs if value is not None and not _constant(value)}
    written = sum(value.type.size for value in set(map(root, kernel.nodes[-1].outputs)) - edges)
    sizes = sum(value.type.size for value in read - edges)
    apart = kernel.kind == "pixel" or (kernel.kind == "c" and kernel.nodes[0].kind in WEIGHTED)
    return sizes + written if apart else max(sizes, written)
