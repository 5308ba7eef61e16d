"""UNIDIRECTIONAL_SEQUENCE_LSTM, which Keras' LSTM converts to: in int8 one node, whose state stays for the next inference."""

import math

import numpy as np

from helpers.common.errors import BadInput, Unsupported
from helpers.compiler.frontends.tflite.common import TfliteImporter
from helpers.compiler.frontends.tflite.file import Operation
from helpers.compiler.frontends.tflite.recurrent import parts
from helpers.compiler.frontends.tflite.recurrent.unrolled import float_lstm
from helpers.compiler.frontends.wording import CONVERT_AGAIN
from helpers.compiler.ir.graph import TensorType, Value
from helpers.compiler.numerics.requantisation import FixedPoint, fixed_point

# Numbers of the inputs, gates in the order of the node's rows: input, forget, cell, output.
WEIGHTS, RECURRENT, BIASES = (1, 2, 3, 4), (5, 6, 7, 8), (12, 13, 14, 15)
ABSENT = {  # inputs by what they are for
    "peepholes": (9, 10, 11), "a projection": (16, 17), "normalisation": (20, 21, 22, 23),
}  # fmt: skip
TANH = 4  # TFLite's number of it
LAST, CELL, HIDDEN = 18, 19, 4  # inputs of the states; the intermediate with the output's scale
GATE = 2.0**-12  # scale of a gate's sum


def lstm(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    """Every output, [batch, time, units] or time first; raises BadInput or Unsupported.

    In float32 each inference begins with zeros, as after reset_all_variables; in int8 where the last one ended.
    """
    if operation.options["fused_activation_function"] != TANH:
        raise Unsupported("an LSTM with another activation than tanh", remedy="convert it with unroll=True")
    given = {at for at, index in enumerate(operation.inputs) if index >= 0}
    found = [what for what, places in ABSENT.items() if given & {*places}]
    if found or WEIGHTS[0] not in given:
        what = f"an LSTM with {found[0] if found else 'coupled gates'}"
        raise Unsupported(what, remedy="build it from keras.layers.LSTM, which has none")
    integer = importer.type_of(operation.outputs[0]).element != "float"
    return (_integer if integer else float_lstm)(importer, operation, name)


def _integer(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    """Every output, int8 [batch, time, units] or time first; raises BadInput or Unsupported."""
    x, major = importer.value(operation.inputs[0]), bool(operation.options["time_major"])
    if len(x.type.shape) != 3 or x.type.element != "int8":
        raise Unsupported(
            f"an LSTM of {x.type.element} {list(x.type.shape)}", remedy="give it int8 [batch, time, size]"
        )
    units, batch = len(importer.array(operation.inputs[WEIGHTS[0]])), x.type.shape[1 if major else 0]
    last = parts.state(importer, operation, LAST, "int8", (batch, units))
    cell = parts.state(importer, operation, CELL, "int16", (batch, units))
    biases = np.stack([parts.array(importer, operation.inputs[at], (units,), np.int32) for at in BIASES])
    before, target = importer.type_of(operation.inputs[LAST]), importer.type_of(operation.outputs[0])
    if target.shape != (*x.type.shape[:2], units) or target.element != "int8" or not target.quantised:
        raise BadInput(f"the file says the result is {target.element} {list(target.shape)}", remedy=CONVERT_AGAIN)
    constants, entering = _gates(importer, operation, WEIGHTS, x.type.with_shape(x.type.shape[2:]), biases)
    more, kept = _gates(importer, operation, RECURRENT, before.with_shape((units,)), 0 * biases)
    scale, clip = cell.type.scale, operation.options["cell_clip"]
    node = importer.graph.add(
        "SequenceLstm", name, [x, *constants, *more, last, cell], [target, last.type, cell.type], time_major=major,
        entering=entering, kept=kept, cell_bits=_cell_bits(scale), bound=_bound(clip, scale), offset=before.offset,
        hidden=_hidden(importer, operation),
    )  # fmt: skip
    return [node.output]


def _gates(
    importer: TfliteImporter, operation: Operation, places: tuple[int, ...], source: TensorType, biases: np.ndarray
) -> tuple[list[Value], tuple[FixedPoint, ...]]:
    """Weights and biases of the four gates for what `source` is a row of, as constants, and the factors of their sums."""
    tensors, shape = importer.network.tensors, (biases.shape[1], *source.shape)
    weights = [parts.array(importer, operation.inputs[at], shape, np.int8) for at in places]
    factors = tuple(_factor(parts.scale(tensors[operation.inputs[at]]), source) for at in places)
    sums = [
        parts.bias(rows, source, [factor] * len(rows), given)
        for rows, factor, given in zip(weights, factors, biases, strict=True)
    ]
    name = tensors[operation.inputs[places[0]]].name
    return parts.constants(importer.graph, name, np.stack(weights), np.stack(sums)), factors


def _factor(weights: np.float32, x: TensorType) -> FixedPoint:
    """From a sum of products to a gate's sum; TFLite multiplies and divides in float32."""
    return fixed_point(float(weights * np.float32(x.scale) / np.float32(GATE)))


def _hidden(importer: TfliteImporter, operation: Operation) -> FixedPoint:
    """From the product of output gate and tanh of the cell, 30 bits behind the point, to the output."""
    index = operation.intermediates[HIDDEN] if len(operation.intermediates) > HIDDEN else -1
    hidden = importer.type_of(index) if index >= 0 else TensorType(())
    if hidden.element != "int8" or not hidden.quantised:
        raise BadInput("the scale of an LSTM's output is left out", remedy=CONVERT_AGAIN)
    return fixed_point(float(np.float32(2.0**-15 / float(np.float32(hidden.scale)) * 2.0**-15)), hidden.offset)


def _cell_bits(scale: float) -> int:
    """Bits before the point of the cell; raises Unsupported for a scale that is not a power of two, or beyond the kernel's."""
    mantissa, exponent = math.frexp(scale)
    if mantissa != 0.5 or not 0 <= exponent + 14 <= 6:
        raise Unsupported(f"an LSTM's cell with the scale {scale:g}", remedy="train it so that its cell stays below 64")
    return exponent + 14


def _bound(clip: float, scale: float) -> int:
    """The largest size of the cell as an integer."""
    if not clip >= 0:
        raise BadInput(f"cell_clip {clip}", remedy=CONVERT_AGAIN)
    return int(min(max(clip / scale, 0), 32767))
