"""Comparisons, what is chosen by them, and logic. A condition is a number: 0 where it is false, 1 where it is true."""

import math
from dataclasses import dataclass

import numpy as np

from helpers.common.errors import Unsupported
from helpers.compiler.ir.attributes import computed
from helpers.compiler.ir.graph import Graph, Node, TensorType, Value
from helpers.compiler.numerics import affine
from helpers.compiler.numerics.requantisation import FixedPoint
from helpers.compiler.operators.base import elementwise
from helpers.compiler.operators.base.protocols import OnnxImporter, OnnxNode, QuantisationPlan
from helpers.compiler.operators.base.registry import from_onnx, operator

TURNED = {"Greater": "Less", "GreaterOrEqual": "LessOrEqual"}  # the same of the second value and the first
WHOLE = "take a loop apart with unroll=True in Keras; where there is no loop, cast to float before"
CONDITION = ("int8", 1.0, 0)  # element type, scale and offset of a condition in integers


@from_onnx("Less", "LessOrEqual", "Greater", "GreaterOrEqual", "Equal")
def import_comparison(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """Less, LessOrEqual, Greater, GreaterOrEqual and Equal of float values, with broadcasting."""
    x, y = (_real(importer, node, value) for value in node.inputs)
    if node.op_type in TURNED:
        return [_added(importer, TURNED[node.op_type], node.name, y, x)]
    return [_added(importer, node.op_type, node.name, x, y)]


@from_onnx("Not")
def import_not(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """Not."""
    return [negated(importer.graph, node.name, _real(importer, node, node.inputs[0]))]


@from_onnx("And", "Or")
def import_logic(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """And is the smaller of two conditions, Or the larger."""
    x, y = (_real(importer, node, value) for value in node.inputs)
    return [importer.binary("Min" if node.op_type == "And" else "Max", node.name, x, y)]


@from_onnx("Xor")
def import_xor(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """Xor: not equal."""
    x, y = (_real(importer, node, value) for value in node.inputs)
    return [negated(importer.graph, node.name, _added(importer, "Equal", node.name, x, y))]


@from_onnx("Where")
def import_where(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """Where: of two values, the first where a condition is true."""
    inputs = [_real(importer, node, value) for value in node.inputs]
    shape = np.broadcast_shapes(*(value.type.shape for value in inputs))
    importer.check_size(shape)
    return [importer.graph.add("Where", node.name, inputs, [TensorType(shape)]).output]


def negated(graph: Graph, name: str, x: Value) -> Value:
    """A condition that is true where another, float32 or int8, is false."""
    element = x.type.element
    nothing = TensorType((1,) * len(x.type.shape), *(CONDITION if element == "int8" else (element,)))
    zero = graph.add_constant(
        f"{name}_false", np.zeros(nothing.shape, "float32" if element == "float" else element), nothing
    )
    return graph.add("Equal", name, [x, zero], [x.type]).output


def _real(importer: OnnxImporter, node: OnnxNode, value: Value) -> Value:
    """A value in float32; constants of bool and whole numbers are converted. Raises Unsupported for others."""
    if value.type.element == "float":
        return value
    if value.node.kind != "Constant":
        raise Unsupported(f"{node.op_type} of {value.type.element} numbers", remedy=WHOLE)
    return importer.graph.add_constant(value.node.name, importer.constant(value).astype(np.float32))


def _added(importer: OnnxImporter, kind: str, name: str, x: Value, y: Value) -> Value:
    shape = np.broadcast_shapes(x.type.shape, y.type.shape)
    importer.check_size(shape)
    return importer.graph.add(kind, name, [x, y], [TensorType(shape)]).output


@dataclass(slots=True, kw_only=True)
class ComparisonAttributes(elementwise.BinaryAttributes):
    """How integers of two scales are compared: as products with `steps`, or requantised by `factors` first, as TFLite does."""

    steps: tuple[int, int] = computed()
    factors: tuple[FixedPoint, FixedPoint] | None = None


class _Comparison(elementwise.Binary[ComparisonAttributes]):
    """In integers the order is that of the real numbers that they stand for, or TFLite's."""

    attributes = ComparisonAttributes
    sign = ""

    def quantise(self, node: Node[ComparisonAttributes], plan: QuantisationPlan) -> None:
        """A condition is 0 or 1, whatever the profile saw."""
        node.output.type = TensorType(node.output.type.shape, *CONDITION)

    def settle(self, node: Node[ComparisonAttributes]) -> None:
        if node.output.type.quantised and node.attributes.factors is None:
            x, y = (np.float32(value.type.scale) for value in node.inputs)
            node.attributes.steps = _steps(x, y)

    def _false_and_true(self, node: Node[ComparisonAttributes]) -> list[int]:
        return [int(n) for n in affine.quantise(np.array([0, 1], np.float32), node.output.type)]

    def integer(self, node: Node[ComparisonAttributes], x: np.ndarray, y: np.ndarray) -> np.ndarray:
        factors, (no, yes) = node.attributes.factors, self._false_and_true(node)
        if factors is not None:
            x, y = factors[0].apply(x), factors[1].apply(y)
        else:
            x, y = (each.astype(np.int64) * step for each, step in zip((x, y), node.attributes.steps, strict=True))
        return np.where(self._compared(x, y), np.int32(yes), np.int32(no))

    def c_integer(self, node: Node[ComparisonAttributes]) -> str:
        factors, (no, yes) = node.attributes.factors, self._false_and_true(node)
        if factors is not None:
            x, y = factors[0].c("x"), factors[1].c("y")
        else:
            wide = "(int64_t)" if max(node.attributes.steps) >= 2**22 else ""
            x, y = (f"{wide}{name} * {step}" for name, step in zip("xy", node.attributes.steps, strict=True))
        return f"{x} {self.sign} {y} ? {yes} : {no}"

    def float_result(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return self._compared(x, y).astype(np.float32)

    def c_float(self) -> str:
        return f"x {self.sign} y ? 1.0f : 0.0f"

    def _compared(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return {"<": np.less, "<=": np.less_equal, "==": np.equal}[self.sign](x, y)

    def lower(self, _node: Node[ComparisonAttributes], _lowering: object) -> None:
        """Nothing is repeated first: this is not real Glow's."""


def _steps(x: np.float32, y: np.float32) -> tuple[int, int]:
    """Whole numbers in the ratio of two scales. One that is over 2**30 times the other outweighs any int8 anyhow."""
    (a, left), (b, right) = ((int(m * 2**24), int(e)) for m, e in map(np.frexp, (x, y)))
    a, b = a << min(max(left - right, 0), 30), b << min(max(right - left, 0), 30)
    common = math.gcd(a, b)
    return a // common, b // common


@operator
class Less(_Comparison):
    """x < y."""

    kind, sign = "Less", "<"


@operator
class LessOrEqual(_Comparison):
    """x <= y."""

    kind, sign = "LessOrEqual", "<="


@operator
class Equal(_Comparison):
    """x == y."""

    kind, sign = "Equal", "=="
