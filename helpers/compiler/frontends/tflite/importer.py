"""A TFLite file to a graph: float networks, and fully quantised ones with the integers of the file.

Integer operators keep TFLite's own requantisation, tables and rounding, and give the bits of its reference kernels.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from helpers.common.errors import BadInput, BadParameter, Unsupported, WorkbookError
from helpers.compiler.frontends import limits, wording
from helpers.compiler.frontends.tflite import file, folding, operators, remedies
from helpers.compiler.frontends.tflite.sixteen_bits import operators as sixteen_bits
from helpers.compiler.frontends.wording import CONVERT_AGAIN, quoted
from helpers.compiler.ir.graph import Graph, TensorType, Value
from helpers.compiler.operators.base import registry


class Importer:
    """Holds the graph being built; given to the import functions of tflite_operators.py."""

    def __init__(self, graph: Graph, network: file.Network):
        self.graph, self.network = graph, network
        self.values: dict[int, Value] = {}

    def type_of(self, index: int) -> TensorType:
        """A tensor's type; uint8 is kept as int8 with the zero point moved by 128."""
        tensor = self.network.tensors[index]
        element = "float" if tensor.element == np.float32 else tensor.element.name
        if len(tensor.scales) != 1:
            return TensorType(tensor.shape, element)
        shift = -128 if element == "uint8" else 0
        element = "int8" if element == "uint8" else element
        return TensorType(tensor.shape, element, float(tensor.scales[0]), int(tensor.zeros[0]) + shift)

    def value(self, index: int) -> Value:
        """The value of a tensor: computed before, or a constant."""
        if index not in self.values:
            tensor = self.network.tensors[index]
            if tensor.data is None:
                raise BadInput(f"tensor {quoted(tensor.name)} is read before it is computed", remedy=CONVERT_AGAIN)
            data = (tensor.data.astype(np.int16) - 128).astype(np.int8) if tensor.element == np.uint8 else tensor.data
            self.values[index] = self.graph.add_constant(tensor.name, data, self.type_of(index))
        return self.values[index]

    def array(self, index: int) -> np.ndarray:
        """The numbers of a tensor that must be constant."""
        tensor = self.network.tensors[index]
        if tensor.data is None:
            shape = tensor.element in (np.int32, np.int64)  # or an axis, or another number that lays the data out
            remedy = "convert the model with fixed shapes" if shape else "make it a number that the file holds"
            raise Unsupported(f"tensor {quoted(tensor.name)} must be a constant", remedy=remedy)
        return tensor.data

    def binary(self, kind: str, name: str, x: Value, y: Value) -> Value:
        """Add a float32 operator on two values that are broadcast."""
        shape = limits.broadcast(x.type.shape, y.type.shape, kind)
        return self.graph.add(kind, name, [x, y], [TensorType(shape)]).output

    def add(self, operation: file.Operation) -> None:
        """Import one operator; a refusal names operator, result and input shapes."""
        tensors = self.network.tensors
        name = tensors[operation.outputs[0]].name if operation.outputs else "?"
        shapes = [tensors[index].shape for index in operation.inputs if index >= 0]
        place = wording.node(name, operation.name, shapes)
        importers, first = operators.IMPORTERS, len(self.graph.nodes)
        if operation.name not in (*importers, *folding.NAMES):
            remedy = remedies.of(operation.name)
            raise Unsupported(f"operator {operation.name} is not supported", where=place, remedy=remedy)
        if remedies.is_hybrid([self.type_of(index).element for index in operation.inputs if index >= 0]):
            what = "float32 values with int8 weights (dynamic range quantisation) are not supported"
            raise Unsupported(what, where=place, remedy=remedies.DATASET)
        try:
            if sixteen_bits.concerned(self.network, operation):
                sixteen_bits.check(self.network, operation)
                importers = sixteen_bits.IMPORTERS
            with np.errstate(all="raise", under="ignore"):
                if self._folded(operation):
                    return
                results = importers[operation.name](self, operation, name)
            self._check(operation, results)
            limits.check_nodes(self.graph, first, integers=True)
        except WorkbookError as error:
            raise type(error)(error.what, where=place, remedy=error.remedy or CONVERT_AGAIN) from None
        except (LookupError, ArithmeticError, ValueError, TypeError, AttributeError) as error:
            raise Unsupported(
                f"cannot be imported ({type(error).__name__}: {error})", where=place, remedy=CONVERT_AGAIN
            ) from None
        self.values.update(zip(operation.outputs, results, strict=True))

    def _folded(self, operation: file.Operation) -> bool:
        """Whether an operator depends on nothing but constants; its result is a constant then."""
        result = folding.folded(self.network.tensors, operation)
        if result is not None:
            index = operation.outputs[0]
            self.network.tensors[index] = replace(self.network.tensors[index], data=result)
        return result is not None

    def _check(self, operation: file.Operation, results: list[Value]) -> None:
        for index, value in zip(operation.outputs, results, strict=True):
            wanted = self.type_of(index)
            if value.node.kind == "ArgMax" and wanted.element == "int64":
                wanted = replace(wanted, element="int32")
            if wanted.element == "bool" and value.type.element in ("float", "int8"):  # a number that is 0 or 1
                wanted = value.type.with_shape(wanted.shape)
            if value.type != wanted:
                raise BadInput(
                    f"the file says the result is {_shown(wanted)}, the operator gives {_shown(value.type)}",
                    remedy=CONVERT_AGAIN,
                )


def _shown(value_type: TensorType) -> str:
    return f"{value_type.element} {list(value_type.shape)} scale {value_type.scale:g} offset {value_type.offset}"


def read(
    path: str | Path,
    symbols: dict[str, int] | None = None,  # noqa: ARG001 (the signature of every importer)
    inputs: dict[str, TensorType] | None = None,
) -> Graph:
    """Read a TFLite file into a graph; raises MissingInput, BadInput or Unsupported.

    symbols are of no use, as shapes are fixed; BadParameter for an input type in `inputs` that is not the file's.
    """
    registry.load_all()
    path = Path(path)
    network = file.read(path)
    graph = Graph(path.stem)
    importer = Importer(graph, network)
    for index in network.inputs:
        _check_edge(network.tensors[index], path)
        placeholder = graph.add_placeholder(network.tensors[index].name, importer.type_of(index))
        _check_input(placeholder, inputs or {}, path)
        importer.values[index] = placeholder
    for operation in network.operations:
        importer.add(operation)
    for index in network.outputs:
        graph.add_output(network.tensors[index].name, importer.value(index))
    for node in graph.nodes:
        registry.of(node).settle(node)
    return graph


def _check_edge(tensor: file.Tensor, path: Path) -> None:
    """Raise Unsupported for an input that is no real number: neither float32 nor int8, uint8 or int16 with a scale."""
    element, scaled = tensor.element.name, len(tensor.scales) == 1
    if element != "float32" and not (element in ("int8", "uint8", "int16") and scaled):
        what = f"input {quoted(tensor.name)} holds {element}{'' if scaled else ' without a scale'}"
        raise Unsupported(what, where=path, remedy=remedies.REAL)


def _check_input(placeholder: Value, given: dict[str, TensorType], path: Path) -> None:
    name, found = placeholder.node.name, placeholder.type
    if given.get(name, found) != found:
        what = f"-model-input gives {quoted(name)} as {_shown(given[name])}, the file has {_shown(found)}"
        raise BadParameter(what, where=path, remedy="leave type and shape away: a TFLite file fixes them")
