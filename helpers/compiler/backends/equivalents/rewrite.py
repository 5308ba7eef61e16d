"""The rewrite of an integer graph for backends with kernels: equal layers of kinds that have one."""

from helpers.compiler.backends.equivalents import products, upsampling
from helpers.compiler.ir.graph import Graph
from helpers.compiler.targets import FAST, LEAST_RAM, SMALL_RAM

SPARING = (SMALL_RAM, LEAST_RAM)  # forms that save RAM


def with_kernels(graph: Graph, form: str) -> Graph:
    """A copy of an integer graph in which more layers are of kinds that kernels compute; every output keeps its bits.

    form: of the code; where it saves RAM, no layer becomes several whose values take more of it. A second call changes nothing.
    """
    made, more_ram = graph.copied(), form not in SPARING
    for node in made.in_order():
        products.replace(made, node)
        upsampling.replace(made, node, more_ram)
    made.remove_unused()
    return made


def of_mix(graph: Graph, in_rows: bool) -> Graph:
    """The same for a mix of forms; in_rows: whether some of its kernels hand rows to each other, as RAM is scarce."""
    return with_kernels(graph, SMALL_RAM if in_rows else FAST)
