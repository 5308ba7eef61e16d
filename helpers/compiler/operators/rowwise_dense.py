"""A dense layer with a scale and offset for each output (-enable-rowwise)."""

import numpy as np

from helpers.compiler.ir.graph import Node, TensorType
from helpers.compiler.numerics import affine
from helpers.compiler.numerics.requantisation import Requantisation, requantisation
from helpers.compiler.operators.base import c_code
from helpers.compiler.operators.base.columns import Columns
from helpers.compiler.operators.base.layer_attributes import DenseAttributes
from helpers.compiler.operators.base.protocols import QuantisationPlan
from helpers.compiler.operators.base.registry import Operator, operator, same_type


def quantise(node: Node, plan: QuantisationPlan) -> None:
    """Turn a dense layer whose input is quantised into a rowwise one; weights become [outputs][inputs], the bias stays whole."""
    configuration, (x, weights, bias) = plan.configuration, node.inputs
    node.output.type = plan.type_of(node.output)
    whole = plan.type_of(weights)
    rows = np.ascontiguousarray(weights.node.data.T)
    types = [
        TensorType(row.shape, "int8", *affine.choose(row.min(), row.max(), "int8", configuration.schema))
        for row in rows
    ]
    node.become(RowwiseQuantizedFullyConnected.kind)
    preferred = np.float32(x.type.scale) * np.float32(whole.scale)
    of_bias = plan.bias_type(bias, preferred)
    types = [
        plan.widened(node, each, number, lambda product: of_bias)
        for each, number in zip(types, bias.node.data, strict=True)
    ]
    node.attributes.filters = types
    data = np.stack([affine.quantise(row, each) for row, each in zip(rows, types, strict=True)])
    plan.replace_constant(node, 1, data, TensorType(data.shape, "int8", 1.0))
    plan.constant(node, 2, of_bias)


def given(rows: list[TensorType], factors: list) -> dict:
    """Attributes of a dense layer whose file gives the factors and an int32 bias in steps of the sums; rows: a type an output."""
    nothing = [Requantisation(0, 0, 1)] * len(rows)
    return {"filters": rows, "requantisations": factors, "bias_requantisations": nothing}


@operator
class RowwiseQuantizedFullyConnected(Operator[DenseAttributes]):
    """A FullyConnected layer with `filters`: the types of each output's weights."""

    kind = "RowwiseQuantizedFullyConnected"
    attributes = DenseAttributes

    def settle(self, node: Node[DenseAttributes]) -> None:
        if node.attributes.requantisations is not None:
            return  # the network's file gave them
        x, _, bias = (value.type for value in node.inputs)
        products = [np.float32(x.scale) * np.float32(each.scale) for each in node.attributes.filters]
        out = np.float32(node.output.type.scale)
        units = products if node.attributes.bias_in_sums else [np.float32(bias.scale)] * len(products)
        node.attributes.bias_requantisations = [
            requantisation(unit / each) for unit, each in zip(units, products, strict=True)
        ]
        node.attributes.requantisations = [requantisation(each / out, node.output.type.offset) for each in products]

    def compute_integer(self, node: Node[DenseAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
        x = inputs[0].astype(np.float64) - node.inputs[0].type.offset
        offsets = np.array([each.offset for each in node.attributes.filters])
        sums = (x @ (inputs[1].astype(np.float64) - offsets[:, None]).T).astype(np.int64)  # exact below 2**53
        bias = inputs[2].astype(np.int64) - node.inputs[2].type.offset
        result = np.empty(sums.shape, np.int32)
        factors = zip(node.attributes.bias_requantisations, node.attributes.requantisations, strict=True)
        for row, (of_bias, of_sum) in enumerate(factors):
            result[:, row] = of_sum.apply((sums[:, row] + of_bias.apply(bias[row])).astype(np.int32))
        return [affine.clip(c_code.activated(node, result), node.output.type.element)]

    def emit(self, node: Node[DenseAttributes], name: str) -> str:
        """The numbers of each output in front of the loops."""
        attributes, columns = node.attributes, Columns(name)
        x, weights, bias = (value.type for value in node.inputs)
        first = f"bias[o] - ({bias.offset})" if bias.offset else "bias[o]"
        total = columns.requantised("sum", attributes.requantisations, "sum")
        values = {
            "outputs": weights.shape[0], "inputs": weights.shape[1], "x": x.offset,
            "w": columns.add("weight_offset", [each.offset for each in attributes.filters]),
            "bias": columns.requantised("bias", attributes.bias_requantisations, first),
            "result": c_code.c_activated(node, f"{total} + ({node.output.type.offset})"),
        }  # fmt: skip
        arguments = f"const int8_t *in, const int8_t *weights, const {same_type(node.inputs[2])} *bias, int8_t *out"
        steps = {"in": weights.shape[1], "out": weights.shape[0]}
        return columns.head + c_code.function(name, arguments, _C % values, x.shape[0], steps)


_C = """\
  for (int o = 0; o < %(outputs)d; o++) {
    const int8_t *w = weights + o * %(inputs)d;
    int32_t sum = %(bias)s;
    for (int i = 0; i < %(inputs)d; i++) sum += (in[i] - (%(x)d)) * (w[i] - %(w)s);
    out[o] = clip8(%(result)s);
  }
"""
