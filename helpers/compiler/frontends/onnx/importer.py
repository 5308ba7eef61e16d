"""An ONNX file to a graph. The file is hostile until checked."""

import copy
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from helpers.common.errors import BadInput, BadParameter, Unsupported, WorkbookError
from helpers.compiler.frontends import input_types, limits, wording
from helpers.compiler.frontends.onnx import attributes, file, folding, remedies
from helpers.compiler.ir.graph import Constant, Graph, Placeholder, TensorType, Value
from helpers.compiler.ir.names import legal_name
from helpers.compiler.operators.base.registry import ONNX_IMPORTERS, load_all

FLOATS = ("FLOAT", "FLOAT16", "BFLOAT16", "DOUBLE")  # all computed with as float32
INPUTS = {
    **{onnx.TensorProto.DataType.Value(name): "float" for name in FLOATS},
    onnx.TensorProto.INT8: "int8",
    onnx.TensorProto.UINT8: "uint8",
}
DOMAINS = ("", "ai.onnx", "com.microsoft", "ai.onnx.ml")  # onnxruntime's quantiser, skl2onnx
COMMUTATIVE = {"Add", "Mul", "Max", "Min"}
_REMEDY = "check the layer's attributes and shapes, and export the model again"


class OnnxNode:
    """One ONNX node as an operator's import function sees it: name, type, attributes, and inputs as values (None if left out)."""

    def __init__(self, proto: onnx.NodeProto, inputs: list[Value | None]):
        self.op_type = proto.op_type
        self.name = proto.name or f"{proto.op_type}_{proto.output[0]}"
        self.attributes = attributes.of(proto)
        self.inputs = inputs
        self.output_count = len(proto.output)

    def with_inputs(self, inputs: list[Value | None], op_type: str = "", **more: Any) -> "OnnxNode":
        """Return a copy of the node with other inputs, and with another type and more attributes if given."""
        other = copy.copy(self)
        other.inputs, other.op_type = inputs, op_type or self.op_type
        other.attributes = self.attributes | more
        return other

    def optional_input(self, index: int) -> Value | None:
        """An input that may be missing."""
        return self.inputs[index] if index < len(self.inputs) else None


class Importer:
    """Holds the graph being built; given to the import functions of operators/."""

    def __init__(self, graph: Graph, opset: int):
        self.graph, self.opset = graph, opset
        self.values: dict[str, Value] = {}

    def constant(self, value: Value | None) -> np.ndarray:
        """Return the array of a value that must be constant, such as a shape; raises Unsupported if it is not."""
        if value is not None and isinstance(value.node, Placeholder):
            what = f"the network's input {wording.quoted(value.node.name)} must be a constant"
            raise Unsupported(what, remedy="export the model with its numbers in the file, as an initializer")
        if value is None or not isinstance(value.node, Constant):
            raise Unsupported(
                "an input that must be a constant is computed", remedy="fold constants when exporting the model"
            )
        return value.node.data

    def check_size(self, shape: Iterable[int]) -> None:
        """Reject a tensor that is far too large for a microcontroller, before allocating it."""
        limits.check_shape(tuple(shape))

    def binary(self, kind: str, name: str, x: Value, y: Value, broadcast: str = "") -> Value:
        """Add an operator on two values that are broadcast; a constant comes second if the order does not matter.

        broadcast: what Glow calls the node that repeats a constant, in place of `broadcast_` and the constant's name.
        """
        turned = kind in COMMUTATIVE and x.node.kind == "Constant" and y.node.kind != "Constant"
        x, y = (y, x) if turned else (x, y)
        shape = limits.broadcast(x.type.shape, y.type.shape, kind)
        named = f"broadcast_{(x if x.type.shape != shape else y).node.name}"  # of the one that is computed and repeated
        x, y = (self._named_as_repeated(value, shape, broadcast) for value in (x, y))
        return self.graph.add(kind, name, [x, y], [TensorType(shape)], broadcast=named, turned=turned).output

    def _named_as_repeated(self, value: Value, shape: tuple[int, ...], name: str) -> Value:
        """Name a constant that its reader repeats to a shape as Glow's repeated one; it stays small here."""
        padded = (1,) * (len(shape) - len(value.type.shape)) + value.type.shape
        repeated = [axis for axis, size in enumerate(shape) if padded[axis] != size]
        if not isinstance(value.node, Constant) or not repeated:
            return value
        made = self.graph.unique_name(name or f"broadcast_{value.node.name}")
        return self.graph.add_moved(value.node, f"{made}_tile{repeated[-1]}__1_constfold", np.copy)

    def add_node(self, proto: onnx.NodeProto) -> None:
        """Import one ONNX node; an error names operator, node and input shapes."""
        inputs = [self._value(name) for name in proto.input]
        folded = folding.fold(proto, inputs, self.opset)
        if folded is not None:
            self.values |= {name: self.graph.add_constant(name, array) for name, array in folded.items()}
            return
        node, first = OnnxNode(proto, inputs), len(self.graph.nodes)
        place = wording.node(node.name, node.op_type, [value.type.shape for value in inputs if value is not None])
        if node.op_type not in ONNX_IMPORTERS or proto.domain not in DOMAINS:
            raise Unsupported(
                f"operator {node.op_type} is not supported", where=place, remedy=remedies.of(node.op_type)
            )
        try:
            with np.errstate(all="raise", under="ignore"):
                results = ONNX_IMPORTERS[node.op_type](self, node)
            attributes.check_all_read(proto, node.attributes, self.opset)
            limits.check_nodes(self.graph, first)
        except WorkbookError as error:
            raise type(error)(error.what, where=place, remedy=error.remedy or _REMEDY) from None
        except (LookupError, ArithmeticError, ValueError, TypeError, AttributeError) as error:
            raise Unsupported(
                f"cannot be imported ({type(error).__name__}: {error})",
                where=place,
                remedy=_REMEDY,
            ) from None
        self.values |= {name: value for name, value in zip(proto.output, results, strict=False) if value is not None}

    def _value(self, name: str) -> Value | None:
        return self._computed(name) if name else None

    def _computed(self, name: str) -> Value:
        if name not in self.values:
            raise BadInput(
                f"tensor {wording.quoted(name)} is read before it is computed, or is a result that is not supported",
                remedy="export the model again; leave out second results, such as a dropout's mask",
            )
        return self.values[name]


def read(path: str | Path, symbols: dict[str, int] | None = None, inputs: dict[str, TensorType] | None = None) -> Graph:
    """Read an ONNX file into a graph.

    symbols: values for named dimensions, e.g. {"N": 1}; inputs: types in place of the file's, by input. Raises BadParameter
    for a dimension without a value and for a type that does not fit, MissingInput, BadInput for a file that is not sound,
    Unsupported for one that needs what these tools do not have.
    """
    load_all()
    path = Path(path)
    model = file.checked_model(path)
    remedies.check_ensemble(model, path)
    graph = Graph(path.stem)
    importer = Importer(graph, file.opset(model, path))
    graph.original_names = {proto.name for proto in model.graph.node}
    for tensor in model.graph.initializer:
        importer.values[tensor.name] = graph.add_constant(tensor.name, file.array(tensor, path))
    for info in model.graph.input:
        if info.name not in importer.values:
            wanted = _input_type(info, symbols or {}, (inputs or {}).get(legal_name(info.name)), path)
            importer.values[info.name] = graph.add_placeholder(info.name, wanted)
    for proto in model.graph.node:
        if proto.op_type == "Constant":
            importer.values[proto.output[0]] = graph.add_constant(proto.output[0], file.constant(proto, path))
        else:
            importer.add_node(proto)
    for info in model.graph.output:
        graph.add_output(info.name, importer._computed(info.name))
    return graph


def _input_type(info: onnx.ValueInfoProto, symbols: dict[str, int], given: TensorType | None, path: Path) -> TensorType:
    dimensions = info.type.tensor_type.shape.dim
    element = info.type.tensor_type.elem_type
    if given is not None:
        known = [each.dim_value if each.dim_value > 0 else symbols.get(each.dim_param) for each in dimensions]
        input_types.check(info.name, given, known, path)
        found = given
    elif element in INPUTS:
        extents = (_extent(each, axis, info.name, symbols, path) for axis, each in enumerate(dimensions))
        found = TensorType(tuple(extents), INPUTS[element])
    else:
        remedy = f"if the network casts it to float, give it as float: -model-input={info.name},float,[...]"
        kind = onnx.TensorProto.DataType.Name(element)
        raise Unsupported(f"input {wording.quoted(info.name)} has elements of type {kind}", where=path, remedy=remedy)
    try:
        limits.check_shape(found.shape)
    except Unsupported as error:
        raise Unsupported(f"input {wording.quoted(info.name)}: {error.what}", where=path, remedy=error.remedy) from None
    return found


def _extent(dimension: Any, axis: int, name: str, symbols: dict[str, int], path: Path) -> int:
    """The length of an axis. The first one without a value and a name is the batch, as scikit-learn's converter writes it: 1."""
    if dimension.dim_value > 0:
        return dimension.dim_value
    if dimension.dim_param in symbols:
        return symbols[dimension.dim_param]
    symbol = dimension.dim_param
    if axis == 0 and not symbol:
        return 1
    by_symbol = f"-onnx-define-symbol={symbol},1 or " if symbol else ""
    raise BadParameter(
        f"dimension {symbol or '?'} of input {wording.quoted(name)} has no value",
        where=path,
        remedy=f"give it one: {by_symbol}-model-input={name},float,[...]",
    )
