"""TFLite files written field by field, for what no converter makes: a network of a few operators as TFLite's schema has it."""

from dataclasses import dataclass, field

import flatbuffers
import numpy as np

from helpers.compiler.frontends.tflite import file

ELEMENTS = {np.dtype(each): number for number, each in file.ELEMENTS.items()}


@dataclass
class Tensor:
    """A tensor: its shape and element type, or its data; scale 0: not quantised; scales: one for each of the first axis."""

    shape: tuple = ()
    element: type = np.int8
    data: np.ndarray | None = None
    scale: float = 0.0
    zero: int = 0
    variable: bool = False
    scales: tuple = ()


@dataclass
class Operation:
    """An operator by TFLite's name, tensors by their numbers, and its options by the names of the schema's class.

    A custom operator's own name stands behind "CUSTOM" and a blank.
    """

    name: str
    inputs: list
    outputs: list
    options: str = ""
    fields: dict = field(default_factory=dict)
    intermediates: list | None = None


def written(tensors: list[Tensor], operations: list[Operation], inputs: list[int], outputs: list[int]) -> bytes:
    """The bytes of a file with these tensors and operators, one subgraph."""
    schema = file._schema()
    graph, model = schema.SubGraphT(), schema.ModelT()
    buffers = [schema.BufferT()]
    graph.tensors = [_tensor(schema, number, each, buffers) for number, each in enumerate(tensors)]
    names = list(dict.fromkeys(each.name for each in operations))
    graph.operators = [_operator(schema, each, names) for each in operations]
    graph.inputs, graph.outputs = inputs, outputs
    model.version, model.subgraphs, model.buffers = 3, [graph], buffers
    model.operatorCodes = [_code(schema, name) for name in names]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _tensor(schema, number: int, given: Tensor, buffers: list):
    tensor = schema.TensorT()
    tensor.name = f"t{number}"
    element = given.element if given.data is None else given.data.dtype
    tensor.type = ELEMENTS[np.dtype(element)]
    tensor.shape = list(given.shape if given.data is None else given.data.shape)
    tensor.isVariable = given.variable
    if given.data is not None:
        made = schema.BufferT()
        made.data = np.frombuffer(np.ascontiguousarray(given.data).tobytes(), np.uint8)
        tensor.buffer = len(buffers)
        buffers.append(made)
    if given.scale or given.scales:
        tensor.quantization = schema.QuantizationParametersT()
        tensor.quantization.scale = [float(each) for each in given.scales or (given.scale,)]
        tensor.quantization.zeroPoint = [given.zero] * len(tensor.quantization.scale)
    return tensor


def _operator(schema, given: Operation, names: list[str]):
    operator = schema.OperatorT()
    operator.opcodeIndex = names.index(given.name)
    operator.inputs, operator.outputs, operator.intermediates = given.inputs, given.outputs, given.intermediates
    if given.options:
        operator.builtinOptionsType = getattr(schema.BuiltinOptions, given.options)
        operator.builtinOptions = getattr(schema, f"{given.options}T")()
        for name, value in given.fields.items():
            setattr(operator.builtinOptions, name, value)
    return operator


def _code(schema, name: str):
    code = schema.OperatorCodeT()
    name, _, custom = name.partition(" ")
    code.customCode = custom or None
    code.builtinCode = getattr(schema.BuiltinOperator, name)
    code.deprecatedBuiltinCode = min(code.builtinCode, 127)
    code.version = 2 if name == "LEAKY_RELU" else 3
    return code
