"""An ONNX file to a graph. The file is hostile until checked."""

from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from helpers.aot.graph import Graph, TensorType, Value
from helpers.aot.operators.registry import ONNX_IMPORTERS, load_all
from helpers.errors import BadInput, BadParameter, MissingInput, Unsupported, WorkbookError

LARGEST_FILE = 64 * 2**20  # bytes; far above what a microcontroller holds
LARGEST_TENSOR = 2**24  # elements


class OnnxNode:
    """One ONNX node as an operator's import function sees it: name, type, attributes, and inputs as values (None if left out)."""

    def __init__(self, proto, inputs: list[Value | None]):
        self.op_type = proto.op_type
        self.name = proto.name or f"{proto.op_type}_{proto.output[0]}"
        self.attributes = {each.name: _attribute(each) for each in proto.attribute}
        self.inputs = inputs

    def optional_input(self, index: int) -> Value | None:
        """An input that may be missing."""
        return self.inputs[index] if index < len(self.inputs) else None


class Importer:
    """Holds the graph being built; given to the import functions of operators/."""

    def __init__(self, graph: Graph):
        self.graph = graph
        self.values: dict[str, Value] = {}

    def constant(self, value: Value) -> np.ndarray:
        """The array behind a value that must be known now, such as a shape; raises Unsupported where it is computed."""
        if value is None or value.node.kind != "Constant":
            raise Unsupported(
                "an input that must be a constant is computed", remedy="fold constants when exporting the model"
            )
        return value.node.data

    def add_node(self, proto) -> None:
        """Import one ONNX node; a refusal names operator, node and input shapes."""
        inputs = [self._value(name) for name in proto.input]
        node = OnnxNode(proto, inputs)
        shapes = ", ".join(str(list(value.type.shape)) for value in inputs if value is not None)
        place = f"node {node.name!r} ({node.op_type} of {shapes})"
        if node.op_type not in ONNX_IMPORTERS or proto.domain not in ("", "ai.onnx"):
            known = ", ".join(sorted(ONNX_IMPORTERS))
            raise Unsupported(
                f"operator {node.op_type} is not supported", where=place, remedy=f"build the model from: {known}"
            )
        try:
            results = ONNX_IMPORTERS[node.op_type](self, node)
        except WorkbookError as error:
            raise type(error)(error.what, where=place, remedy=error.remedy) from None
        except (KeyError, IndexError, ValueError, TypeError, AttributeError) as error:
            raise Unsupported(f"cannot be imported ({type(error).__name__}: {error})", where=place) from None
        self.values.update(zip(proto.output, results, strict=False))

    def _value(self, name: str) -> Value | None:
        if name and name not in self.values:
            raise BadInput(f"tensor {name!r} is read before it is computed")
        return self.values[name] if name else None


def read(path, symbols: dict[str, int] | None = None) -> Graph:
    """Read an ONNX file into a graph.

    symbols: values for named dimensions, e.g. {"N": 1}. Raises MissingInput, BadInput for a file that is not sound, Unsupported
    for one that asks for what the tools do not do.
    """
    load_all()
    model = _checked_model(Path(path))
    graph = Graph(Path(path).stem)
    importer = Importer(graph)
    for tensor in model.graph.initializer:
        importer.values[tensor.name] = graph.add_constant(tensor.name, _array(tensor, path))
    for info in model.graph.input:
        if info.name not in importer.values:
            importer.values[info.name] = graph.add_placeholder(info.name, _input_type(info, symbols or {}, path))
    for proto in model.graph.node:
        if proto.op_type == "Constant":
            importer.values[proto.output[0]] = graph.add_constant(proto.output[0], _constant_node(proto, path))
        else:
            importer.add_node(proto)
    for info in model.graph.output:
        graph.add_output(info.name, importer.values[info.name])
    return graph


def _checked_model(path: Path):
    if not path.is_file():
        raise MissingInput("does not exist", where=path)
    if path.stat().st_size > LARGEST_FILE:
        raise BadInput(f"has {path.stat().st_size} bytes; the limit is {LARGEST_FILE}", where=path)
    try:
        model = onnx.load_from_string(path.read_bytes())
        for tensor in model.graph.initializer:
            if tensor.data_location == onnx.TensorProto.EXTERNAL:
                raise BadInput("keeps weights in other files", where=path, remedy="save the model as one file")
        onnx.checker.check_model(model)
    except WorkbookError:
        raise
    except Exception as error:  # protobuf, checker and numpy each raise their own
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise BadInput(f"is not a sound ONNX model: {reason}", where=path, remedy="export it again") from None
    return model


def _array(tensor, path) -> np.ndarray:
    size = int(np.prod(tensor.dims, dtype=np.float64))
    if size > LARGEST_TENSOR or any(n < 0 for n in tensor.dims):
        raise BadInput(f"tensor {tensor.name!r} claims shape {list(tensor.dims)}", where=path)
    try:
        array = numpy_helper.to_array(tensor)
    except (ValueError, TypeError) as error:
        raise BadInput(f"tensor {tensor.name!r} does not hold what its shape says ({error})", where=path) from None
    if array.dtype == np.float32 and not np.isfinite(array).all():
        raise BadInput(f"tensor {tensor.name!r} holds numbers that are not finite", where=path)
    if array.dtype not in (np.float32, np.int64, np.int32):
        raise Unsupported(
            f"tensor {tensor.name!r} has elements of type {array.dtype}", where=path, remedy="use float32"
        )
    return np.array(array)


def _constant_node(proto, path) -> np.ndarray:
    values = {each.name: each for each in proto.attribute}
    if "value" not in values:
        raise Unsupported(f"Constant {proto.output[0]!r} without a tensor", where=path)
    return _array(values["value"].t, path)


def _input_type(info, symbols: dict[str, int], path) -> TensorType:
    shape = []
    for dimension in info.type.tensor_type.shape.dim:
        name = dimension.dim_param
        if dimension.dim_value > 0:
            shape.append(dimension.dim_value)
        elif name in symbols:
            shape.append(symbols[name])
        else:
            remedy = f"give it one: -onnx-define-symbol={name or 'NAME'},1"
            raise BadParameter(
                f"dimension {name or '?'} of input {info.name!r} has no value", where=path, remedy=remedy
            )
    if info.type.tensor_type.elem_type != onnx.TensorProto.FLOAT:
        raise Unsupported(f"input {info.name!r} is not float32", where=path)
    return TensorType(tuple(shape))


def _attribute(proto):
    value = onnx.helper.get_attribute_value(proto)
    return value.decode() if isinstance(value, bytes) else tuple(value) if isinstance(value, list) else value
