"""int8 TFLite files with the weights of their convolutions and dense layers cut to fewer bits, stored in INT4 or in INT8."""

import flatbuffers
import numpy as np

from helpers.compiler.frontends.tflite import file


def narrowed(content: bytes, bits: int, packed: bool) -> bytes:
    """The file with the weights of 2 to 4 bits that are nearest to its own, scales and biases as these ask for.

    packed: stored as INT4, two in a byte; else as INT8.
    """
    schema = file._schema()
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    graph, weighted = model.subgraphs[0], (schema.BuiltinOperator.CONV_2D, schema.BuiltinOperator.FULLY_CONNECTED)
    steps, most = 2 ** (8 - bits), 2 ** (bits - 1) - 1
    for each in graph.operators:
        code = model.operatorCodes[each.opcodeIndex]
        if max(code.builtinCode, code.deprecatedBuiltinCode) not in weighted:
            continue
        tensor, bias = graph.tensors[each.inputs[1]], graph.tensors[each.inputs[2]] if len(each.inputs) > 2 else None
        wide = np.asarray(model.buffers[tensor.buffer].data, np.uint8).view(np.int8)
        narrow = np.clip(np.rint(wide / steps), -most - 1, most).astype(np.int8)
        model.buffers[tensor.buffer].data = (pairs(narrow) if packed else narrow).view(np.uint8)
        tensor.type = schema.TensorType.INT4 if packed else schema.TensorType.INT8
        tensor.quantization.scale = np.asarray(tensor.quantization.scale) * np.float32(steps)
        if bias is not None and model.buffers[bias.buffer].data is not None:
            numbers = np.asarray(model.buffers[bias.buffer].data, np.uint8).view(np.int32)
            model.buffers[bias.buffer].data = np.rint(numbers / steps).astype(np.int32).view(np.uint8)
            bias.quantization.scale = np.asarray(bias.quantization.scale) * np.float32(steps)
    builder = flatbuffers.Builder()
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def pairs(numbers: np.ndarray) -> np.ndarray:
    """int8 numbers of 4 bits, two in a byte, the first in its lower half."""
    even = np.append(numbers, np.zeros(len(numbers) % 2, np.int8))
    return (even[0::2] & 15) | (even[1::2] << 4)
