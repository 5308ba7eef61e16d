"""The numbers of a convolution or dense layer, as every backend reads them from a node of the integer graph."""

from dataclasses import replace

import numpy as np

from helpers.common.errors import Unsupported
from helpers.compiler.ir.graph import Constant, Node
from helpers.compiler.ir.kinds import DENSE


def weights(node: Node) -> np.ndarray:
    """Weights less their offset, int64 [outputs, rows, columns, channels of a group]; a dense layer is a window of one point.

    Raises Unsupported if weights or bias are computed.
    """
    constant = node.inputs[1].node
    if not isinstance(constant, Constant) or not isinstance(node.inputs[2].node, Constant):
        raise Unsupported("weights that are computed", where=node.name)
    numbers = constant.data.astype(np.int64)
    numbers = numbers.T if node.kind == "FullyConnected" else numbers
    own = node.attributes.filters or [constant.output.type] * len(numbers)
    numbers = numbers - np.array([kind.offset for kind in own]).reshape(-1, *[1] * (numbers.ndim - 1))
    return numbers[:, None, None, :] if node.kind in DENSE else numbers


def bias(node: Node) -> list[int]:
    """The bias of each output in units of its sum."""
    rules = for_each_output(node, "bias_requantisation")
    types = node.attributes.biases or [node.inputs[2].type] * len(rules)
    numbers = node.inputs[2].node.data.astype(np.int64) - [kind.offset for kind in types]
    return [int(rule.apply(number)[0]) for rule, number in zip(rules, numbers[:, None], strict=True)]


def requantisations(node: Node) -> list:
    """The requantisation of each output, with the result's offset."""
    rules = for_each_output(node, "requantisation")
    if node.kind == "ChannelwiseQuantizedConvolution":
        return [replace(rule, offset=rule.offset + node.output.type.offset) for rule in rules]
    return rules


def for_each_output(node: Node, key: str) -> list:
    """An attribute of each output of a node: its own (`key` and an s), or the one for all (`key`)."""
    many = getattr(node.attributes, f"{key}s")
    return many if many is not None else [getattr(node.attributes, key)] * node.output.type.shape[-1]
