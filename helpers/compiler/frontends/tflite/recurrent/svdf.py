"""SVDF in int8, with an int16 state that stays from one inference to the next."""

import numpy as np

from helpers.common.errors import BadInput, Unsupported
from helpers.compiler.frontends.tflite.common import TfliteImporter, result_type
from helpers.compiler.frontends.tflite.file import Operation
from helpers.compiler.frontends.tflite.recurrent import parts
from helpers.compiler.frontends.wording import CONVERT_AGAIN
from helpers.compiler.ir.graph import TensorType, Value
from helpers.compiler.numerics.requantisation import fixed_point

WEIGHTS, OVER_TIME, BIAS, STATE = 1, 2, 3, 4  # numbers of the inputs
RELU = 1  # TFLite's number of it


def svdf(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    """The output int8 [batch, units]; raises BadInput or Unsupported."""
    x, options, graph = importer.value(operation.inputs[0]), operation.options, importer.graph
    if x.type.element != "int8" or len(x.type.shape) != 2:
        raise Unsupported(f"SVDF of {x.type.element} {list(x.type.shape)}", remedy="quantise it to int8 [batch, size]")
    if options["fused_activation_function"] != RELU:
        what = "SVDF in int8 with another activation than relu, which TFLite has no kernel for"
        raise Unsupported(what, remedy="put the activation into a layer of its own")
    filters, memory, rank = *_shape(importer, operation), options["rank"]
    if rank < 1 or filters % rank:
        raise BadInput(f"SVDF of {filters} filters with rank {rank}", remedy=CONVERT_AGAIN)
    batch, size = x.type.shape
    weights = parts.array(importer, operation.inputs[WEIGHTS], (filters, size), np.int8)
    over_time = parts.array(importer, operation.inputs[OVER_TIME], (filters, memory), np.int16)
    units, given = filters // rank, len(operation.inputs) > BIAS and operation.inputs[BIAS] >= 0
    bias = parts.array(importer, operation.inputs[BIAS], (units,), np.int32) if given else np.zeros(units, np.int32)
    target = result_type(importer, operation, (batch, units))
    if target.element != "int8" or not target.quantised:
        raise BadInput(f"the file says the result is {target.element}", remedy=CONVERT_AGAIN)
    state = parts.state(importer, operation, STATE, "int16", (batch, filters, memory))
    scale = np.float32(state.type.scale)
    first, second = (parts.scale(importer.network.tensors[operation.inputs[at]]) for at in (WEIGHTS, OVER_TIME))
    entering = fixed_point(float(np.float32(x.type.scale) * first / scale))
    leaving = fixed_point(float(scale * second / np.float32(target.scale)), target.offset)
    inputs = [x, *parts.constants(graph, f"{name}_filters", weights, parts.bias(weights, x.type, [entering] * filters))]
    inputs += [graph.add_constant(f"{name}_time", over_time, TensorType(over_time.shape, "int16", 1.0))]
    inputs += [graph.add_constant(f"{name}_bias", bias, TensorType(bias.shape, "int32", 1.0)), state]
    types = [target, state.type]
    return [graph.add("Svdf", name, inputs, types, rank=rank, entering=entering, leaving=leaving).output]


def _shape(importer: TfliteImporter, operation: Operation) -> tuple[int, int]:
    """Filters and memory, as the weights over time have them."""
    shape = importer.array(operation.inputs[OVER_TIME]).shape
    if len(operation.inputs) <= STATE or len(shape) != 2:
        raise BadInput("SVDF without weights over time [filters, memory] or a state", remedy=CONVERT_AGAIN)
    return shape[0], shape[1]
