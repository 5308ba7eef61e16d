"""A TFLite file, checked and taken apart: tensors, and operators with their options as dictionaries."""

import functools
import math
import re
import struct
import types
from dataclasses import dataclass, field
from importlib.machinery import PathFinder, SourceFileLoader
from pathlib import Path
from typing import Any

import numpy as np

from helpers.common.errors import BadInput, MissingInput, Unsupported
from helpers.compiler.frontends import limits
from helpers.compiler.frontends.wording import CONVERT_AGAIN, quoted

LARGEST_FILE = 64 * 2**20
MOST_PARTS = 10_000  # tensors, operators or buffers
ELEMENTS = {0: np.float32, 2: np.int32, 3: np.uint8, 4: np.int64, 6: np.bool_, 7: np.int16, 9: np.int8}
SMALLEST_SCALE = np.float32(2.0**-126)
INT4 = 17  # weights, two in a byte, the first in the low half; read as int8


@dataclass
class Tensor:
    """One tensor: data is None where it is computed; scales and zeros are empty where it is not quantised.

    variable: whether what an inference leaves in it is there at the next.
    """

    name: str
    shape: tuple[int, ...]
    element: np.dtype
    data: np.ndarray | None
    scales: np.ndarray
    zeros: np.ndarray
    variable: bool = False


@dataclass
class Operation:
    """One operator: TFLite's name for it, tensor numbers (-1 where left out), and its options.

    intermediates: tensors that hold no more than the scales of what the operator computes on the way.
    """

    name: str
    inputs: list[int]
    outputs: list[int]
    options: dict
    intermediates: list[int] = field(default_factory=list)


@dataclass
class Network:
    """The first subgraph."""

    tensors: list[Tensor]
    operations: list[Operation]
    inputs: list[int]
    outputs: list[int]


@functools.cache
def _schema() -> Any:
    """TFLite's own reader of its format, from TensorFlow's folder; TensorFlow itself is not imported."""
    found = PathFinder.find_spec("tensorflow")
    if found is None or not found.submodule_search_locations:
        remedy = "install the workbook's environment, which has tensorflow"
        raise Unsupported("the reader of TFLite's format comes with TensorFlow, which is not installed", remedy=remedy)
    path = Path(found.submodule_search_locations[0], "lite", "python", "schema_py_generated.py")
    loader = SourceFileLoader("tflite_schema", str(path))
    module = types.ModuleType(loader.name)
    loader.exec_module(module)
    return module


def read(path: Path) -> Network:
    """Take a file apart; raises MissingInput, BadInput or Unsupported."""
    if not path.is_file():
        raise MissingInput(
            "does not exist", where=path, remedy="check the path: convert the model, or name another file"
        )
    if path.stat().st_size > LARGEST_FILE:
        raise BadInput(
            f"has {path.stat().st_size} bytes; the limit is {LARGEST_FILE}",
            where=path,
            remedy="use a smaller network: no microcontroller holds so much",
        )
    data = path.read_bytes()
    if data[4:8] != b"TFL3":
        raise BadInput("is not a TFLite file", where=path, remedy="convert it again")
    try:
        return _network(_schema().Model.GetRootAsModel(data, 0), len(data))
    except (BadInput, Unsupported) as error:
        raise type(error)(error.what, where=path, remedy=error.remedy) from None
    except (struct.error, LookupError, ValueError, TypeError, AttributeError, OverflowError, MemoryError) as error:
        raise BadInput(
            f"is a damaged TFLite file ({type(error).__name__})", where=path, remedy="convert it again"
        ) from None


def _network(model: Any, size: int) -> Network:
    if model.SubgraphsLength() != 1:
        raise Unsupported(
            f"has {model.SubgraphsLength()} subgraphs", remedy="leave out control flow: unroll=True, a fixed batch"
        )
    graph = model.Subgraphs(0)
    for count in (graph.TensorsLength(), graph.OperatorsLength(), model.BuffersLength(), graph.InputsLength()):
        if count > min(MOST_PARTS, size):
            raise BadInput(f"claims {count} parts", remedy=CONVERT_AGAIN)
    count = graph.TensorsLength()
    operations = [_operation(model, graph.Operators(index), count) for index in range(graph.OperatorsLength())]
    inner = {index for each in operations for index in each.intermediates}
    tensors = [_tensor(model, graph.Tensors(index), index in inner) for index in range(count)]
    inputs, outputs = _numbers(graph.InputsAsNumpy(), len(tensors)), _numbers(graph.OutputsAsNumpy(), len(tensors))
    return Network(tensors, operations, inputs, outputs)


def _numbers(array: Any, count: int) -> list[int]:
    numbers = [int(each) for each in np.atleast_1d(array)]
    if len(numbers) > MOST_PARTS or any(not -1 <= each < count for each in numbers):
        raise BadInput("names a tensor that does not exist", remedy=CONVERT_AGAIN)
    return numbers


def _tensor(model: Any, tensor: Any, inner: bool) -> Tensor:
    """One tensor, checked; inner: whether it is an intermediate, of which the shape means nothing."""
    shape = tuple(int(n) for n in np.atleast_1d(tensor.ShapeAsNumpy())) if tensor.ShapeLength() else ()
    name = (tensor.Name() or b"").decode(errors="replace")
    buffer = model.Buffers(tensor.Buffer())
    stored = ELEMENTS | ({INT4: np.int8} if buffer.DataLength() else {})
    if tensor.Type() not in stored:
        raise Unsupported(
            f"tensor {quoted(name)} has elements of type {_type_name(tensor.Type())}",
            remedy="convert the model to float32, or to int8 with a representative dataset",
        )
    limits.check_shape(() if inner else shape)
    element, data = np.dtype(stored[tensor.Type()]), None
    if buffer.DataLength():
        raw = buffer.DataAsNumpy() if tensor.Type() != INT4 else _pairs(buffer.DataAsNumpy(), math.prod(shape))
        if len(raw) != math.prod(shape) * element.itemsize:
            raise BadInput(
                f"tensor {quoted(name)} does not hold what its shape {list(shape)} says", remedy=CONVERT_AGAIN
            )
        data = np.frombuffer(raw.tobytes(), element.newbyteorder("<")).astype(element).reshape(shape)
        if element == np.float32 and not np.isfinite(data).all():
            raise BadInput(
                f"tensor {quoted(name)} holds numbers that are not finite",
                remedy="train it again, with a smaller step, and convert it",
            )
    scales, zeros = _quantisation(tensor.Quantization(), name)
    return Tensor(name, shape, element, data, scales, zeros, bool(tensor.IsVariable()))


def _pairs(raw: np.ndarray, count: int) -> np.ndarray:
    """The bytes of `count` numbers of 4 bits; all of them where the buffer is of another size."""
    halves = np.stack([raw << 4, raw & 0xF0], axis=-1).reshape(-1).view(np.int8) >> 4
    return (halves[:count] if len(halves) == count + count % 2 else halves).view(np.uint8)


def _type_name(number: int) -> str:
    """TFLite's own name for an element type."""
    names = {value: key for key, value in vars(_schema().TensorType).items() if isinstance(value, int)}
    return names.get(number, f"number {number}, which TFLite does not know")


def _quantisation(parameters: Any, name: str) -> tuple[np.ndarray, np.ndarray]:
    if parameters is None or not parameters.ScaleLength():
        return np.zeros(0, np.float32), np.zeros(0, np.int64)
    scales = np.atleast_1d(parameters.ScaleAsNumpy()).astype(np.float32)
    zeros = (
        np.atleast_1d(parameters.ZeroPointAsNumpy()).astype(np.int64) if parameters.ZeroPointLength() else 0 * scales
    )
    # The converter gives 0 to a filter without a weight: whatever is multiplied by it, nothing is left.
    if len(scales) > 1:
        scales = np.where(scales == 0, SMALLEST_SCALE, scales)
    sound = np.isfinite(scales) & (scales > 0)
    if not sound.all() or len(zeros) != len(scales) or (np.abs(zeros) > 2**15).any():
        raise BadInput(f"tensor {quoted(name)} has scales or zero points that cannot be", remedy=CONVERT_AGAIN)
    return scales, zeros.astype(np.int64)


def _operation(model: Any, operator: Any, tensors: int) -> Operation:
    schema, code = _schema(), model.OperatorCodes(operator.OpcodeIndex())
    number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
    names = {value: key for key, value in vars(schema.BuiltinOperator).items() if isinstance(value, int)}
    kinds = {value: key for key, value in vars(schema.BuiltinOptions).items() if isinstance(value, int)}
    options, table = {}, operator.BuiltinOptions()
    kind = kinds.get(operator.BuiltinOptionsType(), "NONE")
    if table is not None and kind != "NONE" and hasattr(schema, f"{kind}T"):
        options = _options(getattr(schema, f"{kind}T"), getattr(schema, kind), table)
    name = names.get(number, f"number {number}")
    custom = code.CustomCode() if number == schema.BuiltinOperator.CUSTOM else None
    return Operation(
        name if custom is None else f"{name} {quoted(custom.decode(errors='replace'))}",
        _numbers(operator.InputsAsNumpy(), tensors) if operator.InputsLength() else [],
        _numbers(operator.OutputsAsNumpy(), tensors) if operator.OutputsLength() else [],
        options,
        _numbers(operator.IntermediatesAsNumpy(), tensors) if operator.IntermediatesLength() else [],
    )


def _options(plain: Any, reader: Any, table: Any) -> dict:
    """The fields of an options table by their names in the schema, in small letters with underscores."""
    view = reader()
    view.Init(table.Bytes, table.Pos)
    fields = vars(plain.InitFromObj(view))
    return {re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key).lower(): value for key, value in fields.items()}
