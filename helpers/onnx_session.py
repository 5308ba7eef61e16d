"""ONNX Runtime: the outputs of an ONNX network for a batch."""

from pathlib import Path

import numpy as np
import onnxruntime


def run(network: bytes | Path, inputs: np.ndarray) -> np.ndarray:
    """The first output of a network, given as a file or its content, for inputs [n, ...] of its first input.

    A network whose batch is fixed at 1 gets one after the other.
    """
    content = network if isinstance(network, bytes) else Path(network).read_bytes()
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    wanted = session.get_inputs()[0]
    step = 1 if wanted.shape[:1] == [1] else len(inputs)
    chunks = [inputs[at : at + step] for at in range(0, len(inputs), step)]
    return np.concatenate([session.run(None, {wanted.name: chunk})[0] for chunk in chunks])
