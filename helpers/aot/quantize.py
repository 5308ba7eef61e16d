"""A float graph and a profile to an integer graph: types by Glow's rules, constants quantised, factors made integers."""

from dataclasses import dataclass, replace

import numpy as np

from helpers.aot import ranges
from helpers.aot.graph import Constant, Graph, TensorType, Value
from helpers.aot.operators import convert, registry
from helpers.aot.profile import Profile
from helpers.aot.requantisation import Requantisation, requantisation
from helpers.errors import BadInput


@dataclass(frozen=True)
class Configuration:
    """What the model-compiler's quantisation options choose; the defaults are Glow's."""

    schema: str = "asymmetric"
    precision: str = "int8"
    bias_precision: str = "int32"


class Plan:
    """Answers an operator's questions while it is quantised."""

    def __init__(self, graph: Graph, profile: Profile, configuration: Configuration):
        self.graph, self.profile, self.configuration = graph, profile, configuration
        self.fused: dict[int, str] = {}  # a convolution's result and the name of the Relu it took in

    def type_of(self, value: Value, name: str | None = None) -> TensorType:
        """The integer type that the profile gives a value; raises BadInput where the profile does not know it."""
        name = name or self.fused.get(id(value), value.name)
        if name not in self.profile.entries:
            remedy = "profile this very model with image-classifier ... -dump-profile"
            raise BadInput(f"the profile has no entry {name!r}: it was made for another network", remedy=remedy)
        entry, element = self.profile.entries[name], self.configuration.precision
        scale, offset = ranges.choose(entry.low, entry.high, element, self.configuration.schema)
        return replace(value.type, element=element, scale=scale, offset=offset)

    def requantisation(self, factor, offset: int = 0) -> Requantisation:
        """Integers for a real factor."""
        return requantisation(factor, offset)

    def quantise_weights_and_bias(self, node) -> None:
        """For x, weights, bias: weights by their own profile, bias by scale of x times scale of weights, factors to integers."""
        x, weights, bias = node.inputs
        weights = self.constant(node, 1, self.type_of(weights))
        # Glow scales the bias by what the profile says of x, which a pool in between may have kept from being x's type
        expected = self.type_of(x)
        bias_type = self._bias_type(bias, np.float32(expected.scale) * np.float32(weights.type.scale))
        self.constant(node, 2, bias_type)
        product = np.float32(x.type.scale) * np.float32(weights.type.scale)
        node.attributes["bias_requantisation"] = requantisation(np.float32(bias_type.scale) / product)
        out = node.output.type
        node.attributes["requantisation"] = requantisation(product / np.float32(out.scale), out.offset)

    def _bias_type(self, bias: Value, preferred: np.float32) -> TensorType:
        entry = self.profile.entries.get(bias.name)
        array = bias.node.data
        low, high = (entry.low, entry.high) if entry else (array.min(), array.max())
        own, _ = ranges.choose(low, high, "int32", "symmetric")
        return replace(
            bias.type, element=self.configuration.bias_precision, scale=float(max(preferred, np.float32(own)))
        )

    def constant(self, node, index: int, target: TensorType) -> Value:
        """Quantise a node's constant input in its place; another reader keeps the float one."""
        old = node.inputs[index].node
        if not isinstance(old, Constant):
            raise BadInput("weights that are computed cannot be quantised", where=node.name)
        if old.output.type == target:
            return old.output
        data = ranges.quantise(old.data, target)
        shared = len(self.graph.users(old.output)) > 1
        new = Constant(self.graph.unique_name(old.name) if shared else old.name, data, target)
        at = self.graph.constants.index(old)
        self.graph.constants[at : at + (0 if shared else 1)] = [new]
        node.inputs[index] = new.output
        return new.output


def quantise(graph: Graph, profile: Profile, configuration: Configuration, convert_placeholders: bool) -> Graph:
    """Turn an optimised float graph into an integer one, in place.

    convert_placeholders: inputs and outputs become integers too; otherwise they stay float32 and are converted at the edge.
    """
    plan = Plan(graph, profile, configuration)
    _fuse_relu(graph, plan)
    for node in graph.placeholders:
        integer = plan.type_of(node.output)
        if convert_placeholders:
            node.output.type = integer
        else:
            convert.add_quantise_behind(graph, node.output, integer)
    for node in graph.in_order():
        if node.kind != "Quantize":
            registry.of(node).quantise(node, plan)
    if not convert_placeholders:
        convert.dequantise_outputs(graph)
    graph.remove_unused()
    return graph


def _fuse_relu(graph: Graph, plan: Plan) -> None:
    """A Relu that alone reads a convolution goes: the convolution takes its range, and saturation does the rest."""
    for node in list(graph.nodes):
        before = node.inputs[0].node if node.inputs else None
        if node.kind != "Relu" or before is None or before.kind != "Convolution" or graph.is_output(before.output):
            continue
        if len(graph.users(before.output)) == 1:
            plan.fused[id(before.output)] = node.output.name
            before.attributes["fused"] = "Relu"
            graph.replace(node.output, before.output)
    graph.remove_unused()
