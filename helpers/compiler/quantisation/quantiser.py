"""Quantise a float graph with a profile: choose types by Glow's rules, quantise constants, settle integer factors.

There are three steps, as in Glow. Every node with an integer kernel gets the types of the profile; the rescalings left between
nodes are merged into their neighbours (rescaling.py); the types that remain give the integer factors (Operator.settle).
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from helpers.common.errors import BadInput, Unsupported
from helpers.compiler.ir.graph import Constant, Graph, Node, TensorType, Value, constant_of
from helpers.compiler.numerics import affine
from helpers.compiler.numerics.requantisation import Requantisation, requantisation
from helpers.compiler.operators import channelwise_conv, conversions, rowwise_dense
from helpers.compiler.operators.base import registry
from helpers.compiler.profiling.histogram import MOST_BINS
from helpers.compiler.profiling.profile import Entry, Profile
from helpers.compiler.quantisation import activation_fusion, bias_range, calibration, rescale_merging

MOST_PACKED_BITS = 4  # of a weight that shares a byte


@dataclass(frozen=True)
class Rules:
    """Rules of quantisation, set by the model-compiler's options; the defaults are Glow's."""

    schema: str = "asymmetric"
    precision: str = "int8"
    bias_precision: str = "int32"
    calibration: str = "none"
    calibrate_constants: bool = False
    channelwise: bool = False
    rowwise: bool = False
    weight_bits: int = field(default=8, kw_only=True)  # of a weight: fewer make cheaper products, and take less flash

    @property
    def packed_bits(self) -> int | None:
        """Bits that every weight must fit in, so that several share a byte; None: what rounds to a mark more may have it."""
        return self.weight_bits if self.weight_bits <= MOST_PACKED_BITS else None


@dataclass(frozen=True)
class Configuration(Rules):
    """All choices of the quantisation options: the rules, and the kinds of nodes that stay float."""

    keep_float: tuple[str, ...] = field(default=())
    assert_all: bool = False


class Plan:
    """The quantiser's state, which answers an operator's questions while it is quantised."""

    def __init__(self, graph: Graph, profile: Profile, configuration: Configuration):
        self.graph, self.profile, self.configuration = graph, profile, configuration
        self.tables: list[Constant] = []
        self.converted: dict[
            tuple[Constant, TensorType], Value
        ] = {}  # constants of which several nodes read the integers
        self.places = {node: place for place, node in enumerate(graph.nodes)}
        self.fused: dict[int, str] = {}  # a convolution's result and the name of the activation that it absorbed

    def type_of(self, value: Value, computed: bool = False, bits: int | None = None) -> TensorType:
        """Return the integer type that the profile gives a value; raises BadInput if the profile does not list it.

        computed: in Glow this constant is still a node's result when its type is chosen, so it is calibrated as one. bits: how
        many of the element's the integers may use.
        """
        element, schema = self.configuration.precision, self.configuration.schema
        entry = self._entry(self.fused.get(id(value), value.name))
        calibrated = self.configuration.calibrate_constants or computed or not isinstance(value.node, Constant)
        narrow = None
        if self.configuration.calibration == "KL" and value.type.size > 1 and calibrated:
            self._check_bins(value.name, entry)
            narrow = calibration.narrowing(entry.low, entry.high, entry.histogram)
        scale, offset = affine.choose(entry.low, entry.high, element, schema, narrow, bits)
        return replace(value.type, element=element, scale=scale, offset=offset)

    def _check_bins(self, name: str, entry: Entry) -> None:
        if len(entry.histogram) > MOST_BINS:
            what = (
                f"the histogram of {name!r} has {len(entry.histogram):,} bins, and KL calibration takes {MOST_BINS:,}"
            )
            raise BadInput(what, remedy=f"profile again with -num-histogram-bins={MOST_BINS}")

    def _entry(self, name: str) -> Entry:
        if name not in self.profile.entries:
            remedy = "profile this very model with image-classifier ... -dump-profile"
            raise BadInput(f"the profile has no entry {name!r}: it was made for another network", remedy=remedy)
        return self.profile.entries[name]

    def converts(self, node: Node) -> bool:
        """Whether a node becomes an integer one; raises Unsupported if all nodes must and this one cannot."""
        configuration, operator = self.configuration, registry.of(node)
        if all(value.type.element != "float" for value in (*node.inputs, *node.outputs) if value is not None):
            return False
        if node.kind in configuration.keep_float:
            return False
        fits = operator.converts(node, configuration.precision, configuration.bias_precision)
        if configuration.assert_all and not fits:
            what = f"{node.kind} has no kernel for {configuration.precision} with {configuration.bias_precision} biases"
            raise Unsupported(what, where=node.name, remedy="leave out -assert-all-nodes-quantized")
        return fits

    def requantisation(self, factor: float | np.floating, offset: int = 0) -> Requantisation:
        """Return the integer multiplier and shifts for a real factor."""
        return requantisation(factor, offset)

    def quantise_weights_and_bias(self, node: Node) -> None:
        """Quantise a layer's weights by their own profile, and its bias by scale of x times scale of weights if that suffices.

        If Glow's sums would wrap, the weights' scale grows.
        """
        x, weights, bias = node.inputs
        bits = self.configuration.packed_bits
        target = self.type_of(weights, _is_turned(node), bits)
        target = self._narrowed(target) if bits is None else target
        if bias.type.element == "float" and isinstance(bias.node, Constant):
            target = self.widened(node, target, bias.node.data, lambda product: self.bias_type(bias, product))
        weights = self.constant(node, 1, target)
        if bits:  # an end of the range may round to a mark too many
            constant_of(weights).data = constant_of(weights).data.clip(*affine.limits(target.element, bits))
        self.constant(node, 2, self.bias_type(bias, np.float32(x.type.scale) * np.float32(weights.type.scale)))

    def _narrowed(self, weights: TensorType) -> TensorType:
        """Return the type with a larger scale, so that the same range takes fewer of the 256 integers."""
        steps = 2 ** (8 - self.configuration.weight_bits)
        return replace(weights, scale=weights.scale * steps, offset=round(weights.offset / steps))

    def widened(
        self, node: Node, weights: TensorType, bias: np.ndarray, bias_type: Callable[[np.float32], TensorType]
    ) -> TensorType:
        """Return the type of weights at whose scale neither a bias nor the profiled sums wrap (bias_range.py)."""
        entry = self._entry(node.output.name)
        sums = bias_range.Sums(bias, bias_type, entry.low, entry.high, node.inputs[0].type.scale, node.output.type)
        return sums.widened(weights)

    def bias_type(self, bias: Value, preferred: np.float32) -> TensorType:
        """Return the type of a bias, given the scale of the sums it is added to."""
        element = self.configuration.bias_precision
        entry = self._entry(bias.name)
        own, offset = affine.choose(entry.low, entry.high, element, self.configuration.schema)
        scale = float(max(preferred, np.float32(own)))
        return replace(bias.type, element=element, scale=scale, offset=0 if element == "int32" else offset)

    def add_table(self, data: np.ndarray, table_type: TensorType) -> Value:
        """Add a lookup table as a constant; equal tables share one, as in Glow (deduplicateConstants)."""
        for node in self.tables:
            if node.output.type == table_type and np.array_equal(node.data, data):
                return node.output
        value = self.graph.add_constant("mapping", data, table_type)
        self.tables.append(self.graph.constants.pop())
        return value

    def constant(self, node: Node, index: int, target: TensorType) -> Value:
        """Quantise a node's constant input in its place; another reader keeps the float one."""
        old = node.inputs[index].node
        if not isinstance(old, Constant):
            raise BadInput("weights that are computed cannot be quantised", where=node.name)
        if old.output.type == target:
            return old.output
        if (old, target) in self.converted:
            node.inputs[index] = self.converted[old, target]
        else:
            made = self.replace_constant(node, index, affine.quantise(old.data, target), target)
            self.converted[old, target] = made
        return node.inputs[index]

    def place_constants(self) -> None:
        """Order the constants: existing ones, lookup tables, then constants quantised to several types.

        The last are, for example, biases that every step of a recurrent layer adds. Glow quantises from the last node
        to the first, so the last node's come first.
        """
        types = Counter(old for old, _ in self.converted)
        split = [constant_of(value) for (old, _), value in self.converted.items() if types[old] > 1]
        last_read = {value.node: self.places.get(node, 0) for node in self.graph.nodes for value in node.inputs}
        tables, split = (sorted(each, key=lambda node: last_read[node], reverse=True) for each in (self.tables, split))
        self.graph.constants = [each for each in self.graph.constants if each not in split] + tables + split

    def replace_constant(self, node: Node, index: int, data: np.ndarray, target: TensorType) -> Value:
        """Replace a node's constant input with an integer array."""
        old = node.inputs[index].node
        shared = sum(value is old.output for each in self.graph.nodes for value in each.inputs) > 1
        new = Constant(self.graph.unique_name(old.name) if shared else old.name, data, target)
        at = self.graph.constants.index(old)
        self.graph.constants[at : at + (0 if shared else 1)] = [new]
        node.inputs[index] = new.output
        return new.output


def quantise(graph: Graph, profile: Profile, configuration: Configuration) -> None:
    """Turn an optimised float graph into an integer one, in place.

    Inputs and outputs stay float32 and are converted at the edge; factors are settled later.
    """
    plan = Plan(graph, profile, configuration)
    activation_fusion.fuse_activations(graph, plan)
    for node in graph.in_order():
        if plan.converts(node):
            _quantise_node(node, plan)
        elif node.kind != "Dequantize" and any(value.type.element == "float" for value in node.outputs):
            conversions.dequantise_inputs(graph, node)
    conversions.dequantise_outputs(graph)
    plan.place_constants()
    rescale_merging.merge(graph)
    bias_range.into_steps_of_sums(graph, plan)


def _quantise_node(node: Node, plan: Plan) -> None:
    """Quantise a node's inputs, then apply the operator's own rule; nodes that only move data get a Rescale after them."""
    operator = registry.of(node)
    for index, value in enumerate(node.inputs):
        if value is not None and value.type.element == "float":
            if index in operator.constant_inputs and isinstance(value.node, Constant):
                continue
            if isinstance(value.node, Constant):
                plan.constant(node, index, plan.type_of(value))
            else:
                node.inputs[index] = conversions.quantised(plan.graph, value, plan.type_of(value))
    if node.kind == "Convolution" and plan.configuration.channelwise:
        channelwise_conv.quantise(node, plan)
    elif node.kind == "FullyConnected" and plan.configuration.rowwise and not _is_turned(node):
        rowwise_dense.quantise(node, plan)
    else:
        _take_types(node, plan)


def _is_turned(node: Node) -> bool:
    """Whether the weights were turned by Gemm's transB, so that the profile has them under another name."""
    return node.kind == "FullyConnected" and bool(node.attributes.transposed)


def _take_types(node: Node, plan: Plan) -> None:
    operator = registry.of(node)
    wanted = [plan.type_of(value) for value in node.outputs] if operator.keeps_type else []
    operator.quantise(node, plan)
    for value, target in zip(node.outputs, wanted, strict=False):
        if value.type != target:
            conversions.rescale_behind(plan.graph, value, target)
