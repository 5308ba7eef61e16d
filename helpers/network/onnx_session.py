"""Run ONNX networks over a batch with ONNX Runtime."""

import functools
from pathlib import Path

import numpy as np
import onnxruntime

from helpers.common import named_arrays
from helpers.common.named_arrays import Arrays

onnxruntime.set_default_logger_severity(3)  # its warnings are about attributes that converters write


def run(network: bytes | Path, inputs: Arrays) -> Arrays:
    """Compute the outputs of a network, given as a file or its content, for n inferences with inputs [n, ...].

    inputs: the array alone if there is one, else arrays in the order of the network's inputs, whatever their names;
    outputs: by the network's names if there are several. A network whose batch is fixed at 1 runs once per inference.
    Raises onnxruntime's own errors for what it cannot run.
    """
    session = _session(network if isinstance(network, bytes) else Path(network).read_bytes())
    wanted, names = session.get_inputs(), [each.name for each in session.get_outputs()]
    arrays = named_arrays.in_order(inputs)
    step = 1 if any(each.shape[:1] == [1] for each in wanted) else len(arrays[0])
    fed = {each.name: array for each, array in zip(wanted, arrays, strict=True)}
    parts = [
        session.run(names, {name: array[at : at + step] for name, array in fed.items()})
        for at in range(0, len(arrays[0]), step)
    ]
    outputs = [np.concatenate([np.atleast_1d(each) for each in column]) for column in zip(*parts, strict=True)]
    return named_arrays.alone(dict(zip(names, outputs, strict=True)))


@functools.lru_cache(maxsize=1)
def _session(content: bytes) -> onnxruntime.InferenceSession:
    """Return a network's session; the last one is kept, for callers that pass one sample at a time."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # its exceptions say the same
    # Its rewrites change results: zeros padded in front of a MaxPool become minus infinity (onnxruntime 1.31.1, findings/).
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
