"""Merge activations into convolutions as Glow's CPU backend does: Relu, Clip and LeakyRelu that are the only reader."""

import copy
from typing import Protocol

from helpers.compiler.ir.graph import Graph, Node
from helpers.compiler.ir.kinds import CONVOLUTIONS, FUSIBLE


class FusionPlan(Protocol):
    """Which nodes become integer ones, and which activation each convolution absorbed, by the id of its result."""

    fused: dict[int, str]

    def converts(self, node: Node) -> bool:
        """Whether a node becomes an integer one."""


def fuse_activations(graph: Graph, plan: FusionPlan) -> None:
    """Remove activations; each convolution takes over its activation's range (`plan.fused`), kind and arguments (`fused`)."""
    for node in list(graph.nodes):
        before = node.inputs[0].node if node.inputs else None
        if node.kind not in FUSIBLE or before is None or before.kind not in CONVOLUTIONS:
            continue
        if not plan.converts(node) or not plan.converts(before):
            continue
        if graph.read_once(before.output):
            plan.fused[id(before.output)] = node.output.name
            before.set(fused=node.kind, fused_arguments=copy.copy(node.attributes))
            graph.replace(node.output, before.output)
    graph.remove_unused()
