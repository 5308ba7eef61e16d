"""TFLite's ARG_MAX, ARG_MIN and the CAST of their results: whole numbers that end a network."""

from collections.abc import Callable

import numpy as np

from helpers.common.errors import Unsupported
from helpers.compiler.frontends.tflite.common import TfliteImporter
from helpers.compiler.frontends.tflite.file import Operation
from helpers.compiler.ir.graph import Value
from helpers.compiler.operators import argmax, comparisons

INDICES = ("int32", "int64")


def index_of(smallest: bool) -> Callable[[TfliteImporter, Operation, str], list[Value]]:
    """Import ARG_MAX or ARG_MIN: of equal elements the first is taken."""

    def run(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
        x = importer.value(operation.inputs[0])
        axis = range(len(x.type.shape))[int(importer.array(operation.inputs[1]).item())]
        return [argmax.add(importer.graph, name, x, axis, kept=False, smallest=smallest)]

    return run


def cast(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    """Import a CAST of float32 to itself, of an index, which is int32 here, or between float32 and bool, which is a number here.

    Raises Unsupported for any other.
    """
    x, target = importer.value(operation.inputs[0]), importer.type_of(operation.outputs[0])
    if x.type.element == target.element == "float":
        return [x]
    if x.node.kind == "ArgMax" and target.element in INDICES:
        return [x]
    given, wanted = (importer.network.tensors[index].element for index in (operation.inputs[0], operation.outputs[0]))
    if given == np.bool_ and target.element == "float":
        return [importer.graph.add("Dequantize", name, [x], [target]).output]
    if x.type.element == "float" and wanted == np.bool_:
        return [comparisons.negated(importer.graph, name, comparisons.negated(importer.graph, name, x))]
    remedy = "leave it out, and give the network float32, or int8 with a scale"
    raise Unsupported(f"a cast from {x.type.element} to {target.element}", remedy=remedy)
