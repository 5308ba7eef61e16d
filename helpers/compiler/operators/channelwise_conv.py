"""A convolution with a scale for each output channel (-enable-channelwise)."""

from dataclasses import replace
from functools import partial

import numpy as np

from helpers.compiler.ir.graph import Node, TensorType
from helpers.compiler.numerics import affine
from helpers.compiler.numerics.requantisation import Requantisation, requantisation
from helpers.compiler.operators import conv
from helpers.compiler.operators.base import c_code
from helpers.compiler.operators.base.columns import Columns
from helpers.compiler.operators.base.layer_attributes import ConvAttributes
from helpers.compiler.operators.base.protocols import QuantisationPlan
from helpers.compiler.operators.base.registry import Operator, operator, same_type


def quantise(node: Node, plan: QuantisationPlan) -> None:
    """Turn a convolution whose input is quantised into a channelwise one: filter and bias symmetric per channel."""
    configuration, (x, weights, bias) = plan.configuration, node.inputs
    node.output.type = plan.type_of(node.output)
    schema = "symmetric" if configuration.schema == "asymmetric" else configuration.schema
    filters, biases = [], []
    for taps, number in zip(weights.node.data, bias.node.data, strict=True):
        w = affine.choose(taps.min(), taps.max(), configuration.precision, schema)
        b = affine.choose(number, number, configuration.bias_precision, schema)
        w, b = _specialised(np.float32(x.type.scale), w, b, configuration.bias_precision, number == 0)
        own = TensorType((), configuration.bias_precision, *b)
        taps_type = TensorType(taps.shape, configuration.precision, *w)
        wider = plan.widened(node, taps_type, number, partial(_of_sums, own))
        filters.append(wider)
        biases.append(_of_sums(own, np.float32(x.type.scale) * np.float32(wider.scale)))
    node.become(ChannelwiseQuantizedConvolution.kind, filters=filters, biases=biases)
    data = np.stack([affine.quantise(taps, each) for taps, each in zip(weights.node.data, filters, strict=True)])
    plan.replace_constant(node, 1, data, TensorType(data.shape, configuration.precision, 1.0))
    data = np.stack([affine.quantise(number, each) for number, each in zip(bias.node.data, biases, strict=True)])
    plan.replace_constant(node, 2, data, TensorType(data.shape, configuration.bias_precision, 1.0))


ScaleAndOffset = tuple[float, int]


def _specialised(
    x: np.float32, filter_type: ScaleAndOffset, bias_type: ScaleAndOffset, element: str, zero: bool
) -> tuple[ScaleAndOffset, ScaleAndOffset]:
    """The bias takes input scale times filter scale; where an int32 bias would saturate, the filter's scale grows instead."""
    w: float | np.floating
    b: float | np.floating
    (w, w_offset), (b, b_offset) = filter_type, bias_type
    product = np.float32(x * np.float32(w))
    if product >= np.float32(b) or zero:
        b = product
    elif element == "int32":
        w = np.float32(np.float32(b) / x)
        b = np.float32(x * w)
    return (float(w), w_offset), (float(b), 0 if element == "int32" else b_offset)


def _of_sums(bias: TensorType, product: np.float32) -> TensorType:
    """The type of a bias whose filter got a wider scale: that of the sums, once it is the larger one."""
    return replace(bias, scale=float(product)) if product > np.float32(bias.scale) else bias


def given(filters: list[TensorType], factors: list) -> dict:
    """Attributes of a convolution whose file gives factors and an int32 bias in steps of the sums; filters: a type a channel."""
    count = len(filters)
    return {
        "filters": filters, "biases": [TensorType((), "int32", 1.0)] * count,
        "requantisations": factors, "bias_requantisations": [Requantisation(0, 0, 1)] * count,
    }  # fmt: skip


@operator
class ChannelwiseQuantizedConvolution(Operator[ConvAttributes]):
    """A Convolution with `filters` and `biases`: the types of each channel's taps and bias."""

    kind = "ChannelwiseQuantizedConvolution"
    attributes = ConvAttributes

    def settle(self, node: Node[ConvAttributes]) -> None:
        if node.attributes.requantisations is not None:
            return  # the network's file gave them
        x, out = node.inputs[0].type, node.output.type
        products = [np.float32(x.scale) * np.float32(each.scale) for each in node.attributes.filters]
        node.attributes.bias_requantisations = [
            requantisation(np.float32(each.scale) / product)
            for each, product in zip(node.attributes.biases, products, strict=True)
        ]
        node.attributes.requantisations = [requantisation(product / np.float32(out.scale)) for product in products]

    def compute_integer(self, node: Node[ConvAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
        """Each channel's sum with its own offset and factors."""
        sums = conv.integer_sums(node, inputs, [each.offset for each in node.attributes.filters])
        bias = inputs[2].astype(np.int64) - [each.offset for each in node.attributes.biases]
        result = np.empty(sums.shape, np.int32)
        channels = zip(node.attributes.bias_requantisations, node.attributes.requantisations, strict=True)
        for channel, (of_bias, of_sum) in enumerate(channels):
            accumulated = (sums[..., channel] + of_bias.apply(bias[channel])).astype(np.int32)
            result[..., channel] = of_sum.apply(accumulated)
        result = c_code.activated(node, result + np.int32(node.output.type.offset))
        return [affine.clip(result, node.output.type.element)]

    def emit(self, node: Node[ConvAttributes], name: str) -> str:
        """The numbers of each channel in front of the loops."""
        attributes, columns, out = node.attributes, Columns(name), node.output.type
        b_offset = columns.add("bias_offset", [each.offset for each in attributes.biases])
        bias = "bias[o]" if b_offset == "0" else f"bias[o] - {b_offset}"
        total = columns.requantised("sum", attributes.requantisations, "sum")
        values = conv.sizes(node) | {
            "x_offset": node.inputs[0].type.offset,
            "w_offset": columns.add("filter_offset", [each.offset for each in attributes.filters]),
            "bias": columns.requantised("bias", attributes.bias_requantisations, bias),
            "result": c_code.c_activated(node, f"{total} + ({out.offset})"),
        }
        return columns.head + conv.c_function(node, name, "int8_t", same_type(node.inputs[2]), conv.INTEGER % values)
