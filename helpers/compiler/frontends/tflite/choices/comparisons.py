"""TFLite's comparisons, logic, SELECT and CUMSUM. A bool is a number that is 0 or 1: float32, or int8 among integers."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from helpers.common.errors import Unsupported
from helpers.compiler.frontends import limits
from helpers.compiler.frontends.tflite.common import TfliteImporter, result_type
from helpers.compiler.frontends.tflite.file import Operation
from helpers.compiler.ir.graph import TensorType, Value
from helpers.compiler.numerics.requantisation import FixedPoint, fixed_point
from helpers.compiler.operators import comparisons, cumulative_sum, reshape

LEFT = 8  # bits that TFLite shifts integers up by before it compares them


def comparison(kind: str, turned: bool = False, negated: bool = False) -> Callable[..., list[Value]]:
    """Import a comparison; turned: of the second value and the first; negated: true where `kind` is false."""

    def run(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
        x, y = (importer.value(index) for index in operation.inputs)
        shape = limits.broadcast(x.type.shape, y.type.shape, operation.name)
        result_type(importer, operation, shape)
        if x.type.element != y.type.element or x.type.element not in ("float", "int8"):
            what = f"a comparison of {x.type.element} and {y.type.element}"
            raise Unsupported(what, remedy="compare float32, or int8 with a scale")
        inputs, factors = ([y, x] if turned else [x, y]), None
        if x.type.quantised:
            factors = _factor(inputs[0].type), _factor(inputs[1].type)
        result = TensorType(shape, *(comparisons.CONDITION if factors else ("float",)))
        made = importer.graph.add(kind, name, inputs, [result], factors=factors).output
        return [comparisons.negated(importer.graph, name, made) if negated else made]

    return run


def _factor(x: TensorType) -> FixedPoint:
    if not x.scale < 1:
        raise Unsupported(f"a comparison of int8 with the scale {x.scale:g}", remedy="scale the values below 128")
    return fixed_point(float(x.scale), left=LEFT)


def _condition(importer: TfliteImporter, index: int, like: TensorType | None = None) -> Value:
    """A bool as a number, of `like`'s element type: 0 or 1."""
    tensor = importer.network.tensors[index]
    if tensor.element != np.bool_:
        raise Unsupported(f"logic on {tensor.element}", remedy="compare the values first")
    integer = like is not None and like.quantised
    if tensor.data is not None:
        kind = TensorType(tensor.shape, *(comparisons.CONDITION if integer else ("float",)))
        data = tensor.data.astype(np.int8 if integer else np.float32)
        return importer.graph.add_constant(tensor.name, data, kind)
    value = importer.value(index)
    if like is None or value.type.element == like.element:
        return value
    if integer:
        target = replace(value.type, element="int8", scale=1.0)
        return importer.graph.add("Quantize", tensor.name, [value], [target]).output
    return importer.graph.add("Dequantize", tensor.name, [value], [TensorType(value.type.shape)]).output


def logic(kind: str) -> Callable[..., list[Value]]:
    """Import LOGICAL_AND ("Min") or LOGICAL_OR ("Max")."""

    def run(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
        computed = [index for index in operation.inputs if importer.network.tensors[index].data is None]
        like = _condition(importer, computed[0]).type if computed else None
        x, y = (_condition(importer, index, like) for index in operation.inputs)
        shape = limits.broadcast(x.type.shape, y.type.shape, operation.name)
        result_type(importer, operation, shape)
        return [importer.graph.add(kind, name, [x, y], [x.type.with_shape(shape)]).output]

    return run


def logical_not(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    """Import LOGICAL_NOT."""
    return [comparisons.negated(importer.graph, name, _condition(importer, operation.inputs[0]))]


def select(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    """Import SELECT and SELECT_V2. In int8 both values and the result have one scale, as TFLite's kernel moves bytes."""
    x, y = (importer.value(index) for index in operation.inputs[1:])
    condition = _condition(importer, operation.inputs[0], x.type)
    shape = np.broadcast_shapes(*(value.type.shape for value in (condition, x, y)))
    limits.check_shape(shape)
    target = result_type(importer, operation, shape)
    if any(value.type.with_shape(shape) != target for value in (x, y)) or target.element not in ("float", "int8"):
        raise Unsupported(
            "a choice of values of different types or scales",
            remedy="quantise with a current converter, which aligns them",
        )
    # A condition for each of a batch.
    if operation.name == "SELECT" and len(condition.type.shape) == 1 and len(shape) > 1:
        condition = reshape.to(importer.graph, name, condition, (*condition.type.shape, *[1] * (len(shape) - 1)))
    return [importer.graph.add("Where", name, [condition, x, y], [target]).output]


def cumulative_sum_of(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    """Import CUMSUM of float32, the only type that TFLite has a kernel for."""
    x, axis = importer.value(operation.inputs[0]), int(importer.array(operation.inputs[1]).item())
    if x.type.element != "float":
        raise Unsupported(f"running sums of {x.type.element}", remedy="leave the layer in float32")
    given = {key: bool(operation.options[key]) for key in ("exclusive", "reverse")}
    return [cumulative_sum.add(importer.graph, name, x, axis, **given)]
