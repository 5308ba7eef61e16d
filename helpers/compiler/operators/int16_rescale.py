"""From int16 to another scale or to int8, with a slope below zero, and bounds: TFLite's RELU, LEAKY_RELU and QUANTIZE."""

from dataclasses import dataclass

import numpy as np

from helpers.compiler.ir.graph import NUMPY_TYPES, Node
from helpers.compiler.numerics.requantisation import FixedPoint
from helpers.compiler.operators.base.registry import Operator, operator, same_type


@dataclass(slots=True, kw_only=True)
class Int16RescaleAttributes:
    """rule, negative: of what is not below zero and of what is, with the result's offset; None: x as it is. low, high: bounds."""

    low: int
    high: int
    rule: FixedPoint | None = None
    negative: FixedPoint | None = None


@operator
class Int16Rescale(Operator[Int16RescaleAttributes]):
    """clip(x * factor + offset) of int16 without an offset; the result is int16 or int8."""

    kind = "Int16Rescale"
    attributes = Int16RescaleAttributes

    def converts(self, node: Node[Int16RescaleAttributes], precision: str, bias_precision: str) -> bool:
        return False

    def compute_integer(self, node: Node[Int16RescaleAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
        given, x = node.attributes, inputs[0].astype(np.int32)
        result = given.rule.apply(x) if given.rule else x
        result = np.where(x < 0, given.negative.apply(x), result) if given.negative else result
        return [np.clip(result, given.low, given.high).astype(NUMPY_TYPES[node.output.type.element])]

    def emit(self, node: Node[Int16RescaleAttributes], name: str) -> str:
        given, out = node.attributes, same_type(node.output)
        result = given.rule.c("x") if given.rule else "x"
        result = f"x < 0 ? {given.negative.c('x')} : {result}" if given.negative else result
        return (
            f"static void {name}(const int16_t *in, {out} *out) {{\n"
            f"  for (int i = 0; i < {node.output.type.size}; i++) {{\n    int32_t x = in[i];\n"
            f"    out[i] = ({out})at_most({given.high}, at_least({given.low}, {result}));\n  }}\n}}\n"
        )

    def overwrites(self, node: Node[Int16RescaleAttributes]) -> tuple[int, ...]:
        return (0,) if node.inputs[0].type.bytes == node.output.type.bytes else ()
