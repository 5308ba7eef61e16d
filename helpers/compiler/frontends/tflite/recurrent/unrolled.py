"""UNIDIRECTIONAL_SEQUENCE_LSTM in float32, which Keras' LSTM converts to: unrolled as that of ONNX is."""

from types import SimpleNamespace

import numpy as np

from helpers.common.errors import Unsupported
from helpers.compiler.frontends.tflite.common import TfliteImporter
from helpers.compiler.frontends.tflite.file import Operation
from helpers.compiler.ir.graph import Value
from helpers.compiler.operators import recurrent, reshape, transpose

# Numbers of the inputs, gates in ONNX's order: input, output, forget, cell.
WEIGHTS, RECURRENT, BIASES = (1, 4, 2, 3), (5, 8, 6, 7), (12, 15, 13, 14)


def float_lstm(importer: TfliteImporter, operation: Operation, name: str) -> list[Value]:
    """Every state, [batch, time, units] or time first; each inference begins with zeros, as after reset_all_variables."""
    graph, x, options = importer.graph, importer.value(operation.inputs[0]), operation.options
    first = x if options["time_major"] else transpose.add(graph, name, x, (1, 0, 2))
    if first.type.shape[0] > recurrent.LONGEST:
        raise Unsupported(f"an LSTM over {first.type.shape[0]} steps", remedy=f"use at most {recurrent.LONGEST}")
    weights, states, bias = (
        np.concatenate([importer.array(operation.inputs[at]) for at in places])
        for places in (WEIGHTS, RECURRENT, BIASES)
    )
    if weights.dtype != np.float32:
        raise Unsupported(
            f"LSTM weights of {weights.dtype}", remedy="convert without optimizations, or with unroll=True"
        )
    numbers = (weights[None], states[None], np.concatenate([bias, np.zeros_like(bias)])[None])
    inputs = [
        first,
        *(graph.add_constant(f"{name}_{letter}", array) for letter, array in zip("WRB", numbers, strict=True)),
    ]
    given = {"cell_clip": options["cell_clip"]}
    node = SimpleNamespace(
        name=name, op_type="LSTM", attributes=given, inputs=inputs,
        optional_input=lambda index: inputs[index] if index < len(inputs) else None,
    )  # fmt: skip
    every = recurrent.import_recurrent(SimpleNamespace(graph=graph, constant=lambda value: value.node.data), node)[0]
    length, _, batch, units = every.type.shape
    steps = reshape.add(graph, name, every, (length, batch, units))
    return [steps if options["time_major"] else transpose.add(graph, name, steps, (1, 0, 2))]
