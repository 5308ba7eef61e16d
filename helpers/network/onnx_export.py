"""Convert a Keras network to ONNX with onnxmltools, as the note's script does, and check the file against Keras."""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from helpers.network.keras import keras, quietly  # before the converter, which imports TensorFlow too

# isort: split
import numpy as np
import onnx
import onnxmltools
import tf2onnx.convert

from helpers.common import artifacts
from helpers.common.errors import BadInput
from helpers.network import cnn, onnx_session
from helpers.network.keras_files import conversion, loading

OPSET = 15
BATCH = "N"  # the symbol that the note's -onnx-define-symbol=N,1 replaces

# Of the counter for names, when the converter is loaded and nothing converted.
_FIRST_NUMBER = tf2onnx.utils.INTERNAL_NAME


@dataclass(frozen=True)
class Export:
    """The converted network: its operators in order, and the largest difference from Keras's outputs on random images."""

    operators: tuple[str, ...]
    largest_difference: float

    def counts(self) -> dict[str, int]:
        """Number of nodes of each operator."""
        return dict(Counter(self.operators))


def convert(model: keras.Model) -> onnx.ModelProto:
    """Convert a network of Keras 2 or 3 to ONNX, recurrent layers unrolled; equal networks give equal bytes.

    Input and output get one symbol, N, for the batch size: the converter invents two, with numbers that change.
    """
    # The converter numbers the nodes it adds with a counter that goes on through a process. The hash that ties a
    # profile to its network is made from these names, so each conversion counts as the first of a process does.
    model = conversion.unrolled(model)
    tf2onnx.utils.INTERNAL_NAME = _FIRST_NUMBER
    if loading.is_newer(model):
        proto = conversion.convert(model, OPSET)
    else:
        with quietly():
            proto = onnxmltools.convert_keras(model, target_opset=OPSET)
    for value in (*proto.graph.input, *proto.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = BATCH
    _renumber_constants(proto.graph)
    onnx.checker.check_model(proto, full_check=True)
    return proto


def convert_untrained(model: keras.Model) -> onnx.ModelProto:
    """Like `convert`, but keep every bias: the converter drops biases that are all zero, as Keras's initial ones are.

    The network itself is not changed.
    """
    kept = model.get_weights()
    model.set_weights([np.full_like(each, 0.01) if each.ndim == 1 and not each.any() else each for each in kept])
    try:
        return convert(model)
    finally:
        model.set_weights(kept)


def _renumber_constants(graph: onnx.GraphProto):
    """Number the constants that the converter adds (`new_shape__32`) from 1, in the order of their use.

    Its own numbers depend on the order of Python sets and differ from run to run. Glow lays out the constants by name,
    from last to first, so their order would differ, too.
    """
    constants = {constant.name: constant for constant in graph.initializer}
    counts, used = Counter(), [name for node in graph.node for name in node.input if name in constants]
    for name in dict.fromkeys(used):
        if match := re.fullmatch(r"(.+)__\d+", name):
            counts[match[1]] += 1
            constants[name].name = f"{match[1]}__{counts[match[1]]}"
    for node in graph.node:
        node.input[:] = [constants[name].name if name in constants else name for name in node.input]
    graph.initializer.sort(key=lambda constant: constant.name, reverse=True)


def export(h5_path, onnx_path) -> Export:
    """Write a Keras .h5 or .keras as ONNX, and compare the two.

    Raises what cnn.load_h5 raises; BadInput if ONNX Runtime's outputs are not Keras's.
    """
    model = cnn.load_h5(h5_path)
    proto = convert(model)
    difference = largest_difference(model, proto)
    if not difference < 1e-3:
        where = artifacts.shown(h5_path)
        raise BadInput(
            f"gives other outputs after conversion (by {difference:.2g})", where=where, remedy="train it again"
        )
    artifacts.write_bytes(onnx_path, proto.SerializeToString(deterministic=True))
    return Export(tuple(node.op_type for node in proto.graph.node), difference)


def largest_difference(model: keras.Model, network: onnx.ModelProto | Path, images: np.ndarray | None = None) -> float:
    """Return the largest difference of any output between Keras and ONNX Runtime.

    images: float32 (n, height, width, channels); None takes 100 of seeded noise in 0..1.
    """
    if images is None:
        images = np.random.default_rng(1).random((100, *model.input_shape[1:]), np.float32)
    return float(np.abs(model.predict(images, verbose=0) - run(network, images)).max())


def run(network: onnx.ModelProto | Path, images: np.ndarray) -> np.ndarray:
    """Compute the outputs of an ONNX network for float32 images with ONNX Runtime."""
    return onnx_session.run(network if isinstance(network, str | Path) else network.SerializeToString(), images)
